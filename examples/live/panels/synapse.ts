/** Kernels of the first layer as images, and the rule at work on the synapse that is pointed at. */
import type { Factors, Synapse } from "../factors.js";
import type { Facts, Lesson } from "../trainer.js";
import { find } from "./elements.js";
import { context } from "./events.js";

/** Pixels between two kernels. */
const gap = 1;

/** Kernels and factors. */
export class SynapsePanel {
  readonly #canvas = find("kernels", HTMLCanvasElement);
  readonly #context = context(this.#canvas);
  #kernels: Lesson["kernels"] | undefined;
  /** Of the synapse, null where they are not known for such a network, undefined before the first lesson. */
  #factors: Factors | null | undefined;
  #changed = false;
  /** The synapse that is pointed at. */
  synapse: Synapse = { channel: 0, polarity: 1, row: 3, column: 3 };

  constructor() {
    this.#canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      const scale = this.#canvas.width / this.#canvas.clientWidth;
      this.#choose(offsetX * scale, offsetY * scale);
    });
    find("weights", HTMLElement).addEventListener("keydown", (event) => {
      const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as const)[
        event.key as "ArrowLeft"
      ];
      if (way === undefined) return;
      event.preventDefault();
      this.#move(...way);
    });
  }

  /**
   * Shows a rule, each factor above its value and the rest by itself, and the kernels that learning starts from.
   *
   * @param facts - The rule as MathML, and the kernels.
   */
  start({ rule, kernels }: Pick<Facts, "rule" | "kernels">): void {
    [this.#kernels, this.#factors, this.#changed] = [kernels, undefined, true];
    const places = new Map<string, string>();
    for (const { name, formula } of rule) {
      const place = document.getElementById(`${name}-formula`) === null ? "rule" : `${name}-formula`;
      places.set(place, `${places.get(place) ?? ""}<math display="block">${formula}</math>`);
    }
    for (const [place, formulas] of places) find(place, HTMLElement).innerHTML = formulas;
  }

  /**
   * Takes what a batch left.
   *
   * @param lesson - What came out of it.
   */
  add(lesson: Lesson): void {
    [this.#kernels, this.#factors, this.#changed] = [lesson.kernels, lesson.factors, true];
  }

  /** Draws what is new. */
  draw(): void {
    const kernels = this.#kernels;
    if (!this.#changed || kernels === undefined) return;
    this.#changed = false;
    const [channels = 1, polarities = 1, rows = 1, columns = 1] = kernels.shape;
    const across = this.#across(channels);
    const [width, height] = [
      across * (columns + gap) - gap,
      Math.ceil(channels / across) * polarities * (rows + gap) - gap,
    ];
    if (this.#canvas.width !== width || this.#canvas.height !== height)
      [this.#canvas.width, this.#canvas.height] = [width, height];
    const image = new ImageData(width, height);
    const largest = kernels.data.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
    kernels.data.forEach((weight, place) => {
      const [column, row] = [place % columns, Math.floor(place / columns) % rows];
      const polarity = Math.floor(place / (rows * columns)) % polarities;
      const channel = Math.floor(place / (rows * columns * polarities));
      const x = (channel % across) * (columns + gap) + column;
      const y = (Math.floor(channel / across) * polarities + (polarities - 1 - polarity)) * (rows + gap) + row;
      image.data.set(shade(weight / largest), 4 * (y * width + x));
    });
    this.#context.putImageData(image, 0, 0);
    this.#mark(kernels.shape, across);
    this.#say(this.#factors);
  }

  #across(channels: number): number {
    return Math.min(channels, 8);
  }

  #mark([channels = 1, polarities = 1, rows = 1, columns = 1]: readonly number[], across: number): void {
    const { channel, polarity, row, column } = this.synapse;
    const x = (channel % across) * (columns + gap) + column;
    const y = (Math.floor(channel / across) * polarities + (polarities - 1 - polarity)) * (rows + gap) + row;
    this.#context.fillStyle = "#ffd400";
    if (channel < channels) this.#context.fillRect(x, y, 1, 1);
  }

  #say(factors: Factors | null | undefined): void {
    if (factors === null || factors === undefined) {
      find("synapse", HTMLOutputElement).textContent =
        factors === null
          ? "The factors of such a network are not shown here."
          : "Its factors appear once the network learns.";
      for (const id of ["error", "surrogate", "trace", "product"]) find(id, HTMLElement).textContent = "–";
      return;
    }
    const { synapse, weight, error, surrogate, trace, neuron } = factors;
    const { channel, polarity, row, column } = synapse;
    find("synapse", HTMLOutputElement).textContent =
      `weight ${weight.toFixed(4)} from ${polarity === 1 ? "brighter" : "darker"} row ${row + 1}, column ${column + 1} ` +
      `to channel ${channel + 1}, at its neuron in row ${neuron.row + 1}, column ${neuron.column + 1}`;
    const figures = { error, surrogate, trace, product: error * surrogate * trace };
    for (const [id, value] of Object.entries(figures)) find(id, HTMLElement).textContent = short(value);
  }

  /** Chooses the weight under a pixel of the image. */
  #choose(x: number, y: number): void {
    const [channels = 0, polarities = 1, rows = 1, columns = 1] = this.#kernels?.shape ?? [];
    const across = this.#across(channels);
    const [tile, line] = [Math.floor(x / (columns + gap)), Math.floor(y / (rows + gap))];
    const channel = Math.floor(line / polarities) * across + tile;
    const [column, row] = [Math.floor(x) - tile * (columns + gap), Math.floor(y) - line * (rows + gap)];
    if (channel >= channels || tile >= across || row >= rows || column >= columns || row < 0 || column < 0) return;
    this.synapse = { channel, polarity: polarities - 1 - (line % polarities), row, column };
    this.#changed = true;
  }

  /** Moves from weight to weight, over the edges of kernels. */
  #move(right: number, down: number): void {
    const [channels = 0, polarities = 1, rows = 1, columns = 1] = this.#kernels?.shape ?? [];
    const across = this.#across(channels);
    const { channel, polarity, row, column } = this.synapse;
    const x =
      (channel % across) * (columns + gap) +
      column +
      right * (1 + Number(column + right < 0 || column + right >= columns) * gap);
    const line = Math.floor(channel / across) * polarities + (polarities - 1 - polarity);
    const y = line * (rows + gap) + row + down * (1 + Number(row + down < 0 || row + down >= rows) * gap);
    this.#choose(x, y);
  }
}

/** A weight from −1 to 1 as a colour: blue above zero, orange below. */
function shade(weight: number): number[] {
  const strength = Math.sqrt(Math.min(1, Math.abs(weight)));
  const end = weight > 0 ? [64, 132, 255] : [255, 128, 40];
  return [...end.map((part) => Math.round(26 + (part - 26) * strength)), 255];
}

/** A number in few characters. */
function short(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toFixed(4);
}

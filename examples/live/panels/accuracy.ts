/** Moving accuracy of each layer over the clips whose class is known, and which of them was taken for which. */
import uPlot from "uplot";

/** Clips over which accuracy is taken. */
const window = 20;
/** Points that are kept of the course. */
const most = 600;

/** The course of accuracy. */
export class AccuracyPanel {
  readonly #element: HTMLElement;
  #plot: uPlot | undefined;
  #names: readonly string[] = [];
  #hits: number[][] = [];
  #course: number[][] = [[]];
  #started = performance.now();
  #changed = false;
  #judged = 0;

  /**
   * Takes an element over.
   *
   * @param element - Whose width the plot takes.
   */
  constructor(element: HTMLElement) {
    this.#element = element;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(element);
  }

  /** Accuracy of each layer over the last clips; none before the first. */
  get now(): readonly number[] {
    return this.#hits.map((layer) => layer.reduce((sum, hit) => sum + hit, 0) / layer.length);
  }

  /**
   * Starts anew.
   *
   * @param layers - Names of the layers.
   */
  start(layers: readonly string[]): void {
    this.#names = layers;
    this.#hits = [];
    this.#course = [[], ...layers.map(() => [])];
    this.#started = performance.now();
    this.style();
  }

  /** Makes the plot anew in the colours of the page. */
  style(): void {
    if (this.#names.length === 0) return;
    const css = getComputedStyle(document.documentElement);
    const color = (name: string) => css.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--muted"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui",
    };
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        ...this.#size(),
        cursor: { show: false },
        legend: { live: false },
        scales: { x: { time: false }, y: { range: [0, 1] } },
        axes: [
          { ...axis, size: 26, values: (_, values) => values.map((value) => `${value} s`) },
          { ...axis, size: 40, values: (_, values) => values.map((value) => `${Math.round(100 * value)} %`) },
        ],
        series: [
          {},
          ...this.#names.map((label, layer) => ({
            label,
            stroke: color(`--layer-${layer % 4}`),
            width: 2,
            points: { show: false },
          })),
        ],
      },
      this.#course as uPlot.AlignedData,
      this.#element,
    );
  }

  /**
   * Counts a clip.
   *
   * @param label - Its class.
   * @param perLayer - What each layer took it for.
   */
  add(label: number, perLayer: readonly number[]): void {
    this.#hits = perLayer.map((found, layer) => [...(this.#hits[layer] ?? []), Number(found === label)].slice(-window));
    const point = [(performance.now() - this.#started) / 1000, ...this.now];
    point.forEach((value, column) => {
      const values = this.#course[column];
      if (values === undefined) return;
      values.push(value);
      if (values.length > most) values.shift();
    });
    const accuracy = this.now.map((share) => share.toFixed(3)).join(" ");
    Object.assign(this.#element.dataset, { accuracy, clips: ++this.#judged });
    this.#changed = true;
  }

  /** Draws what is new, and says it to those who do not see it. */
  draw(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#plot?.setData(this.#course as uPlot.AlignedData);
    const layers = this.#names.map((name, layer) => `${name} ${Math.round(100 * (this.now[layer] ?? 0))} %`);
    this.#element.ariaLabel = `Accuracy of each layer: ${layers.join(", ")}`;
  }

  #size() {
    return { width: Math.max(200, this.#element.clientWidth), height: 205 };
  }
}

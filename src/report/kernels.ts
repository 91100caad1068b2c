/** Weights as pictures: positive ones orange, negative ones blue, the stronger the more opaque, on light and on dark. */
import { encode } from "fast-png";
import { unfit } from "../errors.js";
import type { Tensor } from "../network/tensor.js";
import { wholeNumber } from "../numbers.js";
import { list, typedArray } from "../values/arrays.js";
import { demanded, type Fields, readOptions, text } from "../values/options.js";
import { escaped } from "./markup.js";
import { paletteRules } from "./palette.js";

/** Which weights are drawn, and how. */
export interface KernelOptions {
  /**
   * Shape of what each output's weights belong to, as `[channels, rows, columns]` or `[rows, columns]`: for weights of a dense layer
   * over a plane. By default that of the tensor behind its first axis; a matrix is drawn as one picture.
   */
  readonly input?: readonly number[];
  /** Most outputs that are drawn; 64 by default. */
  readonly most?: number;
  /** Most channels of each that are drawn; 4 by default. */
  readonly channels?: number;
  /** Heading; none by default. */
  readonly title?: string;
  /** Width of the figure in pixels; 560 by default. */
  readonly width?: number;
}

const kernelFields: Fields<KernelOptions> = {
  input: "value",
  most: "number",
  channels: "number",
  title: "value",
  width: "number",
};

/** Red, green and blue of positive and of negative values. */
const [positive, negative] = [
  [232, 119, 34],
  [47, 124, 214],
] as const;

/** CSS that these figures need on a page that has the palette. */
export const kernelRules =
  ".kernels{font:12px system-ui,sans-serif}.kernels text{fill:var(--muted)}.kernels .heading{fill:var(--ink);font-size:14px;font-weight:600}" +
  ".kernels image{image-rendering:pixelated}.kernels rect{fill:none;stroke:var(--line)}";

/** A grid of signed values. */
export interface Matrix {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
  /** The value at a place; 0 is transparent. */
  readonly at: (row: number, column: number) => number;
}

/**
 * Draws weights: of a convolution kernel by kernel, of others as one picture, rows being outputs.
 *
 * @param weights - Such as `network.tensor("layers.0.weight")` or `network.tensor("readouts.0.weight")`.
 * @param options - Shape of the input, how many are drawn, heading, width.
 * @returns A complete SVG document.
 * @throws {@link DecolleError} `shape`, `range` or `config` for a tensor or shape that does not fit.
 */
export function kernelFigure(weights: Tensor, options: KernelOptions = {}): string {
  const body = kernelSvg(weights, options);
  const style = `<style>${paletteRules(".kernels")}${kernelRules}.kernels{background:var(--surface)}</style>`;
  return `${body.replace(/^<svg[^>]*>/, (open) => `${open}${style}`)}\n`;
}

/**
 * As {@link kernelFigure}, for a page that has the palette and {@link kernelRules}.
 *
 * @internal
 *
 * @param weights - The weights.
 * @param options - What is drawn.
 * @returns An `svg` element.
 */
export function kernelSvg(weights: Tensor, options: KernelOptions = {}): string {
  const { most = 64, channels: mostChannels = 4, title, width = 560, ...given } = read(options);
  const shape = list(demanded(weights.shape, "weights.shape"), "weights.shape");
  const data = typedArray(weights.data, "Float32Array", "weights.data");
  const outputs = shape[0] ?? 0;
  const each = data.length / outputs;
  const input = given.input ?? (shape.length > 2 ? shape.slice(1) : undefined);
  if (shape.length < 2 || shape.reduce((product, axis) => product * axis, 1) !== data.length) {
    throw unfit("shape", "weights.shape", "two axes or more, as many in all as there are values", `${shape}`);
  }
  const largest = strong(data);
  const place = (output: number, index: number) => data[output * each + index] ?? 0;
  if (input === undefined) {
    const matrix = { rows: outputs, columns: each, at: place };
    return grid([matrix], 1, { largest, title, width });
  }
  const [rows = 1, columns = 1] = input.length === 1 ? [1, input[0]] : input.slice(-2);
  if (input.reduce((product, axis) => product * axis, 1) !== each || input.length > 3) {
    throw unfit("shape", "input", `up to three axes of ${each} in all`, `${input}`);
  }
  const channels = Math.min(mostChannels, each / (rows * columns));
  const shown = Math.min(most, outputs);
  const kernels = Array.from({ length: shown * channels }, (_, index): Matrix => {
    const [output, channel] = [Math.floor(index / channels), index % channels];
    return { rows, columns, at: (row, column) => place(output, (channel * rows + row) * columns + column) };
  });
  return grid(kernels, channels, { largest, title, width });
}

/**
 * A matrix as a PNG in a `data:` address.
 *
 * @internal
 *
 * @param matrix - The values.
 * @param largest - The value that is fully opaque.
 * @returns The address.
 */
export function pictureAddress({ rows, columns, at }: Matrix, largest: number): string {
  const data = new Uint8Array(rows * columns * 4);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = at(row, column);
      const strength = largest === 0 ? 0 : Math.min(1, Math.abs(value) / largest);
      data.set([...(value < 0 ? negative : positive), Math.round(255 * strength)], (row * columns + column) * 4);
    }
  }
  const png = encode({ width: columns, height: rows, channels: 4, depth: 8, data });
  return `data:image/png;base64,${btoa(Array.from(png, (byte) => String.fromCharCode(byte)).join(""))}`;
}

/** The size that nearly all values stay below: a few large ones must not make all others pale. */
function strong(data: Float32Array): number {
  const step = Math.max(1, Math.floor(data.length / 20_000));
  const sizes = Float32Array.from({ length: Math.ceil(data.length / step) }, (_, place) =>
    Math.abs(data[place * step] ?? 0),
  ).sort();
  return sizes[Math.floor(0.995 * (sizes.length - 1))] || (sizes.at(-1) ?? 0);
}

function read(options: KernelOptions): KernelOptions {
  const chosen = readOptions(options, kernelFields, "a figure");
  if (chosen.title !== undefined) text(chosen.title, "title");
  for (const name of ["most", "channels", "width"] as const) {
    if (chosen[name] !== undefined) wholeNumber(chosen[name], 1, name);
  }
  const { input, ...others } = chosen;
  if (input === undefined) return others;
  return { ...others, input: list(input, "input").map((axis, place) => wholeNumber(axis, 1, `input[${place}]`)) };
}

/** Pictures side by side; those of one output stay together. */
function grid(
  pictures: readonly Matrix[],
  together: number,
  { largest, title, width }: { largest: number; title: string | undefined; width: number },
): string {
  const [first] = pictures;
  const [rows, columns] = [first?.rows ?? 1, first?.columns ?? 1];
  const [gap, between] = [pictures.length === 1 ? 0 : 2, pictures.length === 1 ? 0 : 8];
  const groups = Math.ceil(pictures.length / together);
  const across = pictures.length === 1 ? 1 : columnsOfGroups(groups, together, rows / columns);
  const cell = (width - between * (across - 1)) / across;
  const side = Math.min((cell - gap * (together - 1)) / together, 96 * Math.max(1, pictures.length === 1 ? 10 : 1));
  const tall = pictures.length === 1 ? Math.min(Math.max((side * rows) / columns, 24), 260) : (side * rows) / columns;
  const top = title === undefined ? 0 : 28;
  const drawn = pictures.map((picture, index) => {
    const [group, within] = [Math.floor(index / together), index % together];
    const x = round((group % across) * (side * together + gap * (together - 1) + between) + within * (side + gap));
    const y = round(top + Math.floor(group / across) * (tall + between));
    const box = `x="${x}" y="${y}" width="${round(side)}" height="${round(tall)}"`;
    const image = `<image preserveAspectRatio="none" ${box} href="${pictureAddress(picture, largest)}"/>`;
    return `${image}<rect ${box}/>`;
  });
  const height = round(top + Math.ceil(groups / across) * (tall + between) - between);
  const heading = title === undefined ? "" : `<text class="heading" x="0" y="16">${escaped(title)}</text>`;
  const size = `viewBox="-1 -1 ${width + 2} ${height + 2}" width="${width}" height="${height}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="kernels" role="img" ${size}>`;
  return `${open}<title>${escaped(title ?? "Weights")}</title>${heading}${drawn.join("")}</svg>`;
}

/** How many groups stand side by side, so that the whole is about twice as wide as high. */
function columnsOfGroups(groups: number, together: number, tall: number): number {
  return Math.max(1, Math.min(groups, Math.round(Math.sqrt((2 * groups * tall) / together))));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

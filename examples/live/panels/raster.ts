/** Spikes of some neurons of each layer, piece by piece, the latest on the right. */
import { context } from "./events.js";

/** Pieces that are shown. */
const columns = 240;

/** The raster. */
export class RasterPanel {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #image: ImageData;
  #changed = true;

  /**
   * Takes a canvas over.
   *
   * @param canvas - Of any size.
   */
  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = context(canvas);
    this.#image = new ImageData(columns, 1);
  }

  /**
   * Adds a column.
   *
   * @param spikes - Of each layer, whether its neurons spiked.
   * @param colors - Of each layer, red, green and blue.
   */
  add(spikes: readonly Uint8Array[], colors: readonly (readonly number[])[]): void {
    const rows = spikes.reduce((sum, { length }) => sum + length + 2, 0);
    if (rows === 0) return;
    if (this.#image.height !== rows) {
      this.#image = new ImageData(columns, rows);
      [this.#canvas.width, this.#canvas.height] = [columns, rows];
    }
    const pixels = new Uint32Array(this.#image.data.buffer);
    pixels.copyWithin(0, 1);
    let row = 0;
    spikes.forEach((layer, index) => {
      const [red = 0, green = 0, blue = 0] = colors[index % colors.length] ?? [];
      const color = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      for (const spiked of layer) pixels[++row * columns - 1] = spiked ? color : 0;
      for (let gap = 0; gap < 2; gap++) pixels[++row * columns - 1] = 0;
    });
    this.#changed = true;
  }

  /** Draws what is new. */
  draw(): void {
    if (this.#changed) this.#context.putImageData(this.#image, 0, 0);
    this.#changed = false;
  }
}

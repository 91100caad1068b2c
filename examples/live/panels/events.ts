/** The events of the last moments, brighter pixels in one colour and darker ones in another, fading. */
import type { EventColumns } from "decolle";
import { side } from "../network.js";

/** Part of its light that a pixel keeps from frame to frame. */
const fading = 0.8;

/** The picture of events. */
export class EventsPanel {
  readonly #context: CanvasRenderingContext2D;
  readonly #image = new ImageData(side, side);
  readonly #light = new Float32Array(2 * side * side);

  /**
   * Takes a canvas over.
   *
   * @param canvas - Of the plane's size.
   */
  constructor(canvas: HTMLCanvasElement) {
    this.#context = context(canvas);
  }

  /**
   * Lights the pixels of events.
   *
   * @param events - The events.
   */
  add({ x, y, p }: EventColumns): void {
    for (let event = 0; event < x.length; event++) {
      const pixel = (y[event] ?? 0) * side + (x[event] ?? 0);
      const isOn = Number(p[event] === 1);
      // The latest polarity is what is seen.
      this.#light[pixel] = 1 - isOn;
      this.#light[side * side + pixel] = isOn;
    }
  }

  /** Draws a frame. */
  draw(): void {
    const { data } = this.#image;
    const plane = side * side;
    for (let pixel = 0; pixel < plane; pixel++) {
      const [off = 0, on = 0] = [this.#light[pixel], this.#light[plane + pixel]];
      data[4 * pixel] = 16 + 106 * on + 229 * off;
      data[4 * pixel + 1] = 19 + 151 * on + 135 * off;
      data[4 * pixel + 2] = 26 + 221 * on + 61 * off;
      data[4 * pixel + 3] = 255;
    }
    for (let place = 0; place < this.#light.length; place++) this.#light[place] = (this.#light[place] ?? 0) * fading;
    this.#context.putImageData(this.#image, 0, 0);
  }
}

/**
 * The context of a canvas.
 *
 * @param canvas - The canvas.
 * @returns What draws on it.
 */
export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext("2d");
  if (found === null) throw new Error("This browser does not draw on canvases.");
  return found;
}

/** What sources need of a page, and what they say where there is none. */
import { inNode } from "../../backend/builds.js";
import { unfit } from "../../errors.js";
import { messageOf } from "../../values/brands.js";

/**
 * Refuses a source that needs a page.
 *
 * @param work - What messages call the source.
 * @throws {@link DecolleError} `unsupported` outside a browser's page.
 */
export function demandPage(work: string): void {
  if (typeof document === "object" && typeof window === "object") return;
  const here = inNode() ? "Node" : "a Worker";
  throw unfit("unsupported", work, "a page in a browser; fromFrames takes frames anywhere", here);
}

/**
 * Tells when a page is hidden or shown again.
 *
 * @param hear - What is told.
 * @returns What ends it.
 */
export function whenHidden(hear: () => void): () => void {
  document.addEventListener("visibilitychange", hear);
  return () => document.removeEventListener("visibilitychange", hear);
}

/** Draws what a page shows down to the size of a sensor. */
export class Sampler {
  readonly #width: number;
  readonly #height: number;
  readonly #context: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;
  readonly #work: string;

  /**
   * Makes the canvas that is drawn on.
   *
   * @param sensor - Its size in pixels.
   * @param mirror - Whether left and right change places.
   * @param work - What messages call the source.
   * @throws {@link DecolleError} `unsupported` where the browser has no canvas to draw on.
   */
  constructor(sensor: { readonly width: number; readonly height: number }, mirror: boolean, work: string) {
    this.#width = sensor.width;
    this.#height = sensor.height;
    this.#work = work;
    const context = canvasOf(sensor).getContext("2d", { willReadFrequently: true, alpha: false });
    if (context === null) throw unfit("unsupported", work, "a canvas to draw on", "none in this browser");
    this.#context = context as CanvasRenderingContext2D;
    // Averages over what falls into a pixel; the plain way would take four points of it, and their noise.
    this.#context.imageSmoothingQuality = "medium";
    if (mirror) this.#context.setTransform(-1, 0, 0, 1, sensor.width, 0);
  }

  /**
   * The middle of an image, of the sensor's proportions.
   *
   * @param image - The image.
   * @param width - Its width in pixels.
   * @param height - Its height in pixels.
   * @returns Four bytes a pixel.
   * @throws {@link DecolleError} `io` where the image is of another origin, which does not let it be read.
   */
  take(image: CanvasImageSource, width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
    const scale = Math.min(width / this.#width, height / this.#height);
    const [wide, high] = [this.#width * scale, this.#height * scale];
    const [left, top] = [(width - wide) / 2, (height - high) / 2];
    this.#context.drawImage(image, left, top, wide, high, 0, 0, this.#width, this.#height);
    try {
      return this.#context.getImageData(0, 0, this.#width, this.#height).data as Uint8ClampedArray<ArrayBuffer>;
    } catch (error) {
      const found = `one of another origin, whose server does not allow it (${messageOf(error)})`;
      throw unfit("io", this.#work, "an image that may be read", found, { cause: error });
    }
  }
}

function canvasOf({ width, height }: { readonly width: number; readonly height: number }) {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

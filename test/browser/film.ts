/** Films for Chromium's fake camera: uncompressed, in the YUV4MPEG2 format. */
import { writeFileSync } from "node:fs";

/** What a film shows. */
export interface Film {
  /** Width of a frame in pixels, even. */
  readonly width: number;
  /** Height of a frame in pixels, even. */
  readonly height: number;
  /** Frames per second. */
  readonly rate: number;
  /** How many frames; the camera plays them again and again. */
  readonly frames: number;
  /** Luma of a pixel, 16 to 235. */
  readonly luma: (x: number, y: number, frame: number) => number;
}

/**
 * Writes a film without colours.
 *
 * @param path - The file.
 * @param film - What it shows.
 */
export function writeFilm(path: string, { width, height, rate, frames, luma }: Film): void {
  const grey = Buffer.alloc((width * height) / 2, 128);
  const pieces = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < frames; frame++) {
    const plane = Buffer.alloc(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) plane[y * width + x] = luma(x, y, frame);
    }
    pieces.push(Buffer.from("FRAME\n"), plane, grey);
  }
  writeFileSync(path, Buffer.concat(pieces));
}

/**
 * A bright disc that crosses the picture from left to right, once in all frames of the film.
 *
 * @param width - Width of a frame in pixels.
 * @param height - Height of a frame in pixels.
 * @param frames - Frames of one crossing.
 * @returns Its luma, with soft edges.
 */
export function crossingDisc(width: number, height: number, frames: number): Film["luma"] {
  const radius = height / 6;
  return (x, y, frame) => {
    const centre = -radius + ((width + 2 * radius) * frame) / frames;
    const inside = radius - Math.hypot(x + 0.5 - centre, y + 0.5 - height / 2);
    return Math.round(60 + 140 * Math.min(1, Math.max(0, inside / 4 + 0.5)));
  };
}

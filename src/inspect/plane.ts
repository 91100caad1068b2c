/** Counts of a plane of pixels that is as large as the events need, up to a limit. */

/** Most pixels a side; larger sensors are not built, but files may claim them. */
const mostSide = 4096;

/** Events by pixel and polarity. */
export class Plane {
  /** Columns and rows that are held. */
  width: number;
  height: number;
  /** Events that darkened, row by row, and those that brightened. */
  off: Uint32Array;
  on: Uint32Array;
  /** Events on pixels beyond the limit, which are not counted by pixel. */
  beyond = 0;

  /**
   * Makes a plane.
   *
   * @param width - Columns at first.
   * @param height - Rows at first.
   */
  constructor(width: number, height: number) {
    this.width = Math.min(width, mostSide);
    this.height = Math.min(height, mostSide);
    this.off = new Uint32Array(this.width * this.height);
    this.on = new Uint32Array(this.width * this.height);
  }

  /**
   * Counts events.
   *
   * @param x - Columns.
   * @param y - Rows.
   * @param p - Polarities.
   */
  add(x: Uint16Array, y: Uint16Array, p: Uint8Array): void {
    for (let event = 0; event < x.length; event++) {
      const column = x[event] as number;
      const row = y[event] as number;
      if (column >= this.width || row >= this.height) {
        if (column >= mostSide || row >= mostSide) {
          this.beyond++;
          continue;
        }
        this.#grow(column, row);
      }
      const place = row * this.width + column;
      const counts = p[event] === 0 ? this.off : this.on;
      counts[place] = (counts[place] as number) + 1;
    }
  }

  /** Makes room for a pixel: twice as much as there was, so that it happens seldom. */
  #grow(column: number, row: number): void {
    const larger = (side: number, index: number) =>
      index < side ? side : Math.min(mostSide, Math.max(index + 1, side * 2));
    const width = larger(this.width, column);
    const height = larger(this.height, row);
    const moved = (counts: Uint32Array) => {
      const wider = new Uint32Array(width * height);
      for (let line = 0; line < this.height; line++) {
        wider.set(counts.subarray(line * this.width, (line + 1) * this.width), line * width);
      }
      return wider;
    };
    [this.off, this.on] = [moved(this.off), moved(this.on)];
    [this.width, this.height] = [width, height];
  }
}

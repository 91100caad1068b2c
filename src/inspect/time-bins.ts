/** Time in equal bins of which there are never many, though nobody knows beforehand how long a recording is. */

/** Bins that double their width when they no longer reach far enough. */
export class TimeBins {
  /** Most bins. */
  readonly most: number;
  /** Where the first bin starts, in microseconds; undefined before the first event. */
  start: number | undefined;
  /** Width of a bin in microseconds. */
  width: number;
  /** Bins from the first to the last that is used. */
  used = 0;
  readonly #halve: (bins: number) => void;

  /**
   * Makes bins.
   *
   * @param most - Most bins, an even number.
   * @param width - Width of a bin at first, in microseconds.
   * @param halve - Adds what is in bins 2i and 2i + 1 up in bin i, and empties the others; given the bins that were used.
   */
  constructor(most: number, width: number, halve: (bins: number) => void) {
    this.most = most;
    this.width = width;
    this.#halve = halve;
  }

  /**
   * The bin of a time.
   *
   * @param time - In microseconds, none before that of the first call.
   * @returns Its index.
   */
  binOf(time: number): number {
    this.start ??= time;
    let bin = Math.floor((time - this.start) / this.width);
    while (bin >= this.most) {
      this.#halve(this.used);
      this.used = Math.ceil(this.used / 2);
      this.width *= 2;
      bin = Math.floor((time - this.start) / this.width);
    }
    if (bin >= this.used) this.used = bin + 1;
    return bin;
  }
}

/**
 * Adds up neighbours: entries 2i and 2i + 1 become entry i, and the rest 0.
 *
 * @param counts - Counts, one a bin.
 * @param used - Bins that are used.
 */
export function halve(counts: Float64Array, used: number): void {
  for (let bin = 0; bin < used; bin += 2) counts[bin / 2] = (counts[bin] ?? 0) + (counts[bin + 1] ?? 0);
  counts.fill(0, Math.ceil(used / 2));
}

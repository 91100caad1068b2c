/** Times of frames as a source of events gives them: whole microseconds that only go forward. */

/** When a frame was, and whether it goes on from the one before. */
export interface Moment {
  /** Whole microseconds since the first frame. */
  readonly time: number;
  /** Whether time went on as it should; otherwise the film was wound back, say. */
  readonly goesOn: boolean;
}

/** The same frame again, or one that comes out of order: within this many milliseconds time has not been wound back. */
const jitter = 20;

/** Turns times of a film, a camera or a page into moments. */
export class FrameClock {
  #start: number | undefined;
  #last = -1;

  /**
   * Tells the moment of a frame.
   *
   * @param milliseconds - Its time, from anywhere.
   * @returns The moment; undefined where the frame is not later than the one before.
   */
  tell(milliseconds: number): Moment | undefined {
    this.#start ??= milliseconds;
    const time = Math.round((milliseconds - this.#start) * 1000);
    if (time > this.#last) {
      this.#last = time;
      return { time, goesOn: true };
    }
    if (time > this.#last - 1000 * jitter) return undefined;
    this.#last++;
    this.#start = milliseconds - this.#last / 1000;
    return { time: this.#last, goesOn: false };
  }
}

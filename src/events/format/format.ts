/** What there is to say of a format of recordings; `crates/events/src/format` reads it. */

/** A format of recordings. */
export interface Format {
  /** Name by which it is asked for. */
  readonly name: string;
  /** How names of such files end. */
  readonly extensions: readonly string[];
}

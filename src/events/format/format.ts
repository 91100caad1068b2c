/** What there is to say of a format of recordings; `crates/events/src/format` reads it. */

/** A format of files that hold recordings. */
export interface FileFormat<Name extends string = string> {
  /** Name by which it is asked for. */
  readonly name: Name;
  /** How names of such files end. */
  readonly extensions: readonly string[];
}

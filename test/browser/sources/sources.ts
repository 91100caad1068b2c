/** A page on which the tests call the package by hand. */
import * as decolle from "decolle";

/** What the tests find on the page. */
export interface Global {
  /** The package, bundled. */
  readonly decolle: typeof decolle;
}

Object.assign(globalThis, { decolle } satisfies Global);

/** What a row of bad calls is made of. */
import type { Binding } from "../../src/backend/contract.js";
import type { ErrorCode, Network } from "../../src/index.js";

/** What a bad call may use. */
export interface Scene {
  readonly network: Network;
  readonly binding: Binding;
  /** A checkpoint of the network. */
  readonly checkpoint: Uint8Array;
  /** A folder of its own. */
  readonly folder: string;
}

/** Code, text that the message holds, what is bad, the call. */
export type Row = readonly [code: ErrorCode, message: string, what: string, call: (scene: Scene) => unknown];

/** What TypeScript would refuse: callers of JavaScript can write it all the same. */
export const untyped = (value: unknown) => value as never;

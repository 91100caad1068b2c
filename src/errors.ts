/**
 * The one error type of decolle.
 *
 * The Rust core throws faults whose message is `[code] text`; {@link translateFault} turns them into
 * {@link DecolleError}, so that callers branch on `code` and never on text.
 */
import { isBranded, messageOf } from "./values/brands.js";

/**
 * What kind of fault happened.
 *
 * | code | meaning |
 * |---|---|
 * | `shape` | an array has another length or rank than expected |
 * | `range` | a number lies outside its allowed range |
 * | `not-finite` | a number is NaN or infinite |
 * | `memory` | what was asked for needs more memory than there is, or than the build can address: the message says what asks, and for how many bytes |
 * | `time-order` | events or recordings go back in time |
 * | `format` | bytes do not follow the format they claim |
 * | `unsupported` | a valid request that this build or format cannot serve |
 * | `config` | a specification has a missing, unknown or ill-typed field |
 * | `disposed` | the object was disposed before the call |
 * | `busy` | the object is at work on another call |
 * | `aborted` | the caller aborted the work |
 * | `backend` | a backend could not be loaded, or failed for a reason of its own |
 * | `checkpoint` | a checkpoint does not fit or is damaged |
 * | `io` | a file or folder could not be read or written |
 */
export type ErrorCode =
  | "shape"
  | "range"
  | "not-finite"
  | "memory"
  | "time-order"
  | "format"
  | "unsupported"
  | "config"
  | "disposed"
  | "busy"
  | "aborted"
  | "backend"
  | "checkpoint"
  | "io";

/** All error codes, in the order of the table at {@link ErrorCode}. */
export const errorCodes: readonly ErrorCode[] = [
  "shape",
  "range",
  "not-finite",
  "memory",
  "time-order",
  "format",
  "unsupported",
  "config",
  "disposed",
  "busy",
  "aborted",
  "backend",
  "checkpoint",
  "io",
];

/** Says that an object is an error of decolle, whichever copy of this module made it: the same symbol in every realm. */
const brand = Symbol.for("decolle.error");

/** An error of decolle: a code for programs, a message for people, and the error behind it where there is one. */
export class DecolleError extends Error {
  /** What kind of fault happened. */
  readonly code: ErrorCode;

  /**
   * Makes an error.
   *
   * @param code - What kind of fault happened.
   * @param message - Names the field, the byte offset or the event index, what was found and what was expected.
   * @param options - `cause`: the error behind this one.
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "DecolleError";
    this.code = code;
  }

  /**
   * Whether something that was thrown is an error of decolle. Unlike `instanceof` this also holds where the package was
   * loaded twice, as test runners do it that give every file its own realm.
   *
   * @param error - Anything.
   * @returns Whether it has a `code` of {@link ErrorCode}.
   */
  static is(error: unknown): error is DecolleError {
    return isBranded(error, brand);
  }
}

Object.defineProperty(DecolleError.prototype, brand, { value: true });

/**
 * Turns whatever a binding threw into a {@link DecolleError}.
 *
 * A `DecolleError` is given back as it is. An error whose message reads `[code] text`, as the Rust core writes it, takes
 * that code; anything else (a panic, an out-of-memory, an argument that the binding could not convert) becomes
 * `backend`. The original error is kept as `cause`.
 *
 * @param error - What was thrown.
 * @returns The error to throw on.
 */
export function translateFault(error: unknown): DecolleError {
  if (DecolleError.is(error)) return error;
  const text = messageOf(error);
  const parts = /^\[([a-z-]+)\] ([\s\S]*)$/.exec(text);
  const code = errorCodes.find((known) => known === parts?.[1]);
  if (code === undefined) return new DecolleError("backend", text, { cause: error });
  return new DecolleError(code, parts?.[2] ?? text, { cause: error });
}

/** What a page and the Worker that its network works in say to each other: plain values and typed arrays only. */

import { DecolleError, details, type ErrorCode, translateFault } from "../../errors.js";
import { messageOf } from "../../values/brands.js";
import type { Asked, Backend } from "../builds.js";
import type { BatchOutcome } from "../contract.js";

/** The first message to the Worker. */
export interface Opening {
  /** The build to load. */
  readonly asked: Asked;
  /** Name of the lock that the Worker is to hold as long as it lives; undefined where there are no locks. */
  readonly lock: string | undefined;
}

/** Every further message to it: a call. */
export interface Call {
  /** Its number, which the answer has, too. */
  readonly call: number;
  /** Number of the object that is called; 0 for the binding itself. */
  readonly on: number;
  /** Name of the function, or of the constructor; the Worker has some of its own, see `engine.ts`. */
  readonly name: string;
  /** What it is given; an object that the Worker holds is a {@link Reference}. */
  readonly given: readonly unknown[];
  /** Number that the object which it makes gets. */
  readonly made?: number;
}

/** Stands for an object that the Worker holds. */
export interface Reference {
  /** Its number. */
  readonly object: number;
}

/** What the Worker has loaded. */
export interface Facts extends Pick<Backend, "kind" | "threads" | "simd"> {
  /** Why it is less than the best. */
  readonly fallback?: FaultData;
  /** Whether the Worker holds the lock. */
  readonly locked: boolean;
}

/** What the Worker says. */
export type Answer =
  /** The script runs. */
  | { readonly say: "up" }
  /** The build is loaded. */
  | { readonly say: "opened"; readonly facts: Facts }
  /** The build cannot be loaded. */
  | { readonly say: "refused"; readonly fault: FaultData }
  /** What a call gave, and bytes that the network holds where they may have changed. */
  | { readonly say: "gave"; readonly call: number; readonly value: unknown; readonly bytes: number | undefined }
  /** What a call threw. */
  | { readonly say: "threw"; readonly call: number; readonly fault: FaultData };

/** What came of work on a batch: its outcome, or null where it was interrupted. */
export type Worked = BatchOutcome | null;

/** An error as plain values. */
export interface FaultData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** Message of the error behind it. */
  readonly cause?: string;
}

/**
 * Makes plain values of an error.
 *
 * @param error - Whatever was thrown.
 * @returns The values.
 */
export function asData(error: unknown): FaultData {
  const fault = translateFault(error);
  const { code, message, cause } = fault;
  const { path, expected, found } = details(fault);
  return { code, message, path, expected, found, ...(cause !== undefined && { cause: messageOf(cause) }) };
}

/**
 * Makes an error of the values.
 *
 * @param data - What {@link asData} gave.
 * @returns The error.
 */
export function asError({ code, message, cause, ...details }: FaultData): DecolleError {
  return new DecolleError(code, message, { ...details, ...(cause !== undefined && { cause: new Error(cause) }) });
}

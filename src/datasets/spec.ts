/** Data sets by name, as on the command line: `synthetic`, `nmnist:PATH`. */
import { unfit } from "../errors.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";

/** What a `SPEC` names. */
export type DatasetSpec = SyntheticSpec | NmnistSpec;

/** Synthetic gestures. */
export interface SyntheticSpec {
  /** Says which one this is. */
  readonly kind: "synthetic";
}

/** N-MNIST. */
export interface NmnistSpec {
  /** Says which one this is. */
  readonly kind: "nmnist";
  /** The folder in the official layout, by its path or `file:` URL. */
  readonly path: string | FileUrl;
}

/**
 * Reads a `SPEC`.
 *
 * @param text - `synthetic` or `nmnist:PATH`.
 * @returns Kind and path.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function parseDatasetSpec(text: string): DatasetSpec {
  if (typeof text !== "string") {
    throw unfit("config", "data", "synthetic or nmnist:PATH", found(text));
  }
  if (text === "synthetic") return { kind: "synthetic" };
  const path = /^nmnist:(.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: "nmnist", path };
  throw unfit("config", "data", "synthetic or nmnist:PATH", `${text}`);
}

/**
 * Writes a `SPEC`.
 *
 * @param spec - Kind and path.
 * @returns The text that {@link parseDatasetSpec} reads.
 */
export function formatDatasetSpec(spec: DatasetSpec): string {
  return spec.kind === "synthetic" ? spec.kind : `${spec.kind}:${pathOf(spec.path, "data")}`;
}

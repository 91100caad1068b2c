/** Data sets by name, as on the command line: `synthetic`, `nmnist:PATH`, `mnist:PATH`, `mnist-saccades:PATH`. */
import { unfit } from "../errors.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";

/** What a `SPEC` names. */
export type DatasetSpec = SyntheticSpec | NmnistSpec | MnistSpec;

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

/** MNIST as spike trains, or before the simulated event camera. */
export interface MnistSpec {
  /** Says which one this is. */
  readonly kind: "mnist" | "mnist-saccades";
  /** The folder of the four idx files, by its path or `file:` URL. */
  readonly path: string | FileUrl;
}

/** What there is, for messages. */
const expected = "synthetic, nmnist:PATH, mnist:PATH or mnist-saccades:PATH";

/**
 * Reads a `SPEC`.
 *
 * @param text - `synthetic`, `nmnist:PATH`, `mnist:PATH` or `mnist-saccades:PATH`.
 * @returns Kind and path.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function parseDatasetSpec(text: string): DatasetSpec {
  if (typeof text !== "string") {
    throw unfit("config", "data", expected, found(text));
  }
  if (text === "synthetic") return { kind: "synthetic" };
  const [, kind, path] = /^(nmnist|mnist|mnist-saccades):(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return { kind: kind as Exclude<DatasetSpec["kind"], "synthetic">, path };
  throw unfit("config", "data", expected, `${text}`);
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

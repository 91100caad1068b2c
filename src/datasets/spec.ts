/** Data sets by name, as on the command line: `synthetic`, `nmnist:PATH`, `mnist:PATH`, `mnist-saccades:PATH`. */
import { faultAt, unfit } from "../errors.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";
import { meant } from "../values/nearest.js";
import { type DatasetName, namedDatasets } from "./named.js";

/** What a `SPEC` names. */
export type DatasetSpec = SyntheticSpec | FileSpec;

/** Synthetic gestures. */
export interface SyntheticSpec {
  /** Says which one this is. */
  readonly kind: "synthetic";
}

/** A data set in files. */
export interface FileSpec {
  /** Which one. */
  readonly kind: DatasetName;
  /** Its folder, by its path or `file:` URL. */
  readonly path: string | FileUrl;
}

/** Names of all data sets. */
export const specNames: readonly string[] = ["synthetic", ...Object.keys(namedDatasets)];

/** What a `SPEC` may be, in words. */
export const specForms = `synthetic, or ${Object.keys(namedDatasets).join(", ")} with a path, such as nmnist:PATH`;

/**
 * Whether there is a data set of a name.
 *
 * @param kind - The name.
 * @returns Whether there is.
 */
export function isDatasetName(kind: unknown): kind is DatasetName {
  return typeof kind === "string" && Object.hasOwn(namedDatasets, kind);
}

/**
 * Reads a `SPEC`.
 *
 * @param text - `synthetic`, or the name of a data set and its path, such as `nmnist:PATH`.
 * @returns Kind and path.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function parseDatasetSpec(text: string): DatasetSpec {
  if (typeof text !== "string") throw unfit("config", "data", specForms, found(text));
  if (text === "synthetic") return { kind: "synthetic" };
  const [, kind, path] = /^([a-z0-9-]+):(.+)$/s.exec(text) ?? [];
  if (path !== undefined && isDatasetName(kind)) return { kind, path };
  // A name that is known lacks its path, or has one too many.
  const [name = ""] = text.split(":");
  const near = specNames.includes(name) ? "" : meant(name, specNames);
  throw faultAt("config", "data", `expected ${specForms}, found ${text}${near}`, { expected: specForms, found: text });
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

/** What a training is: a preset, over it a file, over that the command line. */
import * as v from "valibot";
import { type DecolleError, faultAt, placedIn, unfit } from "../errors.js";
import type { InputTransform } from "../events/transform.js";
import { readBytes, reason } from "../files.js";
import { unlessAborted } from "../network/abort.js";
import type { NetworkSpecification } from "../network/specification.js";
import { preset } from "../presets/index.js";
import type { TrainingRecipe } from "../presets/preset.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { meant, unknownName } from "../values/nearest.js";
import { fileSchema } from "./configuration-schema.js";

/** A training from its first to its last setting. It is stored with the network, so that `--resume` finds it. */
export interface Configuration {
  /** Name of the preset it started from. */
  readonly preset: string;
  /** The network. */
  readonly network: NetworkSpecification;
  /** How it is trained. */
  readonly training: TrainingRecipe;
  /** What happens to recordings before the network sees them. */
  readonly transform: InputTransform;
  /** How weights start. */
  readonly initialization: "plain" | "lsuv";
}

/** Settings laid over a preset. */
export interface Overrides {
  readonly preset?: string;
  readonly network?: Partial<NetworkSpecification>;
  readonly training?: Partial<TrainingRecipe>;
  readonly transform?: InputTransform;
  readonly initialization?: Configuration["initialization"];
}

/**
 * Lays settings over a preset: fields of the network and of the training one by one, a transform as a whole.
 *
 * @param name - The preset, unless a layer of settings names another.
 * @param layers - Settings, later ones over earlier ones.
 * @returns The configuration.
 * @throws {@link DecolleError} `config` for an unknown preset.
 */
export function configure(name: string, ...layers: readonly Overrides[]): Configuration {
  const base = preset(layers.reduce((found, layer) => layer.preset ?? found, name));
  return layers.reduce<Configuration>(
    (configuration, layer) => ({
      preset: base.name,
      network: { ...configuration.network, ...layer.network },
      training: { ...configuration.training, ...layer.training },
      transform: layer.transform ?? configuration.transform,
      initialization: layer.initialization ?? configuration.initialization,
    }),
    {
      preset: base.name,
      network: base.network,
      training: base.training,
      transform: base.transform,
      initialization: "plain",
    },
  );
}

/**
 * Reads a configuration file.
 *
 * @param path - JSON with any of `preset`, `network`, `training`, `transform` and `initialization`; `$schema` is for editors.
 * @param signal - Aborts, while the file comes through a pipe.
 * @returns Its settings; the network's fields are checked where the network is built.
 * @throws {@link DecolleError} `io` where it cannot be read, `config` for what is no JSON or has other fields, `aborted`.
 */
export async function readOverrides(path: string, signal?: AbortSignalLike): Promise<Overrides> {
  const text = new TextDecoder().decode(await unlessAborted(readBytes(path, signal), signal, "config"));
  return checkOverrides(parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw faultAt("config", path, `expected JSON: ${reason(error)}`, { cause: error });
  }
}

/**
 * Checks the settings of a configuration file.
 *
 * @param value - What the JSON holds.
 * @param path - What messages call the file.
 * @returns The settings.
 * @throws {@link DecolleError} `config` with the field.
 */
export function checkOverrides(value: unknown, path: string): Overrides {
  refuseLists(value, path);
  const result = v.safeParse(fileSchema, value, { abortEarly: true });
  if (result.success) return result.output as Overrides;
  const [issue] = result.issues;
  const keys = (issue.path ?? []).map(({ key }) => `${key}`);
  throw placedIn(faultOf(issue, keys), path);
}

/** Refuses lists where fields are expected: to valibot they are objects, too. */
function refuseLists(value: unknown, path: string): void {
  const parts: Array<[place: string, part: unknown]> = [["settings", value]];
  if (isObject(value)) for (const name of ["network", "training", "transform"]) parts.push([name, value[name]]);
  for (const [place, part] of parts) {
    if (Array.isArray(part)) throw placedIn(unfit("config", place, "an object", found(part)), path);
  }
}

/** What is wrong, by its path in the file. */
function faultOf({ kind, type, expected, input }: v.BaseIssue<unknown>, keys: readonly string[]): DecolleError {
  const place = keys.length === 0 ? "settings" : keys.join(".");
  if (kind === "schema" && type === "picklist") {
    return unknownName("config", place, input, optionsOf(schemaAt(keys)));
  }
  if (kind === "schema" && type === "strict_object" && expected === "never") {
    const known = Object.keys(entriesOf(schemaAt(keys.slice(0, -1))));
    const name = keys.at(-1) as string;
    return faultAt("config", place, `unknown field, expected one of ${known.join(", ")}${meant(name, known)}`);
  }
  const words = new Map([
    ["number", "a number"],
    ["string", "a text"],
    ["Object", "an object"],
  ]);
  return unfit("config", place, words.get(`${expected}`) ?? `${expected}`, found(input));
}

/** The schema that a path leads to; what it is piped or wrapped in does not count. */
function schemaAt(keys: readonly string[]): unknown {
  return keys.reduce<unknown>((schema, key) => bare(entriesOf(schema)[key]), bare(fileSchema));
}

function bare(schema: unknown): unknown {
  const { wrapped, pipe } = schema as { wrapped?: unknown; pipe?: readonly unknown[] };
  if (wrapped !== undefined) return bare(wrapped);
  return pipe === undefined || pipe[0] === schema ? schema : pipe[0];
}

function entriesOf(schema: unknown): Readonly<Record<string, unknown>> {
  return (schema as { entries?: Record<string, unknown> }).entries ?? {};
}

function optionsOf(schema: unknown): readonly string[] {
  return (schema as { options?: readonly string[] }).options ?? [];
}

/** What a training is: a preset, over it a file, over that the command line. */
import { faultAt, unfit } from "../errors.js";
import type { InputTransform } from "../events/transform.js";
import { readBytes, reason } from "../files.js";
import { unlessAborted } from "../network/abort.js";
import type { NetworkSpecification } from "../network/specification.js";
import { preset } from "../presets/index.js";
import type { TrainingRecipe } from "../presets/preset.js";
import type { AbortSignalLike } from "../values/brands.js";

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
 * @param path - JSON with any of `preset`, `network`, `training`, `transform` and `initialization`.
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

const trainingFields = ["epochs", "batchSize", "steps", "testSteps", "burnIn", "updateEvery"] as const;
const transformFields = ["crop", "downsample"] as const;

/**
 * Checks the settings of a configuration file.
 *
 * @param value - What the JSON holds.
 * @param path - What messages call the file.
 * @returns The settings.
 * @throws {@link DecolleError} `config` with the field.
 */
export function checkOverrides(value: unknown, path: string): Overrides {
  const file = fields(value, path, ["preset", "network", "training", "transform", "initialization"]);
  const training = file["training"];
  if (training !== undefined) {
    for (const [name, number] of Object.entries(fields(training, `${path}: training`, trainingFields))) {
      if (typeof number !== "number") {
        throw faultAt("config", path, `training.${name}: expected a number, found ${JSON.stringify(number)}`);
      }
    }
  }
  if (file["network"] !== undefined) fields(file["network"], `${path}: network`);
  if (file["transform"] !== undefined) {
    const transform = fields(file["transform"], `${path}: transform`, transformFields);
    if (transform["crop"] !== undefined)
      fields(transform["crop"], `${path}: transform.crop`, ["left", "top", "width", "height"]);
  }
  const { preset: name, initialization } = file;
  if (name !== undefined && typeof name !== "string") throw faultAt("config", path, "preset: expected a name");
  if (initialization !== undefined && initialization !== "plain" && initialization !== "lsuv") {
    const found = JSON.stringify(initialization);
    throw faultAt("config", path, `initialization: expected "plain" or "lsuv", found ${found}`);
  }
  return file as Overrides;
}

/** The fields of an object, none but those known. */
function fields(value: unknown, path: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unfit("config", path, "an object", `${JSON.stringify(value)}`);
  }
  const unknown = known === undefined ? undefined : Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw faultAt("config", path, `unknown field ${unknown}, expected one of ${known?.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

/** All presets by name. */
import { DecolleError } from "../errors.js";
import { dvsgesture, dvsgesture2018, dvsgesturePaper } from "./dvsgesture.js";
import { nmnist, nmnistMlp, nmnistSmall, nmnistSmallSparse } from "./nmnist.js";
import { poissonRegression, poissonRegression2020 } from "./poisson.js";
import type { Preset } from "./preset.js";
import { synthetic } from "./synthetic.js";

/** All presets by name. */
export const presets: Readonly<Record<string, Preset>> = Object.fromEntries(
  [
    synthetic,
    nmnistMlp,
    nmnistSmall,
    nmnistSmallSparse,
    nmnist,
    dvsgesture,
    dvsgesturePaper,
    dvsgesture2018,
    poissonRegression,
    poissonRegression2020,
  ].map((preset) => [preset.name, preset]),
);

/**
 * A preset by name.
 *
 * @param name - Such as `nmnist-mlp`.
 * @returns The preset.
 * @throws {@link DecolleError} `config` with the names there are.
 */
export function preset(name: string): Preset {
  const found = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (found !== undefined) return found;
  throw new DecolleError("config", `preset: expected one of ${Object.keys(presets).join(", ")}, found ${name}`);
}

/** All presets by name. */
import { frozen } from "../values/frozen.js";
import { unknownName } from "../values/nearest.js";
import { dvsgesture, dvsgesture2018, dvsgesturePaper } from "./dvsgesture.js";
import { mnist2018 } from "./mnist.js";
import { nmnist, nmnistMlp, nmnistMlpSparse, nmnistSmall, nmnistSmallSparse } from "./nmnist.js";
import { poissonRegression, poissonRegression2020 } from "./poisson.js";
import { pokerDvs } from "./pokerdvs.js";
import type { Preset } from "./preset.js";
import { synthetic } from "./synthetic.js";

/** All presets by name. */
export const presets: Readonly<Record<string, Preset>> = frozen(
  Object.fromEntries(
    [
      synthetic,
      nmnistMlp,
      nmnistMlpSparse,
      nmnistSmall,
      nmnistSmallSparse,
      nmnist,
      dvsgesture,
      dvsgesturePaper,
      dvsgesture2018,
      pokerDvs,
      mnist2018,
      poissonRegression,
      poissonRegression2020,
    ].map((preset) => [preset.name, preset]),
  ),
);

/**
 * A preset by name.
 *
 * @param name - Such as `nmnist-mlp`.
 * @returns The preset.
 * @throws {@link DecolleError} `config` with the names there are, and the one that was likely meant.
 */
export function preset(name: string): Preset {
  const known = typeof name === "string" && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (known !== undefined) return known;
  throw unknownName("config", "preset", name, Object.keys(presets));
}

/** `decolle rule`: the plasticity rule of each layer, derived and printed. */
import type { BackendChoice } from "../backend/select.js";
import { DecolleError } from "../errors.js";
import { Network } from "../network/stored.js";
import type { RuleForm } from "../plasticity/rule.js";
import { configure, readOverrides } from "./configuration.js";

/** What the command line says. */
export interface RuleFlags {
  /** Name of a preset. */
  readonly preset?: string;
  /** A configuration file, laid over the preset. */
  readonly config?: string;
  /** A checkpoint. */
  readonly model?: string;
  /** Index of the only layer to print. */
  readonly layer?: number;
  /** How it is written. */
  readonly format: RuleForm;
  /** Whether each is checked against finite differences. */
  readonly check?: boolean;
  /** The build that derives. */
  readonly backend?: NonNullable<BackendChoice["backend"]>;
}

/** The preset that a configuration file without one is laid over, as in `decolle train`. */
const defaultPreset = "synthetic";

/**
 * What is wrong with the flags, if anything.
 *
 * @param flags - What the command line says.
 * @returns A message, or undefined.
 */
export function misuseOfRule(flags: RuleFlags): string | undefined {
  const { preset, config, model } = flags;
  if (model !== undefined && (preset !== undefined || config !== undefined)) {
    return "--model names a network by itself; leave out --preset and --config";
  }
  if (model === undefined && preset === undefined && config === undefined) {
    return "name a network: --preset, --config or --model";
  }
  if (flags.check === true && flags.format !== "text") return "--check goes with --format text";
  return undefined;
}

/** The network that the flags name. */
async function networkOf(flags: RuleFlags): Promise<Network> {
  const choice = { threads: 1, ...(flags.backend !== undefined && { backend: flags.backend }) };
  if (flags.model !== undefined) return Network.load(flags.model, choice);
  const layers = flags.config === undefined ? [] : [await readOverrides(flags.config)];
  const named = flags.preset === undefined ? [] : [{ preset: flags.preset }];
  return Network.create(configure(defaultPreset, ...layers, ...named).network, choice);
}

/**
 * Writes rules to standard output.
 *
 * @param flags - The network, the layer, the form.
 * @throws {@link DecolleError} `config` where a rule fails its check, after all have been written.
 */
export async function ruleCommand(flags: RuleFlags): Promise<void> {
  using network = await networkOf(flags);
  const failures: string[] = [];
  const all = network.specification.layers.map((_, index) => index);
  const block = async (layer: number) => {
    const printed = (await network.rule(layer))[flags.format];
    if (flags.format !== "text") return printed.whole;
    const titled = `layer ${layer}\n\n${printed.whole}`;
    if (flags.check !== true) return titled;
    const { outcome, reason } = await network.checkRule(layer);
    if (outcome === "failed") failures.push(`layer ${layer}: ${reason}`);
    return `${titled}\ncheck against finite differences\n  ${outcome}: ${reason}`;
  };
  const blocks: string[] = [];
  for (const layer of flags.layer === undefined ? all : [flags.layer]) blocks.push(await block(layer));
  console.log(blocks.join("\n\n"));
  if (failures.length > 0) throw new DecolleError("config", `the rule fails its check: ${failures.join("; ")}`);
}

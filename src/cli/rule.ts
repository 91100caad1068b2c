/** `decolle rule`: the plasticity rule of each layer, derived and printed. */
import { type BackendChoice, selectBackend } from "../backend/select.js";
import { DecolleError } from "../errors.js";
import { plasticityOf } from "../network/plasticity.js";
import type { NetworkSpecification } from "../network/specification.js";
import { Network } from "../network/stored.js";
import { checkedBy, derivedBy, type RuleForm } from "../plasticity/rule.js";
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

async function specificationOf(flags: RuleFlags): Promise<NetworkSpecification> {
  if (flags.model !== undefined) {
    using network = await Network.load(flags.model, { threads: 1 });
    return network.specification;
  }
  const layers = flags.config === undefined ? [] : [await readOverrides(flags.config)];
  const own = flags.preset === undefined ? [] : [{ preset: flags.preset }];
  const { network } = configure(defaultPreset, ...layers, ...own);
  // Built once, so that what is wrong with it is said before anything is printed.
  using built = await Network.create(network, { threads: 1 });
  return built.specification;
}

/**
 * Writes rules to standard output.
 *
 * @param flags - The network, the layer, the form.
 * @throws {@link DecolleError} `config` where a rule fails its check, after all have been written.
 */
export async function ruleCommand(flags: RuleFlags): Promise<void> {
  const specification = await specificationOf(flags);
  const choice = flags.backend === undefined ? {} : { backend: flags.backend };
  const { binding } = await selectBackend(choice);
  const failures: string[] = [];
  const all = specification.layers.map((_, index) => index);
  const blocks = (flags.layer === undefined ? all : [flags.layer]).map((layer) => {
    const { neuron, cost, options } = plasticityOf(specification, layer);
    const printed = derivedBy(binding, neuron, cost, options)[flags.format];
    if (flags.format !== "text") return printed.whole;
    const block = `layer ${layer}\n\n${printed.whole}`;
    if (flags.check !== true) return block;
    const { timeStep, regularizer } = options;
    const { outcome, reason } = checkedBy(binding, neuron, cost, { timeStep, regularizer });
    if (outcome === "failed") failures.push(`layer ${layer}: ${reason}`);
    return `${block}\ncheck against finite differences\n  ${outcome}: ${reason}`;
  });
  console.log(blocks.join("\n\n"));
  if (failures.length > 0) throw new DecolleError("config", `the rule fails its check: ${failures.join("; ")}`);
}

/** `decolle import` and `decolle export`: models of other tools. */
import { basename, extname } from "node:path";
import type { BackendChoice } from "../backend/select.js";
import { exchange } from "../exchange/exchange.js";
import type { NirReset } from "../exchange/nir/neuron.js";
import { checkReplaceable, readBytes, writeAtomically } from "../files.js";
import { Network } from "../network/stored.js";
import { configure, readOverrides } from "./configuration.js";
import { layerInWords } from "./words.js";

/** Options of `decolle import`, as commander gives them. */
export interface ImportFlags extends Pick<BackendChoice, "backend"> {
  readonly out: string;
  readonly preset?: string;
  readonly config?: string;
  readonly timeStep?: number;
  readonly reset?: NirReset;
}

/** Options of `decolle export`, as commander gives them. */
export interface ExportFlags extends Pick<BackendChoice, "backend"> {
  readonly nir: string;
}

/** How the names of files end that hold graphs of NIR; all others are PyTorch's. */
const nirEnding = ".nir";

const isNir = (file: string) => extname(file).toLowerCase() === nirEnding;

/**
 * What is wrong with the options as a whole.
 *
 * @param file - What is to be imported.
 * @param flags - The command's options.
 * @returns A message, undefined where nothing is.
 */
export function misuseOfImport(file: string, { preset, config, timeStep, reset }: ImportFlags): string | undefined {
  const named = preset !== undefined || config !== undefined;
  if (!isNir(file)) {
    if (timeStep !== undefined || reset !== undefined) return `--time-step and --reset go with ${nirEnding} files`;
    return named ? undefined : "a checkpoint of PyTorch does not hold its network: name it with --preset or --config";
  }
  return named ? `a ${nirEnding} file holds its network; leave out --preset and --config` : undefined;
}

/** The preset that a configuration file without one is laid over, as in `decolle train`. */
const defaultPreset = "synthetic";

/**
 * Writes a model of another tool as a checkpoint.
 *
 * @param file - A `.nir` file, or a checkpoint of decolle-public by `torch.save`.
 * @param flags - The command's options.
 */
export async function importCommand(file: string, flags: ImportFlags): Promise<void> {
  await checkReplaceable(flags.out);
  const { out, preset, config, timeStep, reset, backend } = flags;
  const choice = { threads: 1, ...(backend !== undefined && { backend }) };
  const bytes = await readBytes(file);
  const nir = { ...(timeStep !== undefined && { timeStep }), ...(reset !== undefined && { reset }) };
  const layers = config === undefined ? [] : [await readOverrides(config)];
  const named = preset === undefined ? [] : [{ preset }];
  using network = isNir(file)
    ? await exchange.fromNir(bytes, nir, choice)
    : await exchange.fromPyTorch(bytes, configure(defaultPreset, ...layers, ...named).network, choice);
  network.metadata["imported"] = basename(file);
  await network.save(out);
  console.log(`${file} → ${out}: ${told(network)}`);
}

/**
 * Writes a checkpoint as a graph of NIR.
 *
 * @param model - The checkpoint.
 * @param flags - The command's options.
 */
export async function exportCommand(model: string, { nir, backend }: ExportFlags): Promise<void> {
  await checkReplaceable(nir);
  using network = await Network.load(model, { threads: 1, ...(backend !== undefined && { backend }) });
  await writeAtomically(nir, await exchange.toNir(network));
  console.log(`${model} → ${nir}: ${told(network)}`);
}

function told({ specification: { layers, readout } }: Network): string {
  return `${layers.map(layerInWords).join(", ")}; readouts of ${readout.units}`;
}

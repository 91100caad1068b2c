/** `decolle inspect` of models: our checkpoints, those of PyTorch, graphs of NIR; told from recordings by their first bytes. */
import { DecolleError, placedIn } from "../errors.js";
import { Hdf5 } from "../events/hdf5.js";
import { startsAsHdf5 } from "../events/hdf5-events.js";
import { exchange } from "../exchange/exchange.js";
import type { NirField, NirGraph } from "../exchange/nir/graph.js";
import { lengthOf, readBytes, readPieces } from "../files.js";
import { positionKey } from "../network/position.js";
import type { NetworkDescription } from "../network/specification.js";
import { Network } from "../network/stored.js";
import { streamKey } from "../network/stream-position.js";
import type { Tensor } from "../network/tensor.js";
import { checkpointHeader } from "./checkpoint.js";
import { runKey, storedRun } from "./inputs.js";
import { textTable } from "./table.js";
import { settingsOf } from "./training-report.js";
import { inputInWords, inWords, layerInWords, listed, ruleInWords } from "./words.js";

/** What a model's file is. */
export type ModelKind = "checkpoint" | "pytorch" | "nir";

/** What is in the file of a model. */
export interface ModelSummary {
  /** What `--json` writes, beside the file's name. */
  readonly data: object;
  /** What is printed else, below the file's name. */
  readonly text: string;
}

/** Bytes that tell what a file is: the start of a checkpoint's header, or the first name in an archive. */
const told = 128;

/** How an archive of the zip format begins. */
const zip = [0x50, 0x4b, 0x03, 0x04];

/** How files of PyTorch before 1.6 begin: a pickle of a number that is theirs. */
const oldPyTorch = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc];

/**
 * Tells a model from a recording.
 *
 * @param path - The file.
 * @returns Which kind of model it is; undefined for all else, which a recording may be, and for pipes, which cannot be read twice.
 * @throws {@link DecolleError} `io`; `unsupported` where it is HDF5 and `h5wasm` is not installed.
 */
export async function modelKind(path: string): Promise<ModelKind | undefined> {
  const length = await lengthOf(path);
  if (length === undefined) return undefined;
  const head = await headOf(path);
  const begins = (bytes: readonly number[]) => bytes.every((byte, place) => head[place] === byte);
  if (startsAsHdf5(head)) return (await isGraph(path)) ? "nir" : undefined;
  if (begins(oldPyTorch)) return "pytorch";
  // Archives of NumPy hold their arrays side by side, those of PyTorch all in one folder.
  if (begins(zip)) return nameOf(head).includes("/") ? "pytorch" : undefined;
  if (head.length < 10) return undefined;
  const header = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  return header + 8 <= length && /^\{\s*["}]/.test(new TextDecoder().decode(head.subarray(8)))
    ? "checkpoint"
    : undefined;
}

async function headOf(path: string): Promise<Uint8Array> {
  for await (const piece of readPieces(path)) return piece.slice(0, told);
  return new Uint8Array();
}

/** The name of the first member of a zip archive. */
function nameOf(head: Uint8Array): string {
  const length = (head[26] ?? 0) + 256 * (head[27] ?? 0);
  return new TextDecoder().decode(head.subarray(30, 30 + length));
}

/** Whether an HDF5 file has the root of a graph. */
async function isGraph(path: string): Promise<boolean> {
  const file = await Hdf5.open(path);
  try {
    return file.has("node/nodes");
  } finally {
    file.close();
  }
}

/**
 * Says what is in the file of a model.
 *
 * @param path - The file.
 * @param kind - What it is.
 * @returns Data and text.
 * @throws {@link DecolleError} `io`, and what reading a model of the kind throws, with the path.
 */
export async function inspectModel(path: string, kind: ModelKind): Promise<ModelSummary> {
  const bytes = await readBytes(path);
  try {
    if (kind === "checkpoint") return await checkpointSummary(bytes, path);
    return kind === "pytorch" ? pyTorchSummary(bytes) : nirSummary(bytes.length, await exchange.readNir(bytes));
  } catch (error) {
    throw DecolleError.is(error) ? placedIn(error, path) : error;
  }
}

async function checkpointSummary(bytes: Uint8Array, path: string): Promise<ModelSummary> {
  // The network is built, so that what is told is of a checkpoint that can be used.
  using network = await Network.fromBytes(bytes, { threads: 1 });
  const { version, tensors, metadata } = checkpointHeader(bytes, path);
  const description = await network.describe();
  const { specification, layers, parameters, counters, inputSize, readoutUnits } = description;
  const { training, classes } = network;
  const run = storedRun(network);
  const others = Object.fromEntries(Object.entries(metadata).filter(([key]) => !ownKeys.includes(key)));
  const shapes = layers.map(({ type, inputShape, shape, pooledShape, parameters: own }) => {
    return { type, inputShape, shape, pooledShape, parameters: own };
  });
  const data = {
    kind: "checkpoint",
    bytes: bytes.length,
    version,
    specification,
    inputSize,
    layers: shapes,
    readoutUnits,
    parameters,
    counters,
    epochs: training?.epoch ?? 0,
    training: training && { recipe: training.recipe, best: training.best ?? null },
    classes,
    run: run ?? null,
    metadata: others,
    tensors,
  };
  const lines: Array<readonly [string, string]> = [
    ["kind", `checkpoint of decolle, version ${version} of the format`],
    ["size", `${counted(bytes.length)} bytes, ${tensors.length} tensors`],
    ["network", `${inputInWords(specification.input)} → ${specification.layers.map(layerInWords).join(" → ")}`],
    ["readouts", inWords(specification.readout)],
    ["parameters", counted(parameters)],
    ...settingLines(specification),
    [
      "trained",
      `${counters.steps} learning steps, ${counters.updates} updates, ${training?.epoch ?? 0} ${training?.epoch === 1 ? "epoch" : "epochs"}`,
    ],
  ];
  if (training?.best !== undefined) {
    lines.push(["best epoch", `${training.best.epoch}, ${training.best.monitor} ${inWords(training.best.value)}`]);
  }
  if (classes !== null) lines.push(["classes", classes.join(", ")]);
  if (run !== undefined) {
    const own = settingsOf(run.configuration, run.data, specification);
    const recipe = own.filter(([name]) => !(name in specification));
    lines.push(...recipe.map(([name, value]) => [`by ${name}`, value] as const));
  } else if (training !== null) lines.push(["by", inWords(training.recipe)]);
  if (metadata[streamKey] !== undefined)
    lines.push(["stream", "one is open, and goes on with `decolle stream --resume`"]);
  lines.push(...Object.entries(others).map(([name, value]) => [`metadata ${name}`, value] as const));
  return { data, text: [listed(lines), "", layerTable(description), "", tensorTable(tensors)].join("\n") };
}

/** What a checkpoint's metadata hold that has lines of its own. */
const ownKeys: readonly string[] = [positionKey, streamKey, runKey];

function settingLines(specification: NetworkDescription["specification"]): Array<readonly [string, string]> {
  const { input: _, layers: _l, readout: _r, neuron, cost, ...others } = specification;
  return [
    ["neuron", ruleInWords(neuron)],
    ["cost", ruleInWords(cost)],
    ...Object.entries(others).map(([name, value]) => [name, inWords(value)] as const),
  ];
}

function layerTable({ layers }: NetworkDescription): string {
  const rows = layers.map(({ type, inputShape, shape, pooledShape, parameters }, index) => [
    `${index + 1}`,
    type,
    inputShape.join("×"),
    shape.join("×"),
    pooledShape.join("×"),
    counted(parameters),
  ]);
  return indented(textTable([["layer", "kind", "in", "neurons", "out", "parameters"], ...rows]));
}

function tensorTable(tensors: ReadonlyArray<{ name: string; shape: readonly number[]; dtype?: string }>): string {
  const rows = tensors.map(({ name, shape, dtype }) => [name, `[${shape.join(", ")}]`, ...(dtype ? [dtype] : [])]);
  return indented(textTable([["tensor", "shape", ...(tensors[0]?.dtype ? ["type"] : [])], ...rows], "left"));
}

function pyTorchSummary(bytes: Uint8Array): ModelSummary {
  const all = exchange.readPyTorch(bytes);
  const tensors = Array.from(all, ([name, { shape }]) => ({ name, shape }));
  const layers = pyTorchLayers(all);
  const numbers = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
  const lines: Array<readonly [string, string]> = [
    ["kind", layers.length > 0 ? "checkpoint of decolle-public, by PyTorch" : "checkpoint of PyTorch"],
    ["size", `${counted(bytes.length)} bytes, ${tensors.length} tensors of ${counted(numbers)} numbers`],
    ...layers.map(({ weight, alpha, beta }, index) => {
      const decays = [
        ...(alpha === null ? [] : [`alpha ${inWords(alpha)}`]),
        ...(beta === null ? [] : [`beta ${inWords(beta)}`]),
      ];
      return [
        `layer ${index + 1}`,
        [`${weight.length === 2 ? "dense" : "conv2d"} ${weight.join("×")}`, ...decays].join(", "),
      ] as const;
    }),
  ];
  const data = { kind: "pytorch", bytes: bytes.length, layers, tensors };
  return { data, text: [listed(lines), "", tensorTable(tensors)].join("\n") };
}

/** The layers of the authors' networks that a state has: their weights, and the decay factors that tau_m and tau_s stand for. */
function pyTorchLayers(tensors: ReadonlyMap<string, Tensor>) {
  const names = Array.from(
    tensors.keys(),
    (name) => name.match(/^((?:module\.)?LIF_layers\.\d+)\.base_layer\.weight$/)?.[1],
  );
  return names.flatMap((layer) => {
    if (layer === undefined) return [];
    const decay = (name: string) => {
      const [tau] = tensors.get(`${layer}.${name}`)?.data ?? [];
      return tau === undefined ? null : 1 - 1 / tau;
    };
    const weight = tensors.get(`${layer}.base_layer.weight`)?.shape ?? [];
    return [{ weight, alpha: decay("tau_m"), beta: decay("tau_s") }];
  });
}

function nirSummary(length: number, graph: NirGraph): ModelSummary {
  const nodes = Array.from(graph.nodes, ([name, { type, fields, graph: inner }]) => ({
    name,
    type,
    fields: Object.fromEntries(Array.from(fields, ([field, value]) => [field, shown(value)])),
    ...(inner !== undefined && { nodes: inner.nodes.size }),
  }));
  const metadata = Object.fromEntries(Array.from(graph.metadata, ([name, value]) => [name, shown(value)]));
  const data = { kind: "nir", bytes: length, nodes, edges: graph.edges, metadata };
  const lines: Array<readonly [string, string]> = [
    ["kind", "graph of NIR"],
    ["size", `${counted(length)} bytes, ${nodes.length} nodes, ${graph.edges.length} edges`],
    ["edges", graph.edges.map(([from, to]) => `${from} → ${to}`).join(", ") || "none"],
    ["metadata", Array.from(graph.metadata.keys()).join(", ") || "none"],
  ];
  const rows = nodes.map(({ name, type, fields, nodes: inner }) => {
    const told = Object.entries(fields).map(
      ([field, value]) => `${field} ${typeof value === "string" ? value : `[${value.shape}]`}`,
    );
    return [name, type, [...told, ...(inner === undefined ? [] : [`${inner} nodes`])].join(", ")];
  });
  return {
    data,
    text: [listed(lines), "", indented(textTable([["node", "type", "fields"], ...rows], "left"))].join("\n"),
  };
}

/** A field without its numbers. */
function shown(field: NirField): string | { readonly shape: readonly number[] } {
  return typeof field === "string" ? field : { shape: field.shape };
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function counted(value: number): string {
  return value.toLocaleString("en-US");
}

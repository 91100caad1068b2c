/** Graphs as HDF5 files, by the npm package `h5wasm`, which is optional and loaded only where such a file is read or written. */
import { DecolleError, faultAt, unfit } from "../../errors.js";
import { allocate } from "../../memory.js";
import { messageOf } from "../../values/brands.js";
import type { FileBytes } from "../../values/file-bytes.js";
import type { NirField, NirGraph, NirNode } from "./graph.js";

/** What of a data set or group is used. */
interface Entry {
  readonly shape?: readonly number[] | null;
  readonly value?: unknown;
  keys?(): string[];
  get?(name: string): Entry | null;
}

/** What of a group that is written to is used. */
interface Target {
  create_group(name: string): Target;
  create_dataset(what: { name: string; data: unknown; shape?: readonly number[]; dtype?: string }): unknown;
}

/** What of an open file is used. */
interface OpenFile extends Entry, Target {
  close(): unknown;
}

/** What of the package is used. */
interface Package {
  readonly ready: Promise<Module>;
  readonly File: new (path: string, mode: "r" | "w") => OpenFile;
}

/** What of its module is used: files in memory. */
interface Module {
  readonly FS: {
    writeFile(path: string, bytes: Uint8Array): void;
    readFile(path: string): Uint8Array;
    unlink(path: string): void;
  };
  activate_throwing_error_handler(): void;
}

/** Most nodes of a graph, those of graphs within included, and most graphs within one another: files may link in circles. */
const most = { nodes: 4096, depth: 8, numbers: 2 ** 26, edges: 2 ** 16 } as const;

let loaded: Promise<{ module: Module; File: Package["File"] }> | undefined;

async function load(): NonNullable<typeof loaded> {
  // A name that bundlers and compilers do not look for.
  const name = "h5wasm";
  try {
    const own = (await import(name)) as Package;
    const module = await own.ready;
    module.activate_throwing_error_handler();
    return { module, File: own.File };
  } catch (error) {
    const remedy = "NIR graphs are read and written by the npm package h5wasm: npm install h5wasm";
    throw new DecolleError("unsupported", `${remedy} (${messageOf(error)})`, { cause: error });
  }
}

/** Opens a file in memory, and leaves nothing of it there. */
async function using<Result>(
  mode: "r" | "w",
  bytes: Uint8Array | undefined,
  work: (file: OpenFile) => Result,
): Promise<{ result: Result; bytes: FileBytes }> {
  loaded ??= load();
  const { module, File } = await loaded.catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  const path = "graph.nir";
  try {
    if (bytes !== undefined) module.FS.writeFile(path, bytes);
    const file = new File(path, mode);
    let result: Result;
    try {
      result = work(file);
    } finally {
      file.close();
    }
    return { result, bytes: mode === "w" ? module.FS.readFile(path).slice() : new Uint8Array() };
  } catch (error) {
    if (DecolleError.is(error)) throw error;
    const [first = ""] = messageOf(error)
      .split("\n")
      .filter((line) => line.trim() !== "");
    throw faultAt("format", "nir", `could not be read as HDF5: ${first}`, { cause: error });
  } finally {
    try {
      module.FS.unlink(path);
    } catch {
      // Where it could not be made there is none.
    }
  }
}

/**
 * Reads a graph.
 *
 * @param bytes - The file.
 * @returns The graph.
 * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed, `format` where the file is no HDF5 or no graph,
 *   `memory` where it claims more numbers than can be had.
 */
export async function readGraph(bytes: Uint8Array): Promise<NirGraph> {
  const { result } = await using("r", bytes, (file) => {
    const root = groupIn(file, "node", "nir");
    return new Reader().graph(root, "node", 0);
  });
  return result;
}

class Reader {
  #nodes = 0;

  graph(group: Entry, path: string, depth: number): NirGraph {
    if (depth >= most.depth)
      throw unfit("unsupported", path, `at most ${most.depth} graphs within one another`, "more");
    const holder = groupIn(group, "nodes", path);
    const nodes = new Map<string, NirNode>();
    for (const name of holder.keys?.() ?? []) {
      if (++this.#nodes > most.nodes) throw unfit("unsupported", path, `at most ${most.nodes} nodes`, "more");
      nodes.set(name, this.#node(groupIn(holder, name, `${path}.nodes`), `nodes.${name}`, depth));
    }
    return { nodes, edges: edgesIn(group, path), metadata: metadataIn(group, path) };
  }

  #node(group: Entry, path: string, depth: number): NirNode {
    const type = dataIn(group, "type", path);
    if (typeof type !== "string") throw unfit("format", `${path}.type`, "text", "numbers");
    if (type === "NIRGraph") return { type, fields: new Map(), graph: this.graph(group, path, depth + 1) };
    return { type, fields: fieldsIn(group, path, ["type", "metadata"]) };
  }
}

function fieldsIn(group: Entry, path: string, without: readonly string[]): Map<string, NirField> {
  const fields = new Map<string, NirField>();
  for (const name of group.keys?.() ?? []) {
    if (without.includes(name)) continue;
    const field = dataIn(group, name, path);
    if (field !== undefined) fields.set(name, field);
  }
  return fields;
}

function metadataIn(group: Entry, path: string): Map<string, NirField> {
  const holder = group.keys?.().includes("metadata") ? group.get?.("metadata") : undefined;
  return holder?.keys === undefined ? new Map() : fieldsIn(holder, `${path}.metadata`, []);
}

function groupIn(group: Entry, name: string, path: string): Entry {
  const found = group.keys?.().includes(name) ? group.get?.(name) : undefined;
  if (found?.keys === undefined) throw unfit("format", path, `a group ${name}`, "none");
  return found;
}

/** Numbers or text of a data set; undefined where there is something else. */
function dataIn(group: Entry, name: string, path: string): NirField | undefined {
  const entry = group.keys?.().includes(name) ? group.get?.(name) : undefined;
  if (entry === undefined || entry === null) throw unfit("format", `${path}.${name}`, "it", "nothing");
  if (entry.keys !== undefined) return undefined;
  const shape = Array.from(entry.shape ?? [], Number);
  const count = counted(shape, `${path}.${name}`);
  const { value } = entry;
  if (typeof value === "string") return value;
  const numbers = ArrayBuffer.isView(value)
    ? (value as unknown as ArrayLike<number | bigint>)
    : [value as number | bigint];
  if (numbers.length !== count) return undefined;
  const data = allocate(Float64Array, count, `${path}.${name}`);
  for (let index = 0; index < count; index++) {
    const number = Number(numbers[index]);
    if (Number.isNaN(number) && typeof numbers[index] !== "number") return undefined;
    data[index] = number;
  }
  return { shape, data };
}

/** How many entries there are; asked before they are read. */
function counted(shape: readonly number[], path: string): number {
  const count = shape.reduce((product, side) => product * side, 1);
  if (count <= most.numbers) return count;
  throw unfit("memory", path, `at most ${most.numbers} numbers`, `${count}`);
}

function edgesIn(group: Entry, path: string): Array<readonly [string, string]> {
  const entry = group.keys?.().includes("edges") ? group.get?.("edges") : undefined;
  const shape = Array.from(entry?.shape ?? [], Number);
  if (counted(shape, `${path}.edges`) > 2 * most.edges) {
    throw unfit("unsupported", `${path}.edges`, `at most ${most.edges} edges`, `${shape[0]}`);
  }
  const names = entry?.value;
  if (shape.length !== 2 || shape[1] !== 2 || !Array.isArray(names) || names.some((name) => typeof name !== "string")) {
    if (shape[0] === 0) return [];
    throw unfit("format", `${path}.edges`, "pairs of names", "something else");
  }
  return Array.from(
    { length: names.length / 2 },
    (_, edge) => [names[2 * edge], names[2 * edge + 1]] as [string, string],
  );
}

/** Version of the format that is written. */
const version = "1.0";

/**
 * Writes a graph.
 *
 * @param graph - The graph, without graphs within.
 * @returns The file.
 * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed.
 */
export async function writeGraph(graph: NirGraph): Promise<FileBytes> {
  const { bytes } = await using("w", undefined, (file) => {
    file.create_dataset({ name: "version", data: version });
    const root = file.create_group("node");
    root.create_dataset({ name: "type", data: "NIRGraph" });
    root.create_dataset({ name: "edges", data: graph.edges.flat(), shape: [graph.edges.length, 2] });
    const nodes = root.create_group("nodes");
    for (const [name, { type, fields }] of graph.nodes) {
      const group = nodes.create_group(name);
      group.create_dataset({ name: "type", data: type });
      writeFields(group, fields);
    }
    if (graph.metadata.size > 0) writeFields(root.create_group("metadata"), graph.metadata);
  });
  return bytes;
}

/** Fields in float32, as weights are here. */
const weights = ["weight", "bias"];

/** Fields that readers take for lengths, not for numbers. */
const lengths = [
  "shape",
  "input_shape",
  "input_type",
  "kernel_size",
  "stride",
  "padding",
  "dilation",
  "groups",
  "start_dim",
  "end_dim",
];

function writeFields(group: Target, fields: ReadonlyMap<string, NirField>): void {
  for (const [name, field] of fields) {
    if (typeof field === "string") group.create_dataset({ name, data: field });
    else if (!lengths.includes(name)) {
      const data = weights.includes(name) ? Float32Array.from(field.data) : field.data;
      group.create_dataset({ name, data, shape: field.shape });
    } else {
      const data = BigInt64Array.from(field.data, BigInt);
      group.create_dataset({ name, data: field.shape.length === 0 ? data[0] : data, shape: field.shape, dtype: "<q" });
    }
  }
}

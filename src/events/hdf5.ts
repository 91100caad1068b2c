/**
 * HDF5 files by way of the npm packages `h5wasm` and, for filters such as lzf and blosc, `h5wasm-plugins`: optional, and loaded
 * only where such a file is read. Node only.
 *
 * What h5wasm makes of records and lists is an object a number, so bytes are taken from its memory as they are and read here.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DecolleError, faultAt, unfit } from "../errors.js";
import { reason } from "../files.js";
import { allocate } from "../memory.js";
import { float16 } from "../numbers.js";

/** How h5wasm describes a type. */
interface Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly shape?: readonly number[] | null;
  readonly name?: string;
  readonly offset?: number;
  readonly enum_type?: { readonly type: number };
  readonly vlen_type?: Metadata;
  readonly compound_type?: { readonly members: readonly Metadata[] };
}

/** What of h5wasm's module is used. */
interface Module {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  activate_throwing_error_handler(): void;
  insert_plugin_search_path(path: string, place: number): void;
  get_dataset_data(
    file: bigint,
    path: string,
    count: readonly bigint[] | null,
    offset: readonly bigint[] | null,
    strides: readonly bigint[] | null,
    pointer: bigint,
  ): void;
}

/** What of a file or group is used. */
interface Group {
  readonly file_id: bigint;
  keys(): string[];
  get(path: string): { readonly metadata?: Metadata; readonly value?: unknown; keys?(): string[] } | null;
  close?(): void;
}

/** What of the package is used. */
interface Package {
  readonly ready: Promise<Module>;
  readonly File: new (path: string, mode: "r") => Group;
}

/** Classes of types. */
const classes = { integer: 0, float: 1, compound: 6, enumeration: 8, list: 9 } as const;

/** Bytes of records that are read at once. */
const atOnce = 2 ** 22;

let loaded: Promise<{ readonly module: Module; readonly File: Package["File"] }> | undefined;

async function load(): NonNullable<typeof loaded> {
  // A name that bundlers and compilers do not look for.
  const name = "h5wasm/node";
  let own: Package;
  try {
    const found = (await import(name)) as Package & { readonly default?: Package };
    own = found.default ?? found;
  } catch (error) {
    const remedy = "HDF5 files are read by the npm package h5wasm: npm install h5wasm h5wasm-plugins";
    throw new DecolleError("unsupported", `${remedy} (${reason(error)})`, { cause: error });
  }
  const module = await own.ready;
  // Without it, what cannot be read comes as memory that nobody has written.
  module.activate_throwing_error_handler();
  try {
    const entry = createRequire(import.meta.url).resolve("h5wasm-plugins/package.json");
    module.insert_plugin_search_path(join(dirname(entry), "plugins"), 0);
  } catch {
    // Files without such filters need none.
  }
  return { module, File: own.File };
}

/** A file that is open. */
export class Hdf5 {
  readonly #path: string;
  readonly #module: Module;
  readonly #file: Group;

  private constructor(path: string, module: Module, file: Group) {
    this.#path = path;
    this.#module = module;
    this.#file = file;
  }

  /**
   * Opens a file.
   *
   * @param path - The file.
   * @returns It; the caller closes it.
   * @throws {@link DecolleError} `unsupported` where the package is missing, `io` or `format` where the file is no HDF5.
   */
  static async open(path: string): Promise<Hdf5> {
    loaded ??= load();
    const { module, File } = await loaded.catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    try {
      return new Hdf5(path, module, new File(path, "r"));
    } catch (error) {
      throw faultAt("format", path, `could not be opened as HDF5: ${reason(error)}`, { cause: error });
    }
  }

  /** Closes the file; nothing can be read of it any more. */
  close(): void {
    this.#file.close?.();
  }

  /**
   * Whether something is there.
   *
   * @param path - Where in the file.
   * @returns Whether it is.
   */
  has(path: string): boolean {
    return this.#reading(path, () => {
      let keys = this.#file.keys();
      const names = path.split("/");
      for (const [place, name] of names.entries()) {
        if (!keys.includes(name)) return false;
        if (place + 1 < names.length) keys = this.#file.get(names.slice(0, place + 1).join("/"))?.keys?.() ?? [];
      }
      return true;
    });
  }

  /**
   * How many entries a list of the file has.
   *
   * @param path - Where in the file.
   * @returns Its length.
   */
  length(path: string): number {
    return this.#describe(path).shape?.[0] ?? 1;
  }

  /**
   * Texts.
   *
   * @param path - Where in the file.
   * @returns The texts.
   */
  texts(path: string): string[] {
    return this.#reading(path, () => Array.from(this.#file.get(path)?.value as Iterable<unknown>, String));
  }

  /**
   * Numbers.
   *
   * @param path - Where in the file.
   * @returns The numbers; one where there is no list.
   */
  numbers(path: string): Float64Array {
    const type = this.#describe(path);
    const length = type.shape?.reduce((product, side) => product * side, 1) ?? 1;
    const column = allocate(Float64Array, length, `${this.#path}: ${path}`);
    const scalar = (type.shape?.length ?? 0) === 0;
    this.#rows(path, type, column.length, scalar, (view, row, count) =>
      fill(column, row, count, view, type, 0, type.size),
    );
    return column;
  }

  /**
   * Fields of records.
   *
   * @param path - Where in the file.
   * @returns The numbers of each field that holds numbers, by name.
   */
  records(path: string): Map<string, Float64Array> {
    const type = this.#describe(path);
    const members = type.compound_type?.members;
    if (members === undefined) throw unfit("format", `${this.#path}: ${path}`, "records", "something else");
    const length = type.shape?.[0] ?? 0;
    const fields = members.filter((member) => readerOf(member) !== undefined);
    const place = `${this.#path}: ${path}`;
    const columns = new Map(fields.map(({ name = "" }) => [name, allocate(Float64Array, length, place)]));
    this.#rows(path, type, length, false, (view, row, count) => {
      for (const field of fields) {
        const column = columns.get(field.name ?? "") as Float64Array;
        fill(column, row, count, view, field, field.offset ?? 0, type.size);
      }
    });
    return columns;
  }

  /**
   * One of several lists of numbers.
   *
   * @param path - Where in the file the lists are.
   * @param index - Which one.
   * @returns Its numbers.
   */
  list(path: string, index: number): Float64Array {
    const type = this.#describe(path);
    const own = type.vlen_type;
    if (own === undefined) throw unfit("format", `${this.#path}: ${path}`, "lists of numbers", "something else");
    const module = this.#module;
    return this.#reading(path, () => {
      const pointer = this.#memory(type.size, path);
      try {
        module.get_dataset_data(this.#file.file_id, path, [1n], [BigInt(index)], [1n], BigInt(pointer));
        const [length = 0, data = 0] = new Uint32Array(module.HEAPU8.slice(pointer, pointer + 8).buffer);
        const column = new Float64Array(length);
        const bytes = module.HEAPU8.slice(data, data + length * own.size);
        if (data !== 0) module._free(data);
        fill(column, 0, length, new DataView(bytes.buffer), own, 0, own.size);
        return column;
      } finally {
        module._free(pointer);
      }
    });
  }

  #describe(path: string): Metadata {
    const type = this.has(path) ? this.#reading(path, () => this.#file.get(path)?.metadata) : undefined;
    if (type !== undefined) return type;
    throw unfit("format", this.#path, `a data set ${path}`, "none");
  }

  /** Reads rows, so many bytes at a time. */
  #rows(
    path: string,
    type: Metadata,
    length: number,
    scalar: boolean,
    take: (view: DataView, row: number, count: number) => void,
  ): void {
    const module = this.#module;
    const most = scalar ? 1 : Math.max(1, Math.floor(atOnce / type.size));
    const dimensions = type.shape?.length ?? 0;
    if (dimensions > 1) throw unfit("unsupported", `${this.#path}: ${path}`, "one dimension", `${dimensions}`);
    this.#reading(path, () => {
      const pointer = this.#memory(Math.min(most, Math.max(1, length)) * type.size, path);
      try {
        for (let row = 0; row < length; row += most) {
          const count = Math.min(most, length - row);
          const [rows, first, stride] = scalar ? [null, null, null] : [[BigInt(count)], [BigInt(row)], [1n]];
          module.get_dataset_data(this.#file.file_id, path, rows, first, stride, BigInt(pointer));
          // The memory may have moved since.
          const { buffer, byteOffset } = module.HEAPU8;
          take(new DataView(buffer, byteOffset + pointer, count * type.size), row, count);
        }
      } finally {
        module._free(pointer);
      }
    });
  }

  /** Memory of the module, to be freed. */
  #memory(bytes: number, path: string): number {
    const pointer = bytes < 2 ** 32 ? this.#module._malloc(bytes) : 0;
    // At 0, it would be written over what the module keeps.
    if (pointer !== 0) return pointer;
    throw faultAt("memory", `${this.#path}: ${path}`, `needs ${bytes} bytes, which cannot be had here`);
  }

  #reading<Result>(path: string, read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (DecolleError.is(error)) throw error;
      const words = reason(error);
      const filter = /required filter '(\w+)'/.exec(words)?.[1];
      const remedy = filter === undefined ? "" : `; the filter ${filter} comes with npm install h5wasm-plugins`;
      const first = words.split("\n").find((line) => line.trim() !== "") ?? "";
      throw faultAt("format", `${this.#path}: ${path}`, `could not be read: ${first}${remedy}`, { cause: error });
    }
  }
}

type NumberReader = (view: DataView, place: number) => number;

/** What reads a number of a type; undefined where it is none. */
function readerOf({ type, size, signed, littleEndian: little, enum_type: base }: Metadata): NumberReader | undefined {
  const kind = type === classes.enumeration ? base?.type : type;
  if (kind === classes.float) {
    if (size === 8) return (view, place) => view.getFloat64(place, little);
    if (size === 4) return (view, place) => view.getFloat32(place, little);
    return size === 2 ? (view, place) => float16(view.getUint16(place, little)) : undefined;
  }
  if (kind !== classes.integer) return undefined;
  if (size === 8)
    return (view, place) => Number(signed ? view.getBigInt64(place, little) : view.getBigUint64(place, little));
  if (size === 4) return (view, place) => (signed ? view.getInt32(place, little) : view.getUint32(place, little));
  if (size === 2) return (view, place) => (signed ? view.getInt16(place, little) : view.getUint16(place, little));
  return size === 1 ? (view, place) => (signed ? view.getInt8(place) : view.getUint8(place)) : undefined;
}

function fill(
  column: Float64Array,
  row: number,
  count: number,
  view: DataView,
  type: Metadata,
  offset: number,
  stride: number,
): void {
  const read = readerOf(type);
  if (read === undefined) throw new Error(`expected numbers, found a type of class ${type.type}, ${type.size} bytes`);
  for (let index = 0; index < count; index++) column[row + index] = read(view, offset + index * stride);
}

/** Files that `torch.save` writes: a zip archive of one pickle, which says what there is, and one member for each storage. */
import { unfit } from "../../errors.js";
import { allocate } from "../../memory.js";
import type { Tensor } from "../../network/tensor.js";
import { float16 } from "../../numbers.js";
import { typedArray } from "../../values/arrays.js";
import { isMap } from "../../values/brands.js";
import { Archive } from "./archive.js";
import { viewOf } from "./little-endian.js";
import { Named, type NumberKind, numberBytes } from "./names.js";
import { Persistent, type PickleValue, StoredTensor, Tuple, unpickle } from "./pickle.js";

/** Under which of its keys a training's checkpoint keeps the state of the model. */
const modelKeys = ["model_state_dict", "state_dict", "model", "net"];

/** How files of before PyTorch 1.6 begin: a pickle of a number that is theirs. */
const oldForm = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46];

/** The tensors of a file by their names, each read when it is asked for. */
export class StateDict {
  readonly #archive: Archive;
  readonly #folder: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  /**
   * Reads what there is.
   *
   * @param bytes - The file.
   * @throws {@link DecolleError} `format` where it is damaged or holds no state of a model, `unsupported` where its pickle does
   *   what none of a checkpoint does, or it is in the form of before PyTorch 1.6.
   */
  constructor(bytes: Uint8Array) {
    const own = typedArray(bytes, "Uint8Array", "bytes");
    if (oldForm.every((byte, place) => own[place] === byte)) {
      const wanted = "a zip archive, as torch.save writes it from PyTorch 1.6 on";
      throw unfit("unsupported", "byte 0", wanted, "the form of before; load it there and save it anew");
    }
    this.#archive = new Archive(own);
    const pickle = this.#archive.names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
    if (pickle === undefined) throw unfit("format", "zip", "a member data.pkl", "none: not written by torch.save");
    this.#folder = pickle.slice(0, -"data.pkl".length);
    const order = this.#archive.member(`${this.#folder}byteorder`);
    if (order !== undefined && new TextDecoder().decode(order) !== "little") {
      throw unfit("unsupported", `${this.#folder}byteorder`, "little", "another");
    }
    this.#tensors = modelOf(unpickle(this.#archive.member(pickle) as Uint8Array, called));
  }

  /** Names of all tensors, in the order of the file. */
  get names(): string[] {
    return Array.from(this.#tensors.keys());
  }

  /**
   * A tensor.
   *
   * @param name - Its name.
   * @returns Its shape and its values, last axis fastest, in float32; undefined where there is no such tensor.
   * @throws {@link DecolleError} `format` where its storage is missing, damaged or too short, `unsupported` for tensors that
   *   show some numbers more than once.
   */
  tensor(name: string): Tensor | undefined {
    const stored = this.#tensors.get(name);
    if (stored === undefined) return undefined;
    const [reference, offset, size, strides] = stored.parts;
    const { kind, key, length } = storageOf(reference ?? null, name);
    const shape = wholeNumbers(size ?? null, name);
    const steps = wholeNumbers(strides ?? null, name);
    const first = wholeNumber(offset ?? null, name);
    const count = shape.reduce((product, side) => product * side, 1);
    if (steps.length !== shape.length) throw unfit("format", name, `${shape.length} strides`, `${steps.length}`);
    if (count > length) throw unfit("unsupported", name, `at most the ${length} numbers of its storage`, `${count}`);
    const last = shape.reduce((place, side, axis) => place + (side - 1) * (steps[axis] as number), first);
    if (count > 0 && last >= length) {
      throw unfit("format", name, `numbers within the ${length} of its storage`, `one at ${last}`);
    }
    const bytes = this.#archive.member(`${this.#folder}data/${key}`);
    const needed = length * numberBytes[kind];
    if (bytes?.length !== needed) {
      throw unfit("format", `${this.#folder}data/${key}`, `${needed} bytes`, `${bytes?.length ?? "none"}`);
    }
    const data = allocate(Float32Array, count, name);
    gather(data, shape, steps, first, readerOf(kind, bytes));
    return { shape, data };
  }
}

/** What comes of the calls that a checkpoint makes. */
function called(callee: PickleValue, given: readonly PickleValue[]): PickleValue | undefined {
  if (!Named.is(callee)) return undefined;
  const [first = null] = given;
  switch (callee.name) {
    case "collections.OrderedDict":
      return given.length === 0 ? new Map() : undefined;
    case "torch.Size":
      return Tuple.is(first) ? first : undefined;
    case "torch._utils._rebuild_tensor":
    case "torch._utils._rebuild_tensor_v2":
      return given.length >= 4 ? new StoredTensor(given) : undefined;
    case "torch._utils._rebuild_parameter":
      return StoredTensor.is(first) ? first : undefined;
    default:
      return undefined;
  }
}

/** The state of the model: the whole of the file, or what stands under a name that says so. */
function modelOf(value: PickleValue): Map<string, StoredTensor> {
  let state = value;
  if (isMap<PickleValue, PickleValue>(state)) {
    const key = modelKeys.find((key) => isMap((value as Map<PickleValue, PickleValue>).get(key)));
    if (key !== undefined) state = state.get(key) as PickleValue;
  }
  if (!isMap<PickleValue, PickleValue>(state))
    throw unfit("format", "data.pkl", "a dictionary of tensors", "something else");
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of state) {
    if (typeof name === "string" && StoredTensor.is(tensor)) tensors.set(name, tensor);
  }
  if (tensors.size > 0) return tensors;
  const keys = modelKeys.join(", ");
  throw unfit("format", "data.pkl", `tensors by their names, at once or under ${keys}`, "none");
}

/** A storage as the pickle describes it: `("storage", class, key, device, length)`. */
function storageOf(value: PickleValue, name: string): { kind: NumberKind; key: string; length: number } {
  const parts = Persistent.is(value) && Tuple.is(value.id) ? value.id.entries : [];
  const [what, type, key, , length] = parts;
  if (what !== "storage" || !Named.is(type) || type.kind === undefined || typeof key !== "string") {
    throw unfit("format", name, "a storage with the kind of its numbers", "something else");
  }
  return { kind: type.kind, key, length: wholeNumber(length ?? null, name) };
}

function wholeNumber(value: PickleValue, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw unfit("format", name, "lengths, strides and offset that are whole numbers", "others");
}

/** Most axes that a tensor of PyTorch's has. */
const mostAxes = 64;

function wholeNumbers(value: PickleValue, name: string): number[] {
  if (!Tuple.is(value) || value.entries.length > mostAxes) {
    throw unfit("format", name, `a tuple of at most ${mostAxes} lengths`, "something else");
  }
  return value.entries.map((entry) => wholeNumber(entry, name));
}

/** Copies numbers out of a storage, last axis fastest. */
function gather(
  data: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  first: number,
  read: (place: number) => number,
): void {
  const counter = new Uint32Array(shape.length);
  let place = first;
  for (let index = 0; index < data.length; index++) {
    data[index] = read(place);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis] as number;
      counter[axis] = (counter[axis] as number) + 1;
      if ((counter[axis] as number) < (shape[axis] as number)) break;
      place -= (strides[axis] as number) * (shape[axis] as number);
      counter[axis] = 0;
    }
  }
}

function readerOf(kind: NumberKind, bytes: Uint8Array): (place: number) => number {
  const view = viewOf(bytes);
  switch (kind) {
    case "float64":
      return (place) => view.getFloat64(8 * place, true);
    case "float32":
      return (place) => view.getFloat32(4 * place, true);
    case "int64":
      return (place) => Number(view.getBigInt64(8 * place, true));
    case "int32":
      return (place) => view.getInt32(4 * place, true);
    case "int16":
      return (place) => view.getInt16(2 * place, true);
    case "int8":
      return (place) => view.getInt8(place);
    case "uint8":
    case "bool":
      return (place) => view.getUint8(place);
    case "bfloat16":
      return bfloat16(view);
    case "float16":
      return (place) => float16(view.getUint16(2 * place, true));
  }
}

/** The upper half of a float32. */
function bfloat16(view: DataView): (place: number) => number {
  const float = new DataView(new ArrayBuffer(4));
  return (place) => {
    float.setUint16(0, view.getUint16(2 * place, true), false);
    return float.getFloat32(0, false);
  };
}

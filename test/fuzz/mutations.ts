/** Ways to damage a checkpoint, drawn at random. */
import { type Parts, putTogether, takeApart } from "../faults/victim.js";

/** Whole numbers from 0 to below a bound. */
export type Draw = (bound: number) => number;

/** Numbers that break what was not thought of. */
const hostile = [
  ...[0, -0, 1, -1, 2, 0.5, 255, 256, 65_535, 65_536, 2 ** 20, 2 ** 24, 2 ** 26, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 40],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e300, 1e-300, -1e300, null, true, "1", [], {}],
];

const at = <Entry>(list: readonly Entry[], draw: Draw): Entry => list[draw(list.length)] as Entry;

/** Every place of a value in plain data: what holds it, and its key. */
function places(value: unknown): [holder: Record<string, unknown>, key: string][] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [[holder, key] as [typeof holder, string], ...places(holder[key])]);
}

/** Puts another value somewhere: a hostile one, a neighbour of the number that was there, or that of another place. */
function change(data: unknown, draw: Draw): void {
  const all = places(data);
  const numbers = all.filter(([holder, key]) => typeof holder[key] === "number");
  const [holder, key] = at(draw(4) > 0 && numbers.length > 0 ? numbers : all, draw);
  const found = holder[key];
  const kind = draw(6);
  if (kind === 0) delete holder[key];
  else if (kind === 1) {
    const [other, name] = at(all, draw);
    holder[key] = structuredClone(other[name]);
  } else if (kind === 2 && typeof found === "number") holder[key] = found + at([-1, 1, found, -2 * found], draw);
  else if (kind === 3) holder[`${key}${at(["", "s", "2"], draw)}`] = found;
  else holder[key] = at(hostile, draw);
}

/** Changes what decolle keeps beside the tensors. */
function misdescribe({ header }: Parts, draw: Draw): void {
  const entry = JSON.parse(header.__metadata__?.["decolle"] ?? "{}") as unknown;
  for (let count = draw(3); count >= 0; count--) change(entry, draw);
  header.__metadata__ = { decolle: JSON.stringify(entry) };
}

/** Changes where tensors lie, what they are of and their axes. */
function misplace({ header }: Parts, draw: Draw): void {
  const { __metadata__: _, ...tensors } = header;
  change(tensors, draw);
  for (const name of Object.keys(header)) if (name !== "__metadata__") delete header[name];
  Object.assign(header, tensors);
}

/** Exchanges two tensors, or the names of two. */
function swap({ header }: Parts, draw: Draw): void {
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const [one, other] = [at(names, draw), at(names, draw)];
  const [first, second] = [header[one], header[other]];
  if (first === undefined || second === undefined) return;
  if (draw(2) === 0) Object.assign(header, { [one]: second, [other]: first });
  else {
    [first.data_offsets, second.data_offsets] = [second.data_offsets, first.data_offsets];
  }
}

/** Puts another number among the values of the tensors. */
function misvalue({ data }: Parts, draw: Draw): void {
  const view = new DataView(data.buffer, data.byteOffset);
  const values = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e38, -1e38, 1e-40, 0.5, 1, 2, 1e6];
  for (let count = draw(3); count >= 0; count--) view.setFloat32(4 * draw(data.length >> 2), at(values, draw), true);
}

/** A damaged copy of a checkpoint. */
export function mutate(checkpoint: Uint8Array, draw: Draw): Uint8Array {
  const kind = draw(12);
  if (kind === 0) return checkpoint.slice(0, draw(checkpoint.length));
  if (kind === 1) {
    const bytes = checkpoint.slice();
    for (let count = draw(4); count >= 0; count--) {
      const place = draw(draw(2) === 0 ? 4096 : bytes.length) % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << draw(8));
    }
    return bytes;
  }
  if (kind === 2) {
    // A piece of it somewhere else.
    const bytes = checkpoint.slice();
    const [from, to, length] = [draw(bytes.length), draw(bytes.length), draw(64)];
    bytes.set(checkpoint.subarray(from, Math.min(from + length, from + bytes.length - to)), to);
    return bytes;
  }
  if (kind === 3) return Uint8Array.of(...checkpoint.subarray(0, draw(checkpoint.length)), ...checkpoint);
  const parts = takeApart(checkpoint);
  const damages = [misdescribe, misdescribe, misdescribe, misplace, misplace, swap, misvalue, misvalue];
  damages[kind - 4]?.(parts, draw);
  return putTogether(parts);
}

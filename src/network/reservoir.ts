/**
 * A memory of recordings of bounded size, a fair sample of each class that it was shown: what a stream can be reminded of while it
 * learns something else (as a memory to replay from: Rolnick, Ahuja, Schwarz, Lillicrap & Wayne 2019, arXiv:1811.11682).
 *
 * Which recordings stay is class-balancing reservoir sampling (Chrysakis & Moens 2020, PMLR 119:1952): where there is no room, a class
 * that never was the largest takes it from the largest; one that was samples itself, each of its recordings with the same chance
 * (Vitter 1985, doi:10.1145/3147.3165).
 */
import type { EventColumns } from "../backend/contract.js";
import { faultAt, unfit } from "../errors.js";
import { readColumns } from "../events/columns.js";
import { wholeNumber } from "../numbers.js";
import { typedArray } from "../values/arrays.js";
import type { FileBytes } from "../values/file-bytes.js";
import { type Fields, readOptions } from "../values/options.js";
import { isLayout, type PackedRecording, packRecording, unpackRecording } from "./packed-recording.js";

/** Settings of a reservoir. */
export interface ReservoirOptions {
  /**
   * Most bytes that it takes: sixteen for a class, eight for a recording, two for an event of a sensor of up to some 64×64 pixels, else
   * four; at least 1024, below 2³⁴.
   */
  readonly bytes: number;
  /** Length of a time step in microseconds, to which times are kept; 1000 by default. */
  readonly timeStep?: number;
  /** Seed of what is kept and what is drawn, below 2³²; 1 by default. */
  readonly seed?: number;
}

/** A recording out of a reservoir. */
export interface KeptRecording {
  /** Its events; times in microseconds, whole steps, the first at 0. */
  readonly events: EventColumns;
  /** What it was kept with. */
  readonly target: number;
}

const fields: Fields<ReservoirOptions> = { bytes: "number", timeStep: "number", seed: "number" };

/** Numbers beside those of its recordings that a class takes: target, how many were shown, in two, and how many are kept. */
const perClass = 4;
/** Numbers beside a recording's words: how many they are, and their layout. */
const perRecording = 2;

/** Numbers at the start of the bytes of a reservoir, and the first of them: what it is, in which version. */
const header = 5;
const magic = 0x32534552;

/** The recordings of a class. */
interface Kept {
  /** How many of it were shown since it has been in the memory. */
  shown: number;
  /** Whether it was the largest when there was no room. */
  full: boolean;
  readonly recordings: PackedRecording[];
}

/** The bit beside the upper half of how many were shown that says so. */
const fullBit = 2 ** 31;

/**
 * Recordings within so many bytes. However often classes were shown, they share the room as evenly as they can, and of a class each
 * recording is in it with about the same chance. Gaps of more than 511 steps between two events are kept as 511.
 */
export class Reservoir {
  readonly #room: number;
  readonly #timeStep: number;
  #state: number;
  #used = 0;
  /** By target, in the order in which they came. */
  readonly #classes = new Map<number, Kept>();

  /**
   * Makes an empty one.
   *
   * @param options - Bytes, time step, seed.
   * @throws {@link DecolleError} `config`, `range`.
   */
  constructor(options: ReservoirOptions) {
    const { bytes, timeStep = 1000, seed = 1 } = readOptions(options, fields, "Reservoir");
    // In numbers of 32 bits, of which toBytes keeps how many there may be in one.
    this.#room = Math.floor(wholeNumber(bytes, 1024, "bytes") / 4);
    if (this.#room >= 2 ** 32) throw unfit("range", "bytes", `below ${2 ** 34}`, `${bytes}`);
    this.#timeStep = below32(wholeNumber(timeStep, 1, "timeStep"), "timeStep");
    this.#state = below32(wholeNumber(seed, 0, "seed"), "seed");
  }

  /** Recordings in it. */
  get length(): number {
    return [...this.#classes.values()].reduce((sum, { recordings }) => sum + recordings.length, 0);
  }

  /** Bytes that they take. */
  get bytes(): number {
    return 4 * this.#used;
  }

  /**
   * Shows it a recording, which it may keep, in place of others where there is no room.
   *
   * @param events - Its events, times never decreasing, rows and columns below 2048.
   * @param target - What it is to be learned as, below 2³².
   * @returns Whether it was kept; never where it has no events or would not fit by itself.
   * @throws {@link DecolleError} `config`, `shape`, `range`, `time-order`; nothing has changed then.
   */
  add(events: EventColumns, target: number): boolean {
    const columns = readColumns(events, "events");
    const label = below32(wholeNumber(target, 0, "target"), "target");
    const packed = packRecording(columns, this.#timeStep);
    const size = packed.words.length + perRecording;
    if (packed.words.length === 0 || size + perClass > this.#room) return false;
    const own = this.#classes.get(label);
    if (own) own.shown++;
    const need = () => size + (this.#classes.has(label) ? 0 : perClass);
    if (this.#used + need() > this.#room) {
      this.#markLargest();
      // Of all of its class that were shown, as many stay as fit: this one with the chance of any other.
      if (own?.full && this.#draw(own.shown) >= own.recordings.length) return false;
      while (this.#used + need() > this.#room)
        this.#remove(own?.full && this.#classes.has(label) ? label : this.#largest());
    }
    const kept = this.#classes.get(label) ?? { shown: own?.shown ?? 1, full: own?.full ?? false, recordings: [] };
    this.#used += need();
    this.#classes.set(label, kept);
    kept.recordings.push(packed);
    return true;
  }

  /**
   * One of its recordings: a class, each with the same chance, and one of that.
   *
   * @returns The recording, null where there is none.
   */
  draw(): KeptRecording | null {
    if (this.#classes.size === 0) return null;
    const [target, { recordings }] = [...this.#classes][this.#draw(this.#classes.size)] ?? [0, { recordings: [] }];
    const packed = recordings[this.#draw(recordings.length)];
    return packed === undefined ? null : { events: unpackRecording(packed, this.#timeStep), target };
  }

  /**
   * All of it, for {@link Reservoir.fromBytes}: what it keeps and draws from there on is the same.
   *
   * @returns Little-endian numbers of 32 bits.
   */
  toBytes(): FileBytes {
    const view = new DataView(new ArrayBuffer(4 * (header + this.#used)));
    let place = 0;
    const put = (number: number) => view.setUint32(4 * place++, number, true);
    [magic, this.#room, this.#timeStep, this.#state, this.#classes.size].forEach(put);
    for (const [target, { shown, full, recordings }] of this.#classes) {
      [target, shown % 2 ** 32, Math.floor(shown / 2 ** 32) + (full ? fullBit : 0), recordings.length].forEach(put);
      for (const { words, layout } of recordings) {
        put(words.length);
        put(layout);
        words.forEach(put);
      }
    }
    return new Uint8Array(view.buffer);
  }

  /**
   * A reservoir as it was.
   *
   * @param bytes - What {@link Reservoir.toBytes} gave.
   * @returns The reservoir.
   * @throws {@link DecolleError} `checkpoint` for other bytes.
   */
  static fromBytes(bytes: Uint8Array): Reservoir {
    const given = typedArray(bytes, "Uint8Array", "bytes");
    const view = new DataView(given.buffer, given.byteOffset, given.byteLength);
    const count = Math.floor(given.length / 4);
    const at = (place: number) => view.getUint32(4 * place, true);
    if (given.length % 4 !== 0 || count < header || at(0) !== magic || at(1) < 256 || at(2) === 0) {
      throw faultAt("checkpoint", "bytes", "expected those of a reservoir");
    }
    const reservoir = new Reservoir({ bytes: 4 * at(1), timeStep: at(2), seed: at(3) });
    let place = header;
    const isThere = (length: number) => place + length <= count;
    for (let left = at(4); left > 0; left--) {
      const [target, low, high, size] = [0, 1, 2, 3].map((number) => (isThere(perClass) ? at(place + number) : 0));
      const shown = (low ?? 0) + 2 ** 32 * ((high ?? 0) % fullBit);
      if (!size || shown < size || reservoir.#classes.has(target ?? 0)) {
        throw faultAt("checkpoint", `bytes[${4 * place}]`, "expected a class");
      }
      place += perClass;
      const recordings: PackedRecording[] = [];
      for (let index = 0; index < size; index++) {
        const length = isThere(perRecording) ? at(place) : 0;
        if (length === 0 || !isThere(perRecording + length) || !isLayout(at(place + 1))) {
          throw faultAt("checkpoint", `bytes[${4 * place}]`, "expected a recording");
        }
        const start = place + perRecording;
        const words = Uint32Array.from({ length }, (_, word) => at(start + word));
        recordings.push({ words, layout: at(place + 1) });
        place = start + length;
      }
      reservoir.#classes.set(target ?? 0, { shown, full: (high ?? 0) >= fullBit, recordings });
    }
    reservoir.#used = place - header;
    if (place !== count || reservoir.#used > reservoir.#room) {
      throw unfit("checkpoint", "bytes", `${4 * place} bytes within the room`, `${given.length}`);
    }
    return reservoir;
  }

  /** The target of the class of which most are kept, the first of several. */
  #largest(): number {
    let [found, most] = [0, 0];
    for (const [target, { recordings }] of this.#classes) {
      if (recordings.length > most) [found, most] = [target, recordings.length];
    }
    return found;
  }

  /** Notes which classes are the largest, there being no room. */
  #markLargest(): void {
    const most = this.#classes.get(this.#largest())?.recordings.length;
    for (const kept of this.#classes.values()) kept.full ||= kept.recordings.length === most;
  }

  /** Removes one recording of a class, and the class with its last one. */
  #remove(target: number): void {
    const recordings = this.#classes.get(target)?.recordings ?? [];
    const place = this.#draw(recordings.length);
    const last = recordings.pop();
    const gone = place === recordings.length ? last : recordings[place];
    if (last === undefined || gone === undefined) throw new Error("a reservoir without recordings has room");
    if (place < recordings.length) recordings[place] = last;
    this.#used -= gone.words.length + perRecording;
    if (recordings.length === 0) {
      this.#classes.delete(target);
      this.#used -= perClass;
    }
  }

  /** A whole number below `bound`: a counter in steps of 2³²/φ whose bits are mixed, as in SplitMix (Steele, Lea & Flood 2014). */
  #draw(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * bound);
  }
}

function below32(number: number, name: string): number {
  if (number < 2 ** 32) return number;
  throw unfit("range", name, "below 4294967296", `${number}`);
}

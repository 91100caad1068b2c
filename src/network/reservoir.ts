/**
 * A memory of recordings of bounded size, a fair sample of all that it was shown: what a stream can be reminded of while it
 * learns something else (reservoir sampling: Vitter 1985, doi:10.1145/3147.3165; as a memory to replay from: Rolnick, Ahuja,
 * Schwarz, Lillicrap & Wayne 2019, arXiv:1811.11682).
 */
import type { EventColumns } from "../backend/contract.js";
import { faultAt, unfit } from "../errors.js";
import { readColumns } from "../events/columns.js";
import { wholeNumber } from "../numbers.js";
import { typedArray } from "../values/arrays.js";
import { type Fields, readOptions } from "../values/options.js";
import { isLayout, type PackedRecording, packRecording, unpackRecording } from "./packed-recording.js";

/** Settings of a reservoir. */
export interface ReservoirOptions {
  /**
   * Most bytes that it takes: twelve for a recording, two for an event of a sensor of up to some 64×64 pixels, else four; at least
   * 1024, below 2³⁴.
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

/** Numbers beside a recording's words: how many they are, what it was kept with, and their layout. */
const perRecording = 3;

/** Numbers at the start of the bytes of a reservoir, and the first of them: what it is, in which version. */
const header = 8;
const magic = 0x32534552;

interface Kept {
  readonly packed: PackedRecording;
  readonly target: number;
}

/**
 * Recordings within so many bytes. Whatever it has been shown so far, each recording is in it with about the same chance.
 * Gaps of more than 511 steps between two events are kept as 511.
 */
export class Reservoir {
  readonly #room: number;
  readonly #timeStep: number;
  #state: number;
  #shown = 0;
  #used = 0;
  #kept: Kept[] = [];

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
    return this.#kept.length;
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
    this.#shown++;
    const need = packed.words.length + perRecording;
    if (packed.words.length === 0 || need > this.#room) return false;
    const isFull = this.#used + need > this.#room;
    // Of all that were shown, as many stay as fit: this one with the chance of any other.
    if (isFull && this.#draw(this.#shown) >= this.#kept.length) return false;
    while (this.#used + need > this.#room) {
      const place = this.#draw(this.#kept.length);
      const last = this.#kept.pop();
      const gone = place === this.#kept.length ? last : this.#kept[place];
      if (last === undefined || gone === undefined) throw new Error("a reservoir without recordings has room");
      if (place < this.#kept.length) this.#kept[place] = last;
      this.#used -= gone.packed.words.length + perRecording;
    }
    this.#kept.push({ packed, target: label });
    this.#used += need;
    return true;
  }

  /**
   * One of its recordings, each with the same chance.
   *
   * @returns The recording, null where there is none.
   */
  draw(): KeptRecording | null {
    if (this.#kept.length === 0) return null;
    const kept = this.#kept[this.#draw(this.#kept.length)];
    if (kept === undefined) return null;
    return { events: unpackRecording(kept.packed, this.#timeStep), target: kept.target };
  }

  /**
   * All of it, for {@link Reservoir.fromBytes}: what it keeps and draws from there on is the same.
   *
   * @returns Little-endian numbers of 32 bits.
   */
  toBytes(): Uint8Array {
    const numbers = [
      magic,
      this.#room,
      this.#timeStep,
      this.#state,
      this.#shown % 2 ** 32,
      Math.floor(this.#shown / 2 ** 32),
      this.#kept.length,
      0,
    ];
    const view = new DataView(new ArrayBuffer(4 * (header + this.#used)));
    let place = 0;
    const put = (number: number) => view.setUint32(4 * place++, number, true);
    numbers.forEach(put);
    for (const { packed, target } of this.#kept) {
      put(packed.words.length);
      put(target);
      put(packed.layout);
      packed.words.forEach(put);
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
    reservoir.#shown = at(4) + 2 ** 32 * at(5);
    let place = header;
    for (let kept = at(6); kept > 0; kept--) {
      const length = place + perRecording > count ? 0 : at(place);
      const end = place + perRecording + length;
      if (length === 0 || end > count || !isLayout(at(place + 2)))
        throw faultAt("checkpoint", `bytes[${4 * place}]`, "expected a recording");
      const start = place + perRecording;
      const words = Uint32Array.from({ length }, (_, word) => at(start + word));
      reservoir.#kept.push({ packed: { words, layout: at(place + 2) }, target: at(place + 1) });
      place = end;
    }
    reservoir.#used = place - header;
    if (place !== count || reservoir.#used > reservoir.#room) {
      throw unfit("checkpoint", "bytes", `${4 * place} bytes within the room`, `${given.length}`);
    }
    return reservoir;
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

/**
 * Trials cut out of long recordings, and kept.
 *
 * A recording of DvsGesture holds a dozen trials in some hundred megabytes. The first time one of them is asked for, the
 * recording is read once as a stream and every trial written to a file of its own, in AEDAT 3.1; from then on only these are
 * read. What a network is shown of a trial that is waited for meanwhile is given as soon as the reading has passed it, so that learning
 * may begin before all is cut. What is kept is found again by the recording's path, size and time of change and by its trials, so that another
 * recording never gets the trials of an old one. Node only.
 */
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import type { EncoderHandle, RecordingsBinding } from "../backend/recordings.js";
import { selectRecordings } from "../backend/select.js";
import { faultAt } from "../errors.js";
import type { Sensor } from "../events/transform.js";
import { reason } from "../files.js";
import type { Trial, Trials } from "./labels.js";
import { blocksOf, LookedAt, type RecordingFile, readPart, within } from "./pieces.js";

/** Part of the name of what is kept; another one where it is cut or written otherwise. */
const version = "trials-1";

/**
 * Where cut trials are kept unless told otherwise.
 *
 * @returns The folder that `DECOLLE_CACHE` names, else `decolle` in the user's folder for such files.
 */
export function defaultCache(): string {
  const { DECOLLE_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  if (own !== undefined && own !== "") return own;
  return join(caches !== undefined && caches !== "" ? caches : join(homedir(), ".cache"), "decolle");
}

/** A recording that holds several trials. */
export class CutRecording {
  readonly #file: RecordingFile;
  readonly #trials: Trials;
  readonly #sensor: Sensor;
  readonly #cache: string | false;
  #cut: Promise<string> | undefined;
  /** Trials that are waited for, and that no event has come of yet. */
  readonly #awaited = new Map<number, Awaited[]>();

  /**
   * Reads nothing yet.
   *
   * @param file - The recording.
   * @param trials - From where to where each one lasts.
   * @param sensor - Size of its sensor.
   * @param cache - The folder that keeps trials; false to read the recording anew each time.
   */
  constructor(file: RecordingFile, trials: Trials, sensor: Sensor, cache: string | false) {
    this.#file = file;
    this.#trials = trials;
    this.#sensor = sensor;
    this.#cache = cache;
  }

  /**
   * One trial. Its times count from its start where they do in the labels, else from its first event.
   *
   * @param index - Its place in the table of trials.
   * @param span - As of a data set's `sample`.
   * @returns Its events.
   * @throws {@link DecolleError} `io`, or what is wrong with the recording, with its path.
   */
  async trial(index: number, span?: number): Promise<EventColumns> {
    const { by, trials } = this.#trials;
    const trial = trials[index] as Trial;
    if (this.#cache === false) {
      const events = await readPart(this.#file, { by, ...trial }, span);
      const start = by === "time" ? trial.start : (events.t[0] ?? 0);
      return { ...events, t: events.t.map((time) => time - start) };
    }
    this.#cut ??= this.#cutAll(this.#cache);
    let come: EventColumns | string;
    try {
      // Who looks at whole trials finds all of them kept when one is there.
      come = await (span === undefined ? this.#cut : Promise.race([this.#await(index, span), this.#cut]));
    } catch (error) {
      // Whatever it was may have passed when the next trial is asked for.
      this.#cut = undefined;
      this.#awaited.clear();
      throw error;
    }
    if (typeof come !== "string") return come;
    this.#awaited.clear();
    return readPart({ ...this.#file, path: join(come, fileName(index)), format: "aedat3" }, undefined, span);
  }

  /** What is looked at of a trial, if the recording is being read and has not come to it. */
  #await(index: number, span: number): Promise<EventColumns> {
    const awaited = new Awaited(span);
    this.#awaited.set(index, [...(this.#awaited.get(index) ?? []), awaited]);
    return awaited.events;
  }

  /** Where the trials lie, cut now if they are not there. */
  async #cutAll(cache: string): Promise<string> {
    const folder = join(cache, await this.#key());
    // The folder gets its name when all of it has been written.
    const isComplete = async () => (await readdir(folder).catch(() => [])).length >= this.#trials.trials.length;
    if (await isComplete()) return folder;
    const temporary = join(cache, `.${randomUUID()}.part`);
    try {
      await mkdir(temporary, { recursive: true });
      await this.#writeAll(temporary);
      await rename(temporary, folder).catch(async (error: unknown) => {
        // Another process may have been quicker: what it reads by now must not be taken from it.
        if (await isComplete()) throw error;
        await rm(folder, { recursive: true, force: true });
        await rename(temporary, folder);
      });
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      if (await isComplete()) return folder;
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : notKept(cache, error);
    }
    return folder;
  }

  async #key(): Promise<string> {
    const path = resolve(this.#file.path);
    const { size, mtimeMs } = await stat(path).catch((error: unknown) => {
      throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
    });
    const all = JSON.stringify([version, path, size, mtimeMs, this.#file.format, this.#sensor, this.#trials]);
    return createHash("sha256").update(all).digest("hex").slice(0, 32);
  }

  async #writeAll(folder: string): Promise<void> {
    const recordings = await selectRecordings(this.#file.choice);
    const { by, trials } = this.#trials;
    const writers = trials.map(
      (trial, index) =>
        new TrialWriter(recordings, join(folder, fileName(index)), this.#sensor, { by, ...trial }, () => {
          const awaited = this.#awaited.get(index) ?? [];
          this.#awaited.delete(index);
          return awaited;
        }),
    );
    // Only the trials that a block lies in are open; most recordings have one at a time.
    let waiting = writers.toSorted((one, other) => one.range.start - other.range.start);
    let written: TrialWriter[] = [];
    let index = 0;
    try {
      for await (const block of blocksOf(this.#file)) {
        const last = by === "event" ? index + block.t.length - 1 : (block.t.at(-1) ?? 0);
        written.push(...waiting.filter(({ range }) => range.start <= last));
        waiting = waiting.filter(({ range }) => range.start > last);
        for (const writer of written) await writer.put(within(block, writer.range, index));
        for (const writer of written.filter(({ range }) => range.end < last)) await writer.close();
        written = written.filter(({ range }) => range.end >= last);
        index += block.t.length;
      }
      for (const writer of [...written, ...waiting]) await writer.close();
    } finally {
      for (const writer of writers) await writer.giveUp();
    }
  }
}

/** What is looked at of a trial that is waited for while its recording is read. */
class Awaited {
  /** Its events, once all of them have come. */
  readonly events: Promise<EventColumns>;
  readonly #looked: LookedAt;
  #resolve: (events: EventColumns) => void = () => undefined;

  constructor(span: number) {
    this.#looked = new LookedAt(span);
    this.events = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Takes the next events; gives whether more are looked at. */
  take(block: EventColumns): boolean {
    const isWhole = this.#looked.take(block);
    if (isWhole) this.end();
    return !isWhole;
  }

  /** No more come. */
  end(): void {
    this.#resolve(this.#looked.events);
  }
}

/** Bytes that are written at once. */
const writtenAtOnce = 2 ** 20;

/** Writes one trial. */
class TrialWriter {
  /** From where to where it lasts. */
  readonly range: { readonly by: "time" | "event"; readonly start: number; readonly end: number };
  readonly #path: string;
  readonly #encoder: EncoderHandle;
  #file: FileHandle | undefined;
  #start: number | undefined;
  /** Who waits for its events; asked with the first of them. */
  readonly #waiting: () => readonly Awaited[];
  #awaited: readonly Awaited[] | undefined;
  /** Bytes to be written. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(
    recordings: RecordingsBinding,
    path: string,
    { width, height }: Sensor,
    range: TrialWriter["range"],
    waiting: () => readonly Awaited[],
  ) {
    this.range = range;
    this.#path = path;
    this.#waiting = waiting;
    this.#encoder = new recordings.Encoder("aedat3", Uint32Array.of(width, height), -1);
    this.#start = range.by === "time" ? range.start : undefined;
  }

  async put({ x, y, p, t }: EventColumns): Promise<void> {
    if (t.length === 0) return;
    this.#start ??= t[0] ?? 0;
    const times = new Float64Array(t.length);
    for (let event = 0; event < t.length; event++) times[event] = (t[event] as number) - this.#start;
    this.#awaited = (this.#awaited ?? this.#waiting()).filter((awaited) => awaited.take({ x, y, p, t: times }));
    await this.#write(this.#encoder.put(x, y, p, times), writtenAtOnce);
  }

  async close(): Promise<void> {
    for (const awaited of this.#awaited ?? []) awaited.end();
    await this.#write(this.#encoder.end(), 0);
    await this.giveUp();
  }

  /** Closes the file, whole or not; a second call does nothing. */
  async giveUp(): Promise<void> {
    this.#encoder.dispose();
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Writes bytes, and all before them, where they are more than so many. */
  async #write(bytes: Uint8Array, most: number): Promise<void> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= most) return;
    const pieces = this.#pieces;
    [this.#pieces, this.#bytes] = [[], 0];
    this.#file ??= await open(this.#path, "wx");
    await this.#file.writeFile(Buffer.concat(pieces));
  }
}

function fileName(index: number): string {
  return `${`${index}`.padStart(3, "0")}.aedat`;
}

function notKept(cache: string, error: unknown): Error {
  const remedy =
    "another folder is named by cache, or by DECOLLE_CACHE on the command line; cache: false keeps nothing";
  return faultAt("io", cache, `cut trials could not be kept: ${reason(error)}; ${remedy}`, { cause: error });
}

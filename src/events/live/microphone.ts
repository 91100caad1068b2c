/**
 * Sound as spikes: a microphone, or a sound in memory, before a simulated cochlea. Loaded when it is asked for, so that other pages
 * need not download it.
 */
import { inNode } from "../../backend/builds.js";
import type { CochleaHandle } from "../../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../../backend/select.js";
import { faultAt, unfit } from "../../errors.js";
import { throwIfAborted } from "../../network/abort.js";
import { finiteNumber, wholeNumber } from "../../numbers.js";
import { type AbortSignalLike, isObject, isTypedArray, messageOf } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import type { SpikeTrain, Units } from "../train.js";
import { within } from "./camera.js";
import { Live, type LiveSpikes, needed, type Sink, type SpikePiece } from "./pieces.js";
import { watchTracks } from "./tracks.js";

/** What of a `MediaStream` with sound tells it from other things. */
export interface AudioStreamLike {
  /** Its tracks that have sound. */
  getAudioTracks(): readonly object[];
}

/** A sound in memory: an `AudioBuffer`, or anything that has the same. */
export interface AudioBufferLike {
  /** Samples a second, a whole number from 4,000 to 384,000. */
  readonly sampleRate: number;
  /** Samples of each channel. */
  readonly length: number;
  /** Channels; the cochlea hears their mean. */
  readonly numberOfChannels: number;
  /**
   * The samples of a channel, of which 1 is full scale.
   *
   * @param channel - Which, from 0.
   */
  getChannelData(channel: number): Float32Array;
}

/** Settings of a simulated cochlea. */
export interface MicrophoneOptions extends BackendChoice {
  /** Number of channels, which are the units of the spikes, 2 to 1,024; 64 by default, as many as each ear of the silicon cochlea AEREAR2 has. */
  readonly channels?: number;
  /** What the first channel hears best, in hertz, at least 20; 100 by default. */
  readonly lowest?: number;
  /** What the last channel hears best, in hertz, at most 0.45 of the samples a second; 10,000 by default. */
  readonly highest?: number;
  /** Sound pressure in pascals that a sample of 1 stands for, 0.001 to 1,000,000; 100 by default. More of it is more spikes. */
  readonly gain?: number;
  /** Microseconds for which a channel stays silent after a spike, 0 to 1,000,000; 5,000 by default. */
  readonly refractory?: number;
  /** Ends the source. */
  readonly signal?: AbortSignalLike;
}

const work = "fromMicrophone";
const fields: Fields<MicrophoneOptions> = {
  ...choiceFields,
  channels: "number",
  lowest: "number",
  highest: "number",
  gain: "number",
  refractory: "number",
  signal: "signal",
};

/** Pieces that a sound in memory is heard in, a second. */
const pieces = 50;
/** Seconds of sound that may wait while nobody takes spikes; what comes then is left out. */
const patience = 1;

/**
 * Sound before a simulated cochlea.
 *
 * @param source - A stream that has sound, or a sound in memory.
 * @param options - The cochlea's channels and how well it hears, a signal, and the backend that simulates.
 * @returns The spikes. Those of a stream come as it is heard; it ends when the stream's tracks are stopped.
 * @throws {@link DecolleError} as `events.fromMicrophone`.
 */
export function fromMicrophone(source: AudioStreamLike | AudioBufferLike, options: MicrophoneOptions = {}): LiveSpikes {
  const read = readOptions(options, fields, work);
  const ear = new Ear(read);
  const stream = reading("source", () => streamIn(source));
  if (stream === undefined) return new SoundSpikes(ear, soundIn(source as AudioBufferLike), read);
  if (typeof AudioContext !== "function") {
    const here = inNode() ? "Node" : "a Worker";
    throw unfit("unsupported", work, "a page in a browser for a MediaStream; an AudioBuffer is heard anywhere", here);
  }
  const live = new Live<SpikeTrain, Units>(work, ear.sensor, read.signal, (sink) => listen(stream, ear, sink, read));
  return Object.assign(live, { frequencies: ear.frequencies });
}

/** The cochlea of options that have been read, before it is known how often a sound is sampled. */
class Ear {
  readonly sensor: Units;
  readonly frequencies: Float64Array;
  readonly #options: MicrophoneOptions;

  constructor(options: MicrophoneOptions) {
    const { channels = 64, lowest = 100, highest = 10_000, gain, refractory } = options;
    within(wholeNumber(channels, 0, "channels"), [2, 1024], "channels");
    within(lowest, [20, 100_000], "lowest");
    within(highest, [lowest, 200_000], "highest");
    within(gain, [1e-3, 1e6], "gain");
    if (refractory !== undefined) within(wholeNumber(refractory, 0, "refractory"), [0, 1_000_000], "refractory");
    this.#options = options;
    this.sensor = { units: channels };
    // The same ratio from one to the next. Engines may differ in the last bits of a power, spikes must not.
    this.frequencies = Float64Array.from({ length: channels }, (_, channel) => {
      return Math.round(1000 * lowest * (highest / lowest) ** (channel / (channels - 1))) / 1000;
    });
  }

  /** The cochlea for a sound. */
  async open(sampleRate: number): Promise<CochleaHandle> {
    const { gain, refractory, signal } = this.#options;
    const [first = 0, last = 0] = [this.frequencies[0], this.frequencies.at(-1)];
    const most = 0.45 * sampleRate;
    const heard = `${first} to ${most}, 0.45 of the ${sampleRate} samples a second of this sound`;
    if (last > most) throw unfit("range", "highest", heard, `${last}`);
    const { Cochlea } = await needed(selectRecordings(choiceOf(this.#options)), signal, work);
    const frequencies = Array.from(this.frequencies);
    return new Cochlea(JSON.stringify({ sampleRate, frequencies, gain, refractory }));
  }
}

/** Time of a sample in whole microseconds. */
const timeOf = (sample: number, sampleRate: number) => Math.floor((sample * 1e6) / sampleRate);

/** The stream, where it is one. */
function streamIn(source: unknown): MediaStream | undefined {
  if (isObject(source) && typeof source["getChannelData"] === "function") return undefined;
  if (!isObject(source) || typeof source["getAudioTracks"] !== "function") {
    throw unfit("config", "source", "a MediaStream or an AudioBuffer", found(source));
  }
  const stream = source as unknown as MediaStream;
  if (stream.getAudioTracks().length === 0) throw unfit("config", "source", "a MediaStream with sound", "none in it");
  return stream;
}

/** A sound in memory, as it was given. */
interface Sound {
  readonly sampleRate: number;
  readonly length: number;
  readonly channels: readonly Float32Array[];
}

function soundIn(buffer: AudioBufferLike): Sound {
  return reading("source", () => {
    const sampleRate = within(
      wholeNumber(buffer.sampleRate, 1, "source.sampleRate"),
      [4000, 384_000],
      "source.sampleRate",
    );
    const length = wholeNumber(buffer.length, 0, "source.length");
    const count = within(
      wholeNumber(buffer.numberOfChannels, 1, "source.numberOfChannels"),
      [1, 32],
      "source.numberOfChannels",
    );
    const channels = Array.from({ length: count }, (_, channel) => {
      const samples: unknown = buffer.getChannelData(channel);
      const path = `source.getChannelData(${channel})`;
      if (!isTypedArray(samples, "Float32Array")) throw unfit("config", path, "a Float32Array", found(samples));
      if (samples.length !== length) throw unfit("shape", path, `${length} samples`, `${samples.length}`);
      return samples;
    });
    return { sampleRate, length, channels };
  });
}

/** The spikes of a sound in memory, as fast as they are taken. */
class SoundSpikes implements LiveSpikes {
  readonly sensor: Units;
  readonly frequencies: Float64Array;
  readonly dropped = 0;
  readonly #ear: Ear;
  readonly #sound: Sound;
  readonly #signal: AbortSignalLike | undefined;
  #taken = 0;
  #begun = false;

  constructor(ear: Ear, sound: Sound, { signal }: MicrophoneOptions) {
    this.sensor = ear.sensor;
    this.frequencies = ear.frequencies;
    this.#ear = ear;
    this.#sound = sound;
    this.#signal = signal;
  }

  get taken(): number {
    return this.#taken;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SpikePiece, undefined> {
    if (this.#begun) throw unfit("busy", work, "a source that is iterated over once", "a second time");
    this.#begun = true;
    throwIfAborted(this.#signal, work);
    const { sampleRate, length, channels } = this.#sound;
    const cochlea = await this.#ear.open(sampleRate);
    const step = Math.ceil(sampleRate / pieces);
    for (let from = 0; from < length; from += step) {
      throwIfAborted(this.#signal, work);
      const until = Math.min(length, from + step);
      const spikes = cochlea.hear(mean(channels.map((samples) => samples.subarray(from, until))));
      this.#taken++;
      yield { ...spikes, until: timeOf(until, sampleRate) };
    }
    return undefined;
  }
}

/** The mean of all channels. */
function mean(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = channels;
  if (channels.length === 1) return first;
  return first.map((_, sample) => {
    return channels.reduce((sum, samples) => sum + (samples[sample] ?? 0), 0) / channels.length;
  });
}

/** Listens to a stream. */
async function listen(
  stream: MediaStream,
  ear: Ear,
  sink: Sink<SpikeTrain>,
  { signal }: MicrophoneOptions,
): Promise<() => void> {
  const context = opened();
  try {
    const { sampleRate } = context;
    const [cochlea] = await Promise.all([ear.open(sampleRate), needed(worklet(context), signal, work)]);
    const node = new AudioWorkletNode(context, "decolle-microphone", {
      // Streams of several channels become one by the browser's own rules.
      channelCount: 1,
      channelCountMode: "explicit",
    });
    const hearing = new Hearing(cochlea, sampleRate, sink);
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => hearing.hear(data);
    context.createMediaStreamSource(stream).connect(node);
    // Browsers need not compute what leads nowhere; what comes out is silence.
    node.connect(context.destination);
    const watched = watchTracks(stream.getAudioTracks(), (error) => sink.end(error), lost);
    // A page that nobody has touched yet has to wait for that, unless it was given a microphone.
    context.resume().catch((error: unknown) => sink.end(notHeard(error)));
    return () => {
      watched();
      node.port.onmessage = null;
      void context.close();
    };
  } catch (error) {
    void context.close();
    throw error;
  }
}

function opened(): AudioContext {
  try {
    return new AudioContext();
  } catch (error) {
    throw notHeard(error);
  }
}

async function worklet({ audioWorklet }: AudioContext): Promise<void> {
  if (audioWorklet === undefined) {
    const where = "a page that was loaded by https, or from localhost";
    throw unfit("unsupported", work, where, "one whose browser computes no sound");
  }
  try {
    // Without the query Vite would make it a data: address, which strict content security policies forbid.
    await audioWorklet.addModule(new URL("./microphone-worklet.js?no-inline", import.meta.url));
  } catch (error) {
    throw faultAt("backend", work, `the script for the browser's audio thread does not load: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What comes in, on its way through the cochlea. */
class Hearing {
  readonly #cochlea: CochleaHandle;
  readonly #sampleRate: number;
  readonly #sink: Sink<SpikeTrain>;
  /** Sound that nobody had time for yet. */
  #waiting: Float32Array[] = [];
  /** Samples heard or left out. */
  #heard = 0;

  constructor(cochlea: CochleaHandle, sampleRate: number, sink: Sink<SpikeTrain>) {
    this.#cochlea = cochlea;
    this.#sampleRate = finiteNumber(sampleRate, 1, "sampleRate");
    this.#sink = sink;
  }

  hear(samples: Float32Array): void {
    const sink = this.#sink;
    sink.origin ??= performance.now() - (1000 * samples.length) / this.#sampleRate;
    this.#waiting.push(samples);
    try {
      while (sink.room && this.#waiting.length > 0) {
        const next = this.#waiting.shift() as Float32Array;
        const spikes = this.#cochlea.hear(next);
        this.#heard += next.length;
        sink.taken++;
        sink.put(spikes, timeOf(this.#heard, this.#sampleRate));
      }
      while (this.#waiting.reduce((sum, { length }) => sum + length, 0) > patience * this.#sampleRate) {
        const { length } = this.#waiting.shift() as Float32Array;
        this.#cochlea.skip(length);
        this.#heard += length;
        sink.dropped++;
      }
    } catch (error) {
      sink.end(error as Error);
    }
  }
}

function lost(label: string) {
  const name = label === "" ? "the microphone" : `the microphone "${label}"`;
  return faultAt("io", work, `${name} went away: it was unplugged, or the permission to use it was taken back`);
}

function notHeard(error: unknown) {
  return faultAt("io", work, `the browser does not compute sound: ${messageOf(error)}`, { cause: error });
}

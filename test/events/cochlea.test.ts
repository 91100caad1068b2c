/** Sound in memory before the simulated cochlea. The same on every backend. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type AudioBufferLike,
  type DecolleError,
  dense,
  events,
  type LiveSpikes,
  type MicrophoneOptions,
  Network,
  type SpikePiece,
} from "../../src/index.js";

/** A sound of one channel or several; without any, one that ends at once. */
function sound(...given: Float32Array[]): AudioBufferLike {
  const channels = given.length > 0 ? given : [new Float32Array(0)];
  return {
    sampleRate: 32_000,
    length: channels[0]?.length ?? 0,
    numberOfChannels: channels.length,
    getChannelData: (channel) => channels[channel] as Float32Array,
  };
}

const tone = (frequency: number, amplitude: number, seconds = 0.5) =>
  Float32Array.from(
    { length: 32_000 * seconds },
    (_, sample) => amplitude * Math.sin((2 * Math.PI * frequency * sample) / 32_000),
  );

async function all(source: LiveSpikes): Promise<SpikePiece[]> {
  const pieces: SpikePiece[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}

/** Spikes of each channel. */
async function counts(heard: AudioBufferLike, options?: MicrophoneOptions): Promise<number[]> {
  const source = await events.fromMicrophone(heard, options);
  const found = new Array<number>(source.sensor.units).fill(0);
  for (const { unit } of await all(source)) for (const channel of unit) found[channel] = (found[channel] ?? 0) + 1;
  return found;
}

/** The channel that hears a frequency best. */
function nearest({ frequencies }: LiveSpikes, frequency: number): number {
  const away = Array.from(frequencies, (own) => Math.abs(Math.log(own / frequency)));
  return away.indexOf(Math.min(...away));
}

const fault = (work: () => unknown) =>
  (async () => work())().then(
    () => undefined,
    ({ code, message }: DecolleError) => `${code} ${message}`,
  );

describe("a sound in memory", () => {
  // Half as loud again as makes a neuron fire.
  it.each([
    [200, 0.0011],
    [440, 0.0022],
    [1000, 0.0043],
    [3000, 0.0065],
  ])("of a quiet tone of %i Hz fires the channel nearest to it most, and few others", async (frequency, amplitude) => {
    const quiet = sound(tone(frequency, amplitude));
    const own = nearest(await events.fromMicrophone(quiet), frequency);
    const found = await counts(quiet);
    expect(found[own]).toBeGreaterThan(10);
    expect(Math.max(...found)).toBe(found[own]);
    const firing = found.flatMap((count, channel) => (count > 0 ? [channel] : []));
    expect(firing.every((channel) => Math.abs(channel - own) <= 4)).toBe(true);
  });

  it("of silence makes no spikes, and a piece every 20 ms all the same", async () => {
    const source = await events.fromMicrophone(sound(new Float32Array(16_000)));
    const pieces = await all(source);
    expect(source).toMatchObject({ sensor: { units: 64 }, taken: 25, dropped: 0 });
    expect(pieces.map(({ until }) => until)).toEqual(Array.from({ length: 25 }, (_, piece) => 20_000 * (piece + 1)));
    expect(pieces.every(({ t, unit }) => t.length === 0 && unit.length === 0)).toBe(true);
  });

  it("gives the same spikes on every backend, for ever", async () => {
    const second = tone(1234, 0.05);
    const chord = tone(440, 0.1).map((sample, place) => sample + (second[place] ?? 0));
    const hash = createHash("sha256");
    for (const { t, unit, until } of await all(await events.fromMicrophone(sound(chord)))) {
      hash.update(JSON.stringify([Array.from(t), Array.from(unit), until]));
    }
    expect(hash.digest("hex")).toBe("273e71edddfdc078276becd11dc0b0ade69b4f0b4426f934eeccdc68be5ccc4d");
  });

  it("has spikes in the order of time, each within its piece, and none of a channel within its refractory time", async () => {
    const last = new Map<number, number>();
    let [before, until] = [0, 0];
    for (const piece of await all(await events.fromMicrophone(sound(tone(440, 0.5)), { refractory: 8000 }))) {
      piece.t.forEach((time, spike) => {
        const unit = piece.unit[spike] ?? 0;
        expect(time).toBeGreaterThanOrEqual(Math.max(before, until));
        expect(time).toBeLessThanOrEqual(piece.until);
        expect(time - (last.get(unit) ?? -8000)).toBeGreaterThanOrEqual(8000);
        last.set(unit, time);
        before = time;
      });
      until = piece.until;
    }
    expect(last.size).toBeGreaterThan(10);
  });

  it("of several channels is heard as their mean", async () => {
    const [one, none] = [tone(440, 0.01), new Float32Array(16_000)];
    expect(
      await counts(
        sound(
          one.map((sample) => 2 * sample),
          none,
        ),
      ),
    ).toEqual(await counts(sound(one)));
    expect(
      await counts(
        sound(
          one,
          one.map((sample) => -sample),
        ),
      ),
    ).toEqual(new Array(64).fill(0));
  });

  it("is heard by as many channels as are asked for, whose frequencies rise by the same ratio", async () => {
    const { frequencies, sensor } = await events.fromMicrophone(sound(), { channels: 3, lowest: 100, highest: 10_000 });
    expect(sensor).toEqual({ units: 3 });
    expect(Array.from(frequencies)).toEqual([100, 1000, 10_000]);
  });

  it("is pushed into a stream as it comes, and the louder it is the more spikes there are", async () => {
    const network = await Network.create({
      input: { units: 64 },
      layers: [dense({ units: 8 })],
      readout: { units: 2 },
    });
    const stream = network.stream({ start: 0 });
    let steps = 0;
    for await (const piece of await events.fromMicrophone(sound(tone(440, 0.1)))) {
      steps += (await stream.push(piece, { until: piece.until })).steps;
    }
    // The step that ends with the last piece is still open.
    expect(steps).toBeGreaterThanOrEqual(499);
    network.dispose();
    const heard = sound(tone(440, 0.002));
    const [quiet, loud] = [await counts(heard), await counts(heard, { gain: 1000 })];
    const sum = (all: number[]) => all.reduce((one, other) => one + other, 0);
    expect(sum(loud)).toBeGreaterThan(2 * sum(quiet));
  });

  it("ends when it is left or aborted, and is heard once", async () => {
    const controller = new AbortController();
    const source = await events.fromMicrophone(sound(tone(440, 0.1)), { signal: controller.signal });
    const told = fault(async () => {
      for await (const _ of source) controller.abort();
    });
    expect(await told).toMatch(/^aborted /);
    expect(await fault(() => all(source))).toMatch(/^busy fromMicrophone: /);
  });
});

describe("what is no sound, or no cochlea", () => {
  const given = (source: unknown, options?: unknown) =>
    fault(async () => all(await events.fromMicrophone(source as never, options as never)));

  it("is refused with the field", async () => {
    expect(await given(3)).toBe("config source: expected a MediaStream or an AudioBuffer, found 3");
    expect(await given({ getAudioTracks: () => [] })).toBe(
      "config source: expected a MediaStream with sound, found none in it",
    );
    expect(await given({ ...sound(), sampleRate: 8000.5 })).toMatch(/^range source\.sampleRate: /);
    expect(await given({ ...sound(tone(440, 1)), length: 3 })).toMatch(/^shape source\.getChannelData\(0\): /);
    expect(await given({ ...sound(), numberOfChannels: 0 })).toMatch(/^range source\.numberOfChannels: /);
    expect(await given(sound([0] as never))).toMatch(/^config source\.getChannelData\(0\): /);
    expect(await given(sound(), { channels: 1 })).toBe("range channels: expected 2 to 1024, found 1");
    expect(await given(sound(), { lowest: 5 })).toMatch(/^range lowest: /);
    expect(await given(sound(), { lowest: 500, highest: 400 })).toMatch(/^range highest: /);
    expect(await given(sound(), { highest: 15_000 })).toMatch(/^range highest: .*0\.45 of the 32000 samples/);
    expect(await given(sound(), { gain: Number.NaN })).toMatch(/^not-finite gain: /);
    expect(await given(sound(), { refractory: -1 })).toMatch(/^range refractory: /);
    expect(await given(sound(), { loud: true })).toMatch(/^config loud: /);
    expect(await given(sound(Float32Array.of(0, Number.NaN)))).toMatch(/^not-finite samples\[1\]: /);
  });

  it.runIf(typeof document === "undefined")("is a stream where there is no page", async () => {
    expect(await given({ getAudioTracks: () => [{}] })).toMatch(/^unsupported fromMicrophone: .*found Node$/);
  });
});

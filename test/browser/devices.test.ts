/**
 * A webcam and a microphone as sources of events in Chromium, whose fake devices play a film and a sound; and what is said where
 * there is none.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../../build/command.mjs";
import { installed } from "./chromium.js";
import { crossingDisc, writeFilm } from "./film.js";
import type { Global } from "./sources/sources.js";
import { sourcesPage } from "./sources-page.js";
import { writeTone } from "./tone.js";

const [width, height, frames] = [320, 240, 30];
const film = join(root, "target", "browser", "disc.y4m");
const sound = join(root, "target", "browser", "tone.wav");
const fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** The browser needs a moment to tell that a Worker has ended. */
const noWorker = (page: Page) => expect.poll(() => page.workers().length).toBe(0);

describe.runIf(installed)("in Chromium", () => {
  const withPage = sourcesPage("devices");
  beforeAll(() => {
    mkdirSync(join(root, "target", "browser"), { recursive: true });
    writeFilm(film, { width, height, rate: 30, frames, luma: crossingDisc(width, height, frames) });
    writeTone(sound, { frequency: 440, amplitude: 0.004, seconds: 2 });
  });

  describe("a webcam", () => {
    const opened = withPage({ given: [...fake, `--use-file-for-fake-video-capture=${film}`] });

    /** Watches the webcam for a while: the events of each piece, and which way the bright side of the disc goes. */
    const watch = (mirror: boolean, least: number) =>
      opened.page.evaluate(
        async ([mirrored, enough]) => {
          const { events } = (globalThis as unknown as Global).decolle;
          const stream = await events.openCamera();
          const source = events.fromVideo(stream, { sensor: { width: 64, height: 48 }, mirror: mirrored });
          let [count, until, ordered, right, left] = [0, 0, true, 0, 0];
          let before: number | undefined;
          for await (const { x, p, t, until: end } of source) {
            count += t.length;
            ordered &&= t.every((time, event) => time >= (t[event - 1] ?? until) && time < end) && end >= until;
            until = end;
            const bright = x.filter((_, event) => p[event] === 1);
            const middle =
              bright.length < 50 ? undefined : bright.reduce((sum, column) => sum + column, 0) / bright.length;
            // A step from one side to the other is the film's beginning.
            if (middle !== undefined && before !== undefined && Math.abs(middle - before) < 16) {
              if (middle > before) right++;
              else left++;
            }
            before = middle;
            if (source.taken >= enough) break;
          }
          for (const track of stream.getTracks()) track.stop();
          const { sensor, taken, dropped, origin = Number.NaN } = source;
          return { count, until, ordered, right, left, sensor, taken, dropped, age: performance.now() - origin };
        },
        [mirror, least] as const,
      );

    it("is seen as an event camera sees: in order, to the microsecond, where something moves", async () => {
      const seen = await watch(false, 60);
      expect(seen).toMatchObject({ ordered: true, sensor: { width: 64, height: 48 } });
      expect(seen.count).toBeGreaterThan(5000);
      expect(seen.right).toBeGreaterThan(4 * seen.left);
      // Times are those of the page's clock, give or take what the browser needs to tell of a frame.
      expect(seen.age - seen.until / 1000).toBeGreaterThan(-100);
      await noWorker(opened.page);
    });

    it("is seen the other way round in a mirror", async () => {
      const seen = await watch(true, 60);
      expect(seen.left).toBeGreaterThan(4 * seen.right);
    });

    it("teaches a network while it runs", async () => {
      const steps = await opened.page.evaluate(async () => {
        const { dense, events, Network } = (globalThis as unknown as Global).decolle;
        const network = await Network.create(
          {
            input: { channels: 2, height: 32, width: 32 },
            timeStep: 1000,
            layers: [dense({ units: 16 })],
            readout: { units: 2 },
          },
          { backend: "wasm", threads: 1 },
        );
        const stream = await events.openCamera();
        const taught = network.stream({ start: 0 });
        let steps = 0;
        for await (const piece of events.fromVideo(stream, { sensor: { width: 32, height: 32 } })) {
          steps += (await taught.push(piece, { target: 1, until: piece.until })).steps;
          if (steps > 300) break;
        }
        for (const track of stream.getTracks()) track.stop();
        network.dispose();
        return steps;
      });
      expect(steps).toBeGreaterThan(300);
    });

    it("drops frames and counts them while nobody takes what they gave, and loses no event", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const stream = await events.openCamera();
        const source = events.fromVideo(stream, { sensor: { width: 64, height: 48 } });
        const iterator = source[Symbol.asyncIterator]();
        await iterator.next();
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const waited = [];
        for (let piece = 0; piece < 6; piece++) waited.push((await iterator.next()).value);
        await iterator.return?.();
        for (const track of stream.getTracks()) track.stop();
        const { taken, dropped } = source;
        return { taken, dropped, pieces: waited.map((piece) => ({ first: piece?.t[0], until: piece?.until })) };
      });
      expect(seen.dropped).toBeGreaterThan(10);
      expect(seen.taken).toBeLessThan(10);
      const untils = seen.pieces.map(({ until }) => until ?? Number.NaN);
      expect(untils).toEqual([...untils].sort((a, b) => a - b));
    });

    it("says that it went away, ends where its tracks are stopped, and hears an abort", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        const watched = async (act: (stream: MediaStream, abort: () => void) => void) => {
          const stream = await events.openCamera();
          const abort = new AbortController();
          let pieces = 0;
          try {
            for await (const _ of events.fromVideo(stream, { signal: abort.signal })) {
              if (++pieces === 3) act(stream, () => abort.abort());
            }
            return "ended";
          } catch (error) {
            return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
          } finally {
            for (const track of stream.getTracks()) track.stop();
          }
        };
        return {
          lost: await watched((stream) => stream.getVideoTracks()[0]?.dispatchEvent(new Event("ended"))),
          stopped: await watched((stream) => stream.getVideoTracks()[0]?.stop()),
          aborted: await watched((_, abort) => abort()),
        };
      });
      expect(seen).toEqual({
        lost: expect.stringMatching(/^io fromVideo: the camera .* went away/),
        stopped: "ended",
        aborted: "aborted fromVideo: aborted by the caller",
      });
      await noWorker(opened.page);
    });

    it("can be left while the next piece is waited for, ten times over, and leaves no Worker", async () => {
      const ends = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const stream = await events.openCamera();
        const ends = [];
        for (let cycle = 0; cycle < 10; cycle++) {
          const iterator = events.fromVideo(stream)[Symbol.asyncIterator]();
          const next = iterator.next();
          await iterator.return?.();
          ends.push((await next).done);
        }
        for (const track of stream.getTracks()) track.stop();
        return ends;
      });
      expect(ends).toEqual(Array.from({ length: 10 }, () => true));
      await noWorker(opened.page);
    });

    it("makes no burst where the page was hidden", async () => {
      const counts = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const stream = await events.openCamera();
        const source = events.fromVideo(stream, { sensor: { width: 64, height: 48 } });
        const counts: number[] = [];
        let hidden = -1;
        for await (const { t } of source) {
          counts.push(t.length);
          // Where the disc is in the picture.
          if (hidden < 0 && t.length > 400) {
            document.dispatchEvent(new Event("visibilitychange"));
            hidden = counts.length;
          }
          if (hidden > 0 && counts.length > hidden + 2) break;
        }
        for (const track of stream.getTracks()) track.stop();
        return counts.slice(hidden, hidden + 2);
      });
      // The frame after it, or the one after that, where one was being looked at.
      expect(Math.min(...counts)).toBe(0);
    });
  });

  describe("a microphone", () => {
    const opened = withPage({ given: [...fake, `--use-file-for-fake-audio-capture=${sound}`] });

    it("that hears a tone of 440 Hz fires the channels around it, in order, to the microsecond", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const raw = { autoGainControl: false, echoCancellation: false, noiseSuppression: false };
        const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
        const source = await events.fromMicrophone(stream);
        const counts = new Array<number>(source.sensor.units).fill(0);
        let [until, ordered] = [0, true];
        for await (const { t, unit, until: end } of source) {
          ordered &&= t.every((time, spike) => time >= (t[spike - 1] ?? until) && time <= end) && end > until;
          until = end;
          for (const channel of unit) counts[channel] = (counts[channel] ?? 0) + 1;
          if (until > 1_500_000) break;
        }
        for (const track of stream.getTracks()) track.stop();
        const { taken, dropped, origin = Number.NaN } = source;
        const frequencies = Array.from(source.frequencies);
        return { counts, ordered, taken, dropped, frequencies, until, age: performance.now() - origin };
      });
      expect(seen).toMatchObject({ ordered: true, dropped: 0 });
      const away = seen.frequencies.map((frequency) => Math.abs(Math.log2(frequency / 440)));
      const nearest = away.indexOf(Math.min(...away));
      const most = Math.max(...seen.counts);
      expect(most).toBeGreaterThan(50);
      expect(seen.counts[nearest]).toBeGreaterThan(0.9 * most);
      // Two octaves away nothing is heard of it.
      expect(seen.counts.filter((count, channel) => count > 0 && (away[channel] ?? 0) > 2)).toEqual([]);
      expect(seen.taken).toBeGreaterThan(40);
      expect(seen.age - seen.until / 1000).toBeGreaterThan(-100);
    });

    it("says that it went away, ends where its tracks are stopped, and hears an abort", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        const watched = async (act: (stream: MediaStream, abort: () => void) => void) => {
          const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
          const abort = new AbortController();
          let pieces = 0;
          try {
            for await (const _ of await events.fromMicrophone(stream, { signal: abort.signal })) {
              if (++pieces === 3) act(stream, () => abort.abort());
            }
            return "ended";
          } catch (error) {
            return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
          } finally {
            for (const track of stream.getTracks()) track.stop();
          }
        };
        return {
          lost: await watched((stream) => stream.getAudioTracks()[0]?.dispatchEvent(new Event("ended"))),
          stopped: await watched((stream) => stream.getAudioTracks()[0]?.stop()),
          aborted: await watched((_, abort) => abort()),
        };
      });
      expect(seen).toEqual({
        lost: expect.stringMatching(/^io fromMicrophone: the microphone .* went away/),
        stopped: "ended",
        aborted: "aborted fromMicrophone: aborted by the caller",
      });
    });

    it("that nobody listens to leaves sound out and counts it, and time goes on", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const source = await events.fromMicrophone(stream);
        const iterator = source[Symbol.asyncIterator]();
        await iterator.next();
        await new Promise((resolve) => setTimeout(resolve, 1800));
        let until = 0;
        for (let piece = 0; piece < 12; piece++) until = (await iterator.next()).value?.until ?? 0;
        await iterator.return?.();
        for (const track of stream.getTracks()) track.stop();
        return { dropped: source.dropped, until };
      });
      expect(seen.dropped).toBeGreaterThan(5);
      expect(seen.until).toBeGreaterThan(500_000);
    });
  });

  describe("a page without a webcam", () => {
    const opened = withPage();
    const asked = () =>
      opened.page.evaluate(async () => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        try {
          await events.openCamera();
          return "opened";
        } catch (error) {
          return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
        }
      });

    it("is told so in words", async () => {
      await opened.page.context().grantPermissions(["camera"]);
      expect(await asked()).toBe("io openCamera: there is no camera");
    });
  });

  describe("a page that may not use the webcam", () => {
    const opened = withPage({ given: ["--use-fake-device-for-media-stream", "--deny-permission-prompts"] });

    it("is told so in words", async () => {
      const told = await opened.page.evaluate(async () => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        return events.openCamera().then(
          () => "opened",
          (error: unknown) => (DecolleError.is(error) ? `${error.code} ${error.message}` : String(error)),
        );
      });
      expect(told).toMatch(/^io openCamera: the permission to use the camera was refused/);
    });
  });
});

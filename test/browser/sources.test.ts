/** Live events of what a page shows in Chromium: a canvas, a film, a pointer, dropped files; and what is said where they fail. */
import { describe, expect, it } from "vitest";
import { installed } from "./chromium.js";
import type { Global } from "./sources/sources.js";
import { type Opened, sourcesPage } from "./sources-page.js";

const strict = "default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'";

/** Looks at a canvas that is drawn anew once, and gives the number of events, or the error. */
const watch = ({ page }: Opened) =>
  page.evaluate(async () => {
    const { DecolleError, events } = (globalThis as unknown as Global).decolle;
    const canvas = document.getElementById("canvas") as HTMLCanvasElement;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#404040";
    context.fillRect(0, 0, 160, 160);
    const source = events.fromCanvas(canvas);
    let count = 0;
    try {
      for await (const { t } of source) {
        count += t.length;
        context.fillStyle = "#c0c0c0";
        context.fillRect(40, 40, 80, 80);
        if (source.taken === 6) break;
      }
      return count;
    } catch (error) {
      return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
    }
  });

describe.runIf(installed)("in Chromium", () => {
  const withPage = sourcesPage("sources");

  describe("what a page shows", () => {
    const opened = withPage();

    it("of a canvas gives events where it is drawn anew, and none while it rests", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const canvas = document.getElementById("canvas") as HTMLCanvasElement;
        const context = canvas.getContext("2d") as CanvasRenderingContext2D;
        const draw = (left: number) => {
          context.fillStyle = "#404040";
          context.fillRect(0, 0, 160, 160);
          context.fillStyle = "#c0c0c0";
          context.fillRect(left, 60, 40, 40);
        };
        draw(20);
        const source = events.fromCanvas(canvas, { sensor: { width: 16, height: 16 } });
        const moving = { on: [] as number[], off: [] as number[], rows: [] as number[] };
        let resting = 0;
        for await (const { x, y, p } of source) {
          const step = source.taken;
          if (step <= 10) draw(20 + 8 * step);
          x.forEach((column, event) => {
            (p[event] === 1 ? moving.on : moving.off).push(column);
            moving.rows.push(y[event] as number);
          });
          if (step > 13) resting += x.length;
          if (step === 20) break;
        }
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const rows = [Math.min(...moving.rows), Math.max(...moving.rows)];
        return { on: mean(moving.on), off: mean(moving.off), rows, resting };
      });
      // From columns 2 to 5 it went to columns 10 to 13, in rows 6 to 9, with soft edges.
      expect(seen.on).toBeGreaterThan(seen.off + 3);
      expect(seen.rows[0]).toBeGreaterThanOrEqual(5);
      expect(seen.rows[1]).toBeLessThanOrEqual(10);
      expect(seen.resting).toBe(0);
    });

    it("of a film gives events in the film's own times and ends with it", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const canvas = document.getElementById("canvas") as HTMLCanvasElement;
        const context = canvas.getContext("2d") as CanvasRenderingContext2D;
        const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm" });
        const pieces: Blob[] = [];
        recorder.ondataavailable = ({ data }) => pieces.push(data);
        const stopped = new Promise((resolve) => {
          recorder.onstop = resolve;
        });
        recorder.start();
        for (let step = 0; step < 30; step++) {
          context.fillStyle = "#303030";
          context.fillRect(0, 0, 160, 160);
          context.fillStyle = "#e0e0e0";
          context.fillRect(4 * step, 40, 40, 80);
          await new Promise((resolve) => setTimeout(resolve, 33));
        }
        recorder.stop();
        await stopped;
        const video = document.createElement("video");
        video.muted = true;
        video.src = URL.createObjectURL(new Blob(pieces, { type: "video/webm" }));
        document.body.append(video);
        const source = events.fromVideo(video, { sensor: { width: 32, height: 32 } });
        const iterator = source[Symbol.asyncIterator]();
        const first = iterator.next();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await video.play();
        let [count, until] = [0, 0];
        for (let step = await first; step.done !== true; step = await iterator.next()) {
          count += step.value.t.length;
          until = step.value.until;
        }
        return { count, until, length: video.currentTime * 1e6, taken: source.taken };
      });
      expect(seen.count).toBeGreaterThan(500);
      expect(seen.until).toBeGreaterThan(0.5 * seen.length);
      expect(seen.until).toBeLessThanOrEqual(seen.length + 1);
    });

    it("of a pointer gives events along its strokes, ahead and behind, and none while it rests or is up", async () => {
      const { page } = opened;
      const watching = page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const pad = document.getElementById("pad") as HTMLElement;
        const source = events.fromPointer(pad, { sensor: { width: 32, height: 32 } });
        const seen = { ahead: 0, events: 0, rows: [32, 0], until: 0, ordered: true, beside: 0, style: "" };
        let still = 0;
        for await (const { x, y, p, t, until } of source) {
          seen.style = pad.style.touchAction;
          seen.ordered &&= t.every((time) => time >= seen.until && time <= until) && until >= seen.until;
          seen.until = until;
          seen.events += t.length;
          y.forEach((row) => {
            seen.rows = [Math.min(seen.rows[0] as number, row), Math.max(seen.rows[1] as number, row)];
          });
          const middle = (polarity: number) => {
            const columns = x.filter((_, event) => p[event] === polarity);
            return columns.reduce((sum, column) => sum + column, 0) / columns.length;
          };
          if (t.length > 20) seen.ahead += Math.sign(middle(1) - middle(0));
          // Half a second without an event after the stroke.
          still = t.length > 0 || seen.events === 0 ? 0 : still + 1;
          if (still === 30) break;
        }
        return { ...seen, after: pad.style.touchAction, taken: source.taken, dropped: source.dropped };
      });
      await page.waitForFunction(() => document.getElementById("pad")?.style.touchAction === "none");
      // Not down yet: nothing is seen.
      await page.mouse.move(300, 300, { steps: 5 });
      await page.mouse.move(60, 160);
      await page.mouse.down();
      await page.mouse.move(260, 160, { steps: 25 });
      await page.mouse.up();
      await page.mouse.move(20, 20, { steps: 5 });
      const seen = await watching;
      expect(seen).toMatchObject({ ordered: true, style: "none", after: "", dropped: 0 });
      expect(seen.events).toBeGreaterThan(200);
      expect(seen.ahead).toBeGreaterThan(0);
      // The spot has a radius of two pixels around row 16.
      expect(seen.rows[0]).toBeGreaterThanOrEqual(13);
      expect(seen.rows[1]).toBeLessThanOrEqual(18);
      expect(seen.taken).toBeGreaterThanOrEqual(20);
    });

    it("of a pointer that hovers, or of a finger, is the same", async () => {
      const counts = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const pad = document.getElementById("pad") as HTMLElement;
        const counted = async (when: "down" | "over", pointerType: string) => {
          const tell = (type: string, clientX: number) =>
            pad.dispatchEvent(
              new PointerEvent(type, {
                pointerType,
                clientX,
                clientY: 100,
                pointerId: 7,
                isPrimary: true,
                bubbles: true,
              }),
            );
          let [count, step] = [0, 0];
          for await (const { t } of events.fromPointer(pad, { when })) {
            count += t.length;
            if (step === 0 && when === "down") tell("pointerdown", 40);
            tell("pointermove", 40 + 10 * step);
            if (step === 10) tell(when === "down" ? "pointercancel" : "pointerleave", 140);
            if (++step === 16) break;
          }
          return count;
        };
        return [await counted("over", "mouse"), await counted("down", "touch"), await counted("down", "pen")];
      });
      for (const count of counts) expect(count).toBeGreaterThan(100);
    });

    it("of a dropped file is read whatever its name, and faults name it", async () => {
      const seen = await opened.page.evaluate(async () => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        const columns = { x: Uint16Array.of(1), y: Uint16Array.of(2), p: Uint8Array.of(1), t: Float64Array.of(3) };
        const bytes = await events.encode(columns, { format: "evt2", sensor: { width: 9, height: 9 } });
        const read = async (part: Uint8Array, name: string) => {
          const reader = events.fromFile(new File([part as Uint8Array<ArrayBuffer>], name));
          const times = [];
          try {
            for await (const { t } of reader) times.push(...t);
          } catch (error) {
            return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
          }
          return { times, format: reader.format, sensor: reader.sensor };
        };
        return [await read(bytes, "a.bin"), await read(Uint8Array.of(1, 2, 3), "holiday.jpg")];
      });
      expect(seen[0]).toEqual({ times: [3], format: "evt2", sensor: { width: 9, height: 9 } });
      expect(seen[1]).toMatch(/^format holiday\.jpg: /);
    });

    it("is refused with the field where it is none, or options are not right", async () => {
      const told = await opened.page.evaluate(() => {
        const { DecolleError, events } = (globalThis as unknown as Global).decolle;
        const pad = document.getElementById("pad") as HTMLElement;
        const canvas = document.getElementById("canvas") as HTMLCanvasElement;
        const wrong = (call: () => unknown) => {
          try {
            call();
            return "nothing";
          } catch (error) {
            return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
          }
        };
        return [
          wrong(() => events.fromVideo(pad as never)),
          wrong(() => events.fromVideo(new MediaStream())),
          wrong(() => events.fromCanvas(pad as never)),
          wrong(() => events.fromPointer({} as never)),
          wrong(() => events.fromPointer(pad, { when: "up" as never })),
          wrong(() => events.fromCanvas(canvas, { threshold: 3 })),
          wrong(() => events.fromCanvas(canvas, { sensor: { width: 4, height: 8 } })),
        ];
      });
      expect(told).toEqual([
        "config source: expected a video element or a MediaStream, found a HTMLDivElement",
        "config source: expected a MediaStream with pictures, found none in it",
        "config canvas: expected a canvas, found a HTMLDivElement",
        "config element: expected an element of the page, found an object",
        'config when: expected "down" or "over", found "up"',
        "range threshold: expected 0.05 to 2, found 3",
        "range sensor.width: expected 8 to 512, found 4",
      ]);
    });
  });

  describe("a page whose policy allows WebAssembly and its own Workers", () => {
    const policy = `${strict}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'`;
    const opened = withPage({ headers: { "Content-Security-Policy": policy } });

    it("has live events", async () => {
      expect(await watch(opened)).toBeGreaterThan(1000);
    });

    it("has a cochlea that listens", async () => {
      // Browsers compute no sound on a page that nobody has touched.
      await opened.page.mouse.click(5, 5);
      const until = await opened.page.evaluate(async () => {
        const { events } = (globalThis as unknown as Global).decolle;
        const { stream } = new AudioContext().createMediaStreamDestination();
        for await (const piece of await events.fromMicrophone(stream)) return piece.until;
        return 0;
      });
      expect(until).toBeGreaterThan(20_000);
    });
  });

  describe("a page whose policy allows no Workers", () => {
    const policy = `${strict}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'`;
    const opened = withPage({ headers: { "Content-Security-Policy": policy } });

    it("is told that the camera's Worker does not start", async () => {
      expect(await watch(opened)).toMatch(/^backend camera: the Worker of the simulated camera failed: /);
      // The browser complains on the console, too.
      expect(opened.said.splice(0).join()).toContain("worker-src");
    });
  });
});

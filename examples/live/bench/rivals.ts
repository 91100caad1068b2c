/** tfjs on the backends of a browser. It is no part of this project: the page has it where it was built with `--bench`. */
import { Rival } from "../../../bench/tfjs/decolle.mjs";
import type { Learned, Plain } from "./engine.js";

/** The backends of tfjs. */
export const backends = ["wasm", "webgl", "webgpu"] as const;

/** tfjs, ready on a backend. */
export interface Ready {
  readonly tf: unknown;
  /** What computes. */
  readonly renderer: string;
}

/** As much of tfjs as is called here. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  wasm?: { setWasmPaths(path: string): void; getThreadsCount(): number };
}

/** Loads a script once. */
const scripts = new Map<string, Promise<void>>();
function script(name: string): Promise<void> {
  const loaded =
    scripts.get(name) ??
    new Promise<void>((resolve, reject) => {
      const element = document.createElement("script");
      element.src = new URL(`./tfjs/${name}`, document.baseURI).href;
      element.onload = () => resolve();
      element.onerror = () =>
        reject(new Error("tfjs is not part of this page: build it by npm run demo:web -- --bench"));
      document.head.append(element);
    });
  scripts.set(name, loaded);
  return loaded;
}

/**
 * Starts tfjs on a backend.
 *
 * @param backend - Which one.
 * @returns tfjs.
 * @throws Error where it does not start.
 */
export async function start(backend: (typeof backends)[number]): Promise<Ready> {
  await script("tf.min.js");
  if (backend !== "webgl") await script(`tf-backend-${backend}.min.js`);
  const { tf } = globalThis as unknown as { tf: Tfjs };
  tf.wasm?.setWasmPaths(new URL("./tfjs/", document.baseURI).href);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs does not start on ${backend} here`);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`tfjs started on ${tf.getBackend()} instead`);
  const threads = tf.wasm?.getThreadsCount() ?? 1;
  const renderer = backend === "wasm" ? (threads === 1 ? "1 thread" : `${threads} threads`) : await rendererOf(backend);
  return { tf, renderer };
}

/** What draws for a graphics backend; one that the processor stands in for is named so. */
async function rendererOf(backend: string): Promise<string> {
  let name = "unknown";
  if (backend === "webgl") {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    name = String(names ? gl?.getParameter(names.UNMASKED_RENDERER_WEBGL) : gl?.getParameter(gl.RENDERER));
  } else {
    const { gpu } = navigator as unknown as {
      gpu?: { requestAdapter(): Promise<{ info?: Record<string, string> } | null> };
    };
    const { vendor, architecture, device, description } = (await gpu?.requestAdapter())?.info ?? {};
    name = [vendor, architecture, device, description].filter(Boolean).join(" ") || name;
  }
  return /swiftshader|llvmpipe|software|basic render/i.test(name) ? `${name}: a software renderer` : name;
}

/** By how much, relatively, a loss and the change of a layer's parameters may differ; as in bench/agreement.mjs. */
const allowed = { loss: 1e-3, change: 5e-2 };

/**
 * Makes sure that tfjs computes what this engine does: losses and changes of all weights, each step from the same state.
 *
 * @param ready - tfjs.
 * @param lessons - What this engine did.
 * @returns The largest relative deviation of losses, and of changes.
 * @throws Error where it computes something else.
 */
export async function compare(
  { tf }: Ready,
  lessons: readonly { before: Plain; frame: Float32Array; after: Learned }[],
): Promise<{ loss: number; change: number }> {
  const found = { loss: 0, change: 0 };
  for (const { before, frame, after } of lessons) {
    const rival = new Rival(tf, before, [0]);
    const theirs = await rival.learn(rival.frames([frame], planeOf(before)));
    rival.dispose();
    after.losses.forEach((loss, layer) => {
      found.loss = Math.max(found.loss, Math.abs(loss - (theirs.losses[layer] ?? Number.NaN)) / loss);
    });
    after.parameters.forEach((ours, place) => {
      const name = `layers.${place >> 1}.${place % 2 === 0 ? "weight" : "bias"}`;
      const was = before.tensors[name]?.data ?? new Float32Array();
      found.change = Math.max(found.change, deviation(ours, theirs.parameters[place] ?? new Float32Array(), was));
    });
  }
  if (!(found.loss <= allowed.loss && found.change <= allowed.change)) {
    throw new Error(`tfjs computes something else: losses differ by ${found.loss}, changes by ${found.change}`);
  }
  return found;
}

/** Length of the difference over that of our change; 0 where neither side changed anything. */
function deviation(ours: Float32Array, theirs: Float32Array, before: Float32Array): number {
  let [difference, change] = [0, 0];
  ours.forEach((value, place) => {
    difference += (value - (theirs[place] ?? Number.NaN)) ** 2;
    change += (value - (before[place] ?? Number.NaN)) ** 2;
  });
  return difference === 0 ? 0 : Math.sqrt(difference / change);
}

/** tfjs with a network that is timed. */
export class Timed {
  readonly #rival: Rival;
  readonly #frames: unknown[];

  /**
   * Takes a network over.
   *
   * @param ready - tfjs.
   * @param plain - The network.
   * @param frames - Its input.
   */
  constructor({ tf }: Ready, plain: Plain, frames: Float32Array[]) {
    this.#rival = new Rival(tf, plain, [0]);
    this.#frames = this.#rival.frames(frames, planeOf(plain));
  }

  /**
   * Runs all steps.
   *
   * @param learns - Whether it learns, with an update at every step.
   * @returns Milliseconds for a step.
   */
  async time(learns: boolean): Promise<number> {
    return (await this.#rival.run(this.#frames, learns ? 1 : 0)) / this.#frames.length;
  }

  /** Frees what it holds. */
  dispose(): void {
    this.#rival.dispose();
  }
}

function planeOf({ specification: { input } }: Plain): number[] {
  if (!("width" in input)) throw new Error("expected a network whose input is a plane");
  return [input.channels, input.height, input.width];
}

// @ts-check
/**
 * An endless stream on one core: what a step costs in pieces of some sizes, learning and predicting; two hours of silence; and
 * memory and state over a million steps, beside the same events as one batch.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Network, preset, sgd } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { numbers } from "./random.mjs";
import { writeResult } from "./results.mjs";
import { digits, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

/** Events a millisecond: those of N-MNIST recordings, 4,200 in 310 ms. */
const rate = 13.5;
/** What a step may take, in microseconds. */
const ceilings = { learning: 20, predicting: 5 };
/** Steps of a piece: single ones, a frame's, a recording's. */
const sizes = /** @type {const} */ ([1, 32, 320]);

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} what - What was measured.
 * @property {string} found - What came out.
 * @property {string} wanted - What should, where anything should.
 */

/** Titles of the table. */
export const head = ["what", "found", "wanted"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ what, found, wanted }) {
  return [what, found, wanted];
}

/** A random digit's worth of events, again and again: pixels of a ring in the middle of the sensor. */
class Camera {
  #draws = numbers(0);
  #time = 0;

  #next() {
    return this.#draws.next().value;
  }

  /**
   * The events of some steps.
   *
   * @param {number} steps
   * @returns {{ events: import("../dist/index.js").EventColumns, until: number }}
   */
  take(steps) {
    const count = Math.round(rate * steps);
    const [from, length] = [this.#time, steps * 1000];
    const t = Float64Array.from({ length: count }, () => from + (this.#next() % length)).sort();
    const angle = () => (this.#next() % 628) / 100;
    const place = (/** @type {number} */ value) =>
      Math.max(0, Math.min(33, Math.round(value + (this.#next() % 5) - 2)));
    const angles = Array.from({ length: count }, angle);
    this.#time += length;
    return {
      events: {
        x: Uint16Array.from(angles, (a) => place(17 + 7 * Math.cos(a))),
        y: Uint16Array.from(angles, (a) => place(17 + 10 * Math.sin(a))),
        p: Uint8Array.from({ length: count }, () => this.#next() % 2),
        t,
      },
      until: this.#time,
    };
  }
}

/** The network of the presets, under plain gradient descent. */
function build() {
  const specification = { ...preset("nmnist-mlp").network, optimizer: sgd({ learningRate: 1e-4 }) };
  return Network.create(specification, { backend: "native", threads: 1 });
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options]
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const mode of /** @type {const} */ (["learning", "predicting"])) {
    for (const size of sizes) {
      const times = await perStep(mode === "learning", size, quick ? 5 : 60);
      const found = `${spreadText(times)} µs a step`;
      const wanted = verdict(size === 320 ? { atMost: ceilings[mode], unit: "µs" } : null, times.median);
      rows.push({ what: `${mode}, pieces of ${size} steps`, found, wanted });
      report(`${mode}, ${size} steps: ${found}`);
    }
  }
  for (const fires of [false, true]) {
    const { seconds, steps } = await pause(fires, quick && fires ? 60 : 7200);
    const kind = fires ? "neurons that fire by their bias" : "no neuron fires";
    rows.push({ what: `silence of ${steps} steps, ${kind}`, found: `${digits(seconds)} s`, wanted: "" });
    report(`silence, ${kind}: ${digits(seconds)} s`);
  }
  rows.push(...apart(quick ? 64_000 : 1_000_000));
  writeResult("stream", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {boolean} learns
 * @param {number} size - Steps of a piece.
 * @param {number} turns
 * @returns {Promise<import("./statistics.mjs").Spread>} Microseconds a step.
 */
async function perStep(learns, size, turns) {
  const network = await build();
  const stream = network.stream({ start: 0 });
  const camera = new Camera();
  const times = [];
  for (let turn = 0; turn < turns; turn++) {
    const pieces = Array.from({ length: Math.ceil(320 / size) }, () => camera.take(size));
    const start = performance.now();
    for (const { events, until } of pieces) await stream.push(events, { until, ...(learns && { target: turn % 10 }) });
    const each = ((performance.now() - start) * 1000) / (pieces.length * size);
    // Caches and compiled code are warm from the second turn on.
    if (turn > 0) times.push(each);
  }
  network.dispose();
  return spread(times);
}

/**
 * @param {boolean} fires - Whether biases are as drawn, which makes some neurons fire for ever.
 * @param {number} length - Seconds of silence.
 * @returns {Promise<{ seconds: number, steps: number }>}
 */
async function pause(fires, length) {
  const network = await build();
  for (const layer of fires ? [] : [0, 1]) await network.setTensor(`layers.${layer}.bias`, new Float32Array(512));
  const stream = network.stream({ start: 0 });
  const { events, until } = new Camera().take(320);
  await stream.push(events, { until });
  const none = { x: new Uint16Array(0), y: new Uint16Array(0), p: new Uint8Array(0), t: new Float64Array(0) };
  const start = performance.now();
  const { steps } = await stream.push(none, { until: until + length * 1_000_000 });
  network.dispose();
  return { seconds: (performance.now() - start) / 1000, steps };
}

/** Bits of all weights and of the neurons' state. */
async function digest(/** @type {Network} */ network) {
  const hash = createHash("sha256");
  for (const name of (await network.tensors()).filter((name) => !name.startsWith("gradient"))) {
    hash.update(new Uint8Array((await network.tensor(name)).data.buffer));
  }
  return hash.digest("hex").slice(0, 16);
}

/** What Node itself takes more of as calls go by is held still, as in `memory.mjs`. */
const flags = ["--expose-gc", "--max-semi-space-size=1", "--no-opt"];

/**
 * {@link long} in a process of its own.
 *
 * @param {number} steps
 * @returns {Row[]}
 */
function apart(steps) {
  const script = fileURLToPath(import.meta.url);
  const { status, stdout } = spawnSync(process.execPath, [...flags, script, String(steps)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${steps} steps ended with exit code ${status}`);
  return JSON.parse(stdout);
}

/**
 * Steps in pieces of a stream, and the same events in batches that go on from one another, 320 each.
 *
 * @param {number} steps
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function long(steps, report) {
  const [streamed, batched] = [await build(), await build()];
  const stream = streamed.stream({ start: 0, decision: { type: "majority", window: 100_000 } });
  const [one, other] = [new Camera(), new Camera()];
  const whole = 32_000;
  /** @type {number[]} */
  const resident = [];
  for (let done = 0; done < steps; done += 320) {
    const { events, until } = one.take(320);
    await stream.push(events, { until, target: Math.floor(done / 320) % 10 });
    if (done % whole === 0) {
      globalThis.gc?.();
      resident.push(process.memoryUsage.rss());
    }
    if (done % (whole * 5) === 0) report(`${done} steps: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
  }
  for (let done = 0; done < steps; done += 320) {
    const { events, until } = other.take(320);
    const target = { classes: [Math.floor(done / 320) % 10] };
    const shifted = { ...events, t: events.t.map((time) => time - (until - 320_000)) };
    // The first event need not be in the first step of the piece.
    shifted.t[0] = 0;
    await batched.learn({ input: { events: [shifted], steps: 320 }, target }, { keepState: done > 0 });
  }
  const [a, b] = [await digest(streamed), await digest(batched)];
  const later = resident.slice(Math.ceil(resident.length / 5));
  const growth = Math.max(...later) / Math.min(...later) - 1;
  streamed.dispose();
  batched.dispose();
  return [
    {
      what: `state after ${steps} steps beside batches`,
      found: a === b ? "the same bits" : `${a}, ${b}`,
      wanted: "the same",
    },
    {
      what: `resident memory over the last four fifths of ${steps} steps`,
      found: `${(growth * 100).toFixed(2)} % between least and most`,
      wanted: `≤ 1 %: ${growth <= 0.01 ? "met" : "missed"}`,
    },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await long(Number(process.argv[2]), (text) => console.error(`   ${text}`));
  process.stdout.write(JSON.stringify(rows));
}

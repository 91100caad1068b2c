// @ts-check
/**
 * Learning that continues: N-MNIST as streams in which one recording follows the other, learned from one sample at a time by
 * the MLP, beside a network that stops learning after the first part and one trained jointly in batches.
 */

import { adaGrad, averaged, datasets, Network, preset, Reservoir, sgd } from "../dist/index.js";
import { side, streams } from "./continual/streams.mjs";
import { machine } from "./machine.mjs";
import { numbers, shuffled } from "./random.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { mean } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/**
 * A network at the end of a part of a stream, in one order of the recordings.
 *
 * @typedef {object} Row
 * @property {string} stream
 * @property {string} part
 * @property {string} way - How it learned.
 * @property {number} order
 * @property {number[]} accuracy - Of each layer, at the end of the part.
 * @property {[number, number][]} curve - Seconds of the stream, accuracy of the last layer.
 */

/**
 * A network at the end of a part in all orders: means, and the curve of the first of them.
 *
 * @typedef {Row & { runs: { order: number, accuracy: number[] }[] }} Summary
 */

/** How networks learn from a stream. `bytes` is what may be kept to replay: after each recording, {@link replaysEach} of those kept. */
const ways = {
  "plain descent": { optimizer: sgd({ learningRate: 0.05 }), updateEvery: 1, bytes: 0 },
  averaged: { optimizer: averaged({ learningRate: 10, window: 3000 }), updateEvery: 30, bytes: 0 },
  AdaGrad: { optimizer: adaGrad({ learningRate: 0.1, window: 3000 }), updateEvery: 30, bytes: 0 },
  "AdaGrad, 1 MiB replayed": {
    optimizer: adaGrad({ learningRate: 0.1, window: 3000 }),
    updateEvery: 30,
    bytes: 2 ** 20,
  },
};

/** The way that is also looked at frozen after the first part of a stream. */
const best = "AdaGrad";

const orders = [0, 1, 2, 3, 4];

/** Recordings that are replayed after each that is shown. */
const replaysEach = 2;

/** Milliseconds between two recordings. */
const pause = 1;

/** Points of a curve in a part. */
const points = 6;

/** Titles of the table. */
export const head = [
  "stream",
  "part",
  "way",
  "orders",
  "test accuracy, layer 1",
  "layer 2",
  "least and most of layer 2",
];

/**
 * A row as text.
 *
 * @param {Summary} row
 * @returns {string[]}
 */
export function cells({ stream, part, way, runs, accuracy }) {
  const all = runs.map((run) => run.accuracy.at(-1) ?? Number.NaN);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const texts = accuracy.map((of) => of.toFixed(3));
  return [
    stream,
    part,
    way,
    String(all.length),
    texts[0] ?? "",
    texts[1] ?? "",
    `${least.toFixed(2)}–${most.toFixed(2)}`,
  ];
}

/**
 * Curves of the first order.
 *
 * @param {Summary[]} rows
 */
export function plots(rows) {
  const names = [...new Set(rows.map(({ stream }) => stream))];
  const panels = names.map((title) => {
    const chosen = rows.filter((row) => row.stream === title && row.curve.length > 0);
    const series = [...new Set(chosen.map(({ way }) => way))].map((name) => ({
      name,
      points: chosen.filter(({ way }) => way === name).flatMap(({ curve }) => curve),
    }));
    return {
      title,
      x: "seconds of the stream",
      y: "accuracy",
      series,
      yRange: /** @type {[number, number]} */ ([0, 1]),
    };
  });
  return { continual: panels };
}

/**
 * Runs all streams.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds (of orders) separated by commas; `network` names one stream. What was measured
 *   before of other orders and streams stays.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { seeds, quick = false, network: only } = {}) {
  const data = nmnistFolder();
  if (data === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const { train, test } = await datasets.nmnist(data);
  const [shown, tested] = [await labelled(train, quick ? 15 : 1), await labelled(test, quick ? 5 : 1)];
  const known = quick ? [] : earlierRows("continual", on).flatMap(rowsOf);
  /** @type {Row[]} */
  const rows = [];
  for (const order of seeds?.split(",").map(Number) ?? (quick ? [0] : orders)) {
    for (const [stream, parts] of Object.entries(streams(shown, tested, order))) {
      if (only !== undefined && only !== stream) continue;
      for (const way of /** @type {(keyof typeof ways)[]} */ (Object.keys(ways))) {
        for (const row of await follow(stream, parts, way, order)) {
          rows.push(row);
          report(`${stream} | ${row.part} | ${row.way} | order ${order} | ${row.accuracy.join(" ")}`);
        }
      }
      for (const row of await jointly(stream, parts, order)) {
        rows.push(row);
        report(`${stream} | ${row.part} | ${row.way} | order ${order} | ${row.accuracy.join(" ")}`);
      }
      // An order takes half an hour: what there is of it is kept.
      const anew = new Set(rows.map((row) => `${row.stream}|${row.order}`));
      const others = known.filter((row) => !anew.has(`${row.stream}|${row.order}`));
      writeResult("continual", on, summarised([...others, ...rows]), { quick });
    }
  }
  return textTable(head, summarised(rows).map(cells));
}

/** Means over orders, with the curve of the first. */
function summarised(/** @type {Row[]} */ rows) {
  const keyOf = (/** @type {Row} */ { stream, part, way }) => `${stream}|${part}|${way}`;
  const sorted = [...rows].sort((one, other) => one.order - other.order);
  return [...new Set(sorted.map(keyOf))].flatMap((key) => {
    const same = sorted.filter((row) => keyOf(row) === key);
    const [first] = same;
    if (first === undefined) return [];
    const accuracy = first.accuracy.map((_, layer) => mean(same.map((row) => row.accuracy[layer] ?? Number.NaN)));
    return [{ ...first, accuracy, runs: same.map(({ order, accuracy }) => ({ order, accuracy })) }];
  });
}

/** The rows that a summary was made of; the curves of all orders but the first are not kept. */
function rowsOf(/** @type {Summary} */ { runs, ...first }) {
  return runs.map((run) => ({ ...first, ...run, curve: run.order === first.order ? first.curve : [] }));
}

/** Every n-th recording of a data set. */
async function labelled(/** @type {import("../dist/index.js").Dataset} */ dataset, /** @type {number} */ every) {
  const recordings = [];
  for (let index = 0; index < dataset.length; index += every) {
    const { events, label } = await dataset.sample(index);
    if ("unit" in events) throw new Error("a camera's recordings, found a spike train");
    recordings.push({ events, label });
  }
  return recordings;
}

/**
 * Learns from a stream.
 *
 * @param {string} stream
 * @param {readonly import("./continual/streams.mjs").Part[]} parts
 * @param {keyof typeof ways} way
 * @param {number} order
 * @returns {Promise<Row[]>}
 */
async function follow(stream, parts, way, order) {
  const { optimizer, updateEvery, bytes } = ways[way];
  const network = await Network.create({ ...preset("nmnist-mlp").network, optimizer, seed: order });
  const reservoir = bytes > 0 ? new Reservoir({ bytes, seed: order }) : null;
  const sensor = { width: side, height: side };
  const open = network.stream({ sensor, updateEvery, start: 0 });
  let now = 0;
  const learn = async (/** @type {import("./continual/streams.mjs").Labelled} */ { events, label }) => {
    const first = events.t[0] ?? 0;
    const shifted = { ...events, t: events.t.map((time) => time - first + now) };
    now = 1000 * (Math.floor((shifted.t.at(-1) ?? now) / 1000) + pause);
    await open.push(shifted, { target: label, until: now });
  };
  /** @type {Row[]} */
  const rows = [];
  try {
    const replay = async (/** @type {number} */ count) => {
      for (let number = 0; number < count; number++) {
        const kept = reservoir?.draw();
        if (kept) await learn({ events: kept.events, label: kept.target });
      }
    };
    for (const [place, { name: part, show, replays = 0, test }] of parts.entries()) {
      /** @type {Row["curve"]} */
      const curve = [];
      for (const [index, recording] of show.entries()) {
        await learn(recording);
        await replay(replaysEach);
        reservoir?.add(recording.events, recording.label);
        if ((index + 1) % Math.ceil(show.length / points) === 0 || index + 1 === show.length) {
          curve.push([now / 1e6, (await accuracyOf(network, test)).at(-1) ?? Number.NaN]);
        }
      }
      await replay(replays);
      rows.push({ stream, part, way, order, accuracy: await accuracyOf(network, test), curve });
      if (place > 0 || way !== best) continue;
      for (const later of parts.slice(1)) {
        const accuracy = await accuracyOf(network, later.test);
        rows.push({
          stream,
          part: later.name,
          way: `${best}, frozen after the first part`,
          order,
          accuracy,
          curve: [],
        });
      }
    }
    return rows;
  } finally {
    network.dispose();
  }
}

/** The preset's own training in batches on all parts together, as often as the stream shows them. */
async function jointly(
  /** @type {string} */ stream,
  /** @type {readonly import("./continual/streams.mjs").Part[]} */ parts,
  /** @type {number} */ order,
) {
  const { network: specification, training } = preset("nmnist-mlp");
  const network = await Network.create({ ...specification, seed: order });
  const mixed = shuffled(
    parts.flatMap(({ show }) => show),
    numbers(order),
  );
  // The tests that follow the last part that shows anything.
  const tests = parts.slice(parts.findLastIndex(({ show }) => show.length > 0));
  /** @type {Row[]} */
  const rows = [];
  try {
    await network.fit(datasetOf(mixed), { ...training, epochs: 1, seed: order });
    for (const { name: part, test } of tests) {
      const accuracy = await accuracyOf(network, test);
      rows.push({ stream, part, way: "jointly, in batches", order, accuracy, curve: [] });
    }
    return rows;
  } finally {
    network.dispose();
  }
}

/** @returns {import("../dist/index.js").Dataset} */
function datasetOf(/** @type {readonly import("./continual/streams.mjs").Labelled[]} */ recordings) {
  const classes = Array.from({ length: 10 }, (_, label) => String(label));
  const sample = async (/** @type {number} */ index) =>
    recordings[index] ?? Promise.reject(new Error(`none at ${index}`));
  const labels = Uint32Array.from(recordings, ({ label }) => label);
  const sensor = { width: side, height: side };
  return { name: "stream", classes, length: recordings.length, sensor, duration: 300_000, ignored: 0, labels, sample };
}

/** Share of recordings that each layer classifies rightly, nothing being learned. */
async function accuracyOf(
  /** @type {Network} */ network,
  /** @type {readonly import("./continual/streams.mjs").Labelled[]} */ test,
) {
  const { steps, burnIn } = preset("nmnist-mlp").training;
  return [...(await network.evaluate(datasetOf(test), { steps, burnIn, batchSize: 25 })).accuracy];
}

// @ts-check
/**
 * Recordings of one's own, from the first event to a prediction: a data set out of arrays, a part of it to judge by, a
 * training that stops when it gets no better, a checkpoint, and the names of what it sees. Replace `record` by what reads
 * yours.
 *
 * node examples/own-data.mjs [--recordings 200] [--out own-data.safetensors]
 */
import { parseArgs } from "node:util";
import { adaMax, datasets, dense, Network } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    recordings: { type: "string", default: "200" },
    out: { type: "string", default: "own-data.safetensors" },
  },
});
const sensor = { width: 16, height: 16 };
const directions = ["left", "right", "up", "down"];

/**
 * A bar of eight pixels that moves across the sensor in 64 ms, from a place that depends on `number`.
 *
 * @param {string} direction
 * @param {number} number
 */
function record(direction, number) {
  /** @type {{ x: number[], y: number[], p: number[], t: number[] }} */
  const events = { x: [], y: [], p: [], t: [] };
  for (let step = 0; step < 16; step++) {
    for (let pixel = 0; pixel < 8; pixel++) {
      const along = direction === "right" || direction === "down" ? step : 15 - step;
      const across = (number * 5 + pixel) % 16;
      const [x, y] = direction === "left" || direction === "right" ? [along, across] : [across, along];
      events.x.push(x);
      events.y.push(y);
      events.p.push((number + pixel) % 2);
      events.t.push(4000 * step + 100 * pixel); // microseconds
    }
  }
  return { events, label: direction };
}

const recordings = Array.from({ length: Number(values.recordings) }, (_, number) =>
  record(directions[number % 4] ?? "", Math.floor(number / 4)),
);
const all = datasets.fromArrays(recordings, { sensor, classes: directions, name: "bars" });
const { train, validation } = await datasets.split(all, { train: 0.8, validation: 0.2 }, { seed: 1 });
console.log(`${train.length} recordings to learn from, ${validation.length} to judge by`);

const network = await Network.create({
  input: { channels: 2, ...sensor },
  timeStep: 1000, // microseconds
  layers: [dense({ units: 48 }), dense({ units: 48 })],
  readout: { units: directions.length },
  initialization: { type: "uniform", dense: 1 },
  optimizer: adaMax({ learningRate: 2e-3 }),
});
try {
  const { best } = await network.fit(train, {
    epochs: 20,
    batchSize: 16,
    burnIn: 12,
    updateEvery: 4,
    test: validation,
    earlyStopping: { patience: 2, monitor: "test.loss", minDelta: 1e-2 },
    keepBest: true,
    onEpoch: ({ epoch, test }) => {
      const accuracy = test?.accuracy.map((share) => `${(100 * share).toFixed(0)} %`).join(", ");
      console.log(`epoch ${epoch}: accuracy of each layer ${accuracy}`);
    },
  });
  console.log(`the best was epoch ${best?.epoch}`);
  await network.save(values.out);
} finally {
  network.dispose();
}

const loaded = await Network.load(values.out);
try {
  const unseen = directions.map((direction) => record(direction, 1000));
  const predictions = await loaded.predict(unseen.map(({ events }) => events));
  for (const [place, { name, share }] of predictions.entries()) {
    console.log(`${unseen[place]?.label}: predicted ${name} (${(100 * share).toFixed(0)} % of the votes)`);
  }
} finally {
  loaded.dispose();
}

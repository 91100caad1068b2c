/**
 * Asks for more memory than there is, in every way that a specification, a batch, a checkpoint or a camera can. Run by
 * memory.test.ts in a process of its own, whose end is what it is about; the last line of output is what came of each.
 */
import { selectRecordings } from "../../dist/backend/select.js";
import { Network } from "../../dist/index.js";

const [backend = "native"] = process.argv.slice(2);
const choice = { backend, threads: 1 };

/** Creates a network. */
const create = (specification) => Network.create({ readout: { units: 2 }, seed: 1, ...specification }, choice);

/** One sample of so many steps in which nothing happens. */
const silence = (steps) => ({
  offsets: new Uint32Array(steps + 1),
  indices: new Uint32Array(0),
  counts: new Float32Array(0),
});

const dense = (units) => ({ type: "dense", units });

/** A small network's checkpoint with another specification. */
async function claiming(change) {
  const network = await create({ input: { units: 4 }, layers: [dense(4)] });
  const bytes = await network.toBytes();
  network.dispose();
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const entry = JSON.parse(header.__metadata__.decolle);
  Object.assign(entry.specification, change);
  entry.windows = [];
  header.__metadata__.decolle = JSON.stringify(entry);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + bytes.length - 8 - length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(bytes.subarray(8 + length), 8 + text.length);
  return file;
}

/** Runs a batch on a network that is then disposed. */
async function batch(specification, work) {
  const network = await create(specification);
  try {
    return await work(network);
  } finally {
    network.dispose();
  }
}

/** Name, and the call. */
const asks = {
  "a class of sixty thousand": () =>
    batch({ input: { units: 4 }, layers: [dense(4)], readout: { units: 60_000 } }, (network) =>
      network.learn({ input: { spikes: [silence(2)] }, target: { classes: [59_999] } }),
    ),
  "readouts of a million units": () =>
    create({ input: { units: 1 }, layers: [dense(2 ** 20)], readout: { units: 65_536 } }),
  "padding around a million channels": () =>
    create({ input: { units: 2 ** 20 }, layers: [{ type: "conv2d", channels: 1, kernel: 1, padding: 127 }] }),
  "a plane of as many inputs as 32 bits do not count": () =>
    create({ input: { channels: 4096, height: 8192, width: 8192 }, layers: [dense(1)] }),
  "channels of as many neurons as 32 bits do not count": () =>
    create({
      input: { channels: 1, height: 256, width: 256 },
      layers: [{ type: "conv2d", channels: 65_536, kernel: 1 }],
    }),
  "layers that are too much together": () =>
    create({
      input: { units: 16_384 },
      layers: Array.from({ length: 40 }, () => dense(16_384)),
      optimizer: { type: "adam", learningRate: 1e-3 },
    }),
  "samples of a million neurons": () =>
    batch({ input: { units: 1 }, layers: [dense(2 ** 20)] }, (network) =>
      network.run({ input: { spikes: Array.from({ length: 4096 }, () => silence(1)) } }),
    ),
  "recorded readouts": () =>
    batch({ input: { units: 1 }, layers: [dense(1)], readout: { units: 65_536 } }, (network) =>
      network.run({ input: { spikes: [silence(100_000)] } }, { record: { readouts: true } }),
    ),
  "values that are none where 32 bits count them": () =>
    batch({ input: { units: 1 }, layers: [dense(1)], readout: { units: 65_536 } }, (network) => {
      const spikes = Array.from({ length: 65_536 }, () => silence(1));
      return network.learn({ input: { spikes }, target: { values: [] } });
    }),
  "more steps than one list has entries": () =>
    batch({ input: { channels: 2, height: 4, width: 4 }, layers: [dense(1)] }, (network) => {
      const one = { x: Uint16Array.of(0), y: Uint16Array.of(0), p: Uint8Array.of(0), t: Float64Array.of(0) };
      return network.run({ input: { events: Array.from({ length: 300 }, () => one), steps: 2 ** 24 } });
    }),
  "a checkpoint that claims more weights than it has": async () =>
    Network.fromBytes(await claiming({ input: { units: 2 ** 14 }, layers: [dense(2 ** 14), dense(2 ** 14)] }), choice),
  "a checkpoint that claims more readouts than it has": async () =>
    Network.fromBytes(await claiming({ layers: [dense(2 ** 20)], readout: { units: 65_536 } }), choice),
  "a minute of noise": async () => {
    const recordings = await selectRecordings(choice);
    const camera = { width: 512, height: 512, duration: 60_000_000, sensor: { noiseRate: 100 } };
    return recordings.synthesize(JSON.stringify(camera));
  },
};

const outcomes = {};
for (const [name, ask] of Object.entries(asks)) {
  try {
    await ask();
    outcomes[name] = { code: "none", message: "" };
  } catch (error) {
    outcomes[name] = { name: error.name, code: error.code, message: error.message };
  }
}
// What was refused leaves room for what is not.
await batch({ input: { units: 4 }, layers: [dense(4)] }, (network) => network.run({ input: { spikes: [silence(2)] } }));
console.log(JSON.stringify(outcomes));

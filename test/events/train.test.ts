/** Spike trains of (time, unit): as batches, data sets and streams, by the same time steps as events. */
import { describe, expect, it } from "vitest";
import {
  type AnyDataset,
  type DecolleError,
  datasets,
  dense,
  type EventColumns,
  Network,
  type OwnTrain,
  type SpikeTrain,
  sgd,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";

const units = 72;
const shape = {
  layers: [dense({ units: 12 })],
  readout: { units: 2 },
  optimizer: sgd({ learningRate: 0.01 }),
  seed: 3,
};
const ofUnits = () => Network.create({ ...shape, input: { units } });
const ofPlane = () => Network.create({ ...shape, input: { channels: 2, height: 6, width: 6 } });

/** Events of 6×6 pixels, and the same as a train of flat indices. */
function recording(seed: number, length = 60): { events: EventColumns; train: SpikeTrain } {
  const number = (place: number, most: number) => ((place + 1) * (seed + 7919)) % most;
  const events = {
    x: Uint16Array.from({ length }, (_, place) => number(place, 6)),
    y: Uint16Array.from({ length }, (_, place) => number(3 * place, 6)),
    p: Uint8Array.from({ length }, (_, place) => number(place, 2)),
    t: Float64Array.from({ length }, (_, place) => 100 * place + seed),
  };
  const unit = Uint32Array.from(events.x, (x, place) => ((events.p[place] ?? 0) * 6 + (events.y[place] ?? 0)) * 6 + x);
  return { events, train: { t: events.t, unit } };
}

const recordings = [recording(1), recording(2)];
const trains = recordings.map(({ train }) => train);
const target = { classes: [0, 1] };
const rejected = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return error as DecolleError;
  }
  return undefined;
};

describe("spike trains", () => {
  it("are worked on as the events that they are, on planes by flat index", async () => {
    using byEvents = await ofPlane();
    using byTrains = await ofPlane();
    await byEvents.learn({ input: { events: recordings.map(({ events }) => events), steps: 6 }, target });
    await byTrains.learn({ input: { trains, steps: 6 }, target });
    expect(await digest(byTrains)).toBe(await digest(byEvents));
  });

  it("are counted in the time steps of events: spikes of a step add up, later ones are dropped", async () => {
    using network = await ofUnits();
    using twin = await ofUnits();
    const train = { t: Float64Array.of(500, 700, 1499, 1500, 9000), unit: Uint32Array.of(4, 4, 71, 0, 3) };
    await network.learn({ input: { trains: [train], steps: 2 }, target: { classes: [1] } });
    const lists = {
      offsets: Uint32Array.of(0, 2, 3),
      indices: Uint32Array.of(4, 71, 0),
      counts: Float32Array.of(2, 1, 1),
    };
    await twin.learn({ input: { spikes: [lists] }, target: { classes: [1] } });
    expect(await digest(network)).toBe(await digest(twin));
  });

  it.each<[string, string, (train: { t: Float64Array; unit: Uint32Array }) => unknown, object]>([
    ["range", "input.trains[1].unit[5]", ({ unit }) => unit.fill(units, 5, 6), { expected: "0 to 71", found: "72" }],
    ["time-order", "input.trains[1].t[5]", ({ t }) => t.fill(0, 5, 6), { found: "0" }],
    ["not-finite", "input.trains[1].t[5]", ({ t }) => t.fill(Number.NaN, 5), { found: "NaN" }],
    ["range", "input.trains[1].t[0]", ({ t }) => t.fill(0.5, 0, 1), { found: "0.5" }],
    [
      "shape",
      "input.trains[1].unit",
      (train) => Object.assign(train, { unit: train.unit.subarray(1) }),
      { expected: "60 entries as in input.trains[1].t", found: "59" },
    ],
    [
      "config",
      "input.trains[1].unit",
      (train) => Object.assign(train, { unit: [1, 2] }),
      { expected: "a Uint32Array" },
    ],
  ])("are refused with `%s` at %s", async (code, path, spoil, told) => {
    using network = await ofUnits();
    const before = await digest(network);
    const { t, unit } = recording(2).train;
    const spoilt = { t: t.slice(), unit: unit.slice() };
    spoil(spoilt);
    const error = await rejected(() =>
      network.learn({ input: { trains: [trains[0] as SpikeTrain, spoilt], steps: 6 }, target }),
    );
    expect(error).toMatchObject({ code, path, ...told });
    expect(error?.message.startsWith(`${path}: `)).toBe(true);
    expect(await digest(network)).toBe(before);
  });

  it("make a data set, which networks train on, are judged by and predict", async () => {
    const own: OwnTrain[] = Array.from({ length: 8 }, (_, index) => ({
      events: { t: Array.from(recording(index % 2).train.t), unit: recording(index % 2).train.unit },
      label: index % 2 === 0 ? "even" : "odd",
    }));
    const data = datasets.fromArrays(own, { sensor: { units }, name: "trains" });
    expect(data.sensor.units).toBe(units);
    expect((await data.sample(0)).events.unit).toEqual(recording(0).train.unit);
    const { train, test } = await datasets.split(data, { train: 0.5, test: 0.5 });
    using network = await ofUnits();
    await network.fit(train, { epochs: 1, batchSize: 2 });
    expect((await network.evaluate(test)).samples).toBe(4);
    const [first] = await network.predict([recording(0).train, { t: [1], unit: [3] }]);
    expect(["even", "odd"]).toContain(first?.name);
    using loaded = await Network.fromBytes(await network.toBytes());
    expect(loaded.training?.recordings?.sensor).toEqual({ units });
    const bad = [{ events: { t: [0], unit: [units] }, label: 0 }];
    const error = await rejected(() => datasets.fromArrays(bad, { sensor: { units } }));
    expect(error).toMatchObject({ code: "range", path: "recordings[0].events.unit[0]", found: "72" });
  });

  it("may lie in the same arrays again and again", async () => {
    const shared = { t: new Float64Array(60), unit: new Uint32Array(60) };
    const reusing: AnyDataset = {
      name: "reusing",
      classes: ["a", "b"],
      length: 6,
      sensor: { units },
      duration: 6000,
      sample: async (index) => {
        await undefined;
        const { t, unit } = recording(index).train;
        shared.t.set(t);
        shared.unit.set(unit);
        return { events: shared, label: index % 2 };
      },
    };
    const fresh: AnyDataset = {
      ...reusing,
      sample: (index) => ({ events: recording(index).train, label: index % 2 }),
    };
    using one = await ofUnits();
    using other = await ofUnits();
    await one.fit(reusing, { epochs: 2, batchSize: 6 });
    await other.fit(fresh, { epochs: 2, batchSize: 6 });
    expect(await one.tensor("layers.0.weight")).toEqual(await other.tensor("layers.0.weight"));
  });

  it("stream in pieces of any size, over a checkpoint, too", async () => {
    const { train, events } = recording(5);
    using plane = await ofPlane();
    const ofPixels = plane.stream();
    using network = await ofUnits();
    let streaming = network;
    let stream = streaming.stream();
    for (let from = 0; from < 60; from += 7) {
      const to = from + 7;
      const options = { target: 1, ...(to >= 60 && { until: 6005 }) };
      const { x, y, p, t } = events;
      const piece = { x: x.slice(from, to), y: y.slice(from, to), p: p.slice(from, to), t: t.slice(from, to) };
      const expected = await ofPixels.push(piece, options);
      const found = await stream.push({ t: piece.t, unit: train.unit.slice(from, to) }, options);
      expect(found.steps).toBe(expected.steps);
      if (from === 21) {
        streaming = await Network.fromBytes(await network.toBytes());
        stream = streaming.stream({ resume: true });
      }
    }
    const weights = async (one: Network) => (await one.tensor("layers.0.weight")).data;
    expect(await weights(streaming)).toEqual(await weights(plane));
    const error = await rejected(() => stream.push({ t: Float64Array.of(7000), unit: Uint32Array.of(units) }));
    expect(error).toMatchObject({ code: "range", path: "events.unit[0]" });
    expect(await rejected(() => stream.push(events))).toMatchObject({ code: "config", path: "events.unit" });
    streaming.dispose();
  });

  it("need as many units as the network has inputs, and take no transform", async () => {
    using network = await ofUnits();
    using plane = await ofPlane();
    const data = datasets.fromArrays([{ events: { t: [0], unit: [1] }, label: 0 }], { sensor: { units: 5 } });
    const fitted = (options: object) => rejected(() => network.fit(data, { epochs: 1, ...options }));
    expect(await fitted({})).toMatchObject({ code: "shape", path: "own.sensor" });
    expect(await rejected(() => plane.stream({ sensor: { units: 71 } }))).toMatchObject({
      code: "shape",
      path: "sensor",
    });
    const transform = { downsample: 2 };
    expect(await rejected(() => plane.stream({ sensor: { units }, transform }))).toMatchObject({ path: "transform" });
    expect(await rejected(() => datasets.fromArrays([], { sensor: { units: 0 } }))).toMatchObject({
      path: "sensor.units",
    });
  });
});

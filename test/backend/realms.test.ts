/** Arrays of another realm, as test runners and frames of a page hand them over, pass the border as any do. */
import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";
import { selectBackend, selectRecordings } from "../../src/backend/select.js";
import { digest } from "../determinism/agreed.js";
import { batch, build, specification, spikes } from "../faults/victim.js";

const realm = createContext({});

/** The same array, made in another realm. */
function foreign<Values extends ArrayBufferView>(values: Values): Values {
  const name = Object.prototype.toString.call(values).slice(8, -1);
  const Foreign = runInContext(name, realm) as new (values: unknown) => Values;
  return new Foreign(values);
}

it("a foreign array is none of ours", () => {
  expect(foreign(new Float32Array(1))).not.toBeInstanceOf(Float32Array);
});

it("bindings take foreign arrays, and refuse foreign ones with the same code", async () => {
  const { binding } = await selectBackend();
  const columns = [Uint16Array.of(1, 2), Uint16Array.of(0, 1), Uint8Array.of(0, 1), Float64Array.of(0, 1500)] as const;
  const options = JSON.stringify({ width: 4, height: 2, timeStep: 1000, steps: 2, start: 0 });
  const [x, y, p, t] = columns;
  const put = async (times: Float64Array) => {
    const batch = new binding.Batch(16, 1, 1, 1, 2);
    await batch.putEvents("events", 0, foreign(x), foreign(y), foreign(p), times, options);
    return batch.bytes();
  };
  expect(await put(foreign(t))).toBe(await put(t));
  await expect(put(foreign(t.toReversed()))).rejects.toThrow(
    expect.objectContaining({ name: "DecolleError", code: "time-order" }),
  );
  const recordings = await selectRecordings();
  const reader = new recordings.Reader("nmnist", "refuse", 2, false);
  reader.give(foreign(Uint8Array.of(1, 2, 0, 0, 9, 1)));
  expect(Array.from(reader.next().t)).toEqual([9]);
  reader.finish();
  expect(() => reader.next()).toThrow(expect.objectContaining({ name: "DecolleError", code: "format" }));
  const encoder = new recordings.Encoder("nmnist", foreign(Uint32Array.of(34, 34)), -1);
  expect(Array.from(encoder.put(foreign(x), foreign(y), foreign(p), foreign(t)))).toHaveLength(10);
});

it("networks learn from foreign arrays, take foreign tensors and load foreign checkpoints", async () => {
  using network = await build();
  using twin = await build();
  const { offsets, indices, counts } = spikes();
  const lists = { offsets: foreign(offsets), indices: foreign(indices), counts: foreign(counts) };
  await network.learn({ input: { spikes: [lists, lists] }, target: batch.target });
  await twin.learn({ input: { spikes: [spikes(), spikes()] }, target: batch.target });
  const { data } = await twin.tensor("layers.0.weight");
  for (const [one, values] of [
    [network, foreign(data)],
    [twin, data],
  ] as const) {
    await one.setTensor("layers.0.weight", values);
  }
  expect(await digest(network)).toBe(await digest(twin));
  const { binding } = await selectBackend();
  const handle = new binding.Network(JSON.stringify(specification), 1);
  await handle.restore(foreign(await twin.toBytes()));
  expect((await handle.tensor("layers.0.weight")).data).toEqual(data);
  handle.dispose();
});

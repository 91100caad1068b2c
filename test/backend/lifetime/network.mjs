// @ts-check
/** A network at work on a batch far longer than any test. */
import { Batch, Network } from "#native";

const specification = JSON.stringify({
  input: { units: 64 },
  layers: [{ type: "dense", units: 256 }],
  readout: { units: 2 },
  cost: { type: "smoothL1" },
  optimizer: { type: "sgd", learningRate: 0.001 },
  seed: 1,
});
const steps = 4_000_000;

/** A network with a batch begun. */
export function begun() {
  const network = new Network(specification, 2);
  const batch = new Batch(64, 1, 2, 1, steps);
  batch.putSpikes("batch", 0, new Uint32Array(steps + 1), new Uint32Array(), new Float32Array());
  network.begin(batch, "{}");
  batch.dispose();
  return network;
}

/** Works until the process or the worker ends. */
export async function work() {
  const network = begun();
  while (!(await network.advance()));
}

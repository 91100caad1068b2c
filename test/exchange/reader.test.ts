/** The reader of checkpoints in PyTorch of `examples/`: the weights of a network, and its spikes. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { dense, lif, Network } from "../../src/index.js";
import { temporary } from "../data/files.js";
import { xorshift } from "../determinism/training.js";
import { hasPython, runPython } from "./python.js";
import { spikesOf } from "./spikes.js";

const script = fileURLToPath(new URL("../../examples/read_checkpoint.py", import.meta.url));

it.skipIf(!hasPython("torch", "safetensors"))(
  "PyTorch reads a checkpoint and gives its spikes",
  async () => {
    using network = await Network.create({
      input: { units: 12 },
      layers: [dense({ units: 10 }), dense({ units: 7, neuron: lif({ alpha: 0.8, beta: 0.6, rho: 2 }) })],
      readout: { units: 3 },
      neuron: lif({ alpha: 0.9, beta: 0.7 }),
      seed: 5,
    });
    const next = xorshift(5);
    for (const name of ["layers.0.weight", "layers.1.weight"]) {
      const { data } = await network.tensor(name);
      await network.setTensor(
        name,
        data.map(() => ((next() % 2001) - 800) / 800),
      );
    }
    const events = Array.from({ length: 50 }, () =>
      Array.from({ length: 12 }, (_, unit) => unit).filter(() => next() % 4 === 0),
    );
    const file = join(await temporary(), "model.safetensors");
    await network.save(file);
    const spikes = await spikesOf(network, events);
    expect(spikes.every((layer) => layer.flat().length > 50)).toBe(true);
    expect(await runPython([script, file, "-"], events)).toEqual(spikes);
  },
  600_000,
);

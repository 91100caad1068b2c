/**
 * Trains a little, with one thread and with two, and reads a recording; prints the build, the threads, the first time stamp and a
 * digest of all weights and state. Run by itself, by whatever runs JavaScript: the lines must be the same everywhere. Arguments
 * are the builds, by default both.
 */
import { createHash } from "node:crypto";
import { dense, events, Network } from "decolle";

/** @param {"native" | "wasm"} backend @param {number} threads */
async function work(backend, threads) {
  const specification = {
    input: { units: 8 },
    layers: [dense({ units: 40 }), dense({ units: 20 })],
    readout: { units: 3 },
    seed: 5,
  };
  const network = await Network.create(specification, { backend, threads });
  const counts = Float32Array.from({ length: 4 * 60 * 8 }, (_, i) => (((i * 7) % 11) % 4 === 0 ? 1 : 0));
  await network.learn(
    { input: { counts, samples: 4, steps: 60 }, target: { classes: [0, 1, 2, 0] } },
    { burnIn: 5, updateEvery: 5 },
  );
  const loaded = await events.load(Uint8Array.of(1, 2, 0, 0, 9), { backend, format: "nmnist" });
  const digest = createHash("sha256")
    .update(await network.toBytes())
    .digest("hex");
  console.log(network.backend.kind, network.backend.threads, loaded.events.t[0], digest);
  network[Symbol.dispose]();
}

async function all() {
  const asked = process.argv.slice(2);
  for (const backend of asked.length > 0 ? asked : ["native", "wasm"]) {
    await work(backend === "native" ? "native" : "wasm", 1);
    await work(backend === "native" ? "native" : "wasm", 2);
  }
  // Threads that are let go of end meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
}

void all().then(() => console.log("done"));

/** What `make.mjs` runs: spikes of the networks of `networks.ts` in other simulators, which have to be the networks' own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange } from "../../../src/index.js";
import { spikesOf } from "../spikes.js";
import { eventsFor, exchanged, exchangedNetwork } from "./networks.js";

const [python = "", folder = ""] = process.argv.slice(2);
const temporary = mkdtempSync(join(tmpdir(), "decolle-nir-"));
const goldens: Record<string, { seed: number; spikes: Record<string, number[][]> }> = {};
try {
  for (const [name, { specification, simulators }] of Object.entries(exchanged)) {
    const seed = 1;
    const events = eventsFor(name, seed);
    using network = await exchangedNetwork(name, seed);
    const own = (await spikesOf(network, events)).at(-1);
    const file = join(temporary, `${name}.nir`);
    writeFileSync(file, await exchange.toNir(network));
    const spikes: Record<string, number[][]> = {};
    for (const simulator of simulators) {
      const seconds = `${(specification.timeStep ?? 1000) * 1e-6}`;
      const out = execFileSync(python, [join(folder, "run.py"), simulator, file, seconds], {
        input: JSON.stringify(events),
      });
      spikes[simulator] = JSON.parse(out.toString()) as number[][];
      const same = JSON.stringify(spikes[simulator]) === JSON.stringify(own);
      console.log(`${name}, ${simulator}: ${spikes[simulator].flat().length} spikes, ${same ? "the same" : "others"}`);
    }
    goldens[name] = { seed, spikes };
  }
} finally {
  rmSync(temporary, { recursive: true });
}
const lines = Object.entries(goldens).map(([name, golden]) => `${JSON.stringify(name)}: ${JSON.stringify(golden)}`);
writeFileSync(join(folder, "spikes.json"), `{\n${lines.join(",\n")}\n}\n`);

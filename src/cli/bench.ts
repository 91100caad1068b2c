/** `decolle bench`: how long networks take on this machine, with the builds of the installed package. */
import { Command } from "commander";
import { probeBackends } from "../backend/select.js";
import { unfit } from "../errors.js";
import { throwIfAborted } from "../network/abort.js";
import type { LearnBatch } from "../network/network.js";
import { Network } from "../network/stored.js";
import { preset } from "../presets/index.js";
import type { AbortSignalLike } from "../values/brands.js";
import { density, randomSpikes, settledNetwork } from "./bench-network.js";
import { withExamples } from "./examples.js";
import { withInterrupts } from "./interrupt.js";
import { type Machine, machine } from "./machine.js";
import { alternate, type Spread, spreadText } from "./measure.js";
import { textTable } from "./table.js";

/** Options of the command, as commander gives them. */
interface BenchFlags {
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** The networks that are measured, by their presets: dense layers, and a small convolutional network. */
const networks = ["nmnist-mlp", "nmnist-small"] as const;

/** Learning steps for each update; 0 for inference. */
const modes = [0, 1, 10, 50] as const;

/** Steps of a measurement of inference, so that what a call costs weighs little. */
const inferenceSteps = 100;

/** How much is measured. */
interface Scale {
  /** Samples of a batch. */
  readonly samples: number;
  /** Measurements of each that count. */
  readonly turns: number;
  /** Least steps of one in learning. */
  readonly steps: number;
  /** Whether builds run with one thread, too, beside all. */
  readonly singleThreaded: boolean;
}

const scales: Readonly<Record<"whole" | "quick", Scale>> = {
  whole: { samples: 72, turns: 5, steps: 20, singleThreaded: true },
  quick: { samples: 8, turns: 2, steps: 10, singleThreaded: false },
};

/** Batches that take turns: the same few steps again and again would let traces grow where they spike. */
const several = 4;

/** One measurement. */
interface Row {
  readonly network: string;
  readonly backend: "native" | "wasm";
  readonly threads: number;
  readonly simd: string;
  /** Learning steps for each update; 0 for inference. */
  readonly updateEvery: number;
  /** Spikes a neuron and step, of the input and of each layer. */
  readonly density: { readonly input: number; readonly layers: readonly number[] };
  /** Milliseconds a time step of the whole batch. */
  readonly milliseconds: Spread;
}

/** A network in a build. */
interface Side {
  readonly name: string;
  readonly network: Network;
}

/**
 * `decolle bench`.
 *
 * @returns The command.
 */
export function benchCommand(): Command {
  const command = new Command("bench")
    .description(
      "Measure this machine: milliseconds a time step, in inference and in learning, of every build that loads",
    )
    .option("--quick", "a small batch, few measurements, and all threads alone: half a minute instead of several")
    .option("--json", "write it as JSON, with every measurement")
    .action((flags: BenchFlags) => withInterrupts((signal) => runBench(flags, signal)));
  return withExamples(command, ["decolle bench --quick", "decolle bench --json > bench.json"]);
}

async function runBench({ quick = false, json = false }: BenchFlags, signal: AbortSignalLike): Promise<void> {
  const on = machine();
  const scale = quick ? scales.quick : scales.whole;
  const missing = (await probeBackends())
    .filter(({ loads }) => !loads)
    .map(({ kind, error }) => `${kind} does not load: ${error?.message}`);
  if (!json) console.log(headline(on, scale));
  const rows: Row[] = [];
  for (const name of networks) rows.push(...(await measure(name, scale, signal)));
  if (json) {
    console.log(JSON.stringify({ machine: on, ...scale, density, missing, rows }));
    return;
  }
  const lines = rows.map(({ network, backend, threads, simd, updateEvery, milliseconds }) => [
    network,
    `${backend}, ${simd}`,
    `${threads}`,
    updateEvery === 0 ? "inference" : `learning, K = ${updateEvery}`,
    spreadText(milliseconds),
  ]);
  console.log(textTable([["network", "build", "threads", "mode", "ms a step"], ...lines], "left"));
  for (const line of missing) console.log(line);
}

function headline({ decolle, node, processor, cores, memoryGiB, system, load }: Machine, scale: Scale): string {
  return [
    `decolle ${decolle}, Node ${node}, ${system}`,
    `${processor}, ${cores} ${cores === 1 ? "thread" : "threads"}, ${memoryGiB} GiB; load ${load}`,
    `batches of ${scale.samples}, ${density * 100} % of inputs and neurons spike in a step; median of ${scale.turns}, least and most`,
    "",
  ].join("\n");
}

async function measure(
  name: string,
  { samples, turns, steps: least, singleThreaded }: Scale,
  signal: AbortSignalLike,
): Promise<Row[]> {
  const { network: specification } = preset(name);
  const checkpoint = await settledNetwork(specification, samples, signal);
  const sides = await open(checkpoint, singleThreaded);
  try {
    const rows: Row[] = [];
    const classes = Array.from({ length: samples }, (_, sample) => sample % specification.readout.units);
    const { inputSize } = await (sides[0] as Side).network.describe();
    await agree(sides, { spikes: randomSpikes(3, samples, 2, inputSize) }, signal);
    for (const updateEvery of modes) {
      const steps = updateEvery === 0 ? inferenceSteps : Math.max(least, updateEvery);
      const batches = Array.from({ length: several }, (_, seed) => {
        return { input: { spikes: randomSpikes(4 + seed, samples, steps, inputSize) }, target: { classes } };
      });
      rows.push(...(await measureMode(name, sides, updateEvery, batches, turns, signal)));
    }
    return rows;
  } finally {
    for (const { network } of sides) network.dispose();
  }
}

async function measureMode(
  name: string,
  sides: readonly Side[],
  updateEvery: number,
  batches: readonly LearnBatch[],
  turns: number,
  signal: AbortSignalLike,
): Promise<Row[]> {
  const densities = new Map<string, Row["density"]>();
  const measured = sides.map(({ name: side, network }) => {
    let next = 0;
    const once = async () => {
      throwIfAborted(signal, "bench");
      const batch = batches[next++ % batches.length] as LearnBatch;
      const start = performance.now();
      const options = { keepState: true, signal };
      const result =
        updateEvery === 0
          ? await network.run({ input: batch.input }, options)
          : await network.learn(batch, { ...options, updateEvery });
      const time = (performance.now() - start) / result.steps;
      densities.set(side, { input: result.inputDensity, layers: result.layers.map((layer) => layer.density) });
      return time;
    };
    return [side, once] as const;
  });
  const times = await alternate(Object.fromEntries(measured), turns);
  return sides.map(({ name: side, network: { backend } }) => ({
    network: name,
    backend: backend.kind,
    threads: backend.threads,
    simd: backend.simd,
    updateEvery,
    density: densities.get(side) as Row["density"],
    milliseconds: times[side] as Spread,
  }));
}

/** The network in every build that loads, with all threads and, where that is asked for, with one. */
async function open(checkpoint: Uint8Array, singleThreaded: boolean): Promise<Side[]> {
  const sides: Side[] = [];
  try {
    for (const { kind: backend, loads } of await probeBackends()) {
      if (!loads) continue;
      const whole = await Network.fromBytes(checkpoint, { backend });
      const { threads } = whole.backend;
      sides.push({ name: `${backend} ${threads}`, network: whole });
      if (!singleThreaded || threads === 1) continue;
      sides.push({ name: `${backend} 1`, network: await Network.fromBytes(checkpoint, { backend, threads: 1 }) });
    }
    return sides;
  } catch (error) {
    for (const { network } of sides) network.dispose();
    throw error;
  }
}

/** All builds compute the same bits; figures of builds that do not would compare nothing. */
async function agree(sides: readonly Side[], input: LearnBatch["input"], signal: AbortSignalLike): Promise<void> {
  let first: string | undefined;
  for (const { name, network } of sides) {
    const { layers } = await network.run({ input }, { keepState: true, signal });
    const spikes = layers.map((layer) => layer.spikes).join(", ");
    first ??= spikes;
    if (spikes !== first)
      throw unfit("backend", name, `layers that fire ${first} times, as in the first build`, spikes);
  }
}

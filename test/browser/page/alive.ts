/** What a page does with networks that work in Workers of the package, for `test/browser/worker.test.ts`. */
import { type BackendChoice, DecolleError, Network, type NetworkSpecification } from "decolle";
import { held } from "../../determinism/training.js";

const specification: NetworkSpecification = {
  input: { units: 200 },
  layers: [{ type: "dense", units: 300 }],
  readout: { units: 4 },
  seed: 1,
};
const samples = 8;
/** A batch of so many steps, with a spike in each. */
function batchOf(steps: number) {
  const offsets = Uint32Array.from({ length: steps + 1 }, (_, step) => step);
  const spikes = Array.from({ length: samples }, (_, sample) => ({
    offsets,
    indices: Uint32Array.from({ length: steps }, (_, step) => (7 * step + sample) % 200),
  }));
  return { input: { spikes }, target: { classes: [0, 1, 2, 3, 0, 1, 2, 3] } };
}

/** What is told of an error. */
export interface Told {
  readonly name: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
  readonly message: string;
}

/** What a promise rejects with. */
async function told(work: Promise<unknown>): Promise<Told | undefined> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return undefined;
  const { name, message } = error as Error;
  return DecolleError.is(error)
    ? { name, message, code: error.code, path: error.path }
    : { name, message, code: undefined, path: undefined };
}

const same = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, place) => byte === other[place]);

/**
 * Learns from one long batch, and counts the frames that the page draws meanwhile.
 *
 * @param choice - Build and threads.
 * @returns The frames, and the threads that ran.
 */
export async function framesWhileLearning(choice: BackendChoice): Promise<{ frames: number; threads: number }> {
  const network = await Network.create(specification, choice);
  let frames = 0;
  let learning = true;
  const count = () => {
    if (!learning) return;
    frames++;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  await network.learn(batchOf(20_000));
  learning = false;
  const { threads } = network.backend;
  network.dispose();
  return { frames, threads };
}

/**
 * Makes networks, learns with each, and disposes of it.
 *
 * @param cycles - How many, one after the other.
 * @param choice - Build and threads.
 */
export async function openAndClose(cycles: number, choice: BackendChoice): Promise<void> {
  const large = { ...specification, layers: [{ type: "dense" as const, units: 10_000 }] };
  for (let cycle = 0; cycle < cycles; cycle++) {
    const network = await Network.create(large, choice);
    await network.learn(batchOf(2));
    network.dispose();
  }
}

/**
 * Aborts a batch in the middle.
 *
 * @returns The error, whether the network holds the same as before, and what it learns from then on.
 */
export async function aborted(): Promise<{ error: Told | undefined; same: boolean; goesOn: boolean }> {
  const network = await Network.create(specification);
  const twin = await Network.create(specification);
  const before = await held(network);
  const controller = new AbortController();
  const work = told(network.learn(batchOf(200_000), { signal: controller.signal }));
  // Two frames on, it is in the middle.
  requestAnimationFrame(() => requestAnimationFrame(() => controller.abort()));
  const error = await work;
  const unchanged = same(await held(network), before);
  for (const one of [network, twin]) await one.learn(batchOf(5));
  const goesOn = same(await held(network), await held(twin));
  for (const one of [network, twin]) one.dispose();
  return { error, same: unchanged, goesOn };
}

/**
 * Makes mistakes.
 *
 * @param choice - Build and threads.
 * @returns What is told of each.
 */
export async function mistakes(choice: BackendChoice = {}): Promise<Array<Told | undefined>> {
  const network = await Network.create(specification, choice);
  const bytes = await network.toBytes();
  const bad = batchOf(3);
  bad.target.classes[2] = 9;
  const counts = new Float32Array(samples * 3 * 200);
  counts[700] = Number.NaN;
  let [whileBusy, going] = [undefined as Told | undefined, true];
  const busy = network.learn(batchOf(20_000)).finally(() => {
    going = false;
  });
  while (going && whileBusy === undefined) {
    await new Promise(requestAnimationFrame);
    whileBusy = await told(network.tensors());
  }
  await busy;
  const all = [
    whileBusy,
    await told(Network.create({ ...specification, readout: { units: 0 } }, choice)),
    await told(Network.fromBytes(bytes.subarray(0, 99), choice)),
    await told(network.tensor("layers.9.weight")),
    await told(network.setTensor("layers.0.bias", new Float32Array(3))),
    await told(network.learn(bad)),
    await told(network.learn({ ...bad, input: { counts, samples, steps: 3 } })),
    await told(network.learn(batchOf(3), { burnIn: -1 })),
    await told(network.setEpoch(-1)),
  ];
  network.dispose();
  return [...all, await told(network.tensors()), await told(network.learn(batchOf(3)))];
}

/**
 * Restores a network from a checkpoint whose open stream is misdescribed.
 *
 * @returns The error.
 */
export async function refused(): Promise<Told | undefined> {
  const network = await Network.create(specification, { threads: 1 });
  await network.stream().push({ t: Float64Array.of(0), unit: Uint32Array.of(4) });
  const bytes = await network.toBytes();
  network.dispose();
  const place = new TextDecoder("latin1").decode(bytes).indexOf("clock");
  bytes.set(new TextEncoder().encode("block"), place);
  return told(Network.fromBytes(bytes, { threads: 1 }));
}

let working: Promise<Told | undefined> | undefined;
let network: Network | undefined;

/** Begins work that takes long. */
export async function beginToWork(): Promise<void> {
  network = await Network.create(specification, { threads: 1 });
  working = told(network.learn(batchOf(200_000)));
}

/**
 * What became of that work, and of calls afterwards.
 *
 * @returns Errors of the work and of a later call, and whether another network works.
 */
export async function afterIt(): Promise<{ work: Told | undefined; later: Told | undefined; another: boolean }> {
  const work = await working;
  const later = network && (await told(network.describe()));
  network?.dispose();
  const another = await Network.create(specification);
  await another.learn(batchOf(2));
  another.dispose();
  return { work, later, another: true };
}

/** Ends it by disposing of the network. */
export function dispose(): void {
  network?.dispose();
}

/** Makes networks that nobody holds. */
export async function forget(): Promise<void> {
  for (let time = 0; time < 3; time++) await (await Network.create(specification, { threads: 1 })).learn(batchOf(2));
}

/**
 * Bad calls: each is answered with the right code and a message that names the place, and leaves the network bit by bit as it was
 * and able to work on.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Binding } from "../../src/backend/contract.js";
import { selectBackend } from "../../src/backend/select.js";
import { DecolleError, type Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { batches } from "./batches.js";
import { checkpoints, weight } from "./checkpoints.js";
import { files } from "./files.js";
import { during, long, occupied } from "./occupied.js";
import type { Row } from "./scene.js";
import { choices, specifications } from "./specifications.js";
import { streams } from "./streams.js";
import { tensors } from "./tensors.js";
import { recordings, trainings } from "./trainings.js";
import { batch, build, events } from "./victim.js";

let binding: Binding;
let folder: string;
beforeAll(async () => {
  // In Node every backend is on this thread, and answers at once.
  binding = (await selectBackend()).binding as Binding;
  folder = await mkdtemp(join(tmpdir(), "decolle-"));
});
afterAll(() => rm(folder, { recursive: true }));

const groups: Readonly<Record<string, readonly Row[]>> = {
  specifications,
  choices,
  batches,
  tensors,
  checkpoints,
  files,
  trainings,
  streams,
  occupied,
};

/** Runs a call and gives what it throws, or what its promise rejects with. */
async function thrown(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What an error tells as data is what its message says. */
function checkParts({ path, expected, found, message }: DecolleError): void {
  // What is no checkpoint at all has no place in it.
  if (!message.startsWith("no safetensors file")) expect(message.startsWith(`${path}: `), message).toBe(true);
  expect(expected === undefined, message).toBe(found === undefined);
  if (expected !== undefined) expect(message).toContain(`expected ${expected}, found ${found}`);
}

describe.each(Object.entries(groups))("of the bad %s", (_, rows) => {
  it.each(rows)("`%s` (%s) is the answer to %s, and nothing changed", async (code, message, _what, call) => {
    using network = await build();
    using twin = await build();
    // One row overwrites these weights, which ends what the layer carries for them: so all start without it.
    for (const one of [network, twin])
      await one.setTensor("layers.0.weight", (await one.tensor("layers.0.weight")).data);
    const own = await mkdtemp(join(folder, "scene-"));
    const checkpoint = await network.toBytes();
    const [bits, description] = [await digest(network), await network.describe()];
    const error = await thrown(() => call({ network, binding, checkpoint: checkpoint.slice(), folder: own }));
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    checkParts(error as DecolleError);
    expect(await network.toBytes()).toEqual(checkpoint);
    expect(await digest(network)).toBe(bits);
    expect(await network.describe()).toEqual(description);
    // And it goes on as a network would to which nothing happened.
    for (const good of [network, twin]) await good.learn(batch, { keepState: true });
    expect(await digest(network)).toBe(await digest(twin));
  });
});

describe("a file that could not be replaced", () => {
  it("is as before, and nothing is left beside it", async () => {
    using network = await build();
    const own = await mkdtemp(join(folder, "kept-"));
    const path = join(own, "model.safetensors");
    await network.save(path);
    const before = await readFile(path);
    const work = during(network, () => network.save(path));
    await expect(work).rejects.toMatchObject({ code: "busy" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(own)).toEqual(["model.safetensors"]);
  });
});

describe("a disposed network", () => {
  const calls: ReadonlyArray<[string, (network: Network) => unknown]> = [
    ["learn", (network) => network.learn(batch)],
    ["run", (network) => network.run(batch)],
    ["fit", (network) => network.fit(recordings, { epochs: 1 })],
    ["evaluate", (network) => network.evaluate(recordings)],
    ["stream", (network) => network.stream()],
    ["describe", (network) => network.describe()],
    ["tensors", (network) => network.tensors()],
    ["tensor", (network) => network.tensor(weight)],
    ["setTensor", (network) => network.setTensor(weight, new Float32Array())],
    ["reset", (network) => network.reset()],
    ["setEpoch", (network) => network.setEpoch(1)],
    ["toBytes", (network) => network.toBytes()],
    ["save", (network) => network.save(join(folder, "disposed.safetensors"))],
  ];

  it.each(calls)("answers `disposed` to %s", async (name, call) => {
    const network = await build();
    network.dispose();
    network.dispose();
    expect(network.disposed).toBe(true);
    const error = await thrown(() => call(network));
    expect(error).toBeInstanceOf(DecolleError);
    const named = name === "save" ? "toBytes" : name;
    expect(error).toMatchObject({ code: "disposed", message: expect.stringContaining(named) });
    expect(await readdir(folder)).not.toContain("disposed.safetensors");
  });

  it("ends the work that was under way with `disposed`", async () => {
    const network = await build();
    const work = thrown(() => long(network));
    network.dispose();
    expect(await work).toMatchObject({ code: "disposed" });
  });

  it("ends a stream whose state other work took away", async () => {
    using network = await build();
    const stream = network.stream();
    await stream.push(events());
    await network.run(batch);
    expect(await thrown(() => stream.push(events(({ t }) => t.fill(9000))))).toMatchObject({
      code: "disposed",
      message: expect.stringContaining("stream"),
    });
  });
});

it("at least sixty bad calls are tried", () => {
  expect(Object.values(groups).flat().length).toBeGreaterThanOrEqual(60);
});

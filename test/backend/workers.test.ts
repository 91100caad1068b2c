/** The workers of WebAssembly with threads come with their networks, go with them, and keep no process alive. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { convolutional, inputOf } from "../determinism/training.js";

/** Runs a script that must end by itself, without a crash. */
function ending(name: string): string {
  const script = fileURLToPath(new URL(`lifetime/threads/${name}.mjs`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script], {
    encoding: "utf8",
    timeout: 50_000,
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  return stdout.trim();
}

it.runIf(process.platform === "linux")(
  "workers end with the networks that were disposed of, and so does the process",
  () => {
    expect(ending("disposed")).toBe("threads: back to the start");
  },
);

it.runIf(process.platform === "linux")("workers end with the networks that were forgotten", () => {
  expect(ending("forgotten")).toBe("threads: back to the start");
});

it("a process ends by itself though its networks were never disposed of", () => {
  expect(ending("undisposed")).toBe("kept, kept");
});

it("a process may exit while batches run", () => {
  expect(ending("exit")).toBe("leaving");
});

it("workers that hold networks may be terminated while batches run", () => {
  expect(ending("terminated")).toBe("terminated 2");
});

it("a thread that fails ends the batch with an error, not with silence", () => {
  expect(ending("failed")).toMatch(
    /^DecolleError backend: the core panicked.*a thread ended in the middle of its work/,
  );
});

it("networks at work at once compute as they do alone", async () => {
  const alone = await trained(2);
  const together = await Promise.all([trained(1), trained(2), trained(3), trained(2)]);
  expect(together).toEqual(together.map(() => alone));
});

/** The bits that a network holds after a training in WebAssembly with a number of threads. */
async function trained(threads: number): Promise<string> {
  using network = await Network.create(convolutional.specification, { backend: "wasm", threads });
  await network.learn({ input: inputOf(convolutional), target: convolutional.target }, convolutional.options);
  expect(network.describe().threads).toBe(threads);
  return digest(network);
}

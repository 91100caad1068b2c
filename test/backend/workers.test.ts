/** The workers of WebAssembly with threads come with their networks, go with them, and keep no process alive. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { Network } from "../../src/index.js";
import { overWorkers } from "../../wasm/threads/workers.js";
import { digest } from "../determinism/agreed.js";
import { convolutional, inputOf } from "../determinism/training.js";

/** Runs a script that must end by itself, without a crash. */
function ending(name: string, ...options: string[]): string {
  const script = fileURLToPath(new URL(`lifetime/threads/${name}.mjs`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script, ...options], {
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

it.runIf(process.platform === "linux").each([
  ["thread", "expected one that waits, found number 4000000000"],
  ["panic", "a plain object takes any field"],
])("a failed %s ends batches with its reason, and nothing of it is left to wait for", (kind, reason) => {
  const [own, others, ...rest] = ending("failed", kind).split("\n");
  for (const said of [own, others]) {
    expect(said).toContain("DecolleError backend: the core broke");
    expect(said).toContain(reason);
  }
  expect(rest).toEqual(["fresh: learned in 2 threads", "threads: back to the start"]);
});

it("a worker that does not start within a minute is an error of whoever waits for it", async () => {
  vi.useFakeTimers();
  try {
    const never = { post: () => {}, detach: () => {}, end: vi.fn(), ended: () => {}, up: new Promise(() => {}) };
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const instantiate = () => ({ memory, failureAddress: () => 0, lendThreads: () => {} });
    const module = undefined as unknown as WebAssembly.Module;
    const loading = expect(overWorkers(instantiate, module, () => never)).rejects.toThrow("did not start within 60 s");
    await vi.advanceTimersByTimeAsync(60_000);
    await loading;
  } finally {
    vi.useRealTimers();
  }
});

it("networks at rest share their threads", async () => {
  expect(ending("shared")).toBe("threads: as many for 20 networks as for one");
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
  expect((await network.describe()).threads).toBe(threads);
  return await digest(network);
}

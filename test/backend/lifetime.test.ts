/**
 * The native addon's threads end with the process, with a worker and with garbage collection, whatever is under way; networks
 * that are forgotten are freed on either build.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Runs a script that must end by itself, without a crash. */
function ending(name: string, ...options: string[]): string {
  const script = fileURLToPath(new URL(`lifetime/${name}.mjs`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script, ...options], {
    encoding: "utf8",
    timeout: 50_000,
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  return stdout.trim();
}

describe.skipIf(process.env["DECOLLE_BACKEND"] === "wasm")("the native addon", () => {
  it("lets the process end while a batch runs", () => {
    expect(ending("exit")).toBe("leaving");
  });

  it("lets workers be terminated while a batch runs", () => {
    expect(ending("workers")).toBe("terminated 4");
  });

  it.runIf(process.platform === "linux")("joins the threads of networks that were forgotten", () => {
    expect(ending("forgotten")).toBe("threads: back to the start");
  });
});

it.runIf(process.platform === "linux")("five hundred forgotten networks take little memory and few threads", () => {
  const threads = process.env["DECOLLE_THREADS"] ?? "3";
  const most = JSON.parse(ending("many", process.env["DECOLLE_BACKEND"] ?? "native", threads)) as Record<
    string,
    number
  >;
  // Together they have more than four gigabytes, and with three threads each fifteen hundred.
  expect(most["memory"]).toBeLessThan(1500);
  expect(most["threads"]).toBeLessThan(60);
});

it.runIf(process.platform === "linux")("four hundred forgotten batches take little memory", () => {
  const most = JSON.parse(ending("batches", process.env["DECOLLE_BACKEND"] ?? "native")) as { memory: number };
  // Together they have more than three gigabytes.
  expect(most.memory).toBeLessThan(1500);
});

/** The native addon's threads end with the process, with a worker and with garbage collection, whatever is under way. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Runs a script that must end by itself, without a crash. */
function ending(name: string): string {
  const script = fileURLToPath(new URL(`lifetime/${name}.mjs`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script], {
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

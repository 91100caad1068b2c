// @ts-check
/** The initial values that the reference starts from, as PyTorch draws them. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWithTorch } from "../pytorch/rival.mjs";

/** @typedef {import("../../dist/index.js").Network} Network */

const parameters = /^(layers|readouts)\.\d+\.(weight|bias)$/;

/**
 * Gives a network the weights and readouts that PyTorch draws.
 *
 * @param {Network} network
 * @param {number} seed
 * @param {(text: string) => void} report
 */
export async function drawInto(network, seed, report) {
  const folder = mkdtempSync(join(tmpdir(), "decolle-initial-"));
  try {
    const script = fileURLToPath(new URL("initial.py", import.meta.url));
    const { error, status } = spawnSync(pythonWithTorch(report), [script, String(seed), folder], { stdio: "inherit" });
    if (error) throw error;
    if (status !== 0) throw new Error(`${script} ended with exit code ${status}`);
    for (const name of (await network.tensors()).filter((name) => parameters.test(name))) {
      const bytes = readFileSync(join(folder, name));
      await network.setTensor(
        name,
        new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

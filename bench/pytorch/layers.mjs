// @ts-check
/**
 * Makes the golden files of convolutions of every kind anew: `node bench/pytorch/layers.mjs`. PyTorch runs them (layers.py),
 * test/goldens/convert.mjs packs what it found.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pythonWithTorch } from "./rival.mjs";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { error, status } = spawnSync(program, args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${args[0]} ended with exit code ${status}`);
}

const folder = here("../../target/layer-goldens");
run(pythonWithTorch(console.log), [here("layers.py"), folder]);
run(process.execPath, [here("../../test/goldens/convert.mjs"), folder, "layers.json"]);

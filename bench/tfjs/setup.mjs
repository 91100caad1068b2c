// @ts-check
/** tfjs in a folder of its own under target/; it is no dependency of the package. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where it is. */
export const folder = fileURLToPath(new URL("../../target/tfjs", import.meta.url));
/** Version of tfjs, all of whose packages share one. */
export const version = "4.22.0";
const packages = ["tfjs", "tfjs-backend-wasm", "tfjs-backend-webgpu"].map((name) => `@tensorflow/${name}@${version}`);

/**
 * Installs what is missing.
 *
 * @param {(text: string) => void} report
 */
export function setUp(report) {
  const wanted = ["@tensorflow/tfjs-backend-webgpu", "@tensorflow/tfjs-backend-wasm", "playwright-core"];
  if (wanted.every((name) => existsSync(join(folder, "node_modules", name, "package.json")))) return;
  report("installing tfjs into target/tfjs");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...packages, "playwright-core"];
  const { error, status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm install of tfjs ended with exit code ${status}`);
}

/**
 * tfjs in this process.
 *
 * @param {"cpu" | "wasm"} backend
 * @returns {Promise<any>} Its module, the backend ready.
 */
export async function inNode(backend) {
  const load = createRequire(join(folder, "package.json"));
  const tf = load("@tensorflow/tfjs");
  if (backend === "wasm") {
    const wasm = load("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(join(folder, "node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/"));
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs: the backend ${backend} does not start`);
  await tf.ready();
  return tf;
}

/**
 * Playwright, to drive a browser.
 *
 * @returns {any}
 */
export function playwright() {
  return createRequire(join(folder, "package.json"))("playwright-core");
}

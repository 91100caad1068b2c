// @ts-check
/** Chromium with a page that runs the rival in tfjs on a graphics backend. */

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folder, playwright } from "./setup.mjs";

/** What the page loads, by path. */
const files = new Map([
  ["/tf.js", join(folder, "node_modules/@tensorflow/tfjs/dist/tf.min.js")],
  ["/webgpu.js", join(folder, "node_modules/@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js")],
  ["/decolle.mjs", fileURLToPath(new URL("decolle.mjs", import.meta.url))],
]);
const html = '<!doctype html><meta charset="utf-8"><script src="/tf.js"></script><script src="/webgpu.js"></script>';
/** Where Debian and others put Chromium; CHROMIUM names another. */
const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Both ways to the graphics: with a graphics processor, and with the software that takes its place. */
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
  "--enable-unsafe-swiftshader",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
];

/**
 * Opens the page with a backend.
 *
 * @param {"webgl" | "webgpu"} backend
 * @returns {Promise<{ page: any, renderer: string, serve: (bytes: Uint8Array) => void, close: () => Promise<void> }>} `serve`
 *   sets what the page gets at `/numbers`.
 * @throws Error where the browser or the backend does not start.
 */
export async function openPage(backend) {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) throw new Error("there is no Chromium: CHROMIUM may name one");
  /** @type {Uint8Array} */
  let numbers = new Uint8Array(0);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    const script = { "content-type": "text/javascript" };
    if (request.url === "/") response.writeHead(200, { "content-type": "text/html" }).end(html);
    else if (request.url === "/numbers") response.writeHead(200).end(numbers);
    else if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, script).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  /** @type {any} */
  let browser;
  const close = async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    browser = await playwright().chromium.launch({ executablePath, args: flags, timeout: 30_000 });
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`http://127.0.0.1:${address.port}/`);
    const renderer = await page.evaluate(start, backend);
    const serve = (/** @type {Uint8Array} */ bytes) => {
      numbers = bytes;
    };
    return { page, renderer, serve, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts a backend in the page.
 *
 * @param {string} backend
 * @returns {Promise<string>} What draws.
 */
async function start(backend) {
  const tf = /** @type {any} */ (globalThis).tf;
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`${tf.getBackend()} started instead of ${backend}`);
  if (backend === "webgl") {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    return String(names ? gl?.getParameter(names.UNMASKED_RENDERER_WEBGL) : gl?.getParameter(gl.RENDERER));
  }
  const adapter = await /** @type {any} */ (navigator).gpu.requestAdapter();
  const info = adapter?.info ?? {};
  return [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ") || "unknown";
}

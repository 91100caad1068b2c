/** A thread of the core in Node, Deno and Bun. */

import { parentPort } from "node:worker_threads";
import { serve } from "./thread.js";

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
parent.on("message", (message) =>
  serve(
    message,
    (reply) => parent.postMessage(reply),
    // Deno's port has no such method; there a worker ends itself as in a page.
    () => (parent.close ? parent.close() : globalThis.close()),
  ),
);

/** A thread of the core in Node. */

import { parentPort } from "node:worker_threads";
import { serve } from "./thread.js";

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
parent.on("message", (message) =>
  serve(
    message,
    (reply) => parent.postMessage(reply),
    () => parent.close(),
  ),
);

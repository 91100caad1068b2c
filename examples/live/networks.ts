/** The two networks of the page, each in a Worker, so that neither waits for the other and the page waits for none. */
import { type Remote, wrap } from "comlink";
import type { Trainer } from "./trainer.js";
import type { Watcher } from "./watcher.js";

/** Learns. */
export const trainer: Remote<Trainer> = wrap<Trainer>(
  new Worker(new URL("./trainer-worker.ts", import.meta.url), { type: "module" }),
);
/** Watches. */
export const watcher: Remote<Watcher> = wrap<Watcher>(
  new Worker(new URL("./watcher-worker.ts", import.meta.url), { type: "module" }),
);

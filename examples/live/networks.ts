/** The two networks of the page. Each works in a Worker that the package starts, so that neither waits for the other. */
import { Trainer } from "./trainer.js";
import { Watcher } from "./watcher.js";

/** Learns. */
export const trainer = new Trainer();
/** Watches. */
export const watcher = new Watcher();

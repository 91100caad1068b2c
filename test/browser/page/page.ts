/** A page that trains in a Worker, or on its own thread, and says what came out. */
import type { BackendChoice } from "decolle";
import { type Outcome, outcomeOf, type Request } from "./outcome.js";

/** What the test calls. */
export interface Page {
  /** Trains in a Worker. */
  inWorker(request: Request): Promise<Outcome>;
  /** Trains on the page's own thread. */
  onPage(request: Request): Promise<Outcome>;
}

export type { BackendChoice, Outcome, Request };

const page: Page = {
  inWorker(request) {
    const worker = new Worker(new URL("./engine.ts", import.meta.url), { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Outcome>) => {
        resolve(data);
        worker.terminate();
      };
      worker.onerror = ({ message }) => reject(new Error(`the engine's Worker failed: ${message}`));
      worker.postMessage(request);
    });
  },
  onPage: outcomeOf,
};

Object.assign(globalThis, { page });

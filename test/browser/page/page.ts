/** A page that trains in a Worker of its own or of the package, and says what came out. */
import * as alive from "./alive.js";
import { type Outcome, outcomeOf, type Request } from "./outcome.js";

/** What the test calls. */
export interface Page {
  /** Trains in a Worker that the page starts. */
  inWorker(request: Request): Promise<Outcome>;
  /** Trains from the page's own thread. */
  onPage(request: Request): Promise<Outcome>;
  /** What else it does with networks. */
  readonly alive: typeof alive;
}

export type { Outcome, Request };

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
  alive,
};

Object.assign(globalThis, { page });

/** A page that trains in a Worker of its own or of the package, and listens, and says what came out. */
import { events } from "decolle";
import * as alive from "./alive.js";
import { type Outcome, outcomeOf, type Request } from "./outcome.js";

/** What the test calls. */
export interface Page {
  /** Trains in a Worker that the page starts. */
  inWorker(request: Request): Promise<Outcome>;
  /** Trains from the page's own thread. */
  onPage(request: Request): Promise<Outcome>;
  /** Listens to a stream without a sound, and gives the time in microseconds that the first piece reaches to. */
  hears(): Promise<number>;
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
  async hears() {
    const context = new AudioContext();
    try {
      for await (const { until } of await events.fromMicrophone(context.createMediaStreamDestination().stream))
        return until;
    } finally {
      await context.close();
    }
    return 0;
  },
  alive,
};

Object.assign(globalThis, { page });

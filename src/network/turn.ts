/** Giving the event loop its turn between chunks of work, so that timers, signals and input are served. */

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/**
 * Waits until the event loop has gone round once.
 *
 * `setTimeout(0)` would cost browsers up to 4 ms a turn, so a message channel is used where there is no `setImmediate`. Simulated
 * browsers, such as jsdom under Jest, have neither.
 *
 * @returns A promise that resolves on the next turn.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    if (typeof MessageChannel !== "function") {
      setTimeout(resolve, 0);
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

/** How long work goes on before the event loop gets its turn, in milliseconds. */
const longest = 8;

/** Work that comes piece after piece, perhaps without a wait in between. */
export class Turns {
  #since = performance.now();

  /** Lets timers, signals and input be served where they had to wait for long. */
  async rest(): Promise<void> {
    if (performance.now() - this.#since < longest) return;
    await nextTurn();
    this.#since = performance.now();
  }
}

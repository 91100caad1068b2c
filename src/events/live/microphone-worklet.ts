/** Hands over what a microphone hears, in pieces: the part of `microphone.ts` that runs on the browser's audio thread. */

/** What TypeScript's library has not: what there is on that thread. */
declare class AudioWorkletProcessor {
  readonly port: { postMessage(message: Float32Array, transferred: readonly ArrayBufferLike[]): void };
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Samples of a piece: 21 ms at 48,000 a second. */
const length = 1024;
/** Samples that are asked for at a time, where nothing comes in. */
const quantum = 128;

registerProcessor(
  "decolle-microphone",
  class extends AudioWorkletProcessor {
    #samples = new Float32Array(length);
    #filled = 0;

    /** Called with the next samples of each input and channel: one of each here, or none where the source has ended. */
    process([input]: readonly (readonly Float32Array[])[]): boolean {
      const samples = input?.[0] ?? new Float32Array(quantum);
      for (let from = 0; from < samples.length; ) {
        const until = Math.min(samples.length, from + length - this.#filled);
        this.#samples.set(samples.subarray(from, until), this.#filled);
        this.#filled += until - from;
        from = until;
        if (this.#filled === length) this.#hand();
      }
      return true;
    }

    #hand(): void {
      this.port.postMessage(this.#samples, [this.#samples.buffer]);
      this.#samples = new Float32Array(length);
      this.#filled = 0;
    }
  },
);

export {};

/**
 * The compiled core, which package.json's `imports` finds: declared here so that the TypeScript compiles before the core
 * does. `test/backend/surface.test.ts` compares what the two builds declare with `contract.ts`.
 */

declare module "#native" {
  type Binding = import("./contract.js").Binding;
  export const version: Binding["version"];
  export const simd: Binding["simd"];
  export const permutation: Binding["permutation"];
  export const decode: Binding["decode"];
  export const deriveRule: Binding["deriveRule"];
  export const checkRule: Binding["checkRule"];
  export const simulateRule: Binding["simulateRule"];
  export const syntheticClasses: Binding["syntheticClasses"];
  export const synthesize: Binding["synthesize"];
  export const SyntheticCamera: Binding["SyntheticCamera"];
  export const Batch: Binding["Batch"];
  export const Network: Binding["Network"];
}

declare module "#wasm" {
  /** Compiles the module and gives what makes instances of it. */
  export function load(): Promise<() => import("./core.js").Instance>;
}

declare module "#wasm-threads" {
  /** Compiles the module with threads and gives what makes instances of it, each with a memory and workers of its own. */
  export function load(): Promise<() => import("./core.js").Instance>;
}

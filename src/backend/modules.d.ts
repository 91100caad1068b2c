/**
 * The compiled core, which package.json's `imports` finds: declared here so that the TypeScript compiles before the core
 * does. `test/backend/surface.test.ts` compares what the builds declare with `contract.ts` and `recordings.ts`.
 */

declare module "#native" {
  type Binding = import("./contract.js").EngineBinding;
  type RulesBinding = import("./contract.js").RulesBinding;
  type RecordingsBinding = import("./recordings.js").RecordingsBinding;
  export const version: Binding["version"];
  export const simd: Binding["simd"];
  export const permutation: Binding["permutation"];
  export const deriveRule: RulesBinding["deriveRule"];
  export const checkRule: RulesBinding["checkRule"];
  export const simulateRule: RulesBinding["simulateRule"];
  export const Batch: Binding["Batch"];
  export const Network: Binding["Network"];
  export const formats: RecordingsBinding["formats"];
  export const Reader: RecordingsBinding["Reader"];
  export const Encoder: RecordingsBinding["Encoder"];
  export const syntheticClasses: RecordingsBinding["syntheticClasses"];
  export const synthesize: RecordingsBinding["synthesize"];
  export const rateCoded: RecordingsBinding["rateCoded"];
  export const saccades: RecordingsBinding["saccades"];
  export const SyntheticCamera: RecordingsBinding["SyntheticCamera"];
  export const FrameCamera: RecordingsBinding["FrameCamera"];
  export const SpotCamera: RecordingsBinding["SpotCamera"];
  export const Cochlea: RecordingsBinding["Cochlea"];
  export const transform: RecordingsBinding["transform"];
  export const slice: RecordingsBinding["slice"];
  export const bin: RecordingsBinding["bin"];
}

declare module "#wasm" {
  /** Compiles the module and gives what makes instances of it. */
  export function load(): Promise<() => import("./core.js").Instance<import("./contract.js").EngineBinding>>;
}

declare module "#wasm-threads" {
  /** Compiles the module with threads and gives what makes instances of it, each with a memory and workers of its own. */
  export function load(): Promise<() => import("./core.js").Instance<import("./contract.js").EngineBinding>>;
}

declare module "#wasm-events" {
  /** Compiles the module of recordings and gives what makes instances of it. */
  export function load(): Promise<() => import("./core.js").Instance<import("./recordings.js").RecordingsBinding>>;
}

declare module "#wasm-rules" {
  /** Compiles the module of rules and gives what makes instances of it. */
  export function load(): Promise<() => import("./core.js").Instance<import("./contract.js").RulesBinding>>;
}

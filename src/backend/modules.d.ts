/**
 * The compiled core, which package.json's `imports` finds: declared here so that the TypeScript compiles before the core
 * does. `test/backend/surface.test.ts` compares what the two builds declare with `contract.ts`.
 */

declare module "#native" {
  const binding: import("./contract.js").Binding;
  export = binding;
}

declare module "#wasm" {
  /** Compiles the module and gives its exports. */
  export function load(): Promise<import("./contract.js").Binding>;
}

/**
 * The same test files run once per backend: DECOLLE_BACKEND says which one `backend: "auto"` takes.
 */
import { defineConfig } from "vitest/config";

const project = (backend: "native" | "wasm") => ({
  test: {
    name: backend,
    include: ["test/**/*.test.ts"],
    env: { DECOLLE_BACKEND: backend },
    // A native addon stays in its process; worker threads would share it.
    pool: "forks" as const,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: { projects: [project("native"), project("wasm")] },
});

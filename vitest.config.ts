/**
 * The same test files run once per backend: DECOLLE_BACKEND and DECOLLE_THREADS say which one those tests get that leave
 * the choice open. WebAssembly with threads differs from WebAssembly in where its work runs, so a part of the files will do.
 */
import { defineConfig } from "vitest/config";

const project = (name: string, env: Record<string, string>, include: string[]) => ({
  test: {
    name,
    include,
    env,
    // A native addon stays in its process; worker threads would share it.
    pool: "forks" as const,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

const all = ["test/**/*.test.ts"];
const threaded = [
  "test/backend/{lifetime,network-handle,select,workers}.test.ts",
  "test/determinism/*.test.ts",
  "test/network/stream.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      project("native", { DECOLLE_BACKEND: "native" }, all),
      project("wasm", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "1" }, all),
      project("wasm-threads", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "2" }, threaded),
    ],
  },
});

/**
 * The same test files run once per backend: DECOLLE_BACKEND and DECOLLE_THREADS say which one those tests get that leave
 * the choice open. WebAssembly with threads differs from WebAssembly in where its work runs, so a part of the files will do.
 */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { installed } from "./test/browser/program.js";
import { inChromium } from "./test/browser/suite/project.js";

/** Tests of the workers themselves. */
const workers = "test/backend/workers.test.ts";
/** Tests in a browser, whatever backend Node takes. */
const browser = "test/browser/*.test.ts";
/** Tests in a realm of their own, of both backends. */
const realm = "test/realm/*.test.ts";
/** Tests that need no second run: of the two backends in one process, or of what no backend has a part in. */
const once = [
  "test/fuzz/calls.test.ts",
  "test/{build,docs}/*.test.ts",
  "test/cli/{completion,configuration-schema,help,presets}.test.ts",
];

const project = (name: string, env: Record<string, string>, include: string[], exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    env,
    // A native addon stays in its process; worker threads would share it.
    pool: "forks" as const,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

const all = ["test/**/*.test.ts"];
const threaded = [
  workers,
  "test/backend/{broken,network-handle,realms,select}.test.ts",
  "test/determinism/*.test.ts",
  "test/network/{stream,stream-restart,turn}.test.ts",
];

/**
 * What runs in pages with threads, too: learning, by steps and by streams, what ends and resumes it, and faults. All that runs in a
 * page is listed by `test/browser/suite/project.ts`, with what does not and why.
 */
const threadedInPages = [
  "test/parity/*.test.ts",
  "test/determinism/{same-bits,stream}.test.ts",
  "test/network/{averaged,best,error-trigger,fit,handed-out,interrupted-fit,learning-rate,not-finite}.test.ts",
  "test/network/{predict,record,recurrent,stream,stream-pieces,stream-steps}.test.ts",
  "test/own/{faults,layers}.test.ts",
];

export default defineConfig({
  test: {
    // Vitest leaves one core to itself; with two, only one file would run at a time.
    maxWorkers: availableParallelism(),
    projects: [
      project("native", { DECOLLE_BACKEND: "native" }, all, [workers, browser, realm]),
      project("wasm", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "1" }, all, [workers, browser, realm, ...once]),
      project("wasm-threads", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "2" }, threaded),
      // One file after the other: what a page learns in its time must not depend on what else is tested.
      {
        test: {
          ...project("browser", {}, [browser]).test,
          fileParallelism: false,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      // Without Chromium they would fail where other projects are asked for, too.
      ...(installed
        ? [
            inChromium("browser-wasm", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "1" }, false),
            inChromium("browser-threads", { DECOLLE_BACKEND: "wasm", DECOLLE_THREADS: "2" }, true, threadedInPages),
          ]
        : []),
      { test: { ...project("realm", {}, [realm]).test, pool: "vmThreads" as const } },
    ],
  },
});

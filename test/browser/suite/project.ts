/** The suite over the public API in Chromium: vitest's browser mode, on a page that plays the part of a user's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { isolation } from "../isolation.js";
import { flags, program } from "../program.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = (path: string) => join(root, "test", "browser", "suite", path);

/** What needs files or processes, which a browser does not have, by the reason. */
const left: Readonly<Record<string, readonly string[]>> = {
  "writes and reads files": [
    "test/network/stream-restart.test.ts",
    "test/determinism/resume.test.ts",
    "test/data/{dvsgesture,hdf5,mat,mnist,nmnist,own,sets}.test.ts",
    "test/events/{reading,recordings,transforms,writing}.test.ts",
  ],
  "asks what is said where there is no page": ["test/events/live.test.ts"],
  "runs the code of pages that are read from files": ["test/plasticity/tutorial.test.ts"],
};

/** Files whose tests ask for nothing but the API. */
const taken = ["test/{network,plasticity,own,parity,derivative,determinism,data,events}/*.test.ts"];

/** Sends these headers with everything, and golden files unpacked. */
function serving(headers: Readonly<Record<string, string>>): Plugin {
  return {
    name: "decolle:serving",
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        const { pathname } = new URL(request.url ?? "/", "http://localhost");
        if (!pathname.endsWith(".golden")) return next();
        response.end(brotliDecompressSync(readFileSync(join(root, pathname))));
      });
    },
  };
}

/**
 * A project of vitest that runs in Chromium.
 *
 * @param name - Its name.
 * @param env - What DECOLLE_BACKEND and DECOLLE_THREADS are there.
 * @param isolated - Whether the page is isolated from other origins, so that its threads may share memory.
 * @param include - The files; by default all that need nothing but the API.
 * @returns The project.
 */
export function inChromium(name: string, env: Record<string, string>, isolated: boolean, include: string[] = taken) {
  return {
    plugins: [serving(isolated ? isolation : {})],
    server: { headers: isolated ? isolation : {} },
    resolve: {
      alias: [
        // As it is built: the scripts of Workers are files beside the modules that start them.
        { find: /^(\.\.\/)+src\/index\.js$/, replacement: join(root, "dist", "browser.js") },
        { find: /^node:(crypto|fs|url|zlib)$/, replacement: here("node.ts") },
      ],
    },
    optimizeDeps: {
      include: [
        "d3-array",
        "d3-format",
        "valibot",
        "fast-check",
        "@noble/hashes/sha2.js",
        "@noble/hashes/utils.js",
        "buffer/",
      ],
    },
    test: {
      name,
      include,
      exclude: Object.values(left).flat(),
      env: { ...env, DECOLLE_ROOT: root.replace(/\/$/, "") },
      setupFiles: [here("setup.ts")],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath: program, args: [...flags] } }),
        instances: [{ browser: "chromium" as const }],
      },
    },
  };
}

/** The suite over the public API in Chromium: vitest's browser mode, on a page that plays the part of a user's. */
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { isolation } from "../isolation.js";
import { flags, program } from "../program.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = (path: string) => join(root, "test", "browser", "suite", path);

/** What cannot run in a page, by the reason. */
const left: Readonly<Record<string, readonly string[]>> = {
  "writes and reads files": [
    "test/network/stream-restart.test.ts",
    "test/determinism/resume.test.ts",
    "test/data/{class-folders,dvsgesture,hdf5,mat,mnist,nmnist,own,sets}.test.ts",
    "test/events/{reading,recordings,transforms,writing}.test.ts",
  ],
  "runs the code of pages that are read from files": ["test/plasticity/tutorial.test.ts"],
  "counts how often this thread looks at a signal, where in a page a Worker works on": ["test/network/busy.test.ts"],
  "makes hundreds of networks, each in a Worker of its own": ["test/network/stored.test.ts"],
  "computes for long, in the same modules of WebAssembly that Node runs": [
    "test/network/{convolutions,silence}.test.ts",
    "test/plasticity/{bits,check}.test.ts",
    "test/own/{lif,reference}.test.ts",
    "test/derivative/gradient.test.ts",
  ],
};

/**
 * The suite over the public API. The rest of the tests is about Node, its files and processes, the command line, one module or one build;
 * the exchange of checkpoints and the fuzzing work on files or compute for long.
 */
const taken = [
  "test/{network,plasticity,own,parity,derivative,determinism,data,events,report}/*.test.ts",
  "test/{errors,presets,specification,values}.test.ts",
];

/** What is served as it is built, by the ends of names. */
const types = { ".js": "text/javascript", ".wasm": "application/wasm" } as const;

/**
 * Sends these headers with everything, golden files unpacked, and what is built as it is: vitest would change imports in it to calls
 * that Workers do not have. It stays as it is for the time of a browser, so that no Worker asks for it again.
 */
function serving(headers: Readonly<Record<string, string>>): Plugin {
  return {
    name: "decolle:serving",
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        const { pathname } = new URL(request.url ?? "/", "http://localhost");
        const type = pathname.startsWith("/dist/") ? types[extname(pathname) as keyof typeof types] : undefined;
        if (type !== undefined) {
          response.writeHead(200, { "Content-Type": type, "Cache-Control": "max-age=3600" });
          response.end(readFileSync(join(root, pathname)));
        } else if (pathname.endsWith(".golden")) {
          response.end(brotliDecompressSync(readFileSync(join(root, pathname))));
        } else next();
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
        // As it is built for pages: few files, which every page and every Worker of every network loads.
        { find: /^(\.\.\/)+src\/index\.js$/, replacement: join(root, "dist", "browser", "decolle.js") },
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

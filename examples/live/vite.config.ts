/** Builds the page into runs/web; the service worker is told which files there are, so that all of them work offline. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Headers that isolate the page from other origins, so that threads may share memory. On other hosts the service worker adds them. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Writes the service worker, with the names of all files and a version that changes with them. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const files = ["./", ...Object.keys(bundle).filter((name) => !name.startsWith("tfjs/")), "icon.svg"];
      const version = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
      const source = readFileSync(here("service-worker.js"), "utf8")
        .replace('"VERSION"', JSON.stringify(version))
        .replace('["FILES"]', JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  };
}

/** Where tfjs lies once `--bench` has installed it. */
const modules = here("../../target/tfjs/node_modules/@tensorflow");

/** Puts tfjs beside the bench page, where DECOLLE_TFJS asks for it. */
function tfjs(): Plugin {
  const folders = ["tfjs/dist", "tfjs-backend-wasm/dist", "tfjs-backend-webgpu/dist", "tfjs-backend-wasm/wasm-out"];
  const wanted = /^tf\.min\.js$|^tf-backend-\w+\.min\.js$|\.wasm$/;
  return {
    name: "tfjs",
    apply: () => process.env["DECOLLE_TFJS"] !== undefined && existsSync(modules),
    buildStart() {
      for (const folder of folders.map((path) => join(modules, path))) {
        for (const name of readdirSync(folder).filter((one) => wanted.test(one))) {
          this.emitFile({ type: "asset", fileName: `tfjs/${name}`, source: readFileSync(join(folder, name)) });
        }
      }
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "./",
  resolve: { alias: { decolle: here("../..") } },
  worker: { format: "es" },
  build: {
    outDir: here("../../runs/web"),
    emptyOutDir: true,
    target: "es2022",
    rollupOptions: { input: ["index.html", "bench.html"].map(here) },
  },
  server: { headers },
  preview: { headers },
  plugins: [tfjs(), serviceWorker()],
});

/** Builds the page into runs/web; the service worker is told which files there are, so that all of them work offline. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
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
      const files = ["./", ...Object.keys(bundle), "icon.svg"];
      const version = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
      const source = readFileSync(here("service-worker.js"), "utf8")
        .replace('"VERSION"', JSON.stringify(version))
        .replace('["FILES"]', JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
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
  plugins: [serviceWorker()],
});

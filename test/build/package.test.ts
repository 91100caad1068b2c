/**
 * What a build has to hold to be published: entries that exist, in the right order, and a browser entry free of Node. The packages
 * themselves: installed.test.ts.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The modules that a file names, in imports, exports and dynamic imports. */
function named(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles.map(({ fileName }) => fileName);
}

/** Everything that a browser loads from `entry` on: files of this package, and the names of all else. */
function loaded(entry: string): { files: Set<string>; others: Set<string> } {
  const files = new Set([entry]);
  const others = new Set<string>();
  for (const file of files) {
    for (const name of existsSync(file) ? named(file) : []) {
      if (name.startsWith(".")) files.add(resolve(dirname(file), name));
      else if (name.startsWith("#")) files.add(join(root, manifest.imports[name].default));
      else others.add(name);
    }
  }
  return { files, others };
}

describe("the package", () => {
  it("names node and browser with types of their own, then what all others get, and all of it exists", () => {
    const entry: Record<string, string | Record<string, string>> = manifest.exports["."];
    expect(Object.keys(entry)).toEqual(["node", "browser", "types", "default"]);
    const { imports, bin, unpkg, jsdelivr } = manifest;
    const targets = [
      ...Object.values(entry).flatMap((one) => (typeof one === "string" ? [one] : Object.values(one))),
      ...[unpkg, jsdelivr],
      bin.decolle,
      ...Object.values(imports["#wasm"]),
      ...Object.values(imports["#wasm-events"]),
      ...Object.values(imports["#wasm-rules"]),
      ...Object.values(imports["#wasm-threads"]),
      ...Object.values(imports["#native"]),
    ];
    for (const target of targets as string[]) expect(existsSync(join(root, target)), target).toBe(true);
  });

  it("gives browsers a module that needs nothing of Node", () => {
    const { files, others } = loaded(join(root, manifest.exports["."].browser.default));
    expect(files).toContain(join(root, "dist/wasm/decolle.js"));
    expect(files).toContain(join(root, "dist/wasm-events/decolle.js"));
    expect(files).toContain(join(root, "dist/wasm-rules/decolle.js"));
    expect(files).toContain(join(root, "dist/wasm-threads/decolle.js"));
    // The flavour with threads is left out where it cannot be built; what is published has it.
    const missing = [...files].filter((file) => !existsSync(file));
    expect(missing.filter((file) => !file.startsWith(join(root, "dist/wasm-threads")))).toEqual([]);
    expect([...others].filter((name) => name.startsWith("node:"))).toEqual([]);
    const dependencies = Object.keys(manifest.dependencies);
    expect(
      [...others].filter((name) => !dependencies.some((one) => name === one || name.startsWith(`${one}/`))),
    ).toEqual([]);
  });

  it("has a ready bundle that imports its own files only, and finds the modules of WebAssembly from where it lies", () => {
    const folder = join(root, "dist/browser");
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
    const beside = (path: string) => existsSync(join(folder, path));
    for (const name of scripts) {
      expect(named(join(folder, name)).filter((one) => !(one.startsWith("./") && beside(one)))).toEqual([]);
      expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/["'`]node:|\bprocess\.|\brequire\(/);
    }
    const found = scripts.flatMap((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      return Array.from(text.matchAll(/new URL\(["`]([^"`]+)["`],\s*import\.meta\.url\)/g), ([, path = ""]) => path);
    });
    for (const module of ["wasm", "wasm-events", "wasm-rules"]) expect(found).toContain(`../${module}/decolle_bg.wasm`);
    expect(found.filter((path) => !beside(path) && !path.startsWith("../wasm-threads/"))).toEqual([]);
  });

  it("leads a browser that looks for a native addon to a reason, not to the addon", async () => {
    await expect(import(join(root, manifest.imports["#native"].default))).rejects.toThrow("needs Node");
  });
});

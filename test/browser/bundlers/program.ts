/** The program that every bundler gets: the page of these tests in plain JavaScript, with the package in node_modules. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../../../build/command.mjs";
import { unpacked } from "../bundle.js";

/** Where all of it lies. */
export const folder = join(root, "target", "bundlers");
/** The program. */
export const project = join(folder, "project");

const source = join(root, "test", "browser", "page");

/**
 * A page that loads one module.
 *
 * @param script - Its address.
 * @param head - What comes before.
 */
export function html(script: string, head = ""): string {
  const title = '<meta charset="utf-8" /><title>decolle</title>';
  return `<!doctype html><html lang="en"><head>${title}${head}<script type="module" src="${script}"></script></head><body></body></html>\n`;
}

/** Writes the program and installs the package in it. */
export async function prepare(): Promise<void> {
  const modules = join(project, "node_modules");
  const packed = unpacked(folder);
  mkdirSync(modules, { recursive: true });
  cpSync(packed, join(modules, "decolle"), { recursive: true });
  rmSync(packed, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "name": "program", "private": true, "type": "module" }\n');
  writeFileSync(join(project, "index.html"), html("./page.js"));
  writeFileSync(join(project, "favicon.ico"), "");
  for (const name of ["page", "engine"]) {
    const text = readFileSync(join(source, `${name}.ts`), "utf8");
    const { code } = await esbuild.transform(text, { loader: "ts", target: "es2022" });
    writeFileSync(join(project, `${name}.js`), code.replaceAll('.ts"', '.js"'));
  }
  await esbuild.build({
    entryPoints: [join(source, "outcome.ts")],
    outfile: join(project, "outcome.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["decolle"],
    logLevel: "warning",
  });
}

/** The folder that the ready bundle lies in, with the modules of WebAssembly beside it. */
export const ready = join(project, "node_modules", "decolle", "dist");

/**
 * Copies the program into a site as it is, with another address for the package.
 *
 * @param site - The folder.
 * @param address - The address; `decolle` where the page has an import map.
 */
export function copyProgram(site: string, address: string): void {
  mkdirSync(site, { recursive: true });
  for (const name of ["page", "engine", "outcome"]) {
    const text = readFileSync(join(project, `${name}.js`), "utf8");
    writeFileSync(join(site, `${name}.js`), text.replaceAll('"decolle"', JSON.stringify(address)));
  }
}

/**
 * Copies what a page needs of the package: the ready bundle and the modules of WebAssembly.
 *
 * @param site - The folder; they come into `decolle` there.
 */
export function copyPackage(site: string): void {
  for (const name of ["browser", "wasm", "wasm-threads", "wasm-events", "wasm-rules"]) {
    cpSync(join(ready, name), join(site, "decolle", name), { recursive: true });
  }
}

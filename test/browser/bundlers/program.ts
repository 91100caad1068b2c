/** The program that every bundler gets: the page of these tests in plain JavaScript, with the package in node_modules. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../../../build/command.mjs";
import { unpacked } from "../bundle.js";

/** Where the program lies in a folder. */
const projectIn = (folder: string) => join(folder, "project");

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

/**
 * Writes the program and installs the package in it.
 *
 * @param folder - Where; what was there is gone.
 * @returns The program's folder.
 */
export async function prepare(folder: string): Promise<string> {
  const project = projectIn(folder);
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
  // What these import lies elsewhere in the tests.
  for (const name of ["outcome", "alive"]) {
    await esbuild.build({
      entryPoints: [join(source, `${name}.ts`)],
      outfile: join(project, `${name}.js`),
      bundle: true,
      format: "esm",
      target: "es2022",
      external: ["decolle"],
      logLevel: "warning",
    });
  }
  return project;
}

/**
 * Copies the program into a site as it is, with another address for the package.
 *
 * @param folder - Where it was prepared.
 * @param site - The site's folder.
 * @param address - The address; `decolle` where the page has an import map.
 */
export function copyProgram(folder: string, site: string, address: string): void {
  mkdirSync(site, { recursive: true });
  for (const name of ["page", "engine", "outcome", "alive"]) {
    const text = readFileSync(join(projectIn(folder), `${name}.js`), "utf8");
    writeFileSync(join(site, `${name}.js`), text.replaceAll('"decolle"', JSON.stringify(address)));
  }
}

/**
 * Copies what a page needs of the package: the ready bundle and the modules of WebAssembly.
 *
 * @param folder - Where the package was prepared.
 * @param site - The site's folder; they come into `decolle` there.
 */
export function copyPackage(folder: string, site: string): void {
  const dist = join(projectIn(folder), "node_modules", "decolle", "dist");
  for (const name of ["browser", "wasm", "wasm-threads", "wasm-events", "wasm-rules"]) {
    if (existsSync(join(dist, name))) cpSync(join(dist, name), join(site, "decolle", name), { recursive: true });
  }
}

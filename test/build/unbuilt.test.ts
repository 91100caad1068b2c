/** A copy that is not built does not become a package. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);
const built = [
  "dist/index.d.ts",
  "dist/index.js",
  "dist/browser.js",
  "dist/cli/main.js",
  "dist/schema/configuration.json",
  "dist/native/index.js",
  "dist/native/decolle.node",
  "dist/wasm/decolle.js",
  "dist/wasm/decolle_bg.wasm",
  "dist/wasm-events/decolle.js",
  "dist/wasm-events/decolle_bg.wasm",
  "dist/wasm-rules/decolle.js",
  "dist/wasm-rules/decolle_bg.wasm",
  "dist/browser/decolle.js",
];

let folder: string;
let copy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-unbuilt-"));
  copy = join(folder, "copy");
  await mkdir(join(copy, "build"), { recursive: true });
  const { scripts, name, version, type, files } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { prepack, prepare, build } = scripts;
  // No dependencies, so that npm needs no registry.
  await writeFile(
    join(copy, "package.json"),
    JSON.stringify({ name, version, type, files, scripts: { prepack, prepare, build } }),
  );
  await cp(join(root, "build/package.mjs"), join(copy, "build/package.mjs"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs npm without a word of the environment that npm itself may have set for these tests. */
async function npm(where: string, ...words: string[]): Promise<{ code: number; text: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^_PACOTE/i.test(name)),
  );
  const options = { cwd: where, env: { ...env, npm_config_cache: join(folder, "cache"), npm_config_offline: "true" } };
  return execute("npm", words, options).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
  );
}

async function build(): Promise<void> {
  for (const file of built) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), "");
  }
}

async function commit(): Promise<void> {
  const git = (...words: string[]) =>
    execute("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...words], { cwd: copy });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "copy");
}

describe("a copy that is not built", () => {
  it("may have its dependencies installed, as a fresh clone must", async () => {
    expect(await npm(copy, "install")).toMatchObject({ code: 0 });
  });

  it("is not packed, and says what to run", async () => {
    const { code, text } = await npm(copy, "pack");
    expect(code).not.toBe(0);
    expect(text).toContain("missing: types, native addon, WebAssembly, bundle for pages");
    expect(text).toContain("npm run build:ts && npm run build:native && npm run build:wasm && npm run build:bundle");
  });

  it("is not installed from git, and says how to", async () => {
    await commit();
    const user = join(folder, "user");
    await mkdir(user);
    await writeFile(join(user, "package.json"), JSON.stringify({ name: "user", version: "1.0.0" }));
    const { code, text } = await npm(user, "install", `git+file://${copy}`);
    expect(code).not.toBe(0);
    expect(text).toContain("To install from git: clone the repository, run `npm run build && npm run packages`");
  });

  it("is packed once it is built", async () => {
    await build();
    expect(await npm(copy, "pack")).toMatchObject({ code: 0, text: expect.stringContaining(".tgz") });
  });
});

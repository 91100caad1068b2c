/**
 * The packages as they are published: what is in them, and that they train where npm installs them into an empty folder, without
 * Rust or a compiler on the PATH, in every runtime that `npm run runtimes` has installed.
 */
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { parseTriple } from "@napi-rs/cli";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePackages, mostAddonBytes } from "../../build/packages.mjs";
import { runtimes } from "../../build/runtimes.mjs";
import { filesIn, manifestIn, packDependencies, type Registry, serve } from "./registry.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const addon = readdirSync(join(root, "dist", "native")).find((name) => name.endsWith(".node")) ?? "";
const here = addon.slice("decolle.".length, -".node".length);
const targets = (source.napi.targets as string[]).map((target) => parseTriple(target));

let folder: string;
let registry: Registry;
/** `decolle`, then the addons. */
let packed: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "decolle-installed-"));
  // Addons of other platforms are not built here: files stand for them that nobody loads.
  const addons = join(folder, "addons");
  mkdirSync(addons);
  for (const { platformArchABI } of targets) {
    writeFileSync(join(addons, `decolle.${platformArchABI}.node`), `of ${platformArchABI}`);
  }
  copyFileSync(join(root, "dist", "native", addon), join(addons, addon));
  packed = await makePackages(join(folder, "packages"), { addons, all: true });
  registry = await serve([...packed, ...packDependencies(join(folder, "dependencies"))]);
  // All that an installation and a training start by name.
  mkdirSync(join(folder, "bin"));
  for (const name of ["node", "npm", "npx", "sh"]) {
    const found = (process.env["PATH"] ?? "").split(delimiter).find((path) => existsSync(join(path, name)));
    symlinkSync(name === "node" ? process.execPath : join(found ?? "", name), join(folder, "bin", name));
  }
}, 300_000);

afterAll(() => {
  registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How a program ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program where there is nothing but Node and npm. */
function run(where: string, words: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
  const [program = "", ...rest] = words;
  const env = {
    PATH: join(folder, "bin"),
    HOME: join(folder, "home"),
    npm_config_registry: registry.url,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    ...more,
  };
  return new Promise((resolve) => {
    execFile(program, rest, { cwd: where, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** Installs decolle into an empty folder, and gives the folder. */
async function install(name: string, ...words: string[]): Promise<string> {
  const where = join(folder, name);
  mkdirSync(where);
  const npm = join(folder, "bin", "npm");
  const { code, stderr } = await run(where, [npm, "install", "decolle", ...words]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return where;
}

/** The packages with addons that are installed. */
function addonsIn(where: string): string[] {
  return readdirSync(join(where, "node_modules")).filter((name) => name.startsWith("decolle-"));
}

describe("the packages", () => {
  it("are decolle without an addon, and one for each platform with its addon and the licences alone", () => {
    const [main = "", ...platforms] = packed;
    expect(filesIn(main).filter((path) => path.endsWith(".node"))).toEqual([]);
    expect(filesIn(main)).toEqual(expect.arrayContaining(["dist/native/index.js", "THIRD-PARTY.md", "README.md"]));
    expect(platforms.map((file) => filesIn(file).sort())).toEqual(
      targets.map(({ platformArchABI }) =>
        [
          ...["LICENSE-APACHE", "LICENSE-MIT", "README.md", "THIRD-PARTY.md"],
          ...[`decolle.${platformArchABI}.node`, "package.json"],
        ].sort(),
      ),
    );
  });

  it("are of one version, which decolle asks its addons for", () => {
    const [main, ...platforms] = packed.map(manifestIn);
    const versions = Object.fromEntries(platforms.map(({ name, version }) => [name, version]));
    expect(main?.optionalDependencies).toEqual(versions);
    expect(new Set(Object.values(versions))).toEqual(new Set([source.version]));
    expect(platforms).toHaveLength(8);
  });

  it("are not made where the addon of a target is missing, or one is too large", async () => {
    const addons = join(folder, "other-addons");
    mkdirSync(addons);
    const into = join(folder, "refused");
    copyFileSync(join(root, "dist", "native", addon), join(addons, addon));
    const others = targets.map(({ platformArchABI }) => platformArchABI).filter((platform) => platform !== here);
    await expect(makePackages(into, { addons, all: true })).rejects.toThrow(`for ${others.join(", ")}`);
    truncateSync(join(addons, addon), mostAddonBytes + 1);
    await expect(makePackages(into, { addons })).rejects.toThrow(`${addon} takes ${mostAddonBytes + 1} bytes`);
  });

  it("run no script when they are installed, and ask for nothing that only a clone needs", () => {
    for (const manifest of packed.map(manifestIn)) {
      expect(manifest.scripts, manifest.name).toBeUndefined();
      expect(manifest.devDependencies, manifest.name).toBeUndefined();
    }
  });

  it("have nothing that publint complains about", async () => {
    for (const file of packed) {
      const tarball = new Uint8Array(readFileSync(file)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    }
  });

  it("have types that are right wherever exports are read", async () => {
    const [main = ""] = packed;
    const result = await checkPackage(createPackageFromTarballData(readFileSync(main)));
    if (result.types === false) throw new Error("there are no types");
    const found = result.problems.map((problem) => {
      return `${problem.kind} ${"resolutionKind" in problem ? problem.resolutionKind : ""}`;
    });
    // Resolution without exports is that of Node before 12.7; `require` of an ES module is what Node 22 has learnt.
    expect(found.filter((one) => !one.startsWith("NoResolution node10"))).toEqual(["CJSResolvesToESM node16-cjs"]);
  });
});

describe("an installation in an empty folder, without Rust and without a compiler", { timeout: 180_000 }, () => {
  const short = ["train", "--data", "synthetic", "--epochs", "1", "--steps", "40", "--burn-in", "10", "--quiet"];
  const npx = () => [join(folder, "bin", "npx"), "--no", "decolle"];
  let where: string;
  beforeAll(async () => {
    where = await install("user");
  });

  it("has the addon of this platform and of no other", () => expect(addonsIn(where)).toEqual([`decolle-${here}`]));

  it("trains natively and by WebAssembly, to the same bits", async () => {
    const native = await run(where, [...npx(), ...short, "--out", "native"]);
    expect(native).toMatchObject({ code: 0, stderr: "" });
    expect(native.stdout).toMatch(/accuracy/);
    const wasm = await run(where, [...npx(), ...short, "--out", "wasm"], { DECOLLE_BACKEND: "wasm" });
    expect(wasm).toMatchObject({ code: 0, stderr: "" });
    const model = (name: string) => readFileSync(join(where, name, "model.safetensors"));
    expect(model("native").equals(model("wasm"))).toBe(true);
    expect((await run(where, [...npx(), "info"])).stdout).toContain("native: loads");
  });

  it("without optional packages says which one is missing, and trains by WebAssembly", async () => {
    const bare = await install("bare", "--omit=optional");
    expect(addonsIn(bare)).toEqual([]);
    const { code, stderr } = await run(bare, [...npx(), ...short, "--out", "run"]);
    expect(code).toBe(0);
    expect(stderr).toContain(`decolle-${here}`);
    const native = await run(bare, [...npx(), ...short, "--out", "other", "--backend", "native"]);
    expect(native.code).not.toBe(0);
    expect(native.stderr).toContain(`decolle-${here}`);
  });

  it.each(targets)("takes the addon for $platformArchABI there", async ({ platform, arch, abi, platformArchABI }) => {
    const library = { gnu: "glibc", musl: "musl" }[abi ?? ""];
    const words = [`--os=${platform}`, `--cpu=${arch}`, ...(library === undefined ? [] : [`--libc=${library}`])];
    expect(addonsIn(await install(platformArchABI, ...words))).toEqual([`decolle-${platformArchABI}`]);
  });
});

describe("a program that uses the installed package", { timeout: 180_000 }, () => {
  let where: string;
  beforeAll(async () => {
    where = await install("program");
    writeFileSync(join(where, "package.json"), JSON.stringify({ name: "program", dependencies: { decolle: "*" } }));
    const program = readFileSync(join(root, "test", "build", "bits.mjs"), "utf8");
    writeFileSync(join(where, "program.mjs"), program);
    const required = program.replaceAll(/^import (\{.*\}) from (".*");$/gm, "const $1 = require($2);");
    writeFileSync(join(where, "program.cjs"), required);
    writeFileSync(join(where, "version.mjs"), "console.log(process.versions.node)");
  }, 180_000);

  const programs = [{ name: "Node of these tests", program: process.execPath, words: [] }, ...runtimes()];
  const digests = new Set<string>();

  describe.each(programs)("$name", ({ program, words }) => {
    const absent = !existsSync(program) && "npm run runtimes installs it";

    it("runs it as an ES module, natively and by WebAssembly, one thread or two, to the same bits", async ({
      skip,
    }) => {
      if (absent) skip(absent);
      const { code, stdout, stderr } = await run(where, [program, ...words, "program.mjs"]);
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const lines = stdout.trim().split("\n");
      expect(lines.map((line) => line.replace(/ \w+$/, ""))).toEqual([
        "native 1 9",
        "native 2 9",
        "wasm 1 9",
        "wasm 2 9",
        "done",
      ]);
      for (const line of lines.slice(0, -1)) digests.add(line.split(" ").at(-1) ?? "");
      expect(digests.size).toBe(1);
    });

    it("runs it by `require`, which Node knows for ES modules from 20.19 on", async ({ skip }) => {
      if (absent) skip(absent);
      const { stdout: version } = await run(where, [program, ...words, "version.mjs"]);
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const { code, stdout, stderr } = await run(where, [program, ...words, "program.cjs"]);
      if (major > 20 || minor >= 19)
        expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/done\n$/) });
      else expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("ERR_REQUIRE_ESM") });
    });
  });
});

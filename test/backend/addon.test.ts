/** A package without an addon for the platform says which one is missing, and runs WebAssembly. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const addon = readdirSync(join(root, "dist", "native")).find((name) => name.endsWith(".node")) ?? "";
const platform = addon.slice("decolle.".length, -".node".length);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decolle-addon-"));
  for (const name of ["package.json", "dist", "wasm"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith(".node") });
  }
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a network in the package, and gives what was said and warned. */
function run(choice: object): { out: string; warned: string } {
  const script = `
    import { Network } from "./dist/index.js";
    const specification = { input: { units: 2 }, layers: [{ type: "dense", units: 2 }], readout: { units: 2 } };
    try {
      console.log((await Network.create(specification, ${JSON.stringify(choice)})).backend.kind);
    } catch (error) {
      console.log(error.code, error.message);
    }
    process.exit();
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, DECOLLE_BACKEND: "", DECOLLE_THREADS: "1" },
  });
  return { out: stdout.trim(), warned: stderr };
}

it("WebAssembly runs, and a warning names the addon that is missing", () => {
  const { out, warned } = run({});
  expect(out).toBe("wasm");
  expect(warned).toContain(
    `the addon for this platform is not installed, which would be the package decolle-${platform}`,
  );
  expect(warned).not.toMatch(/npm|package-lock/);
});

it("who asked for the addon is told which one is missing, and that WebAssembly runs", () => {
  const { out } = run({ backend: "native" });
  expect(out).toContain("backend backend: the native build does not load here");
  expect(out).toContain(`decolle-${platform}`);
  expect(out).toContain('{ backend: "wasm" }');
  expect(out).not.toMatch(/npm|package-lock/);
});

it("an addon that the system refuses is said to be refused, with the system's reason", () => {
  const path = join(folder, "dist", "native", addon);
  writeFileSync(path, "no addon at all");
  const { out } = run({ backend: "native" });
  rmSync(path);
  expect(out).toContain("the system refuses the addon");
  expect(out).toContain(addon);
});

describe("the package of the platform's name", () => {
  const inPackage = () => join(folder, "node_modules", `decolle-${platform}`, addon);
  /** Puts an addon into a package of its own, as npm installs it. */
  function install(write: (path: string) => void): void {
    mkdirSync(dirname(inPackage()), { recursive: true });
    writeFileSync(
      join(dirname(inPackage()), "package.json"),
      JSON.stringify({ name: `decolle-${platform}`, version: "0.1.0", main: addon }),
    );
    write(inPackage());
  }
  afterEach(() => rmSync(dirname(inPackage()), { recursive: true }));

  it("gives its addon", () => {
    install((path) => cpSync(join(root, "dist", "native", addon), path));
    expect(run({})).toEqual({ out: "native", warned: "" });
  });

  it("is named where the system refuses its addon, with the system's reason", () => {
    install((path) => writeFileSync(path, "no addon at all"));
    const { out } = run({ backend: "native" });
    expect(out).toContain("the system refuses the addon");
    expect(out).toContain(join(`decolle-${platform}`, addon));
  });
});

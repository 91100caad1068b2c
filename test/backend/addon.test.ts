/** A package without an addon for the platform says which one is missing, and runs WebAssembly. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const addon = readdirSync(join(root, "dist", "native")).find((name) => name.endsWith(".node")) ?? "";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decolle-addon-"));
  for (const name of ["package.json", "dist", "wasm"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith(".node") });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
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
  expect(warned).toContain(`this package has no addon for this platform, which would be dist/native/${addon}`);
  expect(warned).not.toMatch(/npm|package-lock/);
});

it("who asked for the addon is told which one is missing, and that WebAssembly runs", () => {
  const { out } = run({ backend: "native" });
  expect(out).toContain("backend backend: the native build does not load here");
  expect(out).toContain(addon);
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

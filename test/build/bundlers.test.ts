/** Programs for Node that a bundler packs: with decolle external, as docs/bundlers.md says, both builds run. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decolle-bundle-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "decolle"));
  writeFileSync(
    join(folder, "program.js"),
    `import { events, Network } from "decolle";
     const specification = { input: { units: 2 }, layers: [{ type: "dense", units: 2 }], readout: { units: 2 } };
     for (const backend of ["native", "wasm"]) {
       using network = await Network.create(specification, { backend, threads: 1 });
       const { events: { t } } = await events.load(Uint8Array.of(1, 2, 0, 0, 9), { backend, format: "nmnist" });
       console.log(network.backend.kind, t[0]);
     }`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

const settings = (): esbuild.BuildOptions => ({
  absWorkingDir: folder,
  entryPoints: ["program.js"],
  outfile: "bundle.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  // `using` is newer than some versions of Node that run this.
  target: "node20",
  logLevel: "silent",
});

it("a program that esbuild bundles runs both builds where decolle is external", async () => {
  await esbuild.build({ ...settings(), external: ["decolle"] });
  const { stdout, stderr } = spawnSync(process.execPath, ["bundle.mjs"], { cwd: folder, encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "native 9\nwasm 9\n", stderr: "" });
});

it("a program that has decolle in the bundle is told that the addon is not there, and what to read", async () => {
  await esbuild.build(settings());
  const { status, stderr } = spawnSync(process.execPath, ["bundle.mjs"], { cwd: folder, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("code: 'backend'");
  expect(stderr).toContain("docs/bundlers.md");
});

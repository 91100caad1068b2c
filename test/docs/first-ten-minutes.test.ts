/**
 * The page `docs/first-ten-minutes.md`, step by step as a reader does it: the packages, packed, are installed in an empty folder, and
 * what the page says is done with them. The registry is one of the test's own, with the packages that are installed here.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePackages } from "../../build/packages.mjs";
import { packDependencies, type Registry, serve } from "../build/registry.js";
import { Page } from "./code.js";

const execute = promisify(execFile);
const page = new Page("first-ten-minutes.md");

/** What the reader does, in order: a block of shell, or a file that is written with the name that stands before it. */
type Deed = { readonly shell: string } | { readonly file: string; readonly text: string };

const deeds = Array.from(
  page.text.matchAll(/(?:`(\w+\.js)`:\n\n {0,2})?```(sh|js)\n([\s\S]*?)```/g),
  ([, file, language, text = ""]): Deed => {
    if (language === "sh") return { shell: text };
    if (file === undefined) throw new Error(`no name stands before the file that begins with ${text.split("\n")[0]}`);
    return { file, text };
  },
);

let folder: string;
let registry: Registry;
let environment: NodeJS.ProcessEnv;
/** What each block of shell printed, in order. */
const printed: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-first-"));
  await makePackages(join(folder, "decolle", "target", "packages"));
  // The page adds h5wasm for NIR.
  registry = await serve(packDependencies(join(folder, "dependencies"), ["h5wasm"]));
  environment = {
    // Not what npm has set for this test itself.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name))),
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, "cache"),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
  };
}, 300_000);
afterAll(async () => {
  registry?.close();
  await rm(folder, { recursive: true });
});

/** The folder that the reader works in; the first block makes it. */
const place = () => (existsSync(join(folder, "first")) ? join(folder, "first") : folder);

describe("the first ten minutes", () => {
  it.each(deeds)(
    "go as the page says: $shell$file",
    async (deed) => {
      if ("file" in deed) return writeFile(join(place(), deed.file), deed.text);
      const commands = deed.shell.replaceAll("path/to/", `${folder}/`);
      const { stdout, stderr } = await execute("bash", ["-ec", commands], { cwd: place(), env: environment });
      printed.push(stdout + stderr);
      return undefined;
    },
    600_000,
  );

  it("begin with a build that loads", () => {
    expect(printed[0]).toMatch(/native|wasm/);
  });

  it("teach a network something: in the third epoch each layer is better than in the first, and than chance", async () => {
    const lines = (await readFile(join(place(), "runs/first/metrics.jsonl"), "utf8")).trim().split("\n");
    const epochs = lines.map((line) => JSON.parse(line) as { test: { accuracy: number[] } });
    const [first, , third] = epochs.map(({ test }) => test.accuracy);
    expect(epochs).toHaveLength(3);
    expect(third).toHaveLength(2);
    for (const [layer, accuracy] of third?.entries() ?? []) {
      expect(accuracy).toBeGreaterThan(first?.[layer] ?? 1);
      expect(accuracy).toBeGreaterThan(2 / 12);
    }
  });

  it("leave a report with all that the page names", () => {
    const report = readFileSync(join(place(), "runs/first/report.html"), "utf8");
    const parts = Array.from(report.matchAll(/<h2>([^<]*)<\/h2>/g), ([, part]) => part);
    const told = ["Learning", "Confusions", "Missed recordings", "Inside the network", "Weights and readouts", "Rule"];
    expect(parts).toEqual(expect.arrayContaining(told));
    expect(report).not.toMatch(/(?:src|href)="http/);
  });

  it("have a script that names what it saw, of at most ten lines", () => {
    const [script] = deeds.flatMap((deed) => ("file" in deed && deed.file === "first.js" ? [deed.text] : []));
    const lines = script?.split("\n").filter((line) => line !== "") ?? [];
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(printed.join("")).toMatch(/^it saw \w+ and says \w+$/m);
  });

  it("end with the model in the files that the page names", async () => {
    expect(await readdir(place())).toEqual(
      expect.arrayContaining(["better.safetensors", "better.nir", "gesture.es", "first.js", "save.js"]),
    );
    expect(printed.at(-1)).toContain("gesture.es");
  });
});

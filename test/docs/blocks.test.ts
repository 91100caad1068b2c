/**
 * Every block of code in README.md and in the pages below docs runs or compiles in a test; here is which. A shell command that
 * takes hours or changes the machine, such as a complete benchmark or `git clone`, is looked at instead: its program, its
 * options, its script or benchmark have to be there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { benchmarks } from "../../bench/list.mjs";
import { commandsOf, faultOf, type Known } from "./shell.js";

const root = new URL("../../", import.meta.url);
const docs = readdirSync(new URL("docs", root)).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...docs.map((name) => `docs/${name}`)];
const textOf = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The languages of what is code. */
const languages = ["ts", "js", "jsx", "html", "sh", "bash"];

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const blocks = pages.flatMap((page) =>
  Array.from(
    textOf(page).matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm),
    ([, language = "", text = ""]): Block => ({ page, language, text }),
  ).filter(({ language }) => languages.includes(language)),
);

/** Where the blocks of a page run or are compiled, by language. */
const tests: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "README.md": { ts: "test/docs/readme.test.ts", sh: "test/docs/readme.test.ts" },
  "docs/browser.md": { js: "test/docs/browser.test.ts" },
  "docs/browser-sources.md": { ts: "test/docs/browser-sources.test.ts", js: "test/docs/browser-sources.test.ts" },
  "docs/bundlers.md": { js: "test/docs/bundlers.test.ts", html: "test/docs/bundlers.test.ts" },
  "docs/coming-from.md": { ts: "test/docs/coming-from.test.ts" },
  "docs/command-line.md": { sh: "test/docs/command-line.test.ts" },
  "docs/data-sets.md": { ts: "test/docs/data-sets.test.ts", sh: "test/docs/blocks.test.ts" },
  "docs/first-ten-minutes.md": { js: "test/docs/first-ten-minutes.test.ts", sh: "test/docs/first-ten-minutes.test.ts" },
  "docs/installing.md": { sh: "test/docs/blocks.test.ts" },
  "docs/looking-inside.md": { ts: "test/docs/looking-inside.test.ts", sh: "test/docs/blocks.test.ts" },
  "docs/nir.md": { ts: "test/docs/nir.test.ts" },
  "docs/recordings.md": { js: "test/docs/recordings.test.ts", sh: "test/docs/recordings.test.ts" },
  "docs/reproduction.md": { sh: "test/docs/blocks.test.ts" },
  "docs/streams.md": { ts: "test/docs/streams.test.ts", sh: "test/docs/streams.test.ts" },
  "docs/transforms.md": { ts: "test/docs/transforms.test.ts" },
  "docs/write-your-own-neuron.md": { ts: "test/plasticity/tutorial.test.ts" },
  "docs/your-own-data.md": { ts: "test/docs/your-own-data.test.ts" },
};

describe("the blocks of code", () => {
  it("all have a test, and no test is named for blocks that there are not", () => {
    const found = new Set(blocks.map(({ page, language }) => `${page}: ${language}`));
    const named = Object.entries(tests).flatMap(([page, by]) =>
      Object.keys(by).map((language) => `${page}: ${language}`),
    );
    expect([...found].toSorted()).toEqual(named.toSorted());
  });

  it("have tests that there are, and that name their pages", () => {
    for (const [page, by] of Object.entries(tests)) {
      for (const test of Object.values(by)) {
        expect(existsSync(new URL(test, root)), test).toBe(true);
        expect(textOf(test)).toContain(page.replace("docs/", ""));
      }
    }
  });
});

const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
const known: Known = {
  scripts: Object.keys(scripts),
  benchmarks: Object.keys(benchmarks),
  programs: ["npm", "node", "git", "cd", "mkdir", "echo", "camera", "my-camera-tool", "source"],
};

describe("a command of a page", () => {
  const all = blocks.filter(({ language }) => ["sh", "bash"].includes(language));
  // What has to fail is run where the page is tested.
  const commands = all.flatMap(({ page, text }) =>
    commandsOf(text).map((words) => ({ page, line: words.join(" "), words })),
  );

  it.each(commands.filter(({ line }) => !line.includes("nmnist-mpl")))("is understood: $page: $line", ({ words }) => {
    expect(faultOf(words, known)).toBeUndefined();
  });

  it.each([
    ["an option that there is not", "decolle train --data synthetic --epoch 3"],
    ["a command that there is not", "npx decolle learn"],
    ["a preset that there is not", "decolle rule --preset nothing"],
    ["a script that there is not", "npm run nothing"],
    ["a benchmark that there is not", "npm run bench -- nothing"],
    ["a program that nobody knows", "nothing"],
    ["one of these behind a pipe", "echo 1 | nothing"],
    ["one of these in a job of a cluster", "sbatch --array=0-1 --wrap 'npx decolle swep'"],
  ])("is refused with %s", (_, line) => {
    expect(
      commandsOf(line)
        .map((words) => faultOf(words, known))
        .filter((fault) => fault !== undefined),
    ).toHaveLength(1);
  });

  it("is taken apart as a shell does", () => {
    expect(commandsOf("A=1 x 'a b' > c.txt # d\necho 1 | y - && z \\\n  w")).toEqual([
      ["x", "a b"],
      ["echo", "1"],
      ["y", "-"],
      ["z", "w"],
    ]);
  });
});

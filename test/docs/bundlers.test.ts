/**
 * The page `docs/bundlers.md`: its blocks are programs and settings of the kind that they say. What they do is tested by
 * test/browser/bundlers.test.ts, with these bundlers.
 */
import { expect, it } from "vitest";
import { Page } from "./code.js";

const page = new Page("bundlers.md");

it("has settings that compile", () => {
  const [rollup = "", jest = "", ...others] = page.blocks("js");
  const plugins = ["nodeResolve", "offMainThread", "importMetaAssets"];
  const declarations = plugins.map((name) => `declare function ${name}(options?: object): object;`).join("\n");
  // Rollup gives the functions the types of their arguments.
  const typed = rollup
    .replace("({ relativePath })", "({ relativePath }: { relativePath: string })")
    .replace("(code)", "(code: string)");
  expect(page.faultsInPage(declarations, [typed, jest])).toEqual([]);
  expect(others).toEqual([]);
}, 120_000);

it("has settings of JSON that can be read", () => {
  for (const block of page.blocks("json")) expect(JSON.parse(block)).toBeTypeOf("object");
});

it("has a page whose import map can be read and whose script compiles", () => {
  const [html = ""] = page.blocks("html");
  const [, map = ""] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html) ?? [];
  const [, script = ""] = /<script type="module">([\s\S]*?)<\/script>/.exec(html) ?? [];
  expect(JSON.parse(map)).toEqual({ imports: { decolle: "/decolle/browser/decolle.js" } });
  expect(page.faultsInPage("", [`${script}; export { dense, Network };`])).toEqual([]);
}, 120_000);

/** Links of the pages lead somewhere, every page is listed, and lists call pages what they call themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guidesOf } from "../../build/site.mjs";
import { anchorsOf, brokenLinks } from "./links.js";

const root = new URL("../../", import.meta.url);
const docs = readdirSync(new URL("docs", root)).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "CONTRIBUTING.md", ...docs.map((name) => `docs/${name}`)];
const textOf = (page: string) => readFileSync(new URL(page, root), "utf8");
const guides = guidesOf(textOf("README.md"));

describe("the pages", () => {
  it.each(pages)("have no links that lead nowhere: %s", (page) => {
    expect(brokenLinks(new URL(page, root))).toEqual([]);
  });

  it("are all listed in README.md", () => {
    expect(guides.map(({ path }) => path).toSorted()).toEqual(pages.filter((page) => page !== "README.md").toSorted());
  });

  it("are listed by their headings", () => {
    const headings = guides.map(({ path }) => textOf(path).split("\n")[0]);
    expect(guides.map(({ title }) => `# ${title}`)).toEqual(headings);
  });

  it("are each in a group of the list", () => {
    expect(guides.filter(({ group }) => group === "")).toEqual([]);
  });
});

describe("a link", () => {
  const page = new URL("docs/numbers.md", root);

  it.each([
    ["a file that there is not", "[a](nothing.md)"],
    ["a heading that there is not", "[a](nir.md#nothing)"],
    ["a heading of the page that there is not", "# One\n\n[a](#two)"],
    ["a line behind the end of a file", "[a](../typedoc.json#L100000)"],
  ])("is found to be broken that leads to %s", (_, text) => {
    expect(brokenLinks(page, text)).toHaveLength(1);
  });

  it.each([
    ["a file", "[a](nir.md)"],
    ["a heading", "[a](nir.md#what-is-lost)"],
    ["a heading of the page", "# One *two* `3`\n\n[a](#one-two-3)"],
    ["a line", "[a](../typedoc.json#L2)"],
    ["another site", "[a](https://example.org/nothing)"],
    ["nothing, since it is code", "`[a](nothing.md)`\n\n```ts\n[a](nothing.md)\n```"],
  ])("is fine that leads to %s", (_, text) => {
    expect(brokenLinks(page, text)).toEqual([]);
  });

  it("finds the second heading of a name by its number", () => {
    expect(anchorsOf("# A b\n\n## A b\n\n```sh\n# c\n```\n")).toEqual(["a-b", "a-b-1"]);
  });
});

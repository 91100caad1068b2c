/** The documentation as a site, built as `npm run docs` builds it: all guides, links that lead somewhere, a search without a server. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guidesOf } from "../../build/site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);
const guides = guidesOf(readFileSync(join(root, "README.md"), "utf8"));
const site = mkdtempSync(join(tmpdir(), "decolle-site-"));

let warnings: string;
/** Text of every page, by its address in the site. */
const pages = new Map<string, string>();

beforeAll(async () => {
  const words = [join("node_modules", "typedoc", "bin", "typedoc"), "--out", site, "--logLevel", "Warn"];
  const { stdout, stderr } = await execute(process.execPath, words, { cwd: root, maxBuffer: 2 ** 26 });
  warnings = stdout + stderr;
  for (const name of readdirSync(site, { recursive: true, encoding: "utf8" }))
    if (name.endsWith(".html")) pages.set(name.replaceAll("\\", "/"), readFileSync(join(site, name), "utf8"));
}, 600_000);
afterAll(() => rmSync(site, { recursive: true }));

/** What a file of data holds, which typedoc packs into a variable. */
function dataOf(name: string): string {
  const [, text = ""] = /"([^"]+)"/.exec(readFileSync(join(site, "assets", name), "utf8")) ?? [];
  return inflateSync(Buffer.from(text, "base64")).toString();
}

describe("the site", () => {
  it("is built without a warning", () => {
    expect(warnings).toBe("");
  });

  it("has a page for every guide, at an address that is the file's name", () => {
    for (const { path, title } of guides) {
      const page = pages.get(`guides/${basename(path, ".md").toLowerCase()}.html`);
      expect(page, path).toContain(`<title>${title} | decolle`);
    }
  });

  it("has the guides in its navigation, in the groups and the order of README.md", () => {
    const groups = JSON.parse(dataOf("navigation.js")) as Array<{ text: string; children?: Array<{ text: string }> }>;
    const found = groups.flatMap(({ text, children }) =>
      (children ?? []).map((child) => ({ group: text, title: child.text })),
    );
    const expected = guides.map(({ group, title }) => ({ group, title }));
    expect(found.slice(0, expected.length)).toEqual(expected);
  });

  it("has no link that leads nowhere: to no page, file, heading or line that there is not", () => {
    const anchors = new Map<string, Set<string>>();
    for (const [name, text] of pages)
      anchors.set(name, new Set(Array.from(text.matchAll(/ (?:id|name)="([^"]+)"/g), ([, id = ""]) => id)));
    const broken: string[] = [];
    for (const [name, text] of pages) {
      for (const [, target = ""] of text.matchAll(/<(?:a|img|script|link)\b[^>]* (?:href|src)="([^"]+)"/g)) {
        if (/^(?:[a-z]+:|#$)/.test(target)) continue;
        const address = new URL(target.replaceAll("&amp;", "&"), `file:///${name}`);
        const path = decodeURIComponent(address.pathname.slice(1));
        const anchor = decodeURIComponent(address.hash.slice(1));
        const there = existsSync(join(site, path)) && (anchor === "" || anchors.get(path)?.has(anchor));
        if (!there) broken.push(`${name}: ${target}`);
      }
    }
    expect(pages.size).toBeGreaterThan(guides.length);
    expect(broken).toEqual([]);
  });

  it("leads from the theory to lines of code", () => {
    const theory = pages.get("guides/theory.html") ?? "";
    const links = Array.from(theory.matchAll(/href="\.\.\/(media\/[^"#]+\.html)#L(\d+)"/g), ([, page = "", line]) => ({
      page,
      line,
    }));
    expect(links.length).toBeGreaterThan(20);
    for (const { page, line } of links) expect(pages.get(page), page).toContain(`id="L${line}"`);
  });

  it("has the words of guides and the names of functions in its search", () => {
    const { rows, index } = JSON.parse(dataOf("search.js")) as { rows: Array<{ name: string }>; index: unknown };
    const names = rows.map(({ name }) => name);
    for (const { title } of guides) expect(names).toContain(title);
    for (const name of ["Network", "smoothL1", "checkRule"]) expect(names).toContain(name);
    // A word of one guide's text alone.
    expect(JSON.stringify(index)).toContain("multipli");
  });

  it("loads nothing from elsewhere, so that it works from files and without a network", () => {
    for (const [name, text] of pages)
      expect(text.match(/<(?:script|link|img)[^>]* (?:src|href)="(?:https?:)?\/\//g), name).toBeNull();
  });
});

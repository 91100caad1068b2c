/** Links of Markdown pages: where they lead, and whether there is something. */
import { existsSync, readFileSync } from "node:fs";

/** Text without what is in blocks and spans of code, where brackets are no links. */
function prose(text: string): string {
  return text
    .replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, "")
    .replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, (code) => code.replaceAll(/[[\]()]/g, " "));
}

/**
 * The addresses of a page's headings, as GitHub and typedoc make them: small letters, without punctuation, hyphens for spaces.
 *
 * @param text - The page.
 * @returns Such as `where-gradients-stop`; the second of one name ends with `-1`.
 */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return Array.from(
    text.replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, "").matchAll(/^#{1,6} (.+)$/gm),
    ([, heading = ""]) => {
      const name = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
        .replaceAll(" ", "-");
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return times === 0 ? name : `${name}-${times}`;
    },
  );
}

/**
 * The links of a page that lead nowhere.
 *
 * @param page - Its address.
 * @param text - What it says; read from there unless given.
 * @returns The links to files that there are not, headings that there are not, and lines behind the end of a file.
 */
export function brokenLinks(page: URL, text = readFileSync(page, "utf8")): string[] {
  const targets = Array.from(prose(text).matchAll(/\]\(([^()\s]+)\)/g), ([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const address = new URL(target, page);
    const anchor = decodeURIComponent(address.hash.slice(1));
    address.hash = "";
    if (!existsSync(address)) return true;
    if (anchor === "") return false;
    const found = address.href === page.href ? text : readFileSync(address, "utf8");
    const [, line] = /^L(\d+)$/.exec(anchor) ?? [];
    if (line !== undefined) return Number(line) > found.split("\n").length;
    return !anchorsOf(found).includes(anchor);
  });
}

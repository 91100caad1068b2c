/** Links from a page to lines of code: what they name, and the line on which it stands. */
import { readFileSync } from "node:fs";

/** What defines a name in Rust and TypeScript. */
const words = "fn|struct|enum|const|static|trait|type|function|class|interface";

/**
 * The line on which something stands.
 *
 * @param code - A file.
 * @param name - An identifier that is defined there, `Type::function` of an implementation, or words of a comment.
 * @returns Its number, from 1.
 * @throws Where there is no such line, or more than one.
 */
export function lineOf(code: string, name: string): number {
  const lines = code.split("\n");
  const [, type, defined] = /^(?:(\w+)::)?(\w+)$/.exec(name) ?? [];
  let block = "";
  const found: number[] = [];
  for (const [place, line] of lines.entries()) {
    const [, of] = /^impl(?:<[^{]*>)? (?:\w+ for )?(\w+)/.exec(line) ?? [];
    if (of !== undefined) block = of;
    else if (line === "}") block = "";
    const holds =
      defined === undefined
        ? line.includes(name)
        : new RegExp(`^[^/]*\\b(?:${words}) ${defined}\\b`).test(line) &&
          (type === undefined ? block === "" : block === type);
    if (holds) found.push(place + 1);
  }
  const [line, ...others] = found;
  if (line === undefined || others.length > 0) throw new Error(`${name} stands on ${found.length} lines`);
  return line;
}

/**
 * A page whose links to lines, [`name`](path#L1), lead to where the names stand now.
 *
 * @param page - Its address.
 * @returns Its text.
 * @throws Where a link names what does not stand on one line of its file.
 */
export function withLines(page: URL): string {
  const text = readFileSync(page, "utf8");
  return text.replaceAll(/\[`([^`]+)`\]\(([^)#\s]+)#L\d+\)/g, (_, name: string, path: string) => {
    const line = lineOf(readFileSync(new URL(path, page), "utf8"), name);
    return `[\`${name}\`](${path}#L${line})`;
  });
}

/** A fresh clone has no packages of npm: the commands of package.json start without them, and install them. */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { scripts: Record<string, string> };
const commands = Object.entries(scripts).map(([name, command]) => [name, command.split(" ")[1] ?? ""] as const);

/** The packages that a module needs before its first line runs, with the file that names each. */
function packagesOf(path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const named = statement.moduleSpecifier;
    if (named === undefined || !ts.isStringLiteral(named) || named.text.startsWith("node:")) return [];
    if (named.text.startsWith(".")) return packagesOf(resolve(dirname(path), named.text), seen);
    return [`${relative(root, path)}: ${named.text}`];
  });
}

describe("a fresh clone", () => {
  it("has commands to run", () => expect(commands.length).toBeGreaterThan(10));

  it.each(commands)("starts npm run %s without a package", (_, path) => {
    expect(packagesOf(resolve(root, path))).toEqual([]);
  });
});

// @ts-check
/**
 * The licences of what is published with decolle: of the crates that are compiled into the addons and the WebAssembly
 * modules, and of the npm packages that it needs. `npm run licences` writes them with their texts to THIRD-PARTY.md, which every
 * package carries; `npm run check` compares.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, read, root, script } from "./command.mjs";
import { setUp } from "./setup.mjs";

/** Licences that ask for no more than that their text is passed on. */
const allowed = [
  ...["0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause"],
  ...["ISC", "MIT", "Unicode-3.0", "Unlicense", "Zlib"],
];

/** What is compiled for publishing; all else reaches it through these. */
const published = ["decolle-node", "decolle-web", "decolle-web-events", "decolle-web-rules"];

/** Where. */
const page = "THIRD-PARTY.md";

/**
 * Something of somebody else's.
 *
 * @typedef {{ name: string, version: string, licence: string, folder: string, authors: string }} Part
 */

/**
 * Whether a licence is one of those that will do.
 *
 * @param {string} licence - An expression of SPDX; `/` stands for OR in old crates.
 * @returns {Promise<boolean>}
 */
export async function isAllowed(licence) {
  const { default: satisfies } = await import("spdx-satisfies");
  try {
    return satisfies(licence.replace(/\s*\/\s*/g, " OR "), allowed);
  } catch {
    // No expression of SPDX, and so none of a licence that will do.
    return false;
  }
}

/**
 * The crates that are compiled into what is published, on any of its platforms. Macros run in the compiler alone.
 *
 * @returns {Part[]}
 */
function crates() {
  const { targets } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).napi;
  const platforms = [...targets, "wasm32-unknown-unknown"].flatMap((target) => ["--filter-platform", target]);
  const text = read("cargo", ["metadata", "--locked", "--format-version", "1", ...platforms]);
  if (text === undefined) throw new CommandError("`cargo metadata --locked` failed");
  const { packages, resolve } = JSON.parse(text);
  const byId = new Map(packages.map((/** @type {{ id: string }} */ one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((/** @type {{ id: string }} */ node) => [node.id, node]));
  const reached = new Set(
    packages
      .filter((/** @type {{ name: string }} */ { name }) => published.includes(name))
      .map((/** @type {{ id: string }} */ { id }) => id),
  );
  for (const id of reached) {
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      const isMacro = byId.get(pkg).targets[0].kind.includes("proc-macro");
      const isLinked = dep_kinds.some((/** @type {{ kind: string | null }} */ { kind }) => kind === null);
      if (isLinked && !isMacro) reached.add(pkg);
    }
  }
  return Array.from(reached, (id) => byId.get(id))
    .filter(({ source }) => source !== null)
    .map(({ name, version, license, manifest_path, authors }) => {
      return { name, version, licence: license ?? "", folder: dirname(manifest_path), authors: authors.join(", ") };
    });
}

/**
 * The npm packages that npm installs with decolle; parts of them are in the bundle for pages.
 *
 * @returns {Part[]}
 */
function packages() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const kept = Object.keys(packages).filter((path) => {
    const { dev, peer, devOptional, optional } = packages[path];
    return path !== "" && !dev && !peer && !devOptional && !optional;
  });
  return kept.map((path) => {
    const folder = join(root, path);
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { name, version, licence: license ?? "", folder, authors: author?.name ?? author ?? "" };
  });
}

const permission = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * The text of a licence that a package comes under: that of MIT where it offers it, since it is short.
 *
 * @param {Part} part
 * @returns {string}
 */
function textOf({ name, licence, folder, authors }) {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice|unlicense)/i.test(entry.name))
    .map((entry) => entry.name);
  const mit = files.filter((file) => /mit/i.test(file));
  const chosen = mit.length > 0 && /\bMIT\b/.test(licence) && !/AND/.test(licence) ? mit : files;
  if (chosen.length > 0) {
    return chosen.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
  }
  if (!/\bMIT\b/.test(licence)) throw new CommandError(`${name} comes without the text of its licence, ${licence}`);
  return `MIT License\n\nCopyright (c) ${authors || `the authors of ${name}`}\n\n${permission}`;
}

/**
 * A table of packages.
 *
 * @param {readonly Part[]} parts
 */
function table(parts) {
  const rows = parts.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return ["| name | version | licence |", "| --- | --- | --- |", ...rows].join("\n");
}

/** @param {readonly Part[]} parts */
const sorted = (parts) =>
  parts.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));

/**
 * What THIRD-PARTY.md has to say.
 *
 * @returns {Promise<string>}
 * @throws {CommandError} Where a licence is none of those that will do, or its text is missing.
 */
export async function thirdParty() {
  const compiled = sorted(crates());
  const installed = sorted(packages());
  /** @type {string[]} */
  const refused = [];
  for (const { name, version, licence } of [...compiled, ...installed]) {
    if (!(await isAllowed(licence))) refused.push(`${name} ${version}: ${licence || "no licence named"}`);
  }
  if (refused.length > 0) {
    throw new CommandError(`Licences that build/licences.mjs does not allow:\n${refused.join("\n")}`);
  }
  /** @type {Map<string, string[]>} */
  const texts = new Map();
  for (const part of [...compiled, ...installed]) {
    const text = textOf(part);
    texts.set(text, [...(texts.get(text) ?? []), `${part.name} ${part.version}`]);
  }
  const notices = Array.from(texts, ([text, names]) => `### ${names.join(", ")}\n\n\`\`\`text\n${text}\n\`\`\``);
  return `# Software of others in decolle

Written by \`npm run licences\`. decolle itself is MIT OR Apache-2.0.

## Compiled into the addons and the WebAssembly modules

Besides these, parts of Rust's standard library, which is MIT OR Apache-2.0.

${table(compiled)}

## Installed with the npm package, and in part in its bundle for pages

${table(installed)}

## Texts

${notices.join("\n\n")}
`;
}

/** Compares THIRD-PARTY.md with what it has to say. */
export async function checkLicences() {
  if (readFileSync(join(root, page), "utf8") !== (await thirdParty())) {
    throw new CommandError(`${page} is not current; \`npm run licences\` writes it anew`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await script(async () => {
    setUp();
    writeFileSync(join(root, page), await thirdParty());
  });
}

// @ts-check
/**
 * What the documentation's site needs beyond typedoc: the guides in the order and groups in which README.md lists them, each by
 * its heading, and the source files that they link to as pages whose lines have addresses.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  KindRouter,
  PageEvent,
  ReflectionKind,
  RendererEvent,
} from "typedoc";
import { root } from "./command.mjs";

/**
 * A page of the list.
 *
 * @typedef {{ group: string, title: string, path: string }} Guide
 */

/**
 * The guides that a text lists below the heading "Where to read on": groups are headings of the third level, and a guide is an
 * item that begins with a link.
 *
 * @param {string} text - Markdown.
 * @returns {Guide[]}
 */
export function guidesOf(text) {
  const [, section = ""] = /^## Where to read on\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text) ?? [];
  let group = "";
  /** @type {Guide[]} */
  const guides = [];
  for (const line of section.split("\n")) {
    const [, heading] = /^### (.+)$/.exec(line) ?? [];
    const [, title, path] = /^- \[([^\]]+)\]\(([^)]+\.md)\)/.exec(line) ?? [];
    if (heading !== undefined) group = heading;
    if (title !== undefined && path !== undefined) guides.push({ group, title, path });
  }
  return guides;
}

/** Languages of source files by their extensions; what is not here, a picture above all, is linked as it is. */
const languages = {
  ".rs": "rust",
  ".ts": "typescript",
  ".js": "javascript",
  ".mjs": "javascript",
  ".jsx": "jsx",
  ".html": "html",
  ".py": "python",
};

/**
 * The language of a file, where it is source.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
const languageOf = (name) => Object.entries(languages).find(([extension]) => extension === extname(name))?.[1];

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * A page of source, whose line n has the address `#Ln`.
 *
 * @param {string} title - The file's path.
 * @param {readonly string[]} lines - HTML.
 */
function sourcePage(title, lines) {
  const body = lines.map(
    (line, index) => `<span id="L${index + 1}"><a href="#L${index + 1}">${index + 1}</a>${line}\n</span>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="../assets/style.css">
<link rel="stylesheet" href="../assets/highlight.css">
<link rel="stylesheet" href="../assets/custom.css">
</head>
<body>
<script>document.documentElement.dataset.theme = localStorage.getItem("tsd-theme") || "os";</script>
<main class="source"><p><a href="../index.html">decolle</a> / ${escaped(title)}</p>
<pre><code>${body.join("")}</code></pre></main>
</body>
</html>
`;
}

/**
 * Called by typedoc.
 *
 * @param {Application} app
 */
export function load(app) {
  const guides = guidesOf(readFileSync(join(root, "README.md"), "utf8"));
  const groups = [...new Set(guides.map(({ group }) => group))];

  // A guide keeps its address when its heading changes.
  app.renderer.defineRouter(
    "guides",
    class extends KindRouter {
      /** @override */
      getIdealBaseName(/** @type {import("typedoc").Reflection} */ reflection) {
        const guide = guides.find(({ title }) => title === reflection.name);
        return guide !== undefined && reflection.kindOf(ReflectionKind.Document)
          ? `guides/${basename(guide.path, ".md").toLowerCase()}`
          : super.getIdealBaseName(reflection);
      }
    },
  );

  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue(
      "projectDocuments",
      guides.map(({ path }) => join(root, path)),
    );
    app.options.setValue("groupOrder", [...groups, "*"]);
  });

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    // A name is the path from the folder that all guides have in common, without its ending.
    const guide = guides.find(({ path }) => basename(path) === `${basename(document.name)}.md`);
    if (guide === undefined) throw new Error(`README.md does not list ${document.name}.md`);
    document.name = guide.title;
    document.frontmatter["group"] = guide.group;
    // A word that a guide explains is also the name of many fields.
    document.relevanceBoost = 30;
  });

  // The public items are in a module of the entry's name, in a group of its kind's.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      if (!module.kindOf(ReflectionKind.Module)) continue;
      module.name = project.name;
      module.comment ??= new Comment();
      module.comment.blockTags.push(new CommentTag("@group", [{ kind: "text", text: "Reference" }]));
    }
  });

  const titles = new Map(guides.map(({ title, path }) => [basename(path), escaped(title)]));
  app.renderer.on(PageEvent.END, (page) => {
    if (page.contents === undefined) return;
    page.contents = page.contents
      .replaceAll(/(href="[^"]*media\/[^"/#]+)(?=["#])/g, (link) =>
        languageOf(link) === undefined ? link : `${link}.html`,
      )
      // In a text of files a page is called by its file, here by its heading.
      .replaceAll(/>(?:docs\/)?([\w-]+\.md)<\/a>/g, (link, name) =>
        titles.has(name) ? `>${titles.get(name)}</a>` : link,
      );
    // README.md begins with a title of its own.
    if (page.url === "index.html")
      page.contents = page.contents.replace(/<div class="tsd-page-title">\s*<h1>[^<]*<\/h1><\/div>/, "");
  });

  // After typedoc has copied the files that pages link to.
  app.renderer.on(
    RendererEvent.END,
    ({ outputDirectory, project }) => {
      for (const [name, path] of project.files.getNameToAbsoluteMap()) {
        const language = languageOf(name);
        if (language === undefined) continue;
        const copy = join(outputDirectory, "media", name);
        const highlighted = app.renderer.markedPlugin.getHighlighted(readFileSync(path, "utf8"), language);
        writeFileSync(`${copy}.html`, sourcePage(path.slice(root.length + 1), highlighted.split(/<br\/?>/)));
        rmSync(copy);
      }
    },
    -100,
  );
}

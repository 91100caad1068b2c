/** The code of a page in `docs/`: its blocks, run and compiled as one program. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import * as decolle from "../../src/index.js";

/** A page. */
export class Page {
  readonly #text: string;

  /**
   * Reads a page.
   *
   * @param name - Its file, seen from `docs/`.
   */
  constructor(name: string) {
    this.#text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  }

  /** All of it. */
  get text(): string {
    return this.#text;
  }

  /**
   * The blocks of a language.
   *
   * @param language - Such as `ts`, or `text` for what is printed.
   * @returns Their text, in the order of the page.
   */
  blocks(language: string): string[] {
    return Array.from(
      this.#text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g")),
      ([, code = ""]) => code,
    );
  }

  /**
   * Runs the blocks in `ts` from the first to the last, with this build of decolle.
   *
   * @param prepare - Changes the program before it runs, such as paths that only stand for some.
   * @param blocks - Others than all in `ts`, such as one that is a program by itself.
   */
  async run(
    prepare: (code: string) => string = (code) => code,
    blocks: readonly string[] = this.blocks("ts"),
  ): Promise<void> {
    const code = prepare(blocks.join("\n"))
      .replaceAll(/import \{([^}]*?)\} from "decolle";/g, "const {$1} = decolle;")
      .replaceAll(/import \{([^}]*?)\} from "(node:\w+(?:\/\w+)*)";/g, 'const {$1} = await load("$2");')
      .replaceAll(
        /^const \{([^}]*?)\} = decolle;/gm,
        (_, names: string) => `const {${names.replaceAll(/\btype \w+,? ?/g, "")}} = decolle;`,
      );
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    const AsyncFunction = (async () => undefined).constructor as new (
      ...words: string[]
    ) => (all: unknown, load: unknown) => Promise<void>;
    await new AsyncFunction("decolle", "load", outputText)(decolle, (name: string) => import(name));
  }

  /**
   * Compiles the blocks in `ts` under the strictest settings.
   *
   * @param blocks - Others than all in `ts`.
   * @returns What the compiler complains about.
   */
  faults(blocks: readonly string[] = this.blocks("ts")): string[] {
    return faultsOf(blocks.join("\n"), "index");
  }

  /**
   * Compiles blocks in `js` as parts of a page, with what browsers have of decolle.
   *
   * @param declarations - TypeScript that declares what the text around the blocks speaks of.
   * @param blocks - Others than all in `js`.
   * @returns What the compiler complains about.
   */
  faultsInPage(declarations: string, blocks: readonly string[] = this.blocks("js")): string[] {
    return faultsOf(`${declarations}\n${blocks.join("\n")}`, "browser");
  }
}

/** What the compiler complains about in a program that imports decolle, whose entry of the package is given. */
function faultsOf(text: string, entry: "index" | "browser"): string[] {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [`src/${entry}.ts`] },
    ts.sys,
    root,
  );
  const file = `${root}test/docs/page-code.ts`;
  const code = text.replaceAll('"decolle"', `"../../src/${entry}.js"`);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, language, ...rest) =>
    name === file ? ts.createSourceFile(name, code, language) : getSourceFile.call(host, name, language, ...rest);
  const program = ts.createProgram([file], { ...options, noUnusedLocals: false }, host);
  const source = program.getSourceFile(file);
  const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

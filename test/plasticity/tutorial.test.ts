/** The tutorial `docs/write-your-own-neuron.md`: its code compiles, runs, and prints what the page says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it, vi } from "vitest";
import * as decolle from "../../src/index.js";

const page = readFileSync(new URL("../../docs/write-your-own-neuron.md", import.meta.url), "utf8");
const blocks = (language: string) =>
  Array.from(page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g")), ([, code = ""]) => code);

it("runs from the first block to the last", async () => {
  const code = blocks("ts")
    .join("\n")
    .replaceAll(/import \{(.*?)\} from "decolle";/g, "const {$1} = decolle;");
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    const AsyncFunction = (async () => undefined).constructor as new (
      ...words: string[]
    ) => (all: unknown) => Promise<void>;
    await new AsyncFunction("decolle", outputText)(decolle);
    const [printed, delta, treatments, bytes] = log.mock.calls.flat();
    for (const line of blocks("text").join("").trimEnd().split("\n")) expect(printed).toContain(line);
    expect(delta).toMatch(/^δ_i = E_i σ′\(U_i\[t\]\) \+ /);
    expect(treatments).toContain("threshold: depends on past spikes");
    expect(bytes).toBe(8);
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["src/index.ts"] }, ts.sys, root);
  const file = `${root}test/plasticity/tutorial-code.ts`;
  const code = blocks("ts").join("\n").replaceAll('"decolle"', '"../../src/index.js"');
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, language, ...rest) =>
    name === file ? ts.createSourceFile(name, code, language) : getSourceFile.call(host, name, language, ...rest);
  const program = ts.createProgram([file], { ...options, noUnusedLocals: false }, host);
  const source = program.getSourceFile(file);
  const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});

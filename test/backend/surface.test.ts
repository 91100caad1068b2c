/** The builds and the contracts have one surface: the same functions, with parameters of the same names and types. */
import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const file = (path: string) => new URL(`../../${path}`, import.meta.url);

/** Types that differ in spelling only: wasm-bindgen also takes arrays of numbers. */
function spelling(type: string): string {
  return type
    .replaceAll(" | number[]", "")
    .replace(/^(Network|Batch|Reader|Encoder)Handle$/, "$1")
    .replace(/^Array<(\w+)>$/, "$1[]")
    .replace("boolean | Promise<boolean>", "boolean")
    .replace("Promise<boolean>", "boolean");
}

function signature(node: ts.SignatureDeclarationBase, source: ts.SourceFile): string {
  const parameters = node.parameters.map(
    (parameter) => `${parameter.name.getText(source)}: ${spelling(parameter.type?.getText(source) ?? "?")}`,
  );
  // A constructor's declaration says no type, but a class always makes its own.
  return `(${parameters.join(", ")})${node.type ? `: ${spelling(node.type.getText(source))}` : ""}`;
}

/** Interfaces of the contract that describe a class or the functions of the module. */
const described: Readonly<Record<string, { name: string; fixed: boolean }>> = {
  EngineBinding: { name: "", fixed: true },
  RulesBinding: { name: "", fixed: true },
  RecordingsBinding: { name: "", fixed: true },
  ReaderHandle: { name: "Reader", fixed: false },
  ReaderConstructor: { name: "Reader", fixed: true },
  EncoderHandle: { name: "Encoder", fixed: false },
  EncoderConstructor: { name: "Encoder", fixed: true },
  BatchHandle: { name: "Batch", fixed: false },
  BatchConstructor: { name: "Batch", fixed: true },
  NetworkHandle: { name: "Network", fixed: false },
  NetworkConstructor: { name: "Network", fixed: true },
  SyntheticCameraHandle: { name: "SyntheticCamera", fixed: false },
  SyntheticCameraConstructor: { name: "SyntheticCamera", fixed: true },
  FrameCameraHandle: { name: "FrameCamera", fixed: false },
  FrameCameraConstructor: { name: "FrameCamera", fixed: true },
  SpotCameraHandle: { name: "SpotCamera", fixed: false },
  SpotCameraConstructor: { name: "SpotCamera", fixed: true },
  CochleaHandle: { name: "Cochlea", fixed: false },
  CochleaConstructor: { name: "Cochlea", fixed: true },
};

/** What a declaration file offers and its signature: `name`, `Class.name` (static), `Class#name`, `new Class`. */
function surface(path: string): Record<string, string> {
  const source = ts.createSourceFile(path, readFileSync(file(path), "utf8"), ts.ScriptTarget.Latest, true);
  const found: Record<string, string> = {};
  const add = (owner: ts.ClassDeclaration | ts.InterfaceDeclaration, name: string, fixed: boolean) => {
    for (const member of owner.members) {
      if (ts.isConstructorDeclaration(member)) found[`new ${name}`] = signature(member, source);
      // An interface's `new` does say what it makes.
      if (ts.isConstructSignatureDeclaration(member)) {
        found[`new ${name}`] = signature(member, source).replace(/: \w+$/, "");
      }
      if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
        const keywords = ts.canHaveModifiers(member) ? ts.getModifiers(member) : undefined;
        const own = fixed || keywords?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
        const prefix = name === "" ? "" : `${name}${own ? "." : "#"}`;
        found[`${prefix}${member.name.getText(source)}`] = signature(member, source);
      }
    }
  };
  source.forEachChild((node) => {
    if (ts.isFunctionDeclaration(node) && node.name) found[node.name.text] = signature(node, source);
    if (ts.isClassDeclaration(node) && node.name) add(node, node.name.text, false);
    if (ts.isInterfaceDeclaration(node)) {
      const role = described[node.name.text];
      if (role) add(node, role.name, role.fixed);
    }
  });
  return found;
}

/** What wasm-bindgen adds for its own use, and what wasm/instance.js calls. */
const glue = /^(initSync|__wbg_init|start|failureAddress|\w+#free|\w+#\[Symbol\.dispose\])$/;

describe("the surface of the bindings", () => {
  const all = surface("src/backend/contract.ts");
  const ofRules = Object.entries(all).filter(([name]) => /^(derive|check|simulate)Rule$/.test(name));
  const rules = Object.fromEntries(ofRules);
  const contract = Object.fromEntries(Object.entries(all).filter(([name]) => !(name in rules)));
  const recordings = surface("src/backend/recordings.ts");
  const offered = (path: string) => {
    const found = Object.entries(surface(path)).filter(([name]) => !glue.test(name));
    return Object.fromEntries(found);
  };

  it("is described by the contracts, which share nothing", () => {
    expect(Object.keys(contract).length).toBeGreaterThan(20);
    expect(Object.keys(recordings).length).toBeGreaterThan(10);
    expect(Object.keys(rules)).toHaveLength(3);
    expect(Object.keys(all).filter((name) => name in recordings)).toEqual([]);
  });

  it("is that of the native build, which holds all", () => {
    expect(surface("dist/native/index.d.ts")).toEqual({ ...all, ...recordings });
  });

  it("is that of the WebAssembly build of the engine", () => {
    expect(offered("dist/wasm/decolle.d.ts")).toEqual(contract);
  });

  it("is that of the WebAssembly build of recordings", () => {
    expect(offered("dist/wasm-events/decolle.d.ts")).toEqual(recordings);
  });

  it("is that of the WebAssembly build of rules", () => {
    expect(offered("dist/wasm-rules/decolle.d.ts")).toEqual(rules);
  });

  const threaded = "dist/wasm-threads/decolle.d.ts";

  it.runIf(existsSync(file(threaded)))(
    "is that of the WebAssembly build with threads, but for what its workers call",
    () => {
      const { lendThreads, runThread, ...rest } = offered(threaded);
      expect(rest).toEqual(contract);
      expect([lendThreads, runThread]).toEqual(["(start: Function): void", "(number: number): void"]);
    },
  );

  it("is there when the modules are loaded", async () => {
    const native: Record<string, unknown> = await import("#native");
    const engine = await (await import("#wasm")).load();
    const reading = await (await import("#wasm-events")).load();
    const deriving = await (await import("#wasm-rules")).load();
    const loaded = [
      [native, { ...all, ...recordings }],
      [engine().binding as unknown as Record<string, unknown>, contract],
      [reading().binding as unknown as Record<string, unknown>, recordings],
      [deriving().binding as unknown as Record<string, unknown>, rules],
    ] as const;
    for (const [binding, described] of loaded) {
      for (const name of Object.keys(described)) {
        const [, made, owner, mark, member] = /^(?:new (\w+)|(\w+)([.#])(\w+)|\w+)$/.exec(name) ?? [];
        const value = binding[made ?? owner ?? name];
        const holder = (mark === "#" ? (value as { prototype: unknown }).prototype : value) as Record<string, unknown>;
        expect(typeof (member === undefined ? value : holder[member]), name).toBe("function");
      }
    }
  });
});

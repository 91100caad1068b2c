/** Both builds and the contract have one surface: the same functions, with parameters of the same names and types. */
import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const file = (path: string) => new URL(`../../${path}`, import.meta.url);

/** Types that differ in spelling only: wasm-bindgen also takes arrays of numbers. */
function spelling(type: string): string {
  return type
    .replaceAll(" | number[]", "")
    .replace(/^(Network|Batch)Handle$/, "$1")
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
  Binding: { name: "", fixed: true },
  BatchHandle: { name: "Batch", fixed: false },
  BatchConstructor: { name: "Batch", fixed: true },
  NetworkHandle: { name: "Network", fixed: false },
  NetworkConstructor: { name: "Network", fixed: true },
  SyntheticCameraHandle: { name: "SyntheticCamera", fixed: false },
  SyntheticCameraConstructor: { name: "SyntheticCamera", fixed: true },
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
  const contract = surface("src/backend/contract.ts");

  it("is described by the contract", () => {
    expect(Object.keys(contract).length).toBeGreaterThan(20);
  });

  it("is that of the native build", () => {
    expect(surface("dist/native/index.d.ts")).toEqual(contract);
  });

  it("is that of the WebAssembly build", () => {
    const offered = Object.entries(surface("dist/wasm/decolle.d.ts")).filter(([name]) => !glue.test(name));
    expect(Object.fromEntries(offered)).toEqual(contract);
  });

  const threaded = "dist/wasm-threads/decolle.d.ts";

  it.runIf(existsSync(file(threaded)))(
    "is that of the WebAssembly build with threads, but for what its workers call",
    () => {
      const offered = Object.entries(surface(threaded)).filter(([name]) => !glue.test(name));
      const { lendThreads, runThread, ...rest } = Object.fromEntries(offered);
      expect(rest).toEqual(contract);
      expect([lendThreads, runThread]).toEqual(["(start: Function): void", "(number: number): void"]);
    },
  );

  it("is there when the modules are loaded", async () => {
    const native: Record<string, unknown> = await import("#native");
    const instantiate = await (await import("#wasm")).load();
    const wasm = instantiate().binding as unknown as Record<string, unknown>;
    for (const binding of [native, wasm]) {
      for (const name of Object.keys(contract)) {
        const [, made, owner, mark, member] = /^(?:new (\w+)|(\w+)([.#])(\w+)|\w+)$/.exec(name) ?? [];
        const value = binding[made ?? owner ?? name];
        const holder = (mark === "#" ? (value as { prototype: unknown }).prototype : value) as Record<string, unknown>;
        expect(typeof (member === undefined ? value : holder[member]), name).toBe("function");
      }
    }
  });
});

/** `npm run check` finds promises that nobody waits for. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { root } from "../../build/command.mjs";
import { lostPromises } from "../../build/promises.mjs";

const source = `
declare function ask(): Promise<number>;
declare function expect(value: unknown): { toBe(other: unknown): void; rejects: { toThrow(): Promise<void> } };
export async function lost() {
  ask();
  expect(ask()).toBe(ask());
  [1].forEach(async () => { await ask(); });
  console.log(\`\${ask()}\`);
  using held = { [Symbol.dispose]() {} };
  console.log(held);
  return ask();
}
export async function kept() {
  await ask();
  void ask();
  ask().catch(() => undefined);
  ask().then(() => 1, () => 2).finally(() => 3);
  await expect(ask()).rejects.toThrow();
  expect(await ask()).toBe(1);
  const later = ask();
  using held = { [Symbol.dispose]() {} };
  console.log(held, await later);
  return await ask();
}
`;

it("finds promises that are lost, and no others", () => {
  const folder = join(root, "target", "promises");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "lost.ts");
  writeFileSync(path, source);
  const options = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"],
  };
  const lines = lostPromises(ts.createProgram([path], { ...options, strict: true, types: [] }));
  expect(lines.map((line) => Number(line.split(":")[1]))).toEqual([5, 6, 7, 8, 11]);
});

// @ts-check
/**
 * Finds promises that nobody waits for: methods of a network that ask its engine are asynchronous, and a forgotten `await` is
 * seen neither by the compiler nor, in `expect(promise).toEqual(promise)`, by a test.
 *
 * By the types of the compiler, since a linter's own do not reach through this code.
 */

import { relative } from "node:path";
import ts from "typescript";
import { CommandError, root, script } from "./command.mjs";

/**
 * The places where a promise is lost, `file:line: what`.
 *
 * @param {ts.Program} program
 * @returns {string[]}
 */
export function lostPromises(program) {
  const checker = program.getTypeChecker();
  const isPromise = (/** @type {ts.Node} */ node) => {
    const type = checker.getTypeAtLocation(node);
    return (type.isUnion() ? type.types : [type]).some(({ symbol }) => symbol?.name === "Promise");
  };
  /** @type {string[]} */
  const found = [];
  for (const source of program.getSourceFiles()) {
    const name = relative(root, source.fileName);
    if (source.isDeclarationFile || name.startsWith("..") || name.includes("node_modules")) continue;
    const visit = (/** @type {ts.Node} */ node) => {
      const wrong = fault(node, isPromise);
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      if (wrong !== undefined) found.push(`${name}:${line + 1}: ${wrong}`);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

/**
 * What is wrong with a node itself.
 *
 * @param {ts.Node} node
 * @param {(node: ts.Node) => boolean} isPromise
 * @returns {string | undefined}
 */
function fault(node, isPromise) {
  if (ts.isExpressionStatement(node)) {
    const { expression } = node;
    if (!ts.isCallExpression(expression) || isHeard(expression) || !isPromise(expression)) return undefined;
    return "a promise that nobody waits for";
  }
  if (ts.isTemplateSpan(node) && isPromise(node.expression)) return "a promise in a text";
  if (ts.isReturnStatement(node) && node.expression && usesInside(node) && isPromise(node.expression)) {
    return "a promise that settles after what it uses was disposed of; expected return await";
  }
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  const { expression } = node;
  if (first && ts.isIdentifier(expression) && expression.text === "expect" && isPromise(first)) {
    const { parent } = node;
    const waits = ts.isPropertyAccessExpression(parent) && /^(rejects|resolves)$/.test(parent.name.text);
    return waits ? undefined : "a promise that is compared instead of its value";
  }
  if (first && ts.isPropertyAccessExpression(expression) && expression.name.text === "forEach") {
    const isAsync = ts.isFunctionLike(first) && ts.getCombinedModifierFlags(first) & ts.ModifierFlags.Async;
    return isAsync ? "an asynchronous function whose end nobody waits for" : undefined;
  }
  return undefined;
}

/**
 * Whether a call gives a promise on to those who hear of its rejection.
 *
 * @param {ts.CallExpression} call
 * @returns {boolean}
 */
function isHeard({ expression, arguments: given }) {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const { name, expression: before } = expression;
  if (name.text === "finally") return ts.isCallExpression(before) && isHeard(before);
  return name.text === "catch" || (name.text === "then" && given.length === 2);
}

/** Whether the function around a node disposes of something at its end, by `using`. */
function usesInside(/** @type {ts.Node} */ node) {
  let owner = node.parent;
  while (owner !== undefined && !ts.isFunctionLike(owner)) owner = owner.parent;
  /** @type {(inner: ts.Node) => boolean} */
  const uses = (inner) => {
    if (ts.isFunctionLike(inner)) return false;
    const isUsing =
      ts.isVariableDeclarationList(inner) && (inner.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using;
    return isUsing || (ts.forEachChild(inner, uses) ?? false);
  };
  return owner !== undefined && (ts.forEachChild(owner, uses) ?? false);
}

/** Looks through all files that the compiler checks. */
export function checkPromises() {
  const path = `${root}/tsconfig.json`;
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const found = lostPromises(ts.createProgram(fileNames, options));
  if (found.length > 0) throw new CommandError(`${found.length} promises are lost:\n${found.join("\n")}`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) await script(checkPromises);

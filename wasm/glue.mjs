// @ts-check
/**
 * Makes wasm-bindgen's JavaScript a function that can be called again.
 *
 * What wasm-bindgen writes for `--target web` keeps its one instance in variables of the module, and a module of JavaScript
 * is loaded once and never freed. But an instance that has trapped is not to be used again, and its memory is to be given
 * back. So all of the file becomes the body of `instantiate`, which makes an instance with everything that belongs to it.
 *
 * What is replaced has to be there, so that another version of wasm-bindgen cannot slip through.
 */

import { CommandError } from "../build/command.mjs";

/** The names by which `exports` is called: classes and functions that the file exports. */
const exported = /^export (?:class|function) (\w+)/gm;

/** From here on the file only finds, compiles and loads the module, which wasm/ does. */
const loading = /^async function __wbg_load\([\s\S]*$/m;

/**
 * @param {string} source - What wasm-bindgen wrote.
 * @returns {string} A module that exports `instantiate(given, enter)`.
 */
export function asFactory(source) {
  const names = [...source.matchAll(exported)].map(([, name]) => name);
  if (names.length === 0) throw new CommandError("wasm-bindgen's JavaScript exports nothing that is known");
  const body = [
    [loading, ""],
    [/^(\s*)wasm = instance\.exports;$/m, "$1wasm = enter(instance.exports);"],
  ].reduce(
    (text, [pattern, replacement]) => {
      const [place, by] = /** @type {[RegExp, string]} */ ([pattern, replacement]);
      if (!place.test(text)) throw new CommandError(`wasm-bindgen's JavaScript has no ${place}`);
      return text.replace(place, by);
    },
    source.replace(/^\/\* @ts-self-types=.*\n/, "").replace(/^export /gm, ""),
  );
  return `/** Written by wasm-bindgen and wasm/glue.mjs. */

/**
 * Makes an instance of the compiled core.
 *
 * @param given - \`{ module, memory?, thread_stack_size? }\`: the core, compiled; the memory it shares, if not one of its own.
 * @param enter - Gets the exports of WebAssembly and gives those that are to be called.
 * @returns What Rust exports, and \`memory\`.
 */
export function instantiate(given, enter) {
// Forgotten objects are freed by src/backend/core.ts, which knows whether the instance may still be entered.
const FinalizationRegistry = undefined;

${body.trim()}

__wbg_finalize_init(
    new WebAssembly.Instance(given.module, __wbg_get_imports(given.memory)),
    given.module,
    given.thread_stack_size,
);
return { ${names.join(", ")}, memory: wasm.memory, __wbindgen_thread_destroy: wasm.__wbindgen_thread_destroy };
}
`;
}

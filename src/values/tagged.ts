/** Plain data that says what it is. */
import { reading } from "./options.js";

/**
 * Puts a type on options; they are checked where they are used, since they may come from a file as well.
 *
 * @param type - The type.
 * @param options - Its fields.
 * @returns Both, the options copied.
 * @throws {@link DecolleError} `config` where reading the options throws.
 */
export function tagged<Type extends string, Options extends object>(
  type: Type,
  options: Options,
): { readonly type: Type } & Options {
  return reading(type, () => ({ type, ...options }));
}

/** What is handed out cannot be changed, so that nobody believes to have changed what it describes. */

/**
 * Freezes plain data, with all that it holds.
 *
 * @param value - Objects and arrays, nested at will but not in circles; typed arrays cannot be frozen and stay as they are.
 * @returns The same value.
 */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) frozen(field);
  return Object.freeze(value);
}

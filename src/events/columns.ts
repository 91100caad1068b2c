/** Checks on events as columns, before they cross into a backend. */
import type { EventColumns } from "../backend/contract.js";
import { DecolleError } from "../errors.js";

/**
 * Refuses columns of the wrong type or of unequal length. Order in time and pixels are checked where events are binned.
 *
 * @param events - Columns `x`, `y` (Uint16Array), `p` (Uint8Array) and `t` (Float64Array, microseconds).
 * @param path - What messages call them.
 * @throws {@link DecolleError} `config` for another type of array, `shape` for unequal lengths.
 */
export function checkColumns(events: EventColumns, path: string): void {
  const columns: ReadonlyArray<[string, unknown, new () => object]> = [
    ["x", events?.x, Uint16Array],
    ["y", events?.y, Uint16Array],
    ["p", events?.p, Uint8Array],
    ["t", events?.t, Float64Array],
  ];
  for (const [name, column, type] of columns) {
    if (!(column instanceof type)) {
      throw new DecolleError("config", `${path}.${name}: expected a ${type.name}, found ${typeName(column)}`);
    }
  }
  for (const name of ["y", "p", "t"] as const) {
    if (events[name].length !== events.x.length) {
      const expected = `${events.x.length} entries as in ${path}.x`;
      throw new DecolleError("shape", `${path}.${name}: expected ${expected}, found ${events[name].length}`);
    }
  }
}

/** The name of a value's type, for messages. */
function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Object.getPrototypeOf(value)?.constructor?.name ?? typeof value;
}

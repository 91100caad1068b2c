/** How far numbers are apart. */

/** Anything that holds numbers. */
export type Numbers = ArrayLike<number>;

/**
 * The greatest absolute difference; infinite where lengths differ or a number is none.
 *
 * @param found - What was computed.
 * @param expected - What should have been.
 * @returns max |found − expected|.
 */
export function deviation(found: Numbers, expected: Numbers): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let index = 0; index < found.length; index++) {
    const distance = Math.abs((found[index] ?? Number.NaN) - (expected[index] ?? Number.NaN));
    if (!(distance <= greatest)) greatest = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
  }
  return greatest;
}

/**
 * The greatest magnitude.
 *
 * @param values - Numbers.
 * @returns max |values|, 0 of none.
 */
export function greatest(values: Numbers): number {
  return deviation(values, new Float64Array(values.length));
}

/** Collects the greatest deviation of each quantity over a run, so that one assertion at the end names them all. */
export class Deviations {
  readonly #greatest = new Map<string, number>();

  /**
   * Notes a deviation.
   *
   * @param quantity - What deviates.
   * @param amount - By how much.
   */
  note(quantity: string, amount: number): void {
    this.#greatest.set(quantity, Math.max(amount, this.#greatest.get(quantity) ?? 0));
  }

  /**
   * The deviations that exceed what is allowed, as text.
   *
   * @param allowed - Largest deviation allowed of each quantity; one that is missing allows none.
   * @returns One line each, none where all is well.
   */
  beyond(allowed: Readonly<Record<string, number>>): string[] {
    return [...this.#greatest]
      .filter(([quantity, amount]) => !(amount <= (allowed[quantity] ?? 0)))
      .map(([quantity, amount]) => `${quantity}: ${amount.toExponential(2)}, allowed ${allowed[quantity] ?? 0}`);
  }

  /** The quantities that were noted. */
  get quantities(): string[] {
    return [...this.#greatest.keys()];
  }
}

// @ts-check
/** Numbers that look random, the same for the same seed. */

/**
 * Whole numbers below 2³²: xorshift, triple 13, 17, 5 (Marsaglia 2003).
 *
 * @param {number} seed
 * @returns {Generator<number, never>}
 */
export function* numbers(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    yield state;
  }
}

/**
 * A copy in another order (Fisher and Yates).
 *
 * @template Item
 * @param {readonly Item[]} items
 * @param {Iterator<number, number>} draws
 * @returns {Item[]}
 */
export function shuffled(items, draws) {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const place = draws.next().value % (last + 1);
    [mixed[last], mixed[place]] = [/** @type {Item} */ (mixed[place]), /** @type {Item} */ (mixed[last])];
  }
  return mixed;
}

/** Random numbers of tests that try at random: seeded, so that what failed can be tried again. */

/** A source of random numbers. */
export interface Random {
  /** From 0 up to below 1. */
  readonly share: () => number;
  /** A whole number from 0 up to below `count`. */
  readonly below: (count: number) => number;
  /** One of a list. */
  readonly one: <Value>(list: readonly Value[]) => Value;
}

/**
 * Makes a source.
 *
 * @param seed - A whole number.
 * @returns Numbers that are the same for the same seed.
 */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  // Mulberry32.
  const share = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(share() * count);
  const one = <Value>(list: readonly Value[]) => list[below(list.length)] as Value;
  return { share, below, one };
}

/** How many times as much as in `npm test` is tried: DECOLLE_FUZZ, 1 by default. */
export const multiplier = Number(process.env["DECOLLE_FUZZ"] ?? "1");

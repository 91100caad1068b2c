/** Repeated measurements: taken in turn, and summed up. `bench/` measures by these, too. */
import { median as middle } from "d3-array";

/** Repeated measurements of one quantity, in the unit of the values they were made from. */
export interface Spread {
  /** The middle value; the mean of the two middle ones where their number is even. */
  readonly median: number;
  /** The smallest. */
  readonly least: number;
  /** The greatest. */
  readonly most: number;
  /** All of them, in the order they were taken. */
  readonly values: number[];
}

/**
 * The middle value; the mean of the two middle ones where their number is even.
 *
 * @param values - At least one.
 * @returns The median.
 */
export function median(values: readonly number[]): number {
  return middle(values) ?? Number.NaN;
}

/**
 * Median, least and most of repeated measurements.
 *
 * @param values - At least one, in the order they were taken.
 * @returns All three, and a copy of the values.
 */
export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    values: Array.from(values),
  };
}

/**
 * A number with three significant digits, without exponent.
 *
 * @param value - The number.
 * @returns Such as `12.3`, at most six places behind the point.
 */
export function digits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

/**
 * A spread as text: median, then least and most in brackets.
 *
 * @param values - The measurements.
 * @returns Such as `1.23 (1.20–1.31)`.
 */
export function spreadText({ median: middle, least, most }: Spread): string {
  return `${digits(middle)} (${digits(least)}–${digits(most)})`;
}

/**
 * Milliseconds of work before a measurement counts. After some idle time threads may wake on one core, and stay there for
 * some tens of milliseconds.
 */
const warmth = 200;

/** Measurements by the names of sides. */
type Sides<Side extends string> = Readonly<Record<Side, () => Promise<number>>>;

/**
 * Runs all sides once a turn, in one order on even turns and in the opposite on odd ones, so that whatever else the machine does
 * hits all of them alike. The first turn warms up and is not counted. A side whose measurement is shorter than 200 ms runs again
 * and again for that long before the one that counts.
 *
 * @param sides - Each measures once and gives the figure.
 * @param turns - Turns that count, at least 1.
 * @returns The figures of each side, in order of turns.
 */
export async function alternate<Side extends string>(sides: Sides<Side>, turns: number): Promise<Record<Side, Spread>> {
  const entries = Object.entries(sides) as Array<[Side, () => Promise<number>]>;
  const found = new Map(entries.map(([name]) => [name, [] as number[]]));
  const durations = new Map<Side, number>();
  for (let turn = 0; turn <= turns; turn++) {
    for (const [name, measure] of turn % 2 === 0 ? entries : Array.from(entries).reverse()) {
      await pause();
      const start = performance.now();
      while (turn > 0 && (durations.get(name) ?? 0) < warmth && performance.now() - start < warmth) await measure();
      const last = performance.now();
      const figure = await measure();
      durations.set(name, performance.now() - last);
      if (turn > 0) found.get(name)?.push(figure);
    }
  }
  return Object.fromEntries(Array.from(found, ([name, values]) => [name, spread(values)])) as Record<Side, Spread>;
}

/**
 * Lets the threads of whoever was at work go to sleep before the other side starts.
 *
 * @returns Resolves after 200 ms.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}

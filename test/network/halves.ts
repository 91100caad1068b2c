/** A data set that small networks learn. */
import type { Dataset } from "../../src/index.js";

/**
 * Two classes told apart by which half of the sensor is busy.
 *
 * @param length - Number of recordings.
 * @returns The data set; every call makes its recording anew.
 */
export function halves(length: number): Dataset {
  const events = 120;
  return {
    name: "halves",
    classes: ["left", "right"],
    length,
    sensor: { width: 6, height: 6 },
    duration: 30_000,
    sample: (index) => ({
      events: {
        x: Uint16Array.from({ length: events }, (_, event) => ((event * 5 + index) % 3) + 3 * (index % 2)),
        y: Uint16Array.from({ length: events }, (_, event) => (event * 7 + index * 3) % 6),
        p: Uint8Array.from({ length: events }, (_, event) => event % 2),
        t: Float64Array.from({ length: events }, (_, event) => event * 250),
      },
      label: index % 2,
    }),
  };
}

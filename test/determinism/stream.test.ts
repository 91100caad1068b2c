/** A stream gives the same bits whatever the pieces are that its events come in. */
import { expect, it } from "vitest";
import { type EventColumns, Network } from "../../src/index.js";
import { digest } from "./agreed.js";
import { xorshift } from "./training.js";

/** A millisecond a step, as many events as steps on average three times. */
const steps = 90;
const burnIn = 40;

const specification = {
  input: { channels: 2, height: 7, width: 5 },
  layers: [
    { type: "conv2d", channels: 6, kernel: 3, padding: 1 },
    { type: "dense", units: 12 },
  ],
  readout: { units: 3, dropout: 0.3 },
  optimizer: { type: "adaMax", learningRate: 0.01 },
} as const;

function drawEvents(): EventColumns {
  const next = xorshift(88172645);
  const count = 3 * steps;
  const times = Array.from({ length: count }, () => next() % (1000 * steps)).sort((a, b) => a - b);
  times[0] = 0;
  return {
    x: Uint16Array.from({ length: count }, () => next() % 5),
    y: Uint16Array.from({ length: count }, () => next() % 7),
    p: Uint8Array.from({ length: count }, () => next() % 2),
    t: Float64Array.from(times),
  };
}

/** The events from one time to just before another. */
function cut(events: EventColumns, from: number, to: number): EventColumns {
  const [start = 0, end = 0] = [from, to].map((time) => events.t.filter((t) => t < time).length);
  const { x, y, p, t } = events;
  return { x: x.slice(start, end), y: y.slice(start, end), p: p.slice(start, end), t: t.slice(start, end) };
}

/** Where the stream is cut, in microseconds: within steps, between them, in the middle of burn-in, with empty pieces. */
const cuttings: ReadonlyArray<[string, readonly number[]]> = [
  ["single milliseconds", Array.from({ length: steps }, (_, step) => 1000 * (step + 1))],
  ["halves of milliseconds", Array.from({ length: 2 * steps }, (_, half) => 500 * (half + 1))],
  ["uneven pieces", [1, 2, 7777, 30_000, 30_000, 39_999, 40_001, 71_500, 1000 * steps]],
  ["one piece", [1000 * steps]],
];

it.each(cuttings)("a stream in %s learns what one batch learns", async (_, ends) => {
  const events = drawEvents();
  using whole = await Network.create(specification);
  const expected = await whole.learn({ input: { events: [events], steps }, target: { classes: [1] } }, { burnIn });
  expect(expected.countedSteps).toBe(steps - burnIn);
  using network = await Network.create(specification);
  const stream = network.stream({ burnIn });
  let [from, counted, updates] = [0, 0, 0];
  for (const until of ends) {
    const { result, prediction } = await stream.push(cut(events, from, until), { target: 1, until });
    counted += result?.countedSteps ?? 0;
    updates += result?.updates ?? 0;
    if (until <= 1000 * burnIn) expect(prediction).toBeNull();
    from = until;
  }
  expect(counted).toBe(expected.countedSteps);
  expect(updates).toBe(expected.updates);
  expect(await digest(network)).toBe(await digest(whole));
});

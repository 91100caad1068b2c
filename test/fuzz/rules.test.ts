/**
 * Random neurons and costs over the public API, from the definition to a loaded checkpoint: what is refused is refused with
 * a code and alike at every step, what is taken learns, saves and loads, and its rule passes its check.
 *
 * `DECOLLE_FUZZ` multiplies how many are drawn.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type CheckOptions,
  type CostGraph,
  checkRule,
  cost,
  DecolleError,
  mean,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  rule,
  smoothL1,
} from "../../src/index.js";
import { drawCounts } from "../determinism/training.js";
import { randomCost, randomNeuron, squaredSelects } from "./graphs.js";

const times = Number(process.env.DECOLLE_FUZZ ?? 1);
const choices = (most: number) => fc.array(fc.nat(255), { maxLength: most });

/** What came of a call: its value, or the code of its refusal. */
async function outcome<Value>(call: () => Value | Promise<Value>): Promise<{ value?: Value; code?: string }> {
  try {
    return { value: await call() };
  } catch (error) {
    // Whatever else is thrown is a fault: a panic, a range error of the stack.
    if (!(error instanceof DecolleError)) throw error;
    expect(error.code, error.message).not.toBe("backend");
    return { code: error.code };
  }
}

const inputs = 6;
const batch = { input: drawCounts(2, 5, inputs, 3), target: { classes: Uint32Array.of(0, 1) } };

async function travel(
  own: NeuronGraph,
  priced: CostGraph | ReturnType<typeof smoothL1>,
  recurrent = false,
): Promise<void> {
  const derived = await outcome(() => rule(own, priced, { recurrent }));
  const options: CheckOptions = { steps: 6, inputs: 4, neurons: 3, recurrent };
  const checked = await outcome(() => checkRule(own, priced, options));
  if (derived.code !== undefined) {
    expect(checked.code).toBe(derived.code);
  } else if (checked.value !== undefined) {
    expect(checked.value.outcome, JSON.stringify(checked.value)).not.toBe("failed");
  }
  const specification: NetworkSpecification = {
    input: { units: inputs },
    layers: [{ type: "dense", units: 5, recurrent }],
    readout: { units: 2 },
    neuron: own,
    cost: priced,
  };
  const created = await outcome(() => Network.create(specification, { threads: 1 }));
  if (derived.code !== undefined) expect(created.code).toBe(derived.code);
  if (created.value === undefined) return;
  using network = created.value;
  const learned = await outcome(() => network.learn(batch));
  if (learned.code !== undefined) expect(learned.code).toBe("not-finite");
  const bytes = network.toBytes();
  using loaded = await Network.fromBytes(bytes, { threads: 1 });
  expect(loaded.toBytes()).toEqual(bytes);
  expect((await loaded.rule(0)).text.whole).toBe((await network.rule(0)).text.whole);
}

it(
  "random neurons and costs are refused with a code, or derived, checked, learned, saved and loaded",
  async () => {
    await fc.assert(
      fc.asyncProperty(choices(120), choices(50), fc.boolean(), async (ofNeuron, ofCost, recurrent) => {
        const own = randomNeuron(ofNeuron);
        await travel(own, randomCost(ofCost, own), recurrent);
      }),
      { numRuns: Math.ceil(60 * times) },
    );
  },
  600_000 * Math.max(1, times),
);

it("a product of selects squared over and over again is answered, however often", async () => {
  for (const [squarings, conditions] of [
    [13, 1],
    [16, 1],
    [200, 1],
    [60, 3],
    [8, 120],
  ] as const) {
    await travel(squaredSelects(squarings, conditions), smoothL1());
  }
}, 120_000);

it("parts of a cost that are shared are taken apart once", async () => {
  const fibonacci = cost(({ readout, membrane }) => {
    let [a, b] = [mean(readout), mean(membrane)];
    for (let round = 0; round < 240; round++) [a, b] = [b, round % 2 === 0 ? a.plus(b) : a.minus(b)];
    return b;
  }, "fibonacci");
  await travel(squaredSelects(1, 1), fibonacci);
}, 120_000);

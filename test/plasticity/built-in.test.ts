/**
 * Surrogates, costs and the error trigger are written in TypeScript, where neurons and costs of one's own are made of them, and in
 * the core. Rules derived from either print alike, number for number.
 */
import { describe, expect, it } from "vitest";
import {
  boxcar,
  type Cost,
  crossEntropyOf,
  errorTriggered,
  fastSigmoid,
  lif,
  meanSquaredOf,
  neuron,
  rule,
  type Surrogate,
  sigmoidDerivative,
  smoothL1,
  smoothL1Of,
} from "../../src/index.js";

const builtIn = lif();

/** All surrogates. */
const surrogates: Readonly<Record<Surrogate["type"], readonly Surrogate[]>> = {
  boxcar: [boxcar(), boxcar({ width: 0.3 })],
  fastSigmoid: [fastSigmoid(), fastSigmoid({ slope: 0.7 })],
  sigmoid: [sigmoidDerivative({ slope: 2 })],
};

/** All costs as expressions. */
const costs: Readonly<Record<Cost["type"], typeof smoothL1Of>> = {
  smoothL1: smoothL1Of,
  meanSquared: meanSquaredOf,
  crossEntropy: crossEntropyOf,
};

describe("what ships is the same in TypeScript and in the core", () => {
  it.each(Object.values(surrogates).flat())("the surrogate $type", async (surrogate) => {
    const written = neuron({ membrane: (_, bias, __, { input }) => input.plus(bias), surrogate });
    const [own, core] = await Promise.all([rule(written, smoothL1()), rule(lif({ surrogate }), smoothL1())]);
    const slopes = [own, core].map(({ text }) => text.factors.find(({ name }) => name === "surrogate")?.formula);
    expect(slopes[0]).toMatch(/^σ′\(U_i\[t\]\) = /);
    expect(slopes[0]).toBe(slopes[1]);
  });

  it.each(Object.entries(costs))("the cost %s", async (type, written) => {
    const core = { type } as Cost;
    const own = await rule(builtIn, ({ readout, target }) => written(readout, target));
    expect(own).toMatchObject(JSON.parse(JSON.stringify(await rule(builtIn, core))));
  });

  it("the error trigger", async () => {
    const own = await rule(builtIn, smoothL1(), { modulation: errorTriggered(0.25) });
    const core = await rule(builtIn, smoothL1(), { errorTrigger: { threshold: 0.25 } });
    expect(own).toMatchObject(JSON.parse(JSON.stringify(core)));
  });
});

/** Types catch a wrong symbol before anything runs; `types.ts` has more of them, which only the compiler looks at. */
import { expect, it } from "vitest";
import { boxcar, cost, leak, mean, ms, neuron, perNeuron, sum, weighted } from "../../src/index.js";

it("names, kinds and spaces of a neuron are known to the compiler", () => {
  const make = () =>
    neuron({
      constants: { membrane: ms(20), own: perNeuron(ms(5)), gain: 2 },
      traces: { slow: 0 },
      state: { potential: 0 },
      trace: (traces, { event }, c) => ({ slow: leak(traces.slow, c.membrane).plus(event) }),
      step: (s, { input, traces }, c) => {
        // @ts-expect-error: there is no such constant
        void c.synapse;
        // @ts-expect-error: a time constant is not a number
        void (() => s.potential.times(c.membrane));
        // @ts-expect-error: traces are of inputs
        void (() => s.potential.plus(traces.slow));
        return { potential: leak(s.potential, c.own).plus(input.times(c.gain)).plus(weighted(traces.slow)) };
      },
      // @ts-expect-error: there is no such state variable
      membrane: (s) => s.potential.plus(s.threshold),
      surrogate: boxcar(),
    });
  expect(make).toThrow("neuron: there is no constant synapse; there is membrane, own, gain");
});

it("sums and means are the same as methods and as functions", () => {
  const methods = cost(({ readout, membrane }) => readout.square().mean().plus(membrane.sum()));
  const functions = cost(({ readout, membrane }) => mean(readout.square()).plus(sum(membrane)));
  expect(methods).toEqual(functions);
  expect(methods.nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(["mean", "sum"]));
});

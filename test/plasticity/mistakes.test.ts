/** Mistakes that users make, and what they are told: what is wrong, and where. */
import { describe, expect, it } from "vitest";
import {
  boxcar,
  checkRule,
  cost,
  decay,
  type Expression,
  leak,
  mean,
  ms,
  neuron,
  perNeuron,
  rule,
  smoothL1,
} from "../../src/index.js";

/** A neuron in which one thing is replaced. */
function almost(membrane: (potential: Expression<"neuron">, bias: Expression<"neuron">) => Expression<"neuron">) {
  return neuron({
    name: "mine",
    constants: { membrane: ms(20) },
    state: { potential: 0 },
    step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
    membrane: (s, bias) => membrane(s.potential, bias),
    surrogate: boxcar(),
  });
}

const fine = almost((potential, bias) => potential.plus(bias));

const mistakes: Readonly<Record<string, [() => unknown, string, string]>> = {
  "a symbol that is not declared": [
    () =>
      neuron({
        name: "mine",
        state: { potential: 0 },
        step: (s, { input }) => ({
          // @ts-expect-error: there is no voltage
          potential: (s.voltage as Expression<"neuron">).plus(input),
        }),
        membrane: (s) => s.potential,
        surrogate: boxcar(),
      }),
    "config",
    "mine: there is no state variable voltage; there is potential",
  ],
  "a state variable whose step is missing": [
    () =>
      neuron({
        name: "mine",
        state: { potential: 0, threshold: 0 },
        // @ts-expect-error: threshold is missing
        step: (s, { input }) => ({ potential: s.potential.plus(input) }),
        membrane: (s) => s.potential,
        surrogate: boxcar(),
      }),
    "config",
    "mine.step.threshold: expected its value after the step, found none",
  ],
  "JavaScript's own operators": [
    () =>
      almost((potential, bias) => {
        // @ts-expect-error: an expression is no number
        const doubled: number = potential * 2;
        return bias.plus(doubled);
      }),
    "config",
    "mine: an expression has no value while it is traced; use its methods (plus, times, …) and select instead of operators, if and Math",
  ],
  "a time constant out of range": [
    () => ms(-5),
    "range",
    "ms: expected a time constant of 0.001 to 1e9 milliseconds, found -5",
  ],
  "a decay factor of one": [() => decay(1), "range", "decay: expected a factor of at least 0 and below 1, found 1"],
  "a number that is none": [
    () => almost((potential) => potential.plus(Number.NaN)),
    "not-finite",
    "mine.add: expected a finite number, found NaN",
  ],
  "an expression of another neuron": [
    () => {
      let foreign: Expression<"neuron"> | undefined;
      almost((potential) => {
        foreign = potential;
        return potential;
      });
      return neuron({
        name: "second",
        membrane: (_, bias) => bias.plus(foreign ?? 0),
        surrogate: boxcar(),
      });
    },
    "config",
    "second.add: expected an expression of second itself, found one of mine",
  ],
  "a readout added to a potential": [
    () =>
      rule(
        fine,
        // @ts-expect-error: one value a class and one a neuron do not go together
        cost(({ readout, membrane }) => mean(readout.plus(membrane) as Expression<"class">), "mixed"),
      ),
    "shape",
    "cost.nodes[5] (add, in mixed): one value a class and one value a neuron do not go together",
  ],
  "an input used without weights": [
    () =>
      rule(
        neuron({
          name: "mine",
          state: { potential: 0 },
          // @ts-expect-error: one value an input is not one a neuron
          step: (s, { event }) => ({ potential: s.potential.plus(event) }),
          membrane: (s) => s.potential,
          surrogate: boxcar(),
        }),
        smoothL1(),
      ),
    "shape",
    "neuron.nodes[7] (add, in step.potential): one value a neuron and one value an input do not go together; weighted() makes of values of inputs one value a neuron",
  ],
  "a cost that is no number": [
    () =>
      rule(
        fine,
        // @ts-expect-error: one value a class is no cost
        cost(({ readout, target }) => readout.minus(target), "distance"),
      ),
    "shape",
    "cost: expected one value a sample, found one value a class: take its sum or mean",
  ],
  "a cost that does not look at the layer": [
    () =>
      rule(
        fine,
        cost(({ target }) => mean(target), "constant"),
      ),
    "config",
    "cost: expected a cost that depends on readout, spike, membrane or state, other than through stops",
  ],
  "a derivative that does not exist": [
    () =>
      rule(
        almost((potential, bias) => potential.floor().plus(bias)),
        smoothL1(),
      ),
    "unsupported",
    "membrane: floor has no derivative where one is needed; put stopGradient around it, or choose a smooth operation",
  ],
  "a comparison taken as a number": [
    () =>
      rule(
        almost((potential, bias) => potential.greater(0.5).plus(bias)),
        smoothL1(),
      ),
    "unsupported",
    "membrane: a comparison taken as a number has no derivative where one is needed; put stopGradient around it, or choose a smooth operation",
  ],
  "a potential that does not depend on the weights": [
    () =>
      rule(
        almost((_, bias) => bias.times(2)),
        smoothL1(),
      ),
    "config",
    "membrane: expected a potential that depends on the weights, by input or weighted(), other than through stops",
  ],
  "dynamics that do not factorise, and no choice": [
    () =>
      rule(
        neuron({
          name: "mine",
          constants: { membrane: perNeuron(ms(20)) },
          state: { potential: 0 },
          step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
          membrane: (s) => s.potential,
          surrogate: boxcar(),
        }),
        smoothL1(),
      ),
    "config",
    'neuron.remainder: the state variable potential is multiplied by the constant membrane, which differs from neuron to neuron, so that the weights cannot be moved out of it; choose "eligibility" (exact, 4 bytes more per synapse) or "stop" (no gradient through its past), or put stopGradient around the part',
  ],
  "a sum over the layer in the gradient": [
    () =>
      rule(
        almost((potential) => potential.minus(mean(potential))),
        smoothL1(),
      ),
    "unsupported",
    "membrane: a sum over the layer has no derivative where one is needed: it would make the rule of one neuron depend on the weights of others; put stopGradient around it",
  ],
  "a state variable that the neuron does not have": [
    () =>
      rule(
        fine,
        cost(({ state }) => mean(state("threshold").square()), "price"),
      ),
    "config",
    'cost.nodes[5] (state, in price): expected a state variable of the neuron (potential), found "threshold"',
  ],
  "a value that overflows while it runs": [
    () =>
      checkRule(
        neuron({
          name: "explosive",
          state: { level: 1 },
          step: (s, { input }) => ({ level: s.level.times(s.level.plus(30)).exp().plus(input) }),
          membrane: (s) => s.level,
          surrogate: boxcar(),
          remainder: "stop",
        }),
        smoothL1(),
      ),
    "not-finite",
    "step.level: exp gives inf in step 1 (value 0 of one value a neuron)",
  ],
};

describe("a mistake is told with what is wrong and where", () => {
  it.each(Object.entries(mistakes))("%s", async (_, [make, code, message]) => {
    const made = (async () => make())();
    await expect(made).rejects.toMatchObject({ name: "DecolleError", code, message });
  });

  it("and what is right is not", async () => {
    await expect(rule(fine, smoothL1())).resolves.toMatchObject({ neuron: "mine" });
  });
});

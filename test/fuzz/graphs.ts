/** Random neurons and costs, written through the public functions from a list of choices that fast-check can shrink. */
import {
  boxcar,
  type CostGraph,
  cost,
  decay,
  type Expression,
  fastSigmoid,
  follow,
  leak,
  learned,
  mean,
  ms,
  type NeuronGraph,
  neuron,
  perNeuron,
  type SmoothL1,
  select,
  sigmoidDerivative,
  smoothL1,
  stopGradient,
  sum,
  weighted,
} from "../../src/index.js";

/** A list of choices; when it is used up, the first possibility is taken, which is the simplest. */
class Choices {
  readonly #list: readonly number[];
  #place = 0;

  constructor(list: readonly number[]) {
    this.#list = list;
  }

  pick(count: number): number {
    return (this.#list[this.#place++] ?? 0) % count;
  }

  of<const Values extends readonly [unknown, ...unknown[]]>(...values: Values): Values[number] {
    return values[this.pick(values.length)] as Values[number];
  }
}

/** Expressions as the generator sees them: what goes together, it knows itself. */
type Any = Expression<"layer">;
type Leaf = () => Any;

const any = (value: Expression<"neuron"> | Expression<"input"> | Expression<"class"> | Expression<"sample">): Any =>
  value as unknown as Any;

/** An expression over leaves, which all have one value of the same; `whole` makes one value a sample of it. */
function expression(choices: Choices, leaves: readonly Leaf[], depth: number, whole?: (value: Any) => Any): Any {
  const leaf = () => (leaves[choices.pick(leaves.length)] ?? (leaves[0] as Leaf))();
  if (depth <= 0) return leaf();
  const below = () => expression(choices, leaves, depth - 1 - choices.pick(2), whole);
  switch (choices.pick(13)) {
    case 0:
    case 1:
      return below().plus(below());
    case 2:
      return below().minus(below());
    case 3:
    case 4:
      return below().times(below());
    case 5: {
      const a = below();
      return choices.pick(2) === 0 ? a.min(below()) : a.max(below());
    }
    case 6:
      // Away from poles, where differences have no digits left.
      return below().over(below().square().plus(1));
    case 7:
    case 8: {
      const a = below();
      return choices.of(
        () => a.tanh(),
        () => a.sigmoid(),
        () => a.negative(),
        () => a.relu(),
        () => a.abs(),
        () => a.square(),
        () => a.tanh().exp(),
        () => a.times(0.5),
      )();
    }
    case 9:
      return stopGradient(below());
    case 10: {
      const a = below();
      const b = below();
      const condition = choices.of(a.less(b), a.atMost(b), a.greater(b), a.atLeast(b));
      return choices.pick(2) === 0 ? select(condition, below(), 0) : select(condition, leaf(), below());
    }
    case 11:
      return below().clamp(-0.8, 1.5);
    default:
      return whole === undefined ? leaf() : whole(below());
  }
}

const names = ["z", "y", "x", "w"] as const;

/**
 * A neuron.
 *
 * @param list - The choices.
 * @returns Its graph.
 */
export function randomNeuron(list: readonly number[]): NeuronGraph {
  const choices = new Choices(list);
  const remainder = choices.of("eligibility", "eligibility", "stop", undefined);
  const states = names.slice(0, choices.of(2, 3, 4, 1, 0));
  const traces = ["q", "p"].slice(0, choices.of(0, 1, 2));
  const strength = choices.of(0.3, learned(0.3), perNeuron(0.3), learned(perNeuron(0.3)));
  const rate = choices.of(decay(0.7), learned(decay(0.7)), ms(5), learned(ms(5)));
  const surrogate = choices.of(sigmoidDerivative(), fastSigmoid({ slope: 3 }), boxcar({ width: 1 }), {
    primitive: (u: Expression<"neuron">) => u.times(2).sigmoid(),
  });
  const kept = states.map(() => choices.pick(2) === 0);
  const depths = { trace: 1 + choices.pick(3), step: 1 + choices.pick(4), membrane: 1 + choices.pick(3) };
  const [withDrive, withBias] = [choices.pick(2) === 0, choices.pick(2) === 0];
  return neuron({
    name: "random",
    constants: { strength, rate },
    traces: Object.fromEntries(traces.map((name) => [name, 0])),
    state: Object.fromEntries(states.map((name) => [name, choices.of(0, 0, 0.2)])),
    trace: (own, { event, recurrentEvent, isRecurrent }, c) => {
      const leaves: Leaf[] = [
        () => any(event),
        () => any(recurrentEvent),
        () => any(isRecurrent),
        ...traces.map((name) => () => any(own[name] as Expression<"input">)),
      ];
      const steps = traces.map((name) => {
        const next = any(event).times(expression(choices, leaves, depths.trace));
        return [name, any(leak(own[name] as Expression<"input">, c.rate)).plus(next)];
      });
      return Object.fromEntries(steps) as unknown as Record<string, Expression<"input">>;
    },
    step: (s, { input, recurrent, feedforward, event, spike, membrane, traces: after }, c) => {
      const drives = traces.map((name) => () => any(weighted(event.times(after[name] as Expression<"input">))));
      const leaves: Leaf[] = [
        () => any(input),
        ...states.map((name) => () => any(s[name] as Expression<"neuron">)),
        ...drives,
        () => any(recurrent),
        () => any(feedforward),
        () => any(spike),
        () => any(membrane),
        () => any(follow(spike)),
        () => any(follow(membrane)),
        () => any(input.times(0).plus(c.strength as unknown as Any)),
      ];
      const whole = (value: Any) =>
        any(mean(stopGradient(value.plus(any(membrane))) as unknown as Expression<"neuron">));
      const steps = states.map((name, index) => {
        const next = expression(choices, leaves, depths.step, whole);
        const old = any(leak(s[name] as Expression<"neuron">, c.rate));
        return [name, kept[index] ? old.plus(next) : next];
      });
      return Object.fromEntries(steps) as unknown as Record<string, Expression<"neuron">>;
    },
    membrane: (s, bias, c, { input, recurrent }) => {
      const leaves: Leaf[] = [
        () => any(input),
        () => any(recurrent),
        ...states.map((name) => () => any(s[name] as Expression<"neuron">)),
        () => any(bias),
        () => any(bias).times(c.strength as unknown as Any),
      ];
      let potential = any(input)
        .times(0)
        .plus(expression(choices, leaves, depths.membrane));
      if (withDrive) potential = potential.plus(any(input));
      if (withBias) potential = potential.plus(any(bias));
      return potential as unknown as Expression<"neuron">;
    },
    spikeAtThreshold: choices.pick(2) === 1,
    surrogate,
    ...(remainder !== undefined && { remainder }),
  });
}

/**
 * A cost of a neuron.
 *
 * @param list - The choices.
 * @param own - The neuron, whose state it may look at.
 * @returns Its graph, or one that ships.
 */
export function randomCost(list: readonly number[], own: NeuronGraph): CostGraph | SmoothL1 {
  const choices = new Choices(list);
  if (choices.pick(3) === 0) return smoothL1();
  return cost(({ readout, target, membrane, spike, state }) => {
    const classes = expression(choices, [() => any(readout), () => any(target)], 1 + choices.pick(3), (value) =>
      any(mean(value.plus(any(target)) as unknown as Expression<"class">)),
    );
    const off = any(readout.minus(target).square()).plus(classes);
    let whole = any(mean(off as unknown as Expression<"class">));
    if (choices.pick(2) === 1) {
      const leaves: Leaf[] = [
        () => any(membrane),
        () => any(spike),
        ...own.state.map(
          ({ name }) =>
            () =>
              any(state(name)),
        ),
      ];
      const neurons = any(membrane).times(
        expression(choices, leaves, 1 + choices.pick(3), (value) =>
          any(sum(value.plus(any(membrane)) as unknown as Expression<"neuron">)),
        ),
      );
      whole = whole.plus(any(mean(neurons as unknown as Expression<"neuron">)));
    }
    return whole as unknown as Expression<"sample">;
  }, "random");
}

/**
 * A neuron whose membrane is a product of selects, squared over and over again.
 *
 * @param squarings - How often.
 * @param conditions - How many selects there are.
 * @returns Its graph.
 */
export function squaredSelects(squarings: number, conditions: number): NeuronGraph {
  return neuron({
    name: "squared",
    state: { v: 0 },
    step: (s, { input }) => ({ v: s.v.times(0.5).plus(input) }),
    membrane: (s, bias, _, { input }) => {
      let product = select(s.v.greater(input), s.v, 0);
      for (let index = 1; index < conditions; index++) {
        product = product.times(select(s.v.less(index), 0, input));
      }
      for (let round = 0; round < squarings; round++) product = product.times(product);
      return product.plus(input).plus(bias);
    },
    surrogate: boxcar(),
  });
}

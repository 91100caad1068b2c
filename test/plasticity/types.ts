/** What the compiler refuses, before anything runs: every line marked is an error to `tsc`, which `npm run check` runs. */
import {
  type CostContext,
  type Expression,
  leak,
  mean,
  type StepContext,
  sampleMean,
  select,
  sum,
  type TimeConstant,
  weighted,
} from "../../src/index.js";

/** Never called: its types are the test. */
export function refused(
  { readout, target, membrane, spike, time }: CostContext,
  { input, event, recurrent, recurrentEvent }: StepContext<Record<never, number>>,
  shared: TimeConstant<"layer">,
  own: TimeConstant<"neuron">,
): void {
  // One value a class and one a neuron, or an input and a neuron, do not go together.
  // @ts-expect-error
  readout.plus(membrane);
  // @ts-expect-error
  membrane.times(target);
  // @ts-expect-error
  input.plus(event);
  // @ts-expect-error
  recurrent.plus(recurrentEvent);
  // @ts-expect-error
  select(readout.less(0), membrane, 0);
  // Weights bring inputs to neurons, nothing else.
  // @ts-expect-error
  weighted(membrane);
  // Sums are over classes or neurons; means over samples take what there is one of a sample.
  // @ts-expect-error
  sum(time);
  // @ts-expect-error
  time.sum();
  // @ts-expect-error
  event.mean();
  // @ts-expect-error
  membrane.sum().mean();
  // @ts-expect-error
  sampleMean(membrane);
  // A time constant is no number, and one of each neuron says nothing of an input.
  // @ts-expect-error
  membrane.times(shared);
  // @ts-expect-error
  leak(event, own);
  // Bounds of clamp are shared.
  // @ts-expect-error
  membrane.clamp(spike, 1);
  // Operations that are not there, and operands that are no expressions.
  // @ts-expect-error
  membrane.add(1);
  // @ts-expect-error
  membrane.plus("1");
}

/** What goes together, and the space of the result. */
export function allowed({ readout, target, membrane, time }: CostContext, own: TimeConstant<"neuron">): void {
  const each: Expression<"class"> = readout.minus(target).times(time).plus(1);
  const sample: Expression<"sample"> = mean(each).plus(sum(membrane));
  const same: Expression<"sample"> = each.mean().plus(membrane.sum());
  const scaled: Expression<"neuron"> = membrane.times(sample).minus(sampleMean(same));
  leak(scaled, own);
}

/** Operations that are functions: sums, the softmax, what weights make of inputs, stops, choices. */
import { faultAt } from "../errors.js";
import { demand, Expression, nodeOf, type Operand, type SpaceOf } from "./expression.js";
import type { Compatible, Join, Space } from "./space.js";

/**
 * An operation that gives another space.
 *
 * @internal
 *
 * @param op - The operation.
 * @param value - What it applies to.
 * @returns The expression.
 */
function applied<Result extends Space>(op: string, value: Expression<Space>): Expression<Result> {
  demand(value, op);
  return new Expression<Result>(value.tracer, value.tracer.record({ op, args: [value.index] }));
}

/**
 * The sum over the neurons, or over the readout units, of a sample; `value.sum()` is the same.
 *
 * @param value - One value a neuron or a readout unit.
 * @returns One value a sample.
 */
export function sum(value: Expression<"neuron"> | Expression<"class">): Expression<"sample"> {
  return applied("sum", value);
}

/**
 * The mean over the neurons, or over the readout units, of a sample; `value.mean()` is the same.
 *
 * @param value - One value a neuron or a readout unit.
 * @returns One value a sample.
 */
export function mean(value: Expression<"neuron"> | Expression<"class">): Expression<"sample"> {
  return applied("mean", value);
}

/**
 * The mean over samples.
 *
 * @param value - One value a sample.
 * @returns One value for the layer.
 */
export function sampleMean(value: Expression<"sample">): Expression<"layer"> {
  return applied("sampleMean", value);
}

/**
 * ln Σ_k exp y_k, without overflow.
 *
 * @param value - One value a readout unit.
 * @returns One value a sample.
 */
export function logSumExp(value: Expression<"class">): Expression<"sample"> {
  return applied("logSumExp", value);
}

/**
 * exp y_k / Σ_l exp y_l.
 *
 * @param value - One value a readout unit.
 * @returns Shares that add up to 1.
 */
export function softmax(value: Expression<"class">): Expression<"class"> {
  return applied("softmax", value);
}

/**
 * Σ_j W_ij x_j: brings values of inputs through the synapses.
 *
 * @param value - One value an input.
 * @returns One value a neuron.
 */
export function weighted(value: Expression<"input">): Expression<"neuron"> {
  return applied("weighted", value);
}

/**
 * The same value, through which no gradient passes.
 *
 * @param value - Any expression.
 * @returns The value.
 */
export function stopGradient<Own extends Space>(value: Expression<Own>): Expression<Own> {
  return applied<Own>("stop", value);
}

/**
 * Lets the gradient through where a stop was put: `follow(spike)` in a step takes away the stop that past spikes have by
 * DECOLLE's rules.
 *
 * @param value - A stopped value.
 * @returns The value without its stop.
 * @throws {@link DecolleError} `config` where the value is not stopped.
 */
export function follow<Own extends Space>(value: Expression<Own>): Expression<Own> {
  demand(value, "follow");
  const node = value.tracer.nodes[value.index];
  const inner = node?.op === "stop" ? node.args?.[0] : undefined;
  if (inner === undefined) {
    throw faultAt("config", `${value.tracer.name}.follow`, "expected a stopped value, such as spike in a step");
  }
  return new Expression<Own>(value.tracer, inner);
}

/**
 * One of two values.
 *
 * @param condition - A comparison.
 * @param then - The value where it holds.
 * @param otherwise - The value where it does not.
 * @returns The value chosen.
 */
export function select<
  Condition extends Space,
  Then extends Operand<Compatible<Condition>>,
  Otherwise extends Operand<Compatible<Condition>>,
>(
  condition: Expression<Condition>,
  then: Then,
  otherwise: Otherwise,
): Expression<Join<Condition, Join<SpaceOf<Then>, SpaceOf<Otherwise>>>> {
  demand(condition, "select");
  const { tracer } = condition;
  const args = [condition.index, nodeOf(tracer, then, "select"), nodeOf(tracer, otherwise, "select")];
  return new Expression(tracer, tracer.record({ op: "select", args }));
}

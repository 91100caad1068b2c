/** Costs of the user's own, written as functions and recorded as graphs. */
import { unfit } from "../errors.js";
import type { Cost } from "../learning/cost.js";
import { found } from "../values/found.js";
import { demanded, type Fields, readOptions, text } from "../values/options.js";
import { demand, type Expression, type GraphNode, nodeOf, Tracer } from "./expression.js";
import { logSumExp, mean, sampleMean, select, sum } from "./operations.js";

/** A cost as plain data: its graph in JSON. Made by {@link cost}. */
export interface CostGraph {
  /** Says which kind of graph this is. */
  readonly type: "cost";
  /** What messages call it. */
  readonly name: string;
  /** Nodes; each applies to nodes before it. */
  readonly nodes: readonly GraphNode[];
  /** Index of the node that is the cost. */
  readonly cost: number;
}

/** What a cost can look at, all of this step. */
export interface CostContext {
  /** Y_k, what the local readout says. */
  readonly readout: Expression<"class">;
  /** Ŷ_k, what it should say. */
  readonly target: Expression<"class">;
  /** U_i, after pooling. */
  readonly membrane: Expression<"neuron">;
  /** S_i, after pooling. */
  readonly spike: Expression<"neuron">;
  /** Milliseconds since the sequence began: what schedules are made of. */
  readonly time: Expression<"layer">;
  /**
   * A state variable of the neuron, after the step.
   *
   * @param name - Its name.
   * @returns z_i.
   */
  state(name: string): Expression<"neuron">;
}

/** A cost in the user's words: one number a sample, of which the mean counts, or one for the layer. */
export type CostDefinition = (context: CostContext) => Expression<"sample"> | Expression<"layer">;

/**
 * A cost of one's own.
 *
 * @param definition - Called once, now, with symbols; what it computes is recorded.
 * @param name - What messages and rules call it: a letter, then letters, digits and `_`.
 * @returns The cost as plain data, which can be written as JSON.
 * @throws {@link DecolleError} `config` for what is no expression, `not-finite` for numbers that are not finite.
 */
export function cost(definition: CostDefinition, name = "cost"): CostGraph {
  const tracer = new Tracer(text(name, "name"));
  if (typeof definition !== "function") {
    throw unfit("config", name, "a function", found(definition));
  }
  const result = definition({
    readout: tracer.symbol("readout"),
    target: tracer.symbol("target"),
    membrane: tracer.symbol("potential"),
    spike: tracer.symbol("spike"),
    time: tracer.symbol("time"),
    state: (variable) => tracer.symbol("state", variable),
  });
  const node = nodeOf(tracer, result, "cost");
  return { type: "cost", name, nodes: tracer.nodes, cost: node };
}

/** A cost in any form: a built-in one, a graph, or a function. */
export type AnyCost = Cost | CostGraph | CostDefinition;

/**
 * Smooth L1 as an expression: d²/2 where |d| < 1, |d| − ½ elsewhere; mean over readout units.
 *
 * @param readout - Y.
 * @param target - Ŷ.
 * @returns One value a sample.
 */
export function smoothL1Of(readout: Expression<"class">, target: Expression<"class">): Expression<"sample"> {
  demand(readout, "smoothL1Of");
  demand(target, "smoothL1Of");
  const distance = readout.minus(target);
  const size = distance.abs();
  return mean(select(size.less(1), distance.square().times(0.5), size.minus(0.5)));
}

/** Bounds of a mean rate. */
export interface RateBounds {
  /** Least activity: below it the layer is woken. */
  readonly low: number;
  /** Greatest activity: above it the layer is calmed. */
  readonly high: number;
}

const boundsFields: Fields<RateBounds> = { low: "number", high: "number" };

/**
 * A price on a layer whose mean activity, the logistic function of U averaged over neurons and samples, leaves its bounds.
 *
 * @param membrane - U.
 * @param bounds - Least and greatest mean activity.
 * @returns [low − mean]₊ + [mean − high]₊.
 */
export function meanRate(membrane: Expression<"neuron">, bounds: RateBounds): Expression<"layer"> {
  demand(membrane, "meanRate");
  const { low, high } = readOptions(demanded(bounds, "bounds"), boundsFields, "meanRate", "bounds");
  const activity = sampleMean(mean(membrane.sigmoid()));
  return activity.negative().plus(low).relu().plus(activity.minus(high).relu());
}

/**
 * The squared error as an expression: d², d = Y − Ŷ; mean over readout units.
 *
 * @param readout - Y.
 * @param target - Ŷ.
 * @returns One value a sample.
 */
export function meanSquaredOf(readout: Expression<"class">, target: Expression<"class">): Expression<"sample"> {
  demand(readout, "meanSquaredOf");
  demand(target, "meanSquaredOf");
  return mean(readout.minus(target).square());
}

/**
 * Softmax cross-entropy as an expression: −Σ_k Ŷ_k log softmax(Y)_k.
 *
 * @param readout - Y.
 * @param target - Ŷ.
 * @returns One value a sample.
 */
export function crossEntropyOf(readout: Expression<"class">, target: Expression<"class">): Expression<"sample"> {
  demand(readout, "crossEntropyOf");
  demand(target, "crossEntropyOf");
  return sum(target.times(logSumExp(readout).minus(readout)));
}

/** Modulations of the user's own: what becomes of the error that comes back to a neuron. */
import { unfit } from "../errors.js";
import { found } from "../values/found.js";
import { type Expression, type GraphNode, nodeOf, Tracer } from "./expression.js";

/** A modulation as plain data: its graph in JSON. Made by {@link modulation}. */
export interface ModulationGraph {
  /** Nodes; each applies to nodes before it. */
  readonly nodes: readonly GraphNode[];
  /** Index of the node that is the error to go on with. */
  readonly error: number;
}

/** What a modulation can look at, all of this step. */
export interface ModulationContext {
  /** E_i = ∂L/∂S_i, the error that has come back to the neuron. */
  readonly error: Expression<"neuron">;
  /** U_i, after pooling. */
  readonly membrane: Expression<"neuron">;
}

/** A modulation in the user's words: one error a neuron. */
export type ModulationDefinition = (context: ModulationContext) => Expression<"neuron">;

/**
 * A modulation of one's own. It changes what a layer learns on purpose, so `checkRule` leaves it out; networks have the
 * error trigger only.
 *
 * @param definition - Called once, now, with symbols; what it computes is recorded. Needs no derivative.
 * @returns The modulation as plain data, which can be written as JSON.
 * @throws {@link DecolleError} `config` for what is no expression, `not-finite` for numbers that are not finite.
 */
export function modulation(definition: ModulationDefinition): ModulationGraph {
  const tracer = new Tracer("modulation");
  if (typeof definition !== "function") {
    throw unfit("config", "modulation", "a function", found(definition));
  }
  const result = definition({ error: tracer.symbol("error"), membrane: tracer.symbol("potential") });
  const error = nodeOf(tracer, result, "error");
  return { nodes: tracer.nodes, error };
}

/** Neurons of the user's own, written as functions and recorded as graphs. */
import { faultAt, unfit } from "../errors.js";
import type { Surrogate } from "../neuron/surrogate.js";
import { found } from "../values/found.js";
import { demanded, type Fields, reading, readOptions, text } from "../values/options.js";
import { type ConstantGraph, type ConstantSymbols, type Constants, declareConstants } from "./constants.js";
import { type Expression, type GraphNode, nodeOf, Tracer } from "./expression.js";
import { select, stopGradient, weighted } from "./operations.js";
import type { Space } from "./space.js";
import { functionsOf, type OwnSurrogate } from "./surrogate.js";

/** A trace or state variable as it travels. */
export interface VariableGraph {
  /** Its name. */
  readonly name: string;
  /** Its value before the first step. */
  readonly initial: number;
  /** Index of the node that is its value after a step. */
  readonly next: number;
  /** How it prints; its name by default. */
  readonly symbol?: string;
}

/** The two expressions of a surrogate as they travel. */
export interface SurrogateGraph {
  /** Index of the node that is σ(U). */
  readonly primitive: number;
  /** Index of the node that is σ′(U); the derivative of the primitive where it is left out. */
  readonly derivative?: number;
}

/**
 * A neuron as plain data: its graph in JSON. Made by {@link neuron}; checked in full where it is used, so one from a file
 * needs no trust.
 */
export interface NeuronGraph {
  /** Says which kind of graph this is. */
  readonly type: "neuron";
  /** What messages call it. */
  readonly name: string;
  /** Constants. */
  readonly constants: readonly ConstantGraph[];
  /** Traces, one value an input. */
  readonly traces: readonly VariableGraph[];
  /** State variables, one value a neuron. */
  readonly state: readonly VariableGraph[];
  /** Nodes; each applies to nodes before it. */
  readonly nodes: readonly GraphNode[];
  /** Index of the node that is the membrane potential. */
  readonly membrane: number;
  /** Whether a potential of exactly 0 spikes: `at`, or `above` (default). */
  readonly spike: "above" | "at";
  /** Nodes of σ(U) and, where it is given, σ′(U). */
  readonly surrogate: SurrogateGraph;
  /** The choice for state that does not factorise. */
  readonly remainder?: "eligibility" | "stop";
}

/** Variables by name, with their values before the first step. */
export type Variables = Readonly<Record<string, number>>;

/** What a step gets for each variable. */
export type VariableSymbols<Declared extends Variables, Own extends Space> = {
  readonly [Name in keyof Declared]: Expression<Own>;
};

/** What arrives in a step, input by input. */
export interface TraceContext {
  /** x_j, events or spikes that arrive in this step: from below, and in a recurrent layer its own of the step before. */
  readonly event: Expression<"input">;
  /** x_j where it is a spike of the layer itself, of the step before; else 0, as always in a layer that is not recurrent. */
  readonly recurrentEvent: Expression<"input">;
  /** x_j where it comes from below, else 0; in a layer that is not recurrent the same as `event`. */
  readonly feedforwardEvent: Expression<"input">;
  /**
   * 1 where an input is a spike of the layer itself, 0 where it comes from below, as all do in a layer that is not recurrent. As
   * the condition of `select` it gives one trace two time constants.
   */
  readonly isRecurrent: Expression<"input">;
}

/** What arrives in a step, also as weights bring it to each neuron. */
export interface InputContext extends TraceContext {
  /** Σ_j W_ij x_j of this step, the sum of `feedforward` and `recurrent`. */
  readonly input: Expression<"neuron">;
  /**
   * Σ_j V_ij S_j[t−1], what recurrent weights bring of the layer's own spikes; 0 in a layer that is not recurrent. Past spikes
   * are inputs like any other: no gradient passes back through them.
   */
  readonly recurrent: Expression<"neuron">;
  /** Σ_j W_ij x_j over inputs from below alone; in a layer that is not recurrent the same as `input`. */
  readonly feedforward: Expression<"neuron">;
}

/** What the step of state variables gets. */
export interface StepContext<Traces extends Variables> extends InputContext {
  /** S_i of the step before. No gradient passes: it is stopped, as the refractory path is in the paper. */
  readonly spike: Expression<"neuron">;
  /** U_i of the step before, stopped. */
  readonly membrane: Expression<"neuron">;
  /** Traces after their step. */
  readonly traces: VariableSymbols<Traces, "input">;
}

/** What the membrane potential gets. */
export interface MembraneContext<Traces extends Variables> extends InputContext {
  /** b_i. */
  readonly bias: Expression<"neuron">;
  /** Traces after their step. */
  readonly traces: VariableSymbols<Traces, "input">;
}

/** A neuron in the user's words. */
export interface NeuronDefinition<Own extends Constants, Traces extends Variables, State extends Variables> {
  /** What messages and rules call it: a letter, then letters, digits and `_`; `neuron` by default. */
  readonly name?: string;
  /** Constants by name. */
  readonly constants?: Own;
  /** Traces by name with their initial values: one value an input. */
  readonly traces?: Traces;
  /** State variables by name with their initial values: one value a neuron. */
  readonly state?: State;
  /** How constants and variables print, such as `{ membrane: "α" }`. */
  readonly symbols?: Readonly<Record<string, string>>;
  /** Traces after a step from traces before it. */
  readonly trace?: (
    traces: VariableSymbols<Traces, "input">,
    context: TraceContext,
    constants: ConstantSymbols<Own>,
  ) => { readonly [Name in keyof Traces]: Expression<"input"> };
  /** State variables after a step from those before it. */
  readonly step?: (
    state: VariableSymbols<State, "neuron">,
    context: StepContext<Traces>,
    constants: ConstantSymbols<Own>,
  ) => { readonly [Name in keyof State]: Expression<"neuron"> };
  /** The membrane potential from state variables after the step; the neuron spikes where it is above zero. */
  readonly membrane: (
    state: VariableSymbols<State, "neuron">,
    bias: Expression<"neuron">,
    constants: ConstantSymbols<Own>,
    context: MembraneContext<Traces>,
  ) => Expression<"neuron">;
  /** Whether a potential of exactly 0 spikes; false by default. */
  readonly spikeAtThreshold?: boolean;
  /** What stands in for the threshold's derivative. */
  readonly surrogate: Surrogate | OwnSurrogate;
  /**
   * What the gradient does at state from which the weights cannot be moved out: an exact eligibility trace for each synapse,
   * or a stop. Without a choice such a neuron is refused.
   */
  readonly remainder?: "eligibility" | "stop";
}

/** Symbols by name, in an object that refuses other names. Getters among them are called when they are asked for. */
function symbolTable<Value>(
  tracer: Tracer,
  what: string,
  entries: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return new Proxy(entries as Record<string, Value>, {
    get(table, name) {
      if (typeof name === "symbol" || name in table) return Reflect.get(table, name) as unknown;
      const known = Object.keys(table).join(", ") || "none";
      throw faultAt("config", tracer.name, `there is no ${what} ${name}; there is ${known}`);
    },
  });
}

/**
 * Adds to symbols those that tell inputs apart. They are recorded when they are asked for, so that the graph of a neuron that
 * does not ask is what it is without.
 */
function tellingApart<Own extends object>(tracer: Tracer, event: Expression<"input">, own: Own) {
  const isRecurrent = () => tracer.symbol<"input">("isRecurrent");
  return addGetters(own, {
    get isRecurrent() {
      return isRecurrent();
    },
    get recurrentEvent() {
      return select(isRecurrent(), event, 0);
    },
    get feedforwardEvent() {
      return select(isRecurrent(), 0, event);
    },
  });
}

/** As {@link tellingApart}, also what weights bring of each kind to a neuron. */
function tellingDrivesApart<Own extends object>(tracer: Tracer, event: Expression<"input">, own: Own) {
  const symbols = tellingApart(tracer, event, own);
  return addGetters(symbols, {
    get recurrent() {
      return weighted(symbols.recurrentEvent);
    },
    get feedforward() {
      return weighted(symbols.feedforwardEvent);
    },
  });
}

/** Adds getters to an object, uncalled. */
function addGetters<Own extends object, More extends object>(own: Own, getters: More): Own & More {
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(getters)) as Own & More;
}

function outputs(
  tracer: Tracer,
  section: string,
  declared: Variables,
  returned: unknown,
  symbols: Readonly<Record<string, string>>,
): VariableGraph[] {
  if (typeof returned !== "object" || returned === null) {
    throw faultAt("config", `${tracer.name}.${section}`, "expected an object with the values after the step");
  }
  const values = returned as Record<string, unknown>;
  const extra = Object.keys(values).find((name) => !Object.hasOwn(declared, name));
  if (extra !== undefined) {
    const known = Object.keys(declared).join(", ") || "none";
    throw faultAt("config", `${tracer.name}.${section}.${extra}`, `not declared; there is ${known}`);
  }
  return Object.entries(declared).map(([name, initial]) => {
    if (!Object.hasOwn(values, name)) {
      throw unfit("config", `${tracer.name}.${section}.${name}`, "its value after the step", "none");
    }
    if (typeof initial !== "number" || !Number.isFinite(initial)) {
      throw unfit("not-finite", `${tracer.name}.${section}.${name}`, "a finite initial value", found(initial));
    }
    const symbol = symbols[name];
    const next = nodeOf(tracer, values[name], `${section}.${name}`);
    return { name, initial, next, ...(symbol !== undefined && { symbol }) };
  });
}

const definitionFields: Fields<NeuronDefinition<Constants, Variables, Variables>> = {
  name: "value",
  constants: "value",
  traces: "value",
  state: "value",
  symbols: "value",
  trace: "function",
  step: "function",
  membrane: "function",
  spikeAtThreshold: "boolean",
  surrogate: "value",
  remainder: "value",
};

/**
 * A neuron of one's own.
 *
 * Its functions are called once, now, with symbols for arguments; what they compute is recorded. State variables that
 * depend on the weights through linear dynamics with shared constants need no thought: the derivation moves the weights
 * outside, so that nothing is stored for a synapse.
 *
 * @param given - Constants, traces, state, their steps, the membrane potential, the surrogate.
 * @returns The neuron as plain data, which can be written as JSON.
 * @throws {@link DecolleError} `config` for names that are not declared, values that are missing and what is no expression;
 *   `range` and `not-finite` for constants. The message names the function and the field.
 */
export function neuron<
  const Own extends Constants = Record<never, number>,
  const Traces extends Variables = Record<never, number>,
  const State extends Variables = Record<never, number>,
>(given: NeuronDefinition<Own, Traces, State>): NeuronGraph {
  const fields = definitionFields as Fields<NeuronDefinition<Own, Traces, State>>;
  const definition = readOptions(demanded(given, "options"), fields, "a neuron");
  const tracer = new Tracer(text(definition.name ?? "neuron", "name"));
  if (definition.membrane === undefined) {
    throw unfit("config", `${tracer.name}.membrane`, "a function", "undefined");
  }
  const copyOf = <Part extends object>(part: string, of: Part | undefined): Part =>
    reading(`${tracer.name}.${part}`, () => ({ ...of }) as Part);
  const names = copyOf("symbols", definition.symbols);
  const declared = reading(`${tracer.name}.constants`, () =>
    declareConstants(tracer, copyOf("constants", definition.constants), names),
  );
  const constants = symbolTable(tracer, "constant", declared.symbols) as ConstantSymbols<Own>;
  const variables = <Space extends "input" | "neuron">(what: string, op: string, own: Variables) =>
    symbolTable(
      tracer,
      what,
      Object.fromEntries(Object.keys(own).map((name) => [name, tracer.symbol<Space>(op, name)])),
    );
  const traces: Variables = copyOf<Variables>("traces", definition.traces);
  const state: Variables = copyOf<Variables>("state", definition.state);
  const event = tracer.symbol<"input">("event");
  const stopped = (op: string) => stopGradient(tracer.symbol<"neuron">(op));

  const traceStep =
    definition.trace?.(
      variables<"input">("trace", "trace", traces) as VariableSymbols<Traces, "input">,
      symbolTable(
        tracer,
        "symbol in the step of traces",
        tellingApart(tracer, event, { event }),
      ) as unknown as TraceContext,
      constants,
    ) ?? {};
  const traceGraphs = outputs(tracer, "trace", traces, traceStep, names);
  const after = variables<"input">("trace", "nextTrace", traces) as VariableSymbols<Traces, "input">;
  const step =
    definition.step?.(
      variables<"neuron">("state variable", "state", state) as VariableSymbols<State, "neuron">,
      symbolTable<unknown>(
        tracer,
        "symbol in a step",
        tellingDrivesApart(tracer, event, {
          input: weighted(event),
          event,
          spike: stopped("spike"),
          membrane: stopped("potential"),
          traces: after,
        }),
      ) as unknown as StepContext<Traces>,
      constants,
    ) ?? {};
  const stateGraphs = outputs(tracer, "step", state, step, names);
  const membrane = definition.membrane(
    variables<"neuron">("state variable", "nextState", state) as VariableSymbols<State, "neuron">,
    tracer.symbol<"neuron">("bias"),
    constants,
    tellingDrivesApart(tracer, event, {
      input: weighted(event),
      event,
      bias: tracer.symbol<"neuron">("bias"),
      traces: after,
    }),
  );
  const membraneNode = nodeOf(tracer, membrane, "membrane");
  const { primitive, derivative } = reading(`${tracer.name}.surrogate`, () =>
    functionsOf(tracer, definition.surrogate),
  );
  const potential = tracer.symbol<"neuron">("potential");
  if (typeof primitive !== "function") {
    throw faultAt("config", `${tracer.name}.surrogate.primitive`, "expected a function of the potential");
  }
  const surrogate = {
    primitive: nodeOf(tracer, primitive(potential), "surrogate.primitive"),
    ...(derivative !== undefined && { derivative: nodeOf(tracer, derivative(potential), "surrogate.derivative") }),
  };
  return {
    type: "neuron",
    name: tracer.name,
    constants: declared.graphs,
    traces: traceGraphs,
    state: stateGraphs,
    nodes: tracer.nodes,
    membrane: membraneNode,
    spike: definition.spikeAtThreshold === true ? "at" : "above",
    surrogate,
    ...(definition.remainder !== undefined && { remainder: definition.remainder }),
  };
}

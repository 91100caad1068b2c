/** Plasticity rules: derived from a neuron and a cost, printed, checked against finite differences. */

import type { Binding } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectBackend } from "../backend/select.js";
import type { Regularizer } from "../learning/regularizer.js";
import { toJson } from "../network/json.js";
import type { ErrorTrigger } from "../network/specification.js";
import type { Neuron } from "../neuron/neuron.js";
import { wholeNumber } from "../numbers.js";
import { type Fields, readOptions } from "../values/options.js";
import { type AnyCost, cost } from "./cost.js";
import type { ModulationGraph } from "./modulation.js";
import type { NeuronGraph } from "./neuron.js";

/** How a rule is written. */
export type RuleForm = "text" | "latex" | "mathml";

/** An equation with what it is called, such as `error`, `surrogate`, `trace`. */
export interface RuleEquation {
  /** What it is. */
  readonly name: string;
  /** The equation, in the form asked for. */
  readonly formula: string;
}

/** A rule in one form. */
export interface PrintedRule {
  /** Traces, state, potential, spike and readout after a step. */
  readonly dynamics: readonly RuleEquation[];
  /** Error, surrogate and trace; more than one trace where the rule is a sum of products. */
  readonly factors: readonly RuleEquation[];
  /** δ, and the changes of weights, biases and learned constants. */
  readonly update: readonly RuleEquation[];
  /** Eligibility traces and sensitivities that are carried forward in time. */
  readonly forward: readonly RuleEquation[];
  /** Expressions with a name of their own because others use them more than once. */
  readonly auxiliary: readonly RuleEquation[];
  /** All of it: a text, an `aligned` environment, or a `math` element. */
  readonly whole: string;
}

/** What a rule stores and computes, per sample; other than weights and what the optimiser keeps. */
export interface RuleAccount {
  /** Bytes of state for each synapse. */
  readonly bytesPerSynapse: number;
  /** Bytes of state for each input. */
  readonly bytesPerInput: number;
  /** Bytes of state for each neuron. */
  readonly bytesPerNeuron: number;
  /** Operations for each synapse and step. */
  readonly operationsPerSynapse: number;
  /** Operations for each input and step. */
  readonly operationsPerInput: number;
  /** Operations for each neuron and step, without the sum over readout units that brings the error back. */
  readonly operationsPerNeuron: number;
  /** Operations for each readout unit and step, without the sum over neurons that is the readout. */
  readonly operationsPerClass: number;
}

/** A derived rule. */
export interface Rule {
  /** Name of its neuron. */
  readonly neuron: string;
  /** As plain text. */
  readonly text: PrintedRule;
  /** As LaTeX. */
  readonly latex: PrintedRule;
  /** As MathML. */
  readonly mathml: PrintedRule;
  /** Constants with their values. */
  readonly constants: readonly string[];
  /** What the gradient does at each state variable, why, and what it costs. */
  readonly treatments: readonly string[];
  /** Every stop in the dynamics, and where it stands. */
  readonly stops: readonly string[];
  /** Storage and operations. */
  readonly account: RuleAccount;
  /** The rule as plain text. */
  toString(): string;
}

/** What else shapes a rule. */
export interface RuleOptions {
  /** Length of a time step in microseconds; 1000 by default. */
  readonly timeStep?: number;
  /** A built-in regulariser, added to the cost. */
  readonly regularizer?: Regularizer | null;
  /** Quantises the error that comes back to a neuron; gives way to a modulation. */
  readonly errorTrigger?: ErrorTrigger | null;
  /** Changes the error that comes back to a neuron, in one's own words. */
  readonly modulation?: ModulationGraph | null;
  /** Whether spikes are dropped on their way to the readout; false by default. */
  readonly dropout?: boolean;
  /** Whether other weights than the readout's bring the error back; false by default. */
  readonly alignment?: boolean;
  /**
   * Whether inputs may be the layer's own spikes of the step before, as in a recurrent layer; if not, all come from below. True by
   * default; a network says what its layer is.
   */
  readonly recurrent?: boolean;
}

/** Size and randomness of a check. */
export interface CheckOptions extends Pick<RuleOptions, "timeStep" | "regularizer" | "recurrent"> {
  /** Samples, 1 to 16; 2 by default. */
  readonly samples?: number;
  /** Inputs, 1 to 32; 6 by default. */
  readonly inputs?: number;
  /** Neurons, 1 to 32; 5 by default. */
  readonly neurons?: number;
  /** Readout units, 1 to 32; 3 by default. */
  readonly classes?: number;
  /** Steps that are run, 1 to 100; the last one's derivatives are compared; 12 by default. */
  readonly steps?: number;
  /** Seed of weights, events and targets, of which several are tried until all factors are exercised; 1 by default. */
  readonly seed?: number;
  /**
   * Plants an error of 1 % in a factor, to see that the check finds it: the outcome is `failed` then, for every neuron and
   * cost that passes without, or `inconclusive` where the rule has no such factor.
   */
  readonly plant?: "error" | "surrogate" | "trace";
}

const ruleFields: Fields<RuleOptions> = {
  timeStep: "number",
  regularizer: "value",
  errorTrigger: "value",
  modulation: "value",
  dropout: "boolean",
  alignment: "boolean",
  recurrent: "boolean",
};
/** The fields of {@link CheckOptions}. */
export const checkFields: Fields<CheckOptions> = {
  timeStep: "number",
  regularizer: "value",
  recurrent: "boolean",
  samples: "number",
  inputs: "number",
  neurons: "number",
  classes: "number",
  steps: "number",
  seed: "number",
  plant: "value",
};

/**
 * What a check says: all derivatives agree, and an error of 1 % in any factor of the rule would have shown; one is wrong; or
 * what was compared agrees but does not say enough.
 */
export type RuleVerdict = "passed" | "failed" | "inconclusive";

/** What came out of a check. */
export interface RuleCheck {
  /** Whether the outcome is `passed`. */
  readonly passed: boolean;
  /** What the check says. */
  readonly outcome: RuleVerdict;
  /** Why, in words. */
  readonly reason: string;
  /** Where rule and finite differences part most. */
  readonly worst: {
    /** `weight`, `bias`, or the name of a learned constant. */
    readonly parameter: string;
    /** Neuron and input of a weight, neuron of a bias. */
    readonly place: readonly number[];
    /** As the rule has it. */
    readonly derived: number;
    /** As finite differences have it. */
    readonly difference: number;
    /** How far apart, relative to the largest derivative of the kind. */
    readonly deviation: number;
  };
  /** Derivatives compared. */
  readonly compared: number;
  /** Of these, how many are not zero. */
  readonly nonzero: number;
  /** Derivatives left out because the cost has a kink there, or rounding hides them. */
  readonly skipped: number;
  /** Largest deviation that passes. */
  readonly tolerance: number;
  /** Largest difference between potentials of the neuron as written and with its weights moved out. */
  readonly dynamics: number;
}

/** A neuron in any form: a built-in one, or a graph. */
export type AnyNeuron = Neuron | NeuronGraph;

/** What a rule is derived from, as a network gives it of a layer. */
export interface RuleRequest extends Required<Pick<RuleOptions, "timeStep" | "regularizer" | "recurrent">> {
  /** The neuron. */
  readonly neuron: AnyNeuron;
  /** The cost. */
  readonly costs: readonly AnyCost[];
}

function request(
  neuron: AnyNeuron,
  costs: AnyCost | readonly AnyCost[],
  options: RuleOptions,
): Record<string, unknown> {
  const several = Array.isArray(costs) ? (costs as readonly AnyCost[]) : [costs as AnyCost];
  const { timeStep = 1000, regularizer = null, errorTrigger = null, modulation = null } = options;
  const { dropout = false, alignment = false, recurrent = true } = options;
  return {
    neuron,
    costs: several.map((given) => (typeof given === "function" ? cost(given) : given)),
    regularizer,
    errorTrigger,
    modulation,
    dropout,
    alignment,
    recurrent,
    timeStep,
  };
}

/**
 * Derives a rule by a binding.
 *
 * @internal
 *
 * @param binding - The binding.
 * @param request - JSON: neuron, costs and options.
 * @returns The rule.
 */
export async function derivedBy(binding: Binding, request: string): Promise<Rule> {
  const derived = JSON.parse(await binding.deriveRule(request)) as Omit<Rule, "toString">;
  return { ...derived, toString: () => derived.text.whole };
}

/**
 * Checks a rule by a binding.
 *
 * @internal
 *
 * @param binding - The binding.
 * @param neuron - The neuron.
 * @param costs - One cost, or several that add up.
 * @param options - Size and seed.
 * @returns How rule and finite differences compare.
 */
export async function checkedBy(
  binding: Binding,
  neuron: AnyNeuron,
  costs: AnyCost | readonly AnyCost[],
  options: CheckOptions,
): Promise<RuleCheck> {
  const { samples = 2, inputs = 6, neurons = 5, classes = 3, steps = 12, seed = 1, plant, ...rest } = options;
  for (const [name, value] of Object.entries({ samples, inputs, neurons, classes, steps })) {
    wholeNumber(value, 1, name);
  }
  wholeNumber(seed, 0, "seed");
  const check = { samples, inputs, neurons, classes, steps, seed, ...(plant !== undefined && { plant }) };
  const json = toJson({ ...request(neuron, costs, rest), check }, "check");
  return JSON.parse(await binding.checkRule(json)) as RuleCheck;
}

/**
 * Derives the plasticity rule of a neuron and a cost under DECOLLE's rules: no gradient between layers, none back in time,
 * none through stops.
 *
 * @param neuron - A built-in one, or one's own.
 * @param costs - One cost, or several that add up: built-in ones, graphs, or functions.
 * @param options - Time step, regulariser, error trigger, modulation, dropout, feedback, and the backend that derives.
 * @returns The rule, printed three ways, with its storage and operations.
 * @throws {@link DecolleError} `config`, `range`, `shape`, `not-finite` with the place in the neuron or cost; `unsupported`
 *   where a derivative is missing; `backend`.
 */
export async function rule(
  neuron: AnyNeuron,
  costs: AnyCost | readonly AnyCost[],
  options: RuleOptions & BackendChoice = {},
): Promise<Rule> {
  const { backend: _, threads: __, ...own } = readOptions(options, { ...ruleFields, ...choiceFields }, "rule");
  const { binding } = await selectBackend(choiceOf(options));
  return derivedBy(binding, toJson(request(neuron, costs, own), "rule"));
}

/**
 * Compares the rule of a neuron and a cost with central finite differences of the smoothed layer, in float64: the neuron as
 * written, run from rest with each weight moved a little, against the derived rule.
 *
 * Weights, biases and events are tried until each factor of the rule (error, surrogate, trace) has a part in a derivative
 * that is compared, and of the inputs some are spikes of the layer itself, others come from below. Where none does that, as with a potential that never comes near its surrogate, the check is
 * inconclusive.
 *
 * @param neuron - A built-in one, or one's own.
 * @param costs - One cost, or several that add up.
 * @param options - Size and seed of the random layer, and the backend.
 * @returns Passed, failed or inconclusive, why, and where they part most.
 * @throws {@link DecolleError} as {@link rule}; `not-finite` where the dynamics overflow, with the expression and the step.
 */
export async function checkRule(
  neuron: AnyNeuron,
  costs: AnyCost | readonly AnyCost[],
  options: CheckOptions & BackendChoice = {},
): Promise<RuleCheck> {
  const { backend: _, threads: __, ...own } = readOptions(options, { ...checkFields, ...choiceFields }, "checkRule");
  return checkedBy((await selectBackend(choiceOf(options))).binding, neuron, costs, own);
}

/** The reference interpreter, which runs a rule on a small dense layer step by step, as tests ask it. */
import { selectBackend } from "../../src/backend/select.js";
import type { Network } from "../../src/index.js";

/** What the interpreter gives for each step. */
export interface Step {
  readonly traces: readonly number[][];
  readonly states: readonly number[][];
  readonly potential: readonly number[];
  readonly spikes: readonly number[];
  readonly readout: readonly number[];
  readonly cost: number;
  readonly weightGradient: readonly number[];
  readonly biasGradient: readonly number[];
  /** Gradients of constants that learn. */
  readonly constantGradients: readonly number[][];
}

/** Sizes, parameters and input of a layer. */
export interface Simulation {
  readonly samples: number;
  readonly inputs: number;
  readonly neurons: number;
  readonly classes: number;
  /** How many inputs, the last ones, are spikes of the layer itself; none by default. */
  readonly ownInputs?: number;
  readonly weights: readonly number[];
  readonly bias: readonly number[];
  readonly readout: readonly number[];
  readonly readoutBias: readonly number[];
  readonly feedback: readonly number[];
  /** Events of each step, `[sample][input]`. */
  readonly events: readonly (readonly number[])[];
  /** Targets, `[sample][class]`. */
  readonly target: readonly number[];
}

/** Neuron, costs and all else that shapes a rule, as the binding takes it; and the layer that runs it. */
export interface Request {
  readonly neuron: object;
  readonly costs: readonly object[];
  readonly regularizer?: object | null;
  readonly errorTrigger?: object | null;
  readonly modulation?: object | null;
  /** Whether inputs may be spikes of the layer itself; true by default. */
  readonly recurrent?: boolean;
  readonly simulation: Simulation;
}

/** Runs a rule. */
export async function interpret(request: Request): Promise<Step[]> {
  const { binding } = await selectBackend();
  return JSON.parse(await binding.simulateRule(JSON.stringify(request)));
}

/** The parameters of a network's first layer as the interpreter takes them. */
export function parametersOf(
  network: Network,
): Pick<Simulation, "weights" | "bias" | "readout" | "readoutBias" | "feedback"> {
  const values = (name: string) => Array.from(network.tensor(name).data);
  return {
    weights: values("layers.0.weight"),
    bias: values("layers.0.bias"),
    readout: values("readouts.0.weight"),
    readoutBias: values("readouts.0.bias"),
    feedback: values("readouts.0.feedback"),
  };
}

/** What a network's first layer has computed in its last step, under the interpreter's names. */
export function lastStepOf(
  network: Network,
): Pick<Step, "potential" | "spikes" | "readout" | "weightGradient" | "biasGradient"> {
  const values = (name: string) => Array.from(network.tensor(name).data);
  return {
    potential: values("state.layers.0.potential"),
    spikes: values("state.layers.0.spikes"),
    readout: values("state.layers.0.readout"),
    weightGradient: values("gradient.layers.0.weight"),
    biasGradient: values("gradient.layers.0.bias"),
  };
}

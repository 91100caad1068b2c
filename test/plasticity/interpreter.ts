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
export async function parametersOf(
  network: Network,
): Promise<Pick<Simulation, "weights" | "bias" | "readout" | "readoutBias" | "feedback">> {
  const values = async (name: string) => Array.from((await network.tensor(name)).data);
  return {
    weights: await values("layers.0.weight"),
    bias: await values("layers.0.bias"),
    readout: await values("readouts.0.weight"),
    readoutBias: await values("readouts.0.bias"),
    feedback: await values("readouts.0.feedback"),
  };
}

/** What a network's first layer has computed in its last step, under the interpreter's names. */
export async function lastStepOf(
  network: Network,
): Promise<Pick<Step, "potential" | "spikes" | "readout" | "weightGradient" | "biasGradient">> {
  const values = async (name: string) => Array.from((await network.tensor(name)).data);
  return {
    potential: await values("state.layers.0.potential"),
    spikes: await values("state.layers.0.spikes"),
    readout: await values("state.layers.0.readout"),
    weightGradient: await values("gradient.layers.0.weight"),
    biasGradient: await values("gradient.layers.0.bias"),
  };
}

/** What rules with feedback of their own have in common: E_i = Σ_k F_ki ∂L/∂Y_k with F other than G. */
import { faultAt, unfit } from "../../errors.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { reading } from "../../values/options.js";
import type { FullSpecification } from "../specification.js";
import type { Tensor } from "../tensor.js";

/** What of a network holds readouts and feedback. */
export interface WithFeedback {
  /** What it is made of. */
  readonly specification: FullSpecification;
  /**
   * A copy of a tensor.
   *
   * @param name - Its name.
   * @returns Shape and values.
   */
  tensor(name: string): Promise<Tensor>;
  /**
   * Overwrites a tensor.
   *
   * @param name - Its name.
   * @param data - As many values as it has.
   */
  setTensor(name: string, data: Float32Array): Promise<void>;
}

/**
 * What a network is made of.
 *
 * @internal
 *
 * @param network - What the caller gave.
 * @returns Its specification.
 * @throws {@link DecolleError} `config` for what is no network.
 */
export function specificationOf(network: WithFeedback): FullSpecification {
  const specification = reading("network", () => (isObject(network) ? network.specification : undefined));
  if (isObject(specification) && typeof network.setTensor === "function") return specification as FullSpecification;
  throw unfit("config", "network", "a network", found(network));
}

/**
 * Overwrites F of every layer.
 *
 * @internal
 *
 * @param network - A network whose `readout.feedback` is `alignment`.
 * @param weights - F of a layer as `[class][neuron]`.
 * @throws {@link DecolleError} `config` where errors come back through the readouts themselves.
 */
export async function setFeedback(
  network: WithFeedback,
  weights: (layer: number) => Promise<Float32Array>,
): Promise<void> {
  const { layers, readout } = specificationOf(network);
  if (readout.feedback !== "alignment") {
    throw faultAt("config", "readout.feedback", 'expected "alignment", so that errors have a way of their own');
  }
  for (const layer of layers.keys()) await network.setTensor(`readouts.${layer}.feedback`, await weights(layer));
}

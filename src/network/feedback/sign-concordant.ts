/**
 * Sign-concordant readouts: Liao, Leibo & Poggio 2016, arXiv:1510.05067. The weights F that bring the error back share the
 * signs of the readout's own, not their sizes: E_i = Σ_k F_ki ∂L/∂Y_k. Neuron and cost are any; `rule` prints F with
 * `alignment: true`, and networks learn by it on every backend.
 *
 * Networks whose `readout.feedback` is `alignment` start with random sizes, F = G·n with n from U(0, 2).
 */
import { setFeedback, type WithFeedback } from "./feedback.js";

/**
 * Gives every layer feedback weights of the readout's signs and of one size, the readout's mean: F = sign(G)·⟨|G|⟩. They
 * are saved with the network.
 *
 * @param network - A network whose `readout.feedback` is `alignment`.
 * @throws {@link DecolleError} `config` where errors come back through the readouts themselves, `busy`, `disposed`.
 */
export async function signConcordant(network: WithFeedback): Promise<void> {
  await setFeedback(network, async (layer) => {
    const { data } = await network.tensor(`readouts.${layer}.weight`);
    const size = data.reduce((sum, weight) => sum + Math.abs(weight), 0) / data.length;
    return data.map((weight) => Math.sign(weight) * size);
  });
}

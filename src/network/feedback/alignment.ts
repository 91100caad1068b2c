/**
 * Feedback alignment: Lillicrap, Cownden, Tweed & Akerman 2016, doi:10.1038/ncomms13276. Fixed random weights F bring the
 * error back in place of the readout's own: E_i = Σ_k F_ki ∂L/∂Y_k. Neuron and cost are any; `rule` prints F with
 * `alignment: true`, and networks learn by it on every backend.
 *
 * In the publication the weights that F stands in for learn, and come to agree with F. A readout is fixed and does not: a
 * step changes it by about −G Fᵀ ∂L/∂Y, which lowers the loss for sure only where the symmetric part of G Fᵀ is positive
 * definite. Unrelated F is here to compare with; `signConcordant` gives readouts feedback that works.
 */
import { wholeNumber } from "../../numbers.js";
import { Network } from "../network.js";
import { setFeedback, specificationOf, type WithFeedback } from "./feedback.js";

/**
 * Gives every layer feedback weights that have nothing to do with its readout, drawn as readouts are. They are saved with
 * the network.
 *
 * @param network - A network whose `readout.feedback` is `alignment`.
 * @param seed - Seed of the draw, a whole number from 0 to 2⁵³ − 1 and not that of the network, whose draw is G itself; the
 *   network's own plus one by default.
 * @throws {@link DecolleError} `config` where errors come back through the readouts themselves, `range`, `busy`,
 *   `disposed`.
 */
export async function feedbackAlignment(network: WithFeedback, seed?: number): Promise<void> {
  const specification = specificationOf(network);
  const own = seed === undefined ? specification.seed + 1 : wholeNumber(seed, 0, "seed");
  using drawn = await Network.create({ ...specification, seed: own }, { threads: 1 });
  await setFeedback(network, async (layer) => (await drawn.tensor(`readouts.${layer}.weight`)).data);
}

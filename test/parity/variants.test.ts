/**
 * The authors' other neuron models, forward: `BaseLIFLayer`, `LIFLayerNonorm` and `LIFLayerRefractory` of decolle-public, and
 * the layer of the 2018 code (nmi-lab/dcll), each by our names for what sets it apart.
 *
 * Spikes must be equal; traces, which these models do not all normalise, within 4e−6 of their largest value: rounding α
 * and β to float32 moves 1/(1 − α) and 1/(1 − β) by 1e−6 of their size, and here both gains multiply.
 */
import { describe, expect, it } from "vitest";
import { type Lif, Network } from "../../src/index.js";
import { readGolden } from "../goldens/golden.js";
import { atStep } from "./case.js";
import { deviation, greatest } from "./deviation.js";

const goldens = readGolden("variants-forward");
const rho = 1.5;
const [steps = 0, samples = 0, units = 0] = goldens.get("input")?.shape ?? [];

/** R as each class stores it, from ours and from the spikes of the same step. */
type Stored = (refractory: number, spike: number) => number;

const variants: ReadonlyArray<[string, Omit<Lif, "type">, Stored]> = [
  // R ← γR − ρS: ours without sign and ρ.
  ["BaseLIFLayer", { traceGain: "reciprocal", refractory: "additive" }, (r) => -rho * r],
  ["LIFLayerNonorm", { traceGain: "one", refractory: "additive", spikeAtThreshold: true }, (r) => -rho * r],
  // R ← γR − S·V with V = WP + b; ρ is not used.
  ["LIFLayerRefractory", { traceGain: "unit", refractory: "potential" }, (r) => -r],
  // The potential sees γR of the step before, and R ← γR − ρS is stored after the spike: ours is one half-step behind.
  ["dcll2018", { traceGain: "reciprocal", refractory: "decayed", trace: "current" }, (r, s) => -rho * (r + s)],
];

function tensor(name: string, step?: number): Float32Array | Uint8Array {
  const found = goldens.get(name);
  if (found === undefined) throw new Error(`the goldens hold no ${name}`);
  return step === undefined ? found.data : (atStep(found, step, steps) ?? new Float32Array());
}

describe("the authors' neuron model", () => {
  it.each(variants)(
    "%s is reproduced: spikes exactly, all else within float32 rounding",
    async (name, model, stored) => {
      using network = await Network.create({
        input: { units },
        layers: [{ type: "dense", units: 10 }],
        readout: { units: 2 },
        neuron: { type: "lif", alpha: 0.97, beta: 0.92, gamma: 0.65, rho, ...model },
        optimizer: { type: "sgd", learningRate: 1 },
      });
      await network.setTensor("layers.0.weight", Float32Array.from(tensor(`${name}.weight`)));
      await network.setTensor("layers.0.bias", Float32Array.from(tensor("bias")));
      const state = async (own: string) => (await network.tensor(`state.layers.0.${own}`)).data;
      let spikes = 0;
      for (let step = 0; step < steps; step++) {
        const counts = Uint8Array.from(tensor("input", step));
        await network.run({ input: { counts, samples, steps: 1 } }, { keepState: step > 0 });
        const fired = await state("spikes");
        expect(deviation(fired, tensor(`${name}.S`, step)), `spikes of step ${step}`).toBe(0);
        spikes += fired.reduce((sum, spike) => sum + spike, 0);
        const ours = {
          Q: await state("synapticTrace"),
          P: await state("membraneTrace"),
          R: (await state("refractory")).map((r, place) => stored(r, fired[place] ?? Number.NaN)),
          U: await state("potential"),
        };
        for (const [quantity, values] of Object.entries(ours)) {
          const relative =
            deviation(values, tensor(`${name}.${quantity}`, step)) / greatest(tensor(`${name}.${quantity}`));
          expect(relative, `${quantity} of step ${step}`).toBeLessThan(4e-6);
        }
      }
      expect(spikes).toBeGreaterThan(0);
    },
  );
});

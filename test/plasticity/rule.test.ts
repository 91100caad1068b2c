/** Derived rules as they are read: three factors, weights moved outside, stops, storage. */
import { describe, expect, it } from "vitest";
import {
  adaptive,
  eprop,
  errorTriggered,
  follow,
  Network,
  type NeuronGraph,
  neuron,
  ottt,
  presets,
  rule,
  sltt,
  smoothL1,
  tess,
} from "../../src/index.js";
import { neurons, textbook } from "./neurons.js";

async function derived(own: NeuronGraph) {
  const { text, ...rest } = await rule(own, smoothL1());
  const formulas = (part: readonly { formula: string }[]) => part.map(({ formula }) => formula);
  return {
    ...rest,
    text,
    dynamics: formulas(text.dynamics),
    factors: formulas(text.factors),
    update: formulas(text.update),
    forward: formulas(text.forward),
  };
}

describe("a derived rule", () => {
  it("makes of current and potential one filtered trace an input, and stores nothing for a synapse", async () => {
    const { dynamics, factors, update, account, treatments } = await derived(textbook);
    expect(dynamics.slice(0, 3)).toEqual([
      "current_j[t] = synapse current_j[t−1] + x_j[t]",
      "potential_j[t] = membrane potential_j[t−1] + current_j[t−1]",
      "U_i[t] = Σ_j W_ij potential_j[t] + b_i − 0.2",
    ]);
    expect(factors).toEqual([
      "∂L/∂Y_k = clamp(Y_k − Ŷ_k, −1, 1) / (K N)",
      "E_i = Σ_k G_ki ∂L/∂Y_k",
      "σ′(U_i[t]) = 1 / (3 |U_i[t]| + 1)²",
      "potential_j[t]",
    ]);
    expect(update).toEqual(["δ_i = E_i σ′(U_i[t])", "ΔW_ij = −η Σ_n δ_i potential_j[t]", "Δb_i = −η Σ_n δ_i"]);
    expect(account).toMatchObject({ bytesPerSynapse: 0, bytesPerInput: 8, bytesPerNeuron: 8 });
    expect(treatments[1]).toBe("potential: linear, weights moved out: 4 bytes per input, 0 per synapse");
  });

  it("keeps what does not depend on the weights for each neuron, and says where gradients stop", async () => {
    const { dynamics, stops, account } = await derived(adaptive());
    expect(dynamics).toContain("threshold_i[t] = adaptation threshold_i[t−1] + stop(S_i[t−1]) strength");
    expect(stops).toEqual(["S_i[t−1] in step.refractory, step.threshold"]);
    expect(account).toMatchObject({ bytesPerSynapse: 0, bytesPerInput: 8, bytesPerNeuron: 16 });
  });

  it("has an eligibility trace for each synapse where adaptation stays in the gradient, and says what that costs", async () => {
    const { forward, account, treatments } = await derived(eprop());
    expect(forward).toEqual([
      "ε_a_ij[t] = σ′(U_i[t−1]) ε_U_ij[t−1] + adaptation ε_a_ij[t−1]",
      "ε_a_i[t] = σ′(U_i[t−1]) ε_U_i[t−1] + adaptation ε_a_i[t−1]",
      "ε_U_ij[t] = v_j[t] − strength ε_a_ij[t]",
      "ε_U_i[t] = 1 − strength ε_a_i[t]",
    ]);
    expect(account.bytesPerSynapse).toBe(8);
    expect(treatments[1]).toContain(
      "depends on past spikes, whose gradient is not stopped; eligibility trace: 4 bytes per synapse",
    );
  });

  it("leaves OTTT a leaky sum of its inputs and SLTT the input itself", async () => {
    expect((await derived(ottt())).dynamics[0]).toBe("u_j[t] = λ u_j[t−1] + x_j[t]");
    const spatial = await derived(sltt());
    expect(spatial.factors.at(-1)).toBe("x_j[t]");
    expect(spatial.account).toMatchObject({ bytesPerSynapse: 0, bytesPerInput: 0 });
  });

  it("has TESS learn from a causal and a non-causal product, with a trace an input and one a neuron", async () => {
    const { dynamics, factors, update, account, text } = await derived(tess());
    expect(dynamics.slice(0, 3)).toEqual([
      "q_j[t] = λ q_j[t−1] + x_j[t]",
      "u_i[t] = γ (u_i[t−1] − stop(S_i[t−1]) θ) + stop(Σ_j W_ij x_j[t])",
      "h_i[t] = κ h_i[t−1] + 0.3 relu(1 − |stop(U_i[t−1])|)",
    ]);
    expect(factors.slice(2)).toEqual(["σ′(U_i[t]) = 1", "x_j[t]", "q_j[t]"]);
    expect(update[1]).toBe("ΔW_ij = −η Σ_n (δ_i h_i[t] β x_j[t] + δ_i v1_i q_j[t])");
    expect(text.auxiliary[0]?.formula).toBe("v1_i = stop(0.3 relu(1 − |u_i[t] + b_i − θ|)) α");
    expect(account).toMatchObject({ bytesPerSynapse: 0, bytesPerInput: 4 });
  });

  it("prints a trigger as its user writes it like the one that ships, and feedback with a letter of its own", async () => {
    const shipped = await rule(textbook, smoothL1(), { errorTrigger: { threshold: 0.25 } });
    const written = await rule(textbook, smoothL1(), { modulation: errorTriggered(0.25) });
    expect(`${written}`).toBe(`${shipped}`);
    expect(`${written}`).toContain("floor(|Σ_k G_ki ∂L/∂Y_k| / 0.25)");
    expect(`${await rule(textbook, smoothL1(), { alignment: true })}`).toContain("E_i = Σ_k F_ki ∂L/∂Y_k");
  });

  it("moves a stop where the user moves it", async () => {
    const stopped = neurons["refractoriness in the gradient"];
    if (stopped === undefined) throw new Error("no such neuron");
    expect((await derived(stopped)).stops).toEqual([]);
    expect(() => neuron({ name: "mine", membrane: (_, bias) => follow(bias), surrogate: { type: "boxcar" } })).toThrow(
      "mine.follow: expected a stopped value",
    );
  });

  it("has gradients for constants that are learned", async () => {
    const own = neurons["learned constants"];
    if (own === undefined) throw new Error("no such neuron");
    const { update, account } = await derived(own);
    expect(update.slice(3).map((line) => line.split(" = ")[0])).toEqual([
      "Δmembrane",
      "Δsynapse",
      "Δthreshold_i",
      "Δstrength",
    ]);
    expect(account.bytesPerSynapse).toBe(0);
  });

  it("is there for every layer of every preset, in three forms", async () => {
    for (const { name, network } of Object.values(presets)) {
      using built = await Network.create({ ...network, seed: 1 }, { threads: 1 });
      const printed = await built.rule(0);
      expect(
        printed.text.update.map(({ formula }) => formula),
        name,
      ).toContain("ΔW_ij = −η Σ_n δ_i P_j[t]");
      expect(printed.latex.whole).toMatch(/^\\begin\{aligned\}[\s\S]*\\sum_\{j\} W_\{ij\}/);
      expect(printed.mathml.whole).toMatch(/^<math [\s\S]*<\/math>$/);
      expect(`${printed}`).toBe(printed.text.whole);
      await expect(built.rule(network.layers.length)).rejects.toThrow(/^layer: expected 0 to/);
    }
  });

  it("prints MathML whose elements are closed in order", async () => {
    for (const own of Object.values(neurons)) {
      const { mathml } = await rule(own, smoothL1());
      const open: string[] = [];
      for (const [, close, name] of mathml.whole.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
        if (close === "") open.push(name ?? "");
        else expect(open.pop()).toBe(name);
      }
      expect(open).toEqual([]);
    }
  });
});

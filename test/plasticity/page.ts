/** The page of derived rules: every neuron, surrogate and cost that ships, beside what the paper says. */
import {
  adaptive,
  type Cost,
  crossEntropy,
  decolle2020,
  eprop,
  errorTriggered,
  type Lif,
  lif,
  type NeuronGraph,
  ottt,
  type Regularizer,
  type Rule,
  type RuleOptions,
  rule,
  type Surrogate,
  sltt,
  smoothL1,
  tess,
} from "../../src/index.js";

const boxcar: Surrogate = { type: "boxcar", width: 0.5 };

function lines(
  equations: readonly { readonly name: string; readonly formula: string }[],
  ...names: string[]
): string[] {
  return equations.filter(({ name }) => names.length === 0 || names.includes(name)).map(({ formula }) => formula);
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

function table(rows: ReadonlyArray<readonly [string, string]>, head: readonly [string, string]): string {
  const code = (text: string) => (text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``);
  const body = rows.map(([left, right]) => `| ${left} | ${right.split("\n").map(code).join("<br>")} |`);
  return [`| ${head[0]} | ${head[1]} |`, "| --- | --- |", ...body].join("\n");
}

async function ofLif(options: Omit<Lif, "type">, cost: Cost = smoothL1(), more: RuleOptions = {}): Promise<Rule> {
  return rule(lif(options), cost, more);
}

const paper = [
  "Q[t] = β Q[t−1] + (1−β) S_in[t] (eq. 1)",
  "P[t] = α P[t−1] + (1−α) Q[t−1] (eq. 2)",
  "R[t] = γ R[t−1] + (1−γ) S[t−1] (eq. 3)",
  "U = W P − ρ R + b (eq. 4)",
  "S = Θ(U)",
  "Y = G S",
  "∂L/∂Y, smooth L1",
  "Σ_k G_ki ∂L/∂Y_k",
  "σ′(U), boxcar",
  "P_j",
  "error · σ′(U_i)",
  "ΔW_ij = −η (Σ_k G_ki ∂L/∂Y_k) σ′(U_i) P_j (eq. 7)",
  "Δb_i",
];

const variants: ReadonlyArray<readonly [string, Omit<Lif, "type">]> = [
  ['`trace: "current"` (2018)', { trace: "current" }],
  ['`traceGain: "one"`', { traceGain: "one" }],
  ['`traceGain: "reciprocal"` (`BaseLIFLayer`, 2018)', { traceGain: "reciprocal" }],
  ['`refractory: "additive"`', { refractory: "additive" }],
  ['`refractory: "decayed"` (2018)', { refractory: "decayed" }],
  ['`refractory: "potential"` (`LIFLayerRefractory`)', { refractory: "potential" }],
  ["`spikeAtThreshold: true`", { spikeAtThreshold: true }],
  ["drawn decays, `{ low, high }`", { alpha: { low: 0.9, high: 0.98 }, gamma: { low: 0.5, high: 0.7 } }],
];

/** All surrogates, as the page calls them. */
const surrogateNames: Readonly<Record<Surrogate["type"], string>> = {
  boxcar: "boxcar (the paper, width ½)",
  fastSigmoid: "fast sigmoid (the authors' code, slope 10)",
  sigmoid: "derivative of the logistic function",
};

/** All costs. */
const costNames: Readonly<Record<Cost["type"], string>> = {
  smoothL1: "smooth L1 (the paper)",
  meanSquared: "squared error",
  crossEntropy: "cross-entropy",
};

function entries<Key extends string>(table: Readonly<Record<Key, string>>): Array<[Key, string]> {
  return Object.entries(table) as Array<[Key, string]>;
}

/**
 * Writes the page.
 *
 * @returns Markdown.
 */
export async function rulesPage(): Promise<string> {
  const standard = await ofLif({ surrogate: boxcar });
  const { dynamics, factors, update } = standard.text;
  const derived = [...lines(dynamics), ...lines(factors), ...lines(update)];
  const changes: Array<[string, string]> = [];
  for (const [name, options] of variants) {
    const own = lines((await ofLif({ surrogate: boxcar, ...options })).text.dynamics);
    changes.push([name, own.filter((line) => !derived.includes(line)).join("\n")]);
  }
  const surrogates: Array<[string, string]> = [];
  for (const [type, name] of entries(surrogateNames)) {
    surrogates.push([name, lines((await ofLif({ surrogate: { type } })).text.factors, "surrogate").join("\n")]);
  }
  const costs: Array<[string, string]> = [];
  for (const [type, name] of entries(costNames)) {
    costs.push([
      name,
      lines((await ofLif({}, { type })).text.factors, "error")
        .slice(0, 1)
        .join("\n"),
    ]);
  }
  const others: Array<[string, string]> = [];
  const regularizers: ReadonlyArray<readonly [string, Regularizer]> = [
    ["λ₁⟨[U + 0.01]₊⟩ with λ₁ = 0.3", { upper: 0.3, lower: 0 }],
    ["λ₂[0.1 − ⟨sigmoid(U)⟩]₊ with λ₂ = 0.2", { upper: 0, lower: 0.2, lowerActivity: "sigmoid" }],
    ["λ₂[0.1 − ⟨U⟩]₊ with λ₂ = 0.2 (the paper)", { upper: 0, lower: 0.2, lowerActivity: "potential" }],
  ];
  for (const [name, regularizer] of regularizers) {
    others.push([
      `regulariser ${name}`,
      lines((await ofLif({}, smoothL1(), { regularizer })).text.update, "delta").join("\n"),
    ]);
  }
  for (const [name, options] of [
    ["error trigger, θ = 0.1", { errorTrigger: { threshold: 0.1 } }],
    ["feedback alignment, sign-concordant readouts", { alignment: true }],
    ["dropout", { dropout: true }],
  ] as const satisfies ReadonlyArray<readonly [string, RuleOptions]>) {
    others.push([
      name,
      lines((await ofLif({}, smoothL1(), options)).text.factors, "error")
        .slice(1)
        .join("\n"),
    ]);
  }
  const neighbours: string[] = [];
  for (const [name, own, cost, options] of [
    ["Adaptive threshold (Bellec et al. 2018), no gradient through it", adaptive()],
    ["e-prop (Bellec et al. 2020)", eprop()],
    ["OTTT (Xiao et al. 2022)", ottt()],
    ["SLTT (Meng et al. 2023)", sltt()],
    ["TESS (Apolinario et al. 2025), with cross-entropy", tess(), crossEntropy()],
    [
      "Error-triggered DECOLLE (Payvand et al. 2020), θ = 0.1",
      decolle2020(),
      smoothL1(),
      { modulation: errorTriggered(0.1) },
    ],
    [
      "Feedback alignment (Lillicrap et al. 2016), sign-concordant readouts (Liao et al. 2016)",
      decolle2020(),
      smoothL1(),
      { alignment: true },
    ],
  ] as const satisfies ReadonlyArray<readonly [string, NeuronGraph, Cost?, RuleOptions?]>) {
    neighbours.push(`### ${name}\n\n${fenced(`${await rule(own, cost ?? smoothL1(), options)}`)}`);
  }
  return `${[
    "# Derived rules",
    "Written by `test/plasticity/page.test.ts` from what the software derives: the built-in neurons and costs are expressed in" +
      "\nthe language of [write-your-own-neuron.md](write-your-own-neuron.md) (`crates/plasticity/src/builtin.rs`), and the tests" +
      "\nprove that the fused code computes the same bits. N samples, M neurons, K readout units; indices i of neurons, j of" +
      "\ninputs, k of readout units, n of samples.",
    "## The paper's rule",
    "Kaiser, Mostafa & Neftci 2020, beside `decolle rule` for `lif` with `boxcar` and `smoothL1`.",
    table(
      paper.map((left, row) => [left, derived[row] ?? ""] as const),
      ["the paper", "derived"],
    ),
    fenced(`${standard}`),
    "## Variants of the neuron",
    "What differs from the above.",
    table(changes, ["option of `lif`", "derived"]),
    "## Surrogates",
    table(surrogates, ["surrogate", "derived"]),
    "## Costs",
    table(costs, ["cost", "derived"]),
    "## What else shapes the rule",
    table(others, ["setting", "derived"]),
    "## Rules of the neighbourhood",
    "The same language, other dynamics and stops. Where weights are moved outside, a state variable becomes a trace with" +
      "\nindex j; what is left of it keeps a prime. What they reach on the same recordings, compute and store:" +
      "\n[benchmarks.md](benchmarks.md#rules-of-the-neighbourhood).",
    ...neighbours,
  ].join("\n\n")}\n`;
}

/** Rules of the neighbourhood beside their publications' equations, computed here in float64. */
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  decolle2020,
  ErrorTriggerController,
  errorEventRate,
  errorTriggered,
  feedbackAlignment,
  type ModulationGraph,
  meanSquared,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  signConcordant,
  squareWaves,
  tess,
} from "../../src/index.js";
import { drawCounts, xorshift } from "../determinism/training.js";
import { interpret, type Step } from "./interpreter.js";

const [samples, inputs, units, classes, steps] = [2, 9, 6, 3, 25];

const next = xorshift(11);
const uniform = (count: number, width: number) =>
  Array.from({ length: count }, () => Math.fround((next() / 2 ** 31 - 1) * width));
const layer = {
  weights: uniform(units * inputs, 1.5),
  bias: uniform(units, 0.1),
  readout: uniform(classes * units, 1),
  readoutBias: uniform(classes, 0.1),
  feedback: uniform(classes * units, 1),
  events: Array.from({ length: steps }, () => Array.from({ length: samples * inputs }, () => Number(next() % 3 === 0))),
  target: Array.from({ length: samples * classes }, (_, place) =>
    Number(place % classes === Math.floor(place / classes)),
  ),
};

function simulated(
  neuron: NeuronGraph,
  cost: object,
  own: Partial<typeof layer> = {},
  modulation: ModulationGraph | null = null,
): Promise<Step[]> {
  const simulation = { samples, inputs, neurons: units, classes, ...layer, ...own };
  return interpret({ neuron, costs: [cost], modulation, simulation });
}

const at = (values: readonly number[], place: number) => values[place] ?? Number.NaN;

/** Σ_k F_ki e_k of each sample and neuron. */
function back(errors: readonly number[], feedback: readonly number[]): number[] {
  return Array.from({ length: samples * units }, (_, place) => {
    const [sample, i] = [Math.floor(place / units), place % units];
    return Array.from(
      { length: classes },
      (_, k) => at(feedback, k * units + i) * at(errors, sample * classes + k),
    ).reduce((sum, part) => sum + part);
  });
}

/** 2 (Y − Ŷ) / (K N), what the squared error asks of the readout. */
function squaredErrors({ readout }: Step): number[] {
  return readout.map((y, place) => (2 * (y - at(layer.target, place))) / (classes * samples));
}

/** Σ_n E_i σ′(U_i) P_j of DECOLLE with the boxcar. */
function threeFactors({ potential, traces }: Step, error: readonly number[]): number[] {
  return Array.from({ length: units * inputs }, (_, place) => {
    const [i, j] = [Math.floor(place / inputs), place % inputs];
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) {
      const neuron = sample * units + i;
      const within = Number(Math.abs(at(potential, neuron)) <= 0.5);
      sum += at(error, neuron) * within * at(traces[1] ?? [], sample * inputs + j);
    }
    return sum;
  });
}

function expectClose(found: readonly number[], expected: readonly number[], message: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  for (const [place, value] of expected.entries()) {
    expect(Math.abs(at(found, place) - value) / largest, `${message}, place ${place}`).toBeLessThan(1e-5);
  }
}

const lively = decolle2020({ alpha: 0.8, beta: 0.7 });

describe("feedback of its own", () => {
  it.each([
    ["unrelated weights", layer.feedback],
    ["the readout's signs", layer.readout.map((weight) => Math.sign(weight) * 0.5)],
  ])("brings the error back through %s", async (_, feedback) => {
    let nonzero = 0;
    for (const [step, outcome] of (await simulated(lively, meanSquared(), { feedback })).entries()) {
      const expected = threeFactors(outcome, back(squaredErrors(outcome), feedback));
      expectClose(outcome.weightGradient, expected, `step ${step}`);
      nonzero += expected.filter((value) => value !== 0).length;
    }
    expect(nonzero).toBeGreaterThan(200);
  });

  const specification: NetworkSpecification = {
    input: { channels: 2, height: 8, width: 8 },
    layers: [
      { type: "conv2d", channels: 4, kernel: 3, padding: 1, pool: 2 },
      { type: "dense", units: 30 },
    ],
    readout: { units: 5, feedback: "alignment", scale: 2 },
    optimizer: { type: "sgd", learningRate: 0.1 },
    initialization: { type: "uniform", dense: 4, conv: 4 },
    seed: 3,
  };
  const weights = async (network: Network, name: "weight" | "feedback") =>
    await Promise.all([0, 1].map(async (at) => Array.from((await network.tensor(`readouts.${at}.${name}`)).data)));
  const agreeing = async (network: Network) => {
    const [readout, feedback] = [
      (await weights(network, "weight")).flat(),
      (await weights(network, "feedback")).flat(),
    ];
    return readout.filter((weight, place) => weight * at(feedback, place) > 0).length / readout.length;
  };

  it("has as many signs in common with the readout as chance gives it, where it is feedback alignment", async () => {
    using network = await Network.create(specification);
    const before = await weights(network, "weight");
    await feedbackAlignment(network);
    expect(await agreeing(network)).toBeGreaterThan(0.4);
    expect(await agreeing(network)).toBeLessThan(0.6);
    expect(await weights(network, "weight")).toEqual(before);
    using again = await Network.create(specification);
    await feedbackAlignment(again);
    expect(await weights(again, "feedback")).toEqual(await weights(network, "feedback"));
    await feedbackAlignment(again, 77);
    expect(await weights(again, "feedback")).not.toEqual(await weights(network, "feedback"));
  });

  it("has all signs in common and one size a layer, where it is sign-concordant", async () => {
    using network = await Network.create(specification);
    await signConcordant(network);
    expect(await agreeing(network)).toBe(1);
    for (const feedback of await weights(network, "feedback")) {
      expect(new Set(feedback.map(Math.abs)).size).toBe(1);
      expect(Math.abs(at(feedback, 0))).toBeGreaterThan(0);
    }
  });

  it.each([
    ["feedback alignment", feedbackAlignment],
    ["sign-concordant readouts", signConcordant],
  ])("is saved with the network: %s", async (_, align) => {
    using network = await Network.create(specification);
    await align(network);
    using loaded = await Network.fromBytes(await network.toBytes());
    expect(await weights(loaded, "feedback")).toEqual(await weights(network, "feedback"));
  });

  it("lowers the loss of every layer by signs alone", async () => {
    using network = await Network.create(specification);
    await signConcordant(network);
    const input = drawCounts(4, 40, 128, 5);
    const target = { classes: Int32Array.of(0, 1, 2, 3) };
    const losses: number[][] = [];
    for (let times = 0; times < 30; times++) {
      const { layers } = await network.learn({ input, target }, { burnIn: 5 });
      losses.push(layers.map(({ loss }) => loss ?? Number.NaN));
    }
    for (const layer of [0, 1]) expect(at(losses[29] ?? [], layer)).toBeLessThan(0.85 * at(losses[0] ?? [], layer));
  });

  it("is refused where errors come back through the readouts themselves", async () => {
    using network = await Network.create({
      input: { units: 3 },
      layers: [{ type: "dense", units: 2 }],
      readout: { units: 2 },
    });
    const refusal = { code: "config", message: expect.stringContaining('readout.feedback: expected "alignment"') };
    await expect(feedbackAlignment(network)).rejects.toMatchObject(refusal);
    await expect(signConcordant(network)).rejects.toThrow('readout.feedback: expected "alignment"');
  });
});

describe("error-triggered DECOLLE", () => {
  it("learns from whole multiples of the threshold, and from nothing below it", async () => {
    const threshold = 0.2;
    let resting = 0;
    for (const [step, outcome] of (await simulated(lively, meanSquared(), {}, errorTriggered(threshold))).entries()) {
      const errors = back(squaredErrors(outcome), layer.feedback).map(
        (error) => Math.sign(error) * Math.floor(Math.abs(error) / threshold) * threshold,
      );
      resting += errors.filter((error) => error === 0).length;
      expectClose(outcome.weightGradient, threeFactors(outcome, errors), `step ${step}`);
    }
    expect(resting).toBeGreaterThan(0.2 * steps * samples * units);
    expect(resting).toBeLessThan(0.9 * steps * samples * units);
  });

  it("has a controller that brings the rate of error events to where it should be, from above and from below", async () => {
    const outcomes = await simulated(lively, meanSquared());
    const errors = outcomes.flatMap((outcome) => back(squaredErrors(outcome), layer.feedback));
    for (const first of [0.01, 1]) {
      const controller = new ErrorTriggerController({ threshold: first, rate: 0.25, gain: 0.02 });
      const begin = errorEventRate(errors, first);
      expect(Math.abs(begin - 0.25)).toBeGreaterThan(0.2);
      for (let times = 0; times < 400; times++) controller.update(errorEventRate(errors, controller.threshold));
      expect(errorEventRate(errors, controller.threshold)).toBeCloseTo(0.25, 1);
    }
  });

  it("moves the threshold in proportion, a twentieth of the first by default, and not below the least", () => {
    const controller = new ErrorTriggerController({ threshold: 2, rate: 1, least: 0.5 });
    expect(controller.update(3)).toBeCloseTo(2.2, 12);
    expect(controller.update(0)).toBeCloseTo(2.1, 12);
    for (let times = 0; times < 40; times++) controller.update(0);
    expect(controller.threshold).toBe(0.5);
    expect(errorEventRate([0.4, -1.1, 2.6], 0.5)).toBeCloseTo(7 / 3, 12);
  });

  it.each([
    ["a threshold of zero", () => errorTriggered(0), "threshold: expected a number above 0, found 0"],
    ["a negative threshold", () => errorTriggered(-1), "threshold: expected at least 0, found -1"],
    [
      "no gain",
      () => new ErrorTriggerController({ threshold: 1, rate: 1, gain: 0 }),
      "gain: expected a number above 0",
    ],
    [
      "a rate that is no number",
      () => new ErrorTriggerController({ threshold: 1, rate: Number.NaN }),
      "rate: expected a",
    ],
    ["no errors", () => errorEventRate([], 1), "errors: expected at least 1, found 0"],
  ])("refuses %s", (_, made, message) => {
    expect(made).toThrow(message);
  });
});

describe("TESS", () => {
  it.each([1, 0, -1])("learns by its equations with α_post = %d", async (alphaPost) => {
    const [gamma, threshold, lambdaPre, lambdaPost, alphaPre] = [0.5, 0.6, 0.5, 0.2, 1];
    const basis = Array.from(squareWaves(classes, units));
    const own = { readout: basis, feedback: basis, readoutBias: layer.readoutBias.map(() => 0) };
    const activation = (u: number) => 0.3 * Math.max(0, 1 - Math.abs(u));
    const [q, u] = [new Array<number>(samples * inputs).fill(0), new Array<number>(samples * units).fill(0)];
    const [h, above] = [[...u], [...u]];
    let spikes = u.map(() => 0);
    let nonzero = 0;
    for (const [step, outcome] of (await simulated(tess({ alphaPost }), crossEntropy(), own)).entries()) {
      const events = layer.events[step] ?? [];
      const gradient = new Array<number>(units * inputs).fill(0);
      for (let place = 0; place < q.length; place++) q[place] = lambdaPre * at(q, place) + at(events, place);
      for (let place = 0; place < u.length; place++) {
        const [sample, i] = [Math.floor(place / units), place % units];
        h[place] = lambdaPost * at(h, place) + activation(at(above, place));
        u[place] = gamma * (at(u, place) - threshold * at(spikes, place));
        for (let j = 0; j < inputs; j++)
          u[place] = at(u, place) + at(layer.weights, i * inputs + j) * at(events, sample * inputs + j);
        above[place] = at(u, place) + at(layer.bias, i) - threshold;
      }
      spikes = above.map((potential) => Number(potential > 0));
      const shares = Array.from({ length: samples * classes }, (_, place) => {
        const [sample, k] = [Math.floor(place / classes), place % classes];
        const votes = Array.from({ length: classes }, (_, at_) =>
          Math.exp(
            basis
              .slice(at_ * units, (at_ + 1) * units)
              .reduce((sum, b, i) => sum + b * at(spikes, sample * units + i), 0),
          ),
        );
        const total = votes.reduce((sum, vote) => sum + vote, 0);
        return (at(votes, k) / total - at(layer.target, place)) / samples;
      });
      const signal = back(shares, basis);
      for (let place = 0; place < u.length; place++) {
        const [sample, i] = [Math.floor(place / units), place % units];
        for (let j = 0; j < inputs; j++) {
          const input = sample * inputs + j;
          const causal = alphaPre * activation(at(above, place)) * at(q, input);
          const noncausal = alphaPost * at(h, place) * at(events, input);
          gradient[i * inputs + j] = at(gradient, i * inputs + j) + at(signal, place) * (causal + noncausal);
        }
      }
      expect(outcome.spikes, `step ${step}`).toEqual(spikes);
      expectClose(outcome.potential, above, `potential of step ${step}`);
      expectClose(outcome.weightGradient, gradient, `gradient of step ${step}`);
      nonzero += gradient.filter((value) => value !== 0).length;
    }
    expect(nonzero).toBeGreaterThan(500);
  });

  it("has a basis of square waves, no two alike", () => {
    const [rows, columns] = [10, 128];
    const basis = squareWaves(rows, columns);
    expect(new Set(Array.from(basis, Math.abs))).toEqual(new Set([1 / columns]));
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b < a; b++) {
        let product = 0;
        for (let i = 0; i < columns; i++) product += (basis[a * columns + i] ?? 0) * (basis[b * columns + i] ?? 0);
        expect(Math.abs(product * columns), `waves ${a} and ${b}`).toBeLessThan(0.5);
      }
    }
    expect(() => squareWaves(0, 4)).toThrow("classes: expected at least 1, found 0");
    expect(() => squareWaves(2, 4, 5, 3)).toThrow("high: expected at least 5, found 3");
  });
});

/**
 * How a stream decides: from the readouts of each layer, step by step, in constant memory. What is decided depends on the
 * steps alone, not on the pieces that they came in.
 */
import { faultAt, unfit } from "../errors.js";
import { finiteNumber } from "../numbers.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";

/** The class that was voted for most often of late. */
export interface Majority {
  /** Says which rule it is. */
  readonly type: "majority";
  /** Length of the window that ends with the last step, in microseconds: 1 to 65,536 steps, begun ones counted whole. */
  readonly window: number;
}

/** The class for which most evidence has added up: a leaky sum E ← λ·E + Y of the readouts, λ = T / (T + time step). */
export interface Evidence {
  /** Says which rule it is. */
  readonly type: "evidence";
  /** T in microseconds, above 0: what a step adds has fallen to 1/e after about as long. */
  readonly timeConstant: number;
  /** What evidence is divided by for the confidence, softmax(E / temperature); above 0, 1 by default. */
  readonly temperature?: number;
}

/** A rule to decide by. */
export type Decision = Majority | Evidence;

/** What has been decided: one entry a layer, none before the first step that counts. */
export interface Decided {
  /** The class of each layer, the lower on ties. */
  readonly perLayer: readonly number[];
  /** How sure each is, 0 to 1: its share of the votes, or its softmax of the evidence. */
  readonly confidencePerLayer: readonly number[];
}

/** Nothing yet. */
export const undecided: Decided = { perLayer: [], confidencePerLayer: [] };

/** Most steps of a window. */
const mostSteps = 2 ** 16;

const majorityFields: Fields<Majority> = { type: "value", window: "number" };
const evidenceFields: Fields<Evidence> = { type: "value", timeConstant: "number", temperature: "number" };

/**
 * Reads a rule.
 *
 * @param given - What a caller gave.
 * @param timeStep - Length of a time step in microseconds.
 * @returns A copy.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the field.
 */
export function readDecision(given: Decision, timeStep: number): Decision {
  const path = "decision";
  switch ((given as Partial<Decision> | null)?.type) {
    case "majority": {
      const { window } = readOptions(given as Majority, majorityFields, "a majority", path);
      if (!(finiteNumber(window, 0, `${path}.window`) > 0 && window <= mostSteps * timeStep)) {
        throw unfit("range", `${path}.window`, `above 0 and at most ${mostSteps} steps of ${timeStep} µs`, `${window}`);
      }
      return { type: "majority", window };
    }
    case "evidence": {
      const { timeConstant, temperature } = readOptions(given as Evidence, evidenceFields, "evidence", path);
      const positive = (value: number, field: string) => {
        if (finiteNumber(value, 0, `${path}.${field}`) > 0) return value;
        throw unfit("range", `${path}.${field}`, "above 0", `${value}`);
      };
      positive(timeConstant, "timeConstant");
      return {
        type: "evidence",
        timeConstant,
        ...(temperature !== undefined && { temperature: positive(temperature, "temperature") }),
      };
    }
    default:
      throw faultAt("config", path, `expected one of type majority or evidence, found ${found(given)}`);
  }
}

/** What a rule remembers, as it is stored. */
export interface DecisionMemory {
  /** Of a majority the classes voted for in the window, `[step][layer]`, the oldest first; the evidence, `[layer][class]`. */
  readonly values: readonly number[];
  /** Steps that counted. */
  readonly steps: number;
}

/** A rule at work. */
export interface Decider {
  /**
   * Takes in steps.
   *
   * @param readout - Readouts `[layer][step][class]`.
   * @param steps - How many steps they are of.
   * @param first - The first of them that counts.
   */
  take(readout: Float32Array, steps: number, first: number): void;
  /** What has been decided by now. */
  decided(): Decided;
  /** What it remembers. */
  memory(): DecisionMemory;
  /** Forgets all and remembers this; `checkpoint` where such a rule remembers no such thing. */
  recall(memory: DecisionMemory): void;
}

/**
 * Puts a rule to work.
 *
 * @param rule - The rule, as it was read.
 * @param layers - Number of layers.
 * @param classes - Number of classes.
 * @param timeStep - Length of a time step in microseconds.
 * @param memory - What it remembers; nothing by default.
 * @returns It.
 * @throws {@link DecolleError} `checkpoint` where the memory is not that of such a rule.
 */
export function deciderOf(
  rule: Decision,
  layers: number,
  classes: number,
  timeStep: number,
  memory?: DecisionMemory,
): Decider {
  const decider =
    rule.type === "majority"
      ? new MajorityDecider(layers, classes, Math.ceil(rule.window / timeStep))
      : new EvidenceDecider(rule, layers, classes, timeStep);
  if (memory !== undefined) decider.recall(memory);
  return decider;
}

/** The place of the greatest of `count` numbers, the first on ties. */
function greatest(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  let most = values[start] ?? 0;
  for (let place = 1; place < count; place++) {
    const value = values[start + place] ?? 0;
    if (value > most) {
      best = place;
      most = value;
    }
  }
  return best;
}

class MajorityDecider implements Decider {
  readonly #layers: number;
  readonly #classes: number;
  readonly #window: number;
  /** Classes voted for in the window, `[place][layer]`. */
  readonly #ring: Uint32Array;
  /** Where the next step goes, and how many there are. */
  #place = 0;
  #kept = 0;
  /** Votes in the window, `[layer][class]`. */
  readonly #votes: Uint32Array;
  #steps = 0;

  constructor(layers: number, classes: number, window: number) {
    this.#layers = layers;
    this.#classes = classes;
    this.#window = window;
    this.#ring = new Uint32Array(window * layers);
    this.#votes = new Uint32Array(layers * classes);
  }

  take(readout: Float32Array, steps: number, first: number): void {
    const [layers, classes] = [this.#layers, this.#classes];
    for (let step = first; step < steps; step++) {
      this.#add((layer) => greatest(readout, (layer * steps + step) * classes, classes), layers);
    }
    this.#steps += Math.max(0, steps - first);
  }

  #add(voteOf: (layer: number) => number, layers: number): void {
    const [ring, votes] = [this.#ring, this.#votes];
    const isFull = this.#kept === this.#window;
    for (let layer = 0; layer < layers; layer++) {
      const place = this.#place * layers + layer;
      const row = layer * this.#classes;
      if (isFull) change(votes, row + (ring[place] ?? 0), -1);
      const vote = voteOf(layer);
      ring[place] = vote;
      change(votes, row + vote, 1);
    }
    this.#place = (this.#place + 1) % this.#window;
    if (!isFull) this.#kept++;
  }

  decided(): Decided {
    if (this.#kept === 0) return undecided;
    const classes = this.#classes;
    const votes = this.#votes;
    const perLayer = Array.from({ length: this.#layers }, (_, layer) => greatest(votes, layer * classes, classes));
    const share = (best: number, layer: number) => (votes[layer * classes + best] ?? 0) / this.#kept;
    return { perLayer, confidencePerLayer: perLayer.map(share) };
  }

  memory(): DecisionMemory {
    const [layers, window] = [this.#layers, this.#window];
    const oldest = (this.#place - this.#kept + window) % window;
    const values = Array.from({ length: this.#kept * layers }, (_, entry) => {
      const place = (oldest + Math.floor(entry / layers)) % window;
      return this.#ring[place * layers + (entry % layers)] ?? 0;
    });
    return { values, steps: this.#steps };
  }

  recall({ values, steps }: DecisionMemory): void {
    const [layers, classes] = [this.#layers, this.#classes];
    const kept = Math.min(steps, this.#window);
    const isClass = (vote: number) => Number.isInteger(vote) && vote >= 0 && vote < classes;
    if (values.length !== kept * layers || !values.every(isClass)) throw strange();
    this.#votes.fill(0);
    [this.#place, this.#kept] = [0, 0];
    for (let step = 0; step < kept; step++) this.#add((layer) => values[step * layers + layer] ?? 0, layers);
    this.#steps = steps;
  }
}

function change(counts: Uint32Array, place: number, by: number): void {
  counts[place] = (counts[place] ?? 0) + by;
}

class EvidenceDecider implements Decider {
  readonly #layers: number;
  readonly #classes: number;
  /** `[layer][class]`. */
  readonly #evidence: Float64Array;
  readonly #leak: number;
  readonly #temperature: number;
  #steps = 0;

  constructor({ timeConstant, temperature }: Evidence, layers: number, classes: number, timeStep: number) {
    this.#layers = layers;
    this.#classes = classes;
    this.#evidence = new Float64Array(layers * classes);
    // A quotient has the same bits in all engines, as an exponential has not.
    this.#leak = timeConstant / (timeConstant + timeStep);
    this.#temperature = temperature ?? 1;
  }

  take(readout: Float32Array, steps: number, first: number): void {
    const classes = this.#classes;
    const evidence = this.#evidence;
    const leak = this.#leak;
    for (let layer = 0; layer < this.#layers; layer++) {
      for (let step = first; step < steps; step++) {
        const start = (layer * steps + step) * classes;
        for (let unit = 0; unit < classes; unit++) {
          const place = layer * classes + unit;
          evidence[place] = leak * (evidence[place] ?? 0) + (readout[start + unit] ?? 0);
        }
      }
    }
    this.#steps += Math.max(0, steps - first);
  }

  decided(): Decided {
    if (this.#steps === 0) return undecided;
    const classes = this.#classes;
    const perLayer: number[] = [];
    const confidencePerLayer: number[] = [];
    for (let layer = 0; layer < this.#layers; layer++) {
      const of = this.#evidence.subarray(layer * classes, (layer + 1) * classes);
      const best = greatest(of, 0, classes);
      const most = of[best] ?? 0;
      perLayer.push(best);
      confidencePerLayer.push(1 / of.reduce((sum, value) => sum + Math.exp((value - most) / this.#temperature), 0));
    }
    return { perLayer, confidencePerLayer };
  }

  memory(): DecisionMemory {
    return { values: this.#steps === 0 ? [] : Array.from(this.#evidence), steps: this.#steps };
  }

  recall({ values, steps }: DecisionMemory): void {
    if (values.length !== (steps === 0 ? 0 : this.#evidence.length)) throw strange();
    this.#evidence.fill(0);
    this.#evidence.set(values);
    this.#steps = steps;
  }
}

function strange() {
  return faultAt("checkpoint", "metadata.stream-position.decided", "not what such a decision remembers");
}

/**
 * Error-triggered DECOLLE: Payvand, Fouda, Kurdahi, Eltawil & Neftci 2020, doi:10.1109/JETCAS.2020.3040248,
 * arXiv:2011.10852, and before that arXiv:1910.06152. The error that comes back to a neuron counts in whole multiples of a
 * threshold θ, so that most weights rest in most steps; a proportional controller moves θ until neurons have as many error
 * events as they should. Trigger and controller as in the authors' code (nmi-lab/decolle-public,
 * `lenet_decolle_model_errortriggered.py`).
 *
 * A network takes θ as `errorTrigger`, and with `control` counts error events and moves θ with every update by itself, as
 * {@link ErrorTriggerController} does. What is here is for derived rules and for those who move θ themselves.
 */
import { unfit } from "../../errors.js";
import { finiteNumber } from "../../numbers.js";
import { numbers } from "../../values/arrays.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import { type ModulationGraph, modulation } from "../modulation.js";
import { select } from "../operations.js";

function positive(value: number, name: string): number {
  if (finiteNumber(value, 0, name) === 0) throw unfit("range", name, "a number above 0", "0");
  return value;
}

/**
 * The trigger: E becomes sign(E)·⌊|E|/θ⌋·θ.
 *
 * @param threshold - θ, above 0, in units of ∂L/∂S.
 * @returns The modulation; with DECOLLE's neurons it computes the bits of a network's `errorTrigger`.
 * @throws {@link DecolleError} `range`, `config`, `not-finite`.
 */
export function errorTriggered(threshold: number): ModulationGraph {
  positive(threshold, "threshold");
  return modulation(({ error }) => {
    const whole = error.abs().over(threshold).floor().times(threshold);
    return select(error.less(0), whole.negative(), whole);
  });
}

/**
 * How often neurons have error events: an error of n thresholds is n events.
 *
 * @param errors - Errors E that have come back, of as many neurons, samples and steps as one likes; at least one.
 * @param threshold - θ, above 0.
 * @returns The mean of ⌊|E|/θ⌋, events a neuron and step.
 * @throws {@link DecolleError} `range`, `config`, `not-finite`.
 */
export function errorEventRate(errors: ArrayLike<number>, threshold: number): number {
  positive(threshold, "threshold");
  const given = reading("errors", () => numbers(errors, "errors"));
  if (given.length === 0) throw unfit("range", "errors", "at least 1", "0");
  let events = 0;
  for (let place = 0; place < given.length; place++) events += Math.floor(Math.abs(given[place] ?? 0) / threshold);
  return finiteNumber(events / given.length, 0, "errors");
}

/** What a controller of θ works with. */
export interface ErrorTriggerControl {
  /** θ at first, above 0, in units of ∂L/∂S. */
  readonly threshold: number;
  /** Events a neuron and step that there should be, at least 0. */
  readonly rate: number;
  /** How far θ moves for an event a neuron and step too many, above 0; a twentieth of the first θ by default. */
  readonly gain?: number;
  /** Least θ, above 0; 1e−16 by default. */
  readonly least?: number;
}

const controlFields: Fields<ErrorTriggerControl> = {
  threshold: "number",
  rate: "number",
  gain: "number",
  least: "number",
};

/** Moves θ: up where there are more error events than there should be, down where there are fewer. */
export class ErrorTriggerController {
  readonly #rate: number;
  readonly #gain: number;
  readonly #least: number;
  #threshold: number;

  /**
   * Starts at the first θ.
   *
   * @param control - θ, the rate to keep, and how fast.
   * @throws {@link DecolleError} `range`, `config`, `not-finite`.
   */
  constructor(control: ErrorTriggerControl) {
    const {
      threshold,
      rate,
      gain = threshold / 20,
      least = 1e-16,
    } = readOptions(control, controlFields, "a controller");
    this.#threshold = positive(threshold, "threshold");
    this.#rate = finiteNumber(rate, 0, "rate");
    this.#gain = positive(gain, "gain");
    this.#least = positive(least, "least");
  }

  /** θ as it is now, in units of ∂L/∂S. */
  get threshold(): number {
    return this.#threshold;
  }

  /**
   * θ ← max(θ + gain · (rate − rate to keep), least); to be called once a batch.
   *
   * @param rate - Events a neuron and step since the last call, as {@link errorEventRate} gives them.
   * @returns θ from now on.
   * @throws {@link DecolleError} `range`, `config`, `not-finite`.
   */
  update(rate: number): number {
    const surplus = finiteNumber(rate, 0, "rate") - this.#rate;
    this.#threshold = Math.max(this.#threshold + this.#gain * surplus, this.#least);
    return this.#threshold;
  }
}

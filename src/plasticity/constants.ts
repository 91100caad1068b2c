/** Constants of neurons: numbers, time constants, decay factors; shared, or one for each neuron; fixed, or learned. */
import { faultAt, unfit } from "../errors.js";
import { finiteNumber } from "../numbers.js";
import { isBranded } from "../values/brands.js";
import { reading } from "../values/options.js";
import { demand, Expression, type Tracer } from "./expression.js";
import type { Space } from "./space.js";

/** Says that an object is a time constant, whichever copy of this module made it. */
const brand = Symbol.for("decolle.timeConstant");

/** What there is one constant of. */
export type ConstantOf = "layer" | "neuron";

/** A constant as it travels. */
export interface ConstantGraph {
  /** Its name. */
  readonly name: string;
  /** `number`, `time` (τ in microseconds) or `decay` (a factor in [0, 1)). */
  readonly kind: "number" | "time" | "decay";
  /** Its value; where there is one of each neuron or input, what they start at. */
  readonly value: number;
  /** What there is one of; `layer` by default. */
  readonly of?: ConstantOf | "input";
  /** Whether the rule has a gradient for it; false by default. */
  readonly learn?: boolean;
  /** How it prints; its name by default. */
  readonly symbol?: string;
}

/** A constant in the making: what {@link ms}, {@link decay}, {@link perNeuron} and {@link learned} give. */
export interface Constant<Kind extends "number" | "time" | "decay", Of extends ConstantOf> {
  /** How it enters expressions. */
  readonly kind: Kind;
  /** Its value; a time constant's in microseconds. */
  readonly value: number;
  /** What there is one of. */
  readonly of: Of;
  /** Whether the rule has a gradient for it. */
  readonly learn: boolean;
}

/** A time constant, known in expressions by its decay factor exp(−Δt/τ). */
export class TimeConstant<Of extends ConstantOf> {
  /**
   * Its decay factor.
   *
   * @internal
   */
  readonly factor: Expression<Of>;

  /**
   * Wraps a factor.
   *
   * @internal
   *
   * @param factor - The decay factor.
   */
  constructor(factor: Expression<Of>) {
    this.factor = factor;
  }
}

Object.defineProperty(TimeConstant.prototype, brand, { value: true });

function isTimeConstant(value: unknown): boolean {
  return isBranded(value, brand);
}

/** Constants by name, as a neuron declares them. */
export type Constants = Readonly<Record<string, number | Constant<"number" | "time" | "decay", ConstantOf>>>;

/** What a neuron's functions get for each constant. */
export type ConstantSymbols<Declared extends Constants> = {
  readonly [Name in keyof Declared]: Declared[Name] extends number
    ? Expression<"layer">
    : Declared[Name] extends Constant<infer Kind, infer Of>
      ? Kind extends "number"
        ? Expression<Of>
        : TimeConstant<Of>
      : never;
};

/**
 * A time constant in milliseconds.
 *
 * @param value - τ, above 0.
 * @returns The constant, whose decay factor is exp(−Δt/τ) in time steps of Δt.
 * @throws {@link DecolleError} `range`, `not-finite`.
 */
export function ms(value: number): Constant<"time", "layer"> {
  // Least and greatest as the core has them: a microsecond, eleven days.
  if (finiteNumber(value, -Infinity, "ms") < 1e-3 || value > 1e9) {
    throw unfit("range", "ms", "a time constant of 0.001 to 1e9 milliseconds", `${value}`);
  }
  return { kind: "time", value: value * 1000, of: "layer", learn: false };
}

/**
 * A decay factor per step, for those who think in α rather than τ.
 *
 * @param value - The factor, at least 0 and below 1.
 * @returns The constant.
 * @throws {@link DecolleError} `range`, `not-finite`.
 */
export function decay(value: number): Constant<"decay", "layer"> {
  if (finiteNumber(value, 0, "decay") >= 1) {
    throw unfit("range", "decay", "a factor of at least 0 and below 1", `${value}`);
  }
  return { kind: "decay", value, of: "layer", learn: false };
}

/**
 * The same constant with a value for each neuron. In a network all start at the one given, and part where they are
 * {@link learned}; `checkRule` draws them around it.
 *
 * @param given - A number, {@link ms} or {@link decay}.
 * @returns The constant. Dynamics of what depends on the weights do not factorise with it.
 */
export function perNeuron(given: number): Constant<"number", "neuron">;
export function perNeuron<Kind extends "number" | "time" | "decay">(
  given: Constant<Kind, ConstantOf>,
): Constant<Kind, "neuron">;
export function perNeuron(
  given: number | Constant<"number" | "time" | "decay", ConstantOf>,
): Constant<"number" | "time" | "decay", "neuron"> {
  return reading("perNeuron", () => ({ ...(typeof given === "number" ? plain(given) : given), of: "neuron" }));
}

/**
 * The same constant, learned: the rule gets a gradient for it by the same derivation.
 *
 * @param given - A number or a constant; of a time constant it is the decay factor that is learned.
 * @returns The constant.
 */
export function learned(given: number): Constant<"number", "layer">;
export function learned<Kind extends "number" | "time" | "decay", Of extends ConstantOf>(
  given: Constant<Kind, Of>,
): Constant<Kind, Of>;
export function learned(
  given: number | Constant<"number" | "time" | "decay", ConstantOf>,
): Constant<"number" | "time" | "decay", ConstantOf> {
  return reading("learned", () => ({ ...(typeof given === "number" ? plain(given) : given), learn: true }));
}

/** A number as a constant of the layer. */
function plain(value: number): Constant<"number", "layer"> {
  return { kind: "number", value, of: "layer", learn: false };
}

/**
 * The decay factor exp(−Δt/τ) of a time constant.
 *
 * @param constant - Declared by {@link ms} or {@link decay}.
 * @returns The factor.
 */
export function decayOf<Of extends ConstantOf>(constant: TimeConstant<Of>): Expression<Of> {
  if (!isTimeConstant(constant)) {
    throw faultAt("config", "decayOf", "expected a time constant, declared by ms() or decay()");
  }
  return constant.factor;
}

/**
 * 1 − exp(−Δt/τ), the gain with which a constant input settles at its own size.
 *
 * @param constant - Declared by {@link ms} or {@link decay}.
 * @returns The gain.
 */
export function gainOf<Of extends ConstantOf>(constant: TimeConstant<Of>): Expression<Of> {
  return decayOf(constant).complement();
}

/**
 * What is left of a value after a step: exp(−Δt/τ) times the value.
 *
 * @param value - The value before the step.
 * @param constant - Its time constant.
 * @returns The decayed value.
 */
export function leak<Own extends Space>(
  value: Expression<Own>,
  constant: TimeConstant<"layer"> | TimeConstant<Own & ConstantOf>,
): Expression<Own> {
  demand(value, "leak");
  if (!isTimeConstant(constant)) {
    throw faultAt("config", `${value.tracer.name}.leak`, "expected a time constant, declared by ms() or decay()");
  }
  const { tracer } = value;
  const factor: Expression<Space> = constant.factor;
  if (factor.tracer !== tracer) {
    throw faultAt("config", `${tracer.name}.leak`, `expected a time constant of ${tracer.name} itself`);
  }
  return new Expression<Own>(tracer, tracer.record({ op: "mul", args: [factor.index, value.index] }));
}

/**
 * Declares constants in a graph.
 *
 * @internal
 *
 * @param tracer - The graph.
 * @param declared - The constants.
 * @param symbols - How they print.
 * @returns What travels, and what the neuron's functions get.
 */
export function declareConstants(
  tracer: Tracer,
  declared: Constants,
  symbols: Readonly<Record<string, string>>,
): { graphs: ConstantGraph[]; symbols: Record<string, Expression<Space> | TimeConstant<ConstantOf>> } {
  const graphs: ConstantGraph[] = [];
  const known: Record<string, Expression<Space> | TimeConstant<ConstantOf>> = {};
  for (const [name, given] of Object.entries(declared)) {
    const constant = typeof given === "number" ? plain(given) : given;
    if (typeof constant !== "object" || constant === null || typeof constant.value !== "number") {
      throw faultAt("config", `${tracer.name}.constants.${name}`, "expected a number, ms(), decay() or perNeuron()");
    }
    finiteNumber(constant.value, -Infinity, `${tracer.name}.constants.${name}`);
    const { kind, value, of, learn } = constant;
    const symbol = symbols[name];
    graphs.push({ name, kind, value, of, learn, ...(symbol !== undefined && { symbol }) });
    const expression = tracer.symbol<ConstantOf>(kind === "number" ? "constant" : "decay", name);
    known[name] = kind === "number" ? expression : new TimeConstant(expression);
  }
  return { graphs, symbols: known };
}

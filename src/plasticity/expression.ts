/**
 * The small language that neurons and costs are written in: expressions that know what they have one value of, so that the
 * compiler refuses a readout added to a potential.
 *
 * A function that describes a neuron or a cost is called once, with symbols for arguments; what it computes is recorded as
 * a graph. Expressions have no value meanwhile, so JavaScript's own operators, `if` and `Math` cannot be used on them.
 */
import { faultAt, unfit } from "../errors.js";
import { isBranded } from "../values/brands.js";
import { found } from "../values/found.js";
import type { Compatible, Join, Space } from "./space.js";

/** Says that an object is an expression, whichever copy of this module made it. */
const brand = Symbol.for("decolle.expression");

/** An expression or a plain number. */
export type Operand<Own extends Space> = Expression<Own> | number;

/** The space of an operand: a number is the same for the whole layer. */
export type SpaceOf<Value> = Value extends Expression<infer Own> ? Own : "layer";

/** A node of a graph as it travels; see {@link NeuronGraph}. */
export interface GraphNode {
  /** Name of the operation. */
  readonly op: string;
  /** Indices of the nodes it applies to, all before it. */
  readonly args?: readonly number[];
  /** Value of a number. */
  readonly value?: number;
  /** Name of a constant, trace or state variable. */
  readonly name?: string;
}

/**
 * The nodes that tracing one neuron or cost records.
 *
 * @internal
 */
export class Tracer {
  /** Nodes in the order of their making. */
  readonly nodes: GraphNode[] = [];
  readonly #known = new Map<string, number>();
  /** What messages call what is traced. */
  readonly name: string;

  /**
   * Starts a graph.
   *
   * @param name - What messages call it.
   */
  constructor(name: string) {
    this.name = name;
  }

  /**
   * Records a node; equal ones are one.
   *
   * @param node - The node.
   * @returns Its index.
   */
  record(node: GraphNode): number {
    const key = JSON.stringify(node);
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.nodes.push(node) - 1;
      this.#known.set(key, index);
    }
    return index;
  }

  /**
   * A symbol.
   *
   * @param op - Its operation.
   * @param name - Its name, where the operation has one.
   * @returns The expression.
   */
  symbol<Own extends Space>(op: string, name?: string): Expression<Own> {
    return new Expression<Own>(this, this.record({ op, ...(name !== undefined && { name }) }));
  }
}

/** What was given instead of an expression, for messages. */
function described(value: unknown): string {
  return typeof value === "number" ? `the number ${value}` : found(value);
}

/**
 * Whether a value is an expression.
 *
 * @internal
 *
 * @param value - Anything.
 * @returns Whether one of this module, or of another copy of it.
 */
export function isExpression(value: unknown): value is Expression<Space> {
  return isBranded(value, brand);
}

/**
 * The node of an operand in a graph.
 *
 * @internal
 *
 * @param tracer - The graph.
 * @param value - An expression of that graph, or a finite number.
 * @param at - What messages call it.
 * @returns Its index.
 */
export function nodeOf(tracer: Tracer, value: unknown, at: string): number {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw unfit("not-finite", `${tracer.name}.${at}`, "a finite number", `${value}`);
    }
    return tracer.record({ op: "number", value });
  }
  if (!isExpression(value)) {
    throw unfit("config", `${tracer.name}.${at}`, "an expression", described(value));
  }
  if (value.tracer !== tracer) {
    throw unfit(
      "config",
      `${tracer.name}.${at}`,
      `an expression of ${tracer.name} itself`,
      `one of ${value.tracer.name}`,
    );
  }
  return value.index;
}

/**
 * An expression: something that the layer has one value of, or each sample, input, neuron or readout unit.
 *
 * Methods make new expressions; numbers may stand for expressions everywhere but in front. All give the same bits on every
 * backend: float32, each operation rounded once.
 */
export class Expression<Own extends Space> {
  /** What it has one value of; exists for the compiler only. */
  declare readonly space: Own;
  /**
   * The graph it belongs to.
   *
   * @internal
   */
  readonly tracer: Tracer;
  /**
   * Its node.
   *
   * @internal
   */
  readonly index: number;

  /**
   * Wraps a node.
   *
   * @internal
   *
   * @param tracer - The graph.
   * @param index - The node.
   */
  constructor(tracer: Tracer, index: number) {
    this.tracer = tracer;
    this.index = index;
  }

  /**
   * Refuses what JavaScript's own operators, `if` and string templates would do.
   *
   * @returns Never.
   * @throws {@link DecolleError} `config`.
   */
  [Symbol.toPrimitive](): never {
    throw faultAt(
      "config",
      this.tracer.name,
      "an expression has no value while it is traced; use its methods (plus, times, …) and select instead of operators, if " +
        "and Math",
    );
  }

  #apply<Result extends Space>(op: string, ...others: readonly unknown[]): Expression<Result> {
    const args = [this.index, ...others.map((other) => nodeOf(this.tracer, other, op))];
    return new Expression<Result>(this.tracer, this.tracer.record({ op, args }));
  }

  /**
   * The sum.
   *
   * @param other - What to add.
   * @returns this + other.
   */
  plus<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("add", other);
  }

  /**
   * The difference.
   *
   * @param other - What to take away.
   * @returns this − other.
   */
  minus<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("sub", other);
  }

  /**
   * The product.
   *
   * @param other - What to multiply by.
   * @returns this · other.
   */
  times<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("mul", other);
  }

  /**
   * The quotient.
   *
   * @param other - What to divide by.
   * @returns this / other.
   */
  over<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("div", other);
  }

  /**
   * The lesser of two.
   *
   * @param other - The other.
   * @returns min(this, other).
   */
  min<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("min", other);
  }

  /**
   * The greater of two.
   *
   * @param other - The other.
   * @returns max(this, other).
   */
  max<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("max", other);
  }

  /**
   * Keeps within bounds.
   *
   * @param least - Least value.
   * @param most - Greatest value.
   * @returns This, not below `least` nor above `most`.
   */
  clamp(least: Operand<"layer">, most: Operand<"layer">): Expression<Own> {
    return this.#apply("clamp", least, most);
  }

  /**
   * Compares.
   *
   * @param other - The other.
   * @returns 1 where this < other, else 0.
   */
  less<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("less", other);
  }

  /**
   * Compares.
   *
   * @param other - The other.
   * @returns 1 where this ≤ other, else 0.
   */
  atMost<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("lessEqual", other);
  }

  /**
   * Compares.
   *
   * @param other - The other.
   * @returns 1 where this > other, else 0.
   */
  greater<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("greater", other);
  }

  /**
   * Compares.
   *
   * @param other - The other.
   * @returns 1 where this ≥ other, else 0.
   */
  atLeast<Other extends Operand<Compatible<Own>>>(other: Other): Expression<Join<Own, SpaceOf<Other>>> {
    return this.#apply("greaterEqual", other);
  }

  /** −this. */
  negative(): Expression<Own> {
    return this.#apply("neg");
  }

  /** 1 − this. */
  complement(): Expression<Own> {
    const one = nodeOf(this.tracer, 1, "complement");
    return new Expression<Own>(this.tracer, this.tracer.record({ op: "sub", args: [one, this.index] }));
  }

  /** 1 / this. */
  reciprocal(): Expression<Own> {
    const one = nodeOf(this.tracer, 1, "reciprocal");
    return new Expression<Own>(this.tracer, this.tracer.record({ op: "div", args: [one, this.index] }));
  }

  /** eᵗʰⁱˢ. */
  exp(): Expression<Own> {
    return this.#apply("exp");
  }

  /** Natural logarithm; not finite at and below zero. */
  log(): Expression<Own> {
    return this.#apply("log");
  }

  /** Square root. */
  sqrt(): Expression<Own> {
    return this.#apply("sqrt");
  }

  /** Hyperbolic tangent. */
  tanh(): Expression<Own> {
    return this.#apply("tanh");
  }

  /** Logistic function 1 / (1 + e⁻ˣ). */
  sigmoid(): Expression<Own> {
    return this.#apply("sigmoid");
  }

  /** max(this, 0). */
  relu(): Expression<Own> {
    return this.#apply("relu");
  }

  /** Absolute value. */
  abs(): Expression<Own> {
    return this.#apply("abs");
  }

  /** −1, 0 or 1; has no derivative. */
  sign(): Expression<Own> {
    return this.#apply("sign");
  }

  /** Largest whole number at most this; has no derivative. */
  floor(): Expression<Own> {
    return this.#apply("floor");
  }

  /** this². */
  square(): Expression<Own> {
    return this.#apply("square");
  }

  /**
   * The sum over the neurons, or over the readout units, of a sample.
   *
   * @returns One value a sample.
   */
  sum(this: Expression<"neuron"> | Expression<"class">): Expression<"sample"> {
    return this.#apply("sum");
  }

  /**
   * The mean over the neurons, or over the readout units, of a sample.
   *
   * @returns One value a sample.
   */
  mean(this: Expression<"neuron"> | Expression<"class">): Expression<"sample"> {
    return this.#apply("mean");
  }
}

Object.defineProperty(Expression.prototype, brand, { value: true });

/**
 * Refuses what is no expression.
 *
 * @internal
 *
 * @param value - What was given.
 * @param op - Where.
 * @throws {@link DecolleError} `config`.
 */
export function demand(value: unknown, op: string): void {
  if (isExpression(value)) return;
  throw unfit("config", `${op}`, "an expression", described(value));
}

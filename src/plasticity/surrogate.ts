/** Surrogates as expressions: the built-in ones, and those of the user's own. */
import { faultAt } from "../errors.js";
import type { Surrogate } from "../neuron/surrogate.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Expression, Tracer } from "./expression.js";
import { select } from "./operations.js";

/** A surrogate of the user's own: σ, whose derivative stands in for the threshold's. */
export interface OwnSurrogate {
  /** σ(U), increasing; the smoothed network of `checkRule` spikes with it. */
  readonly primitive: (potential: Expression<"neuron">) => Expression<"neuron">;
  /** σ′(U), where it is to be computed otherwise than by deriving σ. */
  readonly derivative?: (potential: Expression<"neuron">) => Expression<"neuron">;
}

/** A built-in surrogate as the core has it. */
interface BuiltIn<Given extends Surrogate> {
  /** What messages call it. */
  readonly name: string;
  readonly fields: Fields<Given>;
  /** σ and σ′ with its constants. */
  readonly functions: (given: Given) => OwnSurrogate;
}

/** The built-in surrogates by their types; one that is missing does not compile. */
const builtIn: { readonly [Type in Surrogate["type"]]: BuiltIn<Extract<Surrogate, { readonly type: Type }>> } = {
  boxcar: {
    name: "a boxcar",
    fields: { type: "value", width: "number" },
    functions: ({ width = 0.5 }) => ({
      primitive: (u) => u.clamp(-width, width),
      derivative: (u) => select(u.abs().atMost(width), 1, 0),
    }),
  },
  fastSigmoid: {
    name: "a fast sigmoid",
    fields: { type: "value", slope: "number" },
    functions: ({ slope = 10 }) => {
      const base = (u: Expression<"neuron">) => u.abs().times(slope).plus(1);
      return { primitive: (u) => u.over(base(u)), derivative: (u) => base(u).square().reciprocal() };
    },
  },
  sigmoid: {
    name: "a sigmoid",
    fields: { type: "value", slope: "number" },
    functions: ({ slope = 1 }) => {
      const logistic = (u: Expression<"neuron">) => u.times(slope).sigmoid();
      return {
        primitive: logistic,
        derivative: (u) => logistic(u).times(logistic(u).complement()).times(slope),
      };
    },
  },
};

const ownFields: Fields<OwnSurrogate> = { primitive: "function", derivative: "function" };

/**
 * σ and σ′ of a surrogate.
 *
 * @internal
 *
 * @param tracer - The graph of the neuron that has it.
 * @param given - The surrogate.
 * @returns Its functions.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for what is no surrogate.
 */
export function functionsOf(tracer: Tracer, given: Surrogate | OwnSurrogate): OwnSurrogate {
  const at = `${tracer.name}.surrogate`;
  if (typeof given !== "object" || given === null) throw faultAt("config", at, "expected a surrogate such as boxcar()");
  if (!("type" in given) || given.type === undefined) {
    return readOptions<OwnSurrogate>(given as OwnSurrogate, ownFields, "a surrogate", at);
  }
  const { type } = given;
  if (!Object.hasOwn(builtIn, type)) throw faultAt("config", at, "expected a surrogate such as boxcar()");
  // Which one it is, the compiler cannot follow.
  const { name, fields, functions } = builtIn[type] as unknown as BuiltIn<Surrogate>;
  return functions(readOptions(given, fields, name, at));
}

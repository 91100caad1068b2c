/** What expressions have one value of, and which of these go together. */

/** What an expression has one value of: the layer, each sample, each input, each neuron, each readout unit. */
export type Space = "layer" | "sample" | "input" | "neuron" | "class";

/** Spaces that go together with a space in an elementwise operation. */
export type Compatible<Own extends Space> = Own extends "layer"
  ? Space
  : Own extends "sample"
    ? Space
    : Own | "layer" | "sample";

/** The space of an elementwise operation on two. */
export type Join<A extends Space, B extends Space> = A extends "layer"
  ? B
  : B extends "layer"
    ? A
    : A extends "sample"
      ? B
      : A;

/**
 * How spikes propagate through a layer's weights: by events, at a cost in proportion to the spikes that arrive, or densely,
 * at a cost in proportion to the weights. All ways are exact; they round differently.
 *
 * - `auto` takes whichever is less work, judged by the events of the last sixteen steps, by how often weights change, by the
 *   shape of the layer and by the number of samples: the same choice on every machine.
 * - `events` takes events wherever the layer can, with any stride and groups: not where inputs have decay factors of their own,
 *   where the padding is as large as the kernel in one direction, or where a regulariser with a `lower` term couples the samples of a batch that is learned from; nor,
 *   while a layer learns, where a cost of one's own looks at state or at means over samples, or where δ has factors that
 *   differ between weights and biases.
 * - `dense` never takes events, and sums position by position.
 * - `frequency` never takes events, and convolves in the frequency domain where a layer can: with stride 1, in one group, over
 *   planes that with their padding have at most 256 rows and columns. There sums are rounded to 10⁻⁶ of the largest of their
 *   plane, not of their own size, and those that rounding alone could have made count as zero.
 */
export type Propagation = "auto" | "events" | "dense" | "frequency";

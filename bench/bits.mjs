// @ts-check
/** Whether two networks hold the same bits. */

/** @typedef {import("../dist/index.js").Network} Network */

/**
 * Makes sure that two networks hold the same bits in all tensors: weights, optimiser, neuron state.
 *
 * @param {Network} one
 * @param {Network} other
 * @param {string} where
 * @param {(name: string) => string} [nameOf] - What the other calls a tensor of the one.
 * @throws Error naming the first tensor, and the place in it, that differs.
 */
export async function sameBits(one, other, where, nameOf = (name) => name) {
  for (const name of await one.tensors()) {
    const [expected, found] = [(await one.tensor(name)).data, (await other.tensor(nameOf(name))).data].map(
      (data) => new Uint32Array(data.buffer, data.byteOffset, data.length),
    );
    const place = expected?.findIndex((bits, index) => bits !== found?.[index]);
    if (place !== -1 || expected?.length !== found?.length) throw new Error(`${where}: ${name}[${place}] differs`);
  }
}

// @ts-check
/** Lays the metrics of our trainings beside the reference's, cell by cell. */

import { mean } from "../statistics.mjs";

/**
 * A line of metrics.jsonl, as far as it is compared.
 *
 * @typedef {{ epoch: number, train: { loss: number[] }, test: { accuracy: number[] }, density: { layers: number[] } }} Epoch
 */

/**
 * What the reference gives for one epoch. Entries of `loss` and `accuracy` are the mean over seeds and, where it is known,
 * the least and the greatest of the seeds.
 *
 * @typedef {{ epoch: number, loss: number[][], accuracy: number[][], density: number[] }} ReferenceEpoch
 */

/**
 * One cell of the comparison.
 *
 * @typedef {object} Cell
 * @property {number} epoch
 * @property {number} layer - From 1.
 * @property {"training loss" | "test accuracy" | "density"} quantity
 * @property {number[]} seeds - Ours, one a seed.
 * @property {number} ours - Their mean.
 * @property {number[]} reference - Mean and, where known, range.
 * @property {[number, number]} allowed - Where our mean may lie.
 * @property {boolean} agrees
 */

/** How far a mean loss may lie from the reference's, relatively, unless the reference's own seeds lie further apart. */
const lossTolerance = 0.03;
/** The same for densities. */
const densityTolerance = 0.1;
/** Standard error of an accuracy that a hundred test recordings give; two of them are allowed below the reference. */
const accuracyError = 0.03;

/**
 * Compares epoch by epoch, for the epochs that the reference tells of and that all our trainings have reached.
 *
 * @param {readonly Epoch[][]} seeds - The epochs of each training.
 * @param {readonly ReferenceEpoch[]} reference
 * @returns {Cell[]}
 */
export function compare(seeds, reference) {
  return reference.flatMap(({ epoch, loss, accuracy, density }) => {
    const lines = seeds.map((epochs) => epochs.find((line) => line.epoch === epoch));
    /** @type {Cell[]} */
    const cells = [];
    const add = (
      /** @type {Cell["quantity"]} */ quantity,
      /** @type {number[][]} */ expected,
      /** @type {(line: Epoch) => number[]} */ read,
      /** @type {(reference: number[]) => [number, number]} */ limits,
    ) => {
      expected.forEach((entry, layer) => {
        const found = lines.map((line) => (line === undefined ? Number.NaN : (read(line)[layer] ?? Number.NaN)));
        const ours = mean(found);
        const allowed = limits(entry);
        const agrees = ours >= allowed[0] && ours <= allowed[1];
        cells.push({ epoch, layer: layer + 1, quantity, seeds: found, ours, reference: entry, allowed, agrees });
      });
    };
    if (lines.includes(undefined)) return cells;
    add("training loss", loss, ({ train }) => train.loss, around(lossTolerance));
    add(
      "test accuracy",
      accuracy,
      ({ test }) => test.accuracy,
      ([middle = Number.NaN]) => [middle - 2 * accuracyError, 1],
    );
    add(
      "density",
      density.map((value) => [value]),
      (line) => line.density.layers,
      around(densityTolerance),
    );
    return cells;
  });
}

/**
 * @param {number} tolerance
 * @returns {(reference: number[]) => [number, number]} Limits around the mean, widened to the range of the seeds.
 */
function around(tolerance) {
  return ([middle = Number.NaN, least = middle, most = middle]) => [
    Math.min(middle * (1 - tolerance), least),
    Math.max(middle * (1 + tolerance), most),
  ];
}

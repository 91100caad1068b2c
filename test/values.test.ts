/** Names that there are not, and those that were likely meant. */
import { describe, expect, it } from "vitest";
import { meant, nearest } from "../src/values/nearest.js";

describe("the nearest name", () => {
  it.each([
    ["batch_size", ["batchSize", "burnIn"], "batchSize"],
    ["Dense", ["conv2d", "dense"], "dense"],
    ["nmnist-mpl", ["nmnist", "nmnist-mlp", "nmnist-small"], "nmnist-mlp"],
    ["evt4", ["es", "evt2", "evt3"], "evt2"],
  ])("of %s is the first that is least different", (name, known, near) => {
    expect(nearest(name, known)).toBe(near);
  });

  it.each([
    ["colour", ["units", "neuron"]],
    ["", ["units"]],
    ["units", []],
    ["x".repeat(61), ["x".repeat(60)]],
  ])("of %s is none where more than a third of the letters differ, or there are too many", (name, known) => {
    expect(nearest(name, known)).toBeUndefined();
    expect(meant(name, known)).toBe("");
  });
});

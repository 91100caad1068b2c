/**
 * Checkpoints that earlier code wrote. The format's version has been 1 from the first commit on; what has come since are fields and
 * tensors. One folder for each commit that brought some: `NAME.safetensors` in the middle of a training, and `NAME.json`, the votes and
 * the readouts that the same code gave for the batch below, from there on.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Network } from "../../src/index.js";

const folder = fileURLToPath(new URL("checkpoints", import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".safetensors"),
);
const [samples, steps] = [2, 12];

/** Events of all samples and steps: Marsaglia's xorshift (2003), triple 13, 17, 5. */
function batch(inputs: number): Uint8Array {
  let state = 2_463_534_242;
  return Uint8Array.from({ length: samples * steps * inputs }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const drawn = state >>> 0;
    return drawn % 20 < 6 ? (drawn % 3) + 1 : 0;
  });
}

describe("a checkpoint of earlier code", () => {
  it("there is", () => expect(files.length).toBeGreaterThan(3));

  it.each(files)("%s is read and gives the votes and readouts of that code", async (name) => {
    using network = await Network.fromBytes(new Uint8Array(readFileSync(join(folder, name))));
    const { inputSize } = await network.describe();
    const input = { counts: batch(inputSize), samples, steps };
    const result = await network.run({ input }, { keepState: true, record: { readouts: true } });
    const told = JSON.parse(readFileSync(join(folder, name.replace(".safetensors", ".json")), "utf8")) as {
      votes: number[];
      readout: number[];
    };
    expect(Array.from(result.votes.data)).toEqual(told.votes);
    const readouts = result.recorded?.layers.flatMap((layer) => Array.from(layer.readouts?.data ?? [])) ?? [];
    expect(readouts).toHaveLength(told.readout.length);
    // Sums may have been taken in another order.
    for (const [place, value] of readouts.entries()) expect(value).toBeCloseTo(told.readout[place] as number, 4);
  });
});

/** `decolle presets`. */
import { describe, expect, it } from "vitest";
import { dataOf } from "../../src/cli/presets.js";
import { presets } from "../../src/index.js";
import { decolle } from "./command.js";

describe("decolle presets", () => {
  it("lists a line each: data, layers, neuron, cost, rates", async () => {
    const { code, stdout } = await decolle("presets");
    expect(code).toBe(0);
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^preset +data +layers +neuron +cost +rates$/);
    expect(lines.map((line) => line.split(" ")[0])).toEqual(Object.keys(presets));
    expect(lines.find((line) => line.startsWith("dvsgesture "))).toMatch(
      /^dvsgesture +dvsgesture +2×32×32 → conv2d 64, conv2d 128, conv2d 128 +lif 0\.97\/0\.92\/0\.65, fastSigmoid, slope 10 +smoothL1 +adaMax 0\.00036, ÷5 every 30 epochs, K = 1$/,
    );
  });

  it("prints one whole", async () => {
    const { stdout } = await decolle("presets", "nmnist-small-sparse");
    for (const told of [
      /^nmnist-small-sparse: N-MNIST by the small convolutional network/,
      /^ {2}source +Kaiser/m,
      /^ {2}layer 1 +conv2d, channels 16, kernel 7, padding 3, pool 2, readoutScale 1\.5, regularizer \(upper 0\.001/m,
      /^ {2}layer 4 +dense, units 10$/m,
      /^ {2}neuron +lif, alpha 0\.97/m,
      /^ {2}optimizer +adaMax, learningRate 0\.002/m,
      /^ {2}updateEvery +10$/m,
      /^ {2}transform +crop \(left 0, top 0, width 32, height 32\)$/m,
    ]) {
      expect(stdout).toMatch(told);
    }
  });

  it("writes them as JSON, as the package has them", async () => {
    expect(JSON.parse((await decolle("presets", "--json")).stdout)).toEqual(Object.values(presets));
    expect(JSON.parse((await decolle("presets", "mnist-2018", "--json")).stdout)).toEqual(presets["mnist-2018"]);
  });

  it("knows the data of all but the regressions, whose input a program makes", () => {
    const without = Object.keys(presets).filter((name) => dataOf(name).length === 0);
    expect(without).toEqual(["poisson-regression", "poisson-regression-2020"]);
  });
});

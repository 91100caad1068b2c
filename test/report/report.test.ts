/** The report is one page that needs nothing else and says what the metrics say. */
import { describe, expect, it } from "vitest";
import { dense, type EpochMetrics, Network } from "../../src/index.js";
import { duration, percent } from "../../src/report/page.js";
import { report } from "../../src/report/report.js";

const epochs: EpochMetrics[] = [1, 2].map((epoch) => ({
  epoch,
  seconds: 61 * epoch,
  samples: 10,
  updates: 40,
  train: { loss: [0.05 / epoch, 0.04 / epoch], accuracy: [0.3 * epoch, 0.4 * epoch] },
  test: { loss: [0.06, 0.05], accuracy: [0.25, 0.375 * epoch], seconds: 1 },
  density: { input: 0.01, layers: [0.08, 0.11] },
  synapticOperations: { forward: 1e6, gradient: 2e6 },
  peakBytes: 1e8,
}));

async function page(shown: readonly EpochMetrics[]): Promise<string> {
  using network = await Network.create({
    input: { units: 6 },
    layers: [dense({ units: 4 }), dense({ units: 3 })],
    readout: { units: 2 },
  });
  const description = await network.describe();
  return report({ title: "small <net>", settings: [["seed", "1"]], network: description, epochs: shown });
}

describe("a report", () => {
  it("is one page without script and without outside files", async () => {
    const html = await page(epochs);
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|src=|https?:/);
    expect(html).toContain("<h1>small &lt;net&gt;</h1>");
  });

  it("shows the last test accuracy, loss and density of every layer, and the settings", async () => {
    const html = await page(epochs);
    for (const text of ["25.0 %", "75.0 %", "0.0600", "0.0500", "0.0800", "0.1100", "<th>seed</th><td>1</td>"]) {
      expect(html).toContain(text);
    }
    expect(html).toContain("2 epochs, 3 min 3 s of training, 43 parameters");
  });

  it("draws accuracy, loss, density, synaptic operations and time", async () => {
    const titles = Array.from((await page(epochs)).matchAll(/class="heading"[^>]*>([^<]*)</g), ([, title]) => title);
    expect(titles).toEqual([
      "Accuracy",
      "Loss",
      "Spike density in training",
      "Synaptic operations in training",
      "Time",
    ]);
  });

  it("holds without a test set, and before the first epoch", async () => {
    const untested = epochs.map(({ test: _, ...epoch }) => epoch);
    expect(await page(untested)).toContain("training accuracy");
    expect(await page(untested)).not.toContain("test accuracy");
    const empty = await page([]);
    expect(empty).toContain("0 epochs");
    expect(empty).not.toMatch(/NaN|undefined/);
  });
});

describe("figures for people", () => {
  it.each([
    [0, "0.0 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min 0 s"],
    [200, "3 min 20 s"],
    [3599.7, "1 h 0 min"],
    [7500, "2 h 5 min"],
  ])("%f seconds are %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("shares are in percent with one decimal", () => {
    expect(percent(0.9304)).toBe("93.0 %");
  });
});

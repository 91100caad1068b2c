/** Plots hold every point that is there, nothing for those that are not, and no markup out of names. */
import { describe, expect, it } from "vitest";
import { figure, type Panel } from "../../src/index.js";

const panel: Panel = {
  title: "Loss",
  x: "epoch",
  y: "mean",
  series: [
    {
      name: "layer 1",
      points: [
        [1, 0.4],
        [2, 0.2],
        [3, 0.1],
      ],
    },
    {
      name: "layer 2",
      points: [
        [1, 0.5],
        [2, Number.NaN],
        [3, 0.3],
      ],
      dashed: true,
    },
  ],
};

/** Text of all elements of a kind. */
function texts(svg: string, element: string): string[] {
  return Array.from(svg.matchAll(new RegExp(`<${element}[^>]*>([^<]*)</${element}>`, "g")), ([, text]) => text ?? "");
}

describe("a figure", () => {
  it("draws one line a series and one mark a point, none where there is no number", () => {
    const svg = figure([panel]);
    const lines = Array.from(svg.matchAll(/<path[^>]* d="(M[^"]*L[^"]*|M[^"]*M[^"]*)"/g), ([, path]) => path);
    expect(lines).toHaveLength(2);
    // The gap of the second line starts a new piece.
    expect(lines[1]?.match(/M/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(5);
  });

  it("puts larger values higher", () => {
    const heights = Array.from(figure([panel]).matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g), ([, y]) => Number(y));
    const [first, second, third] = heights;
    expect(first).toBeLessThan(second ?? 0);
    expect(second).toBeLessThan(third ?? 0);
  });

  it("counts epochs in whole numbers", () => {
    const labels = texts(figure([panel]), "text");
    expect(labels).toEqual(expect.arrayContaining(["1", "2", "3"]));
    expect(labels).not.toContain("1.5");
  });

  it("names every series in its legend, however many there are", () => {
    const series = Array.from({ length: 12 }, (_, index) => ({ name: `layer ${index + 1}, training`, points: [] }));
    const labels = texts(figure([{ ...panel, series }], { width: 320 }), "text");
    expect(labels).toEqual(expect.arrayContaining(series.map(({ name }) => name)));
  });

  it("draws a single point, and nothing at all, without a number that is none", () => {
    for (const points of [[[1, 0.5]] as const, []]) {
      expect(figure([{ ...panel, series: [{ name: "one", points }] }])).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("takes no markup out of names", () => {
    const title = `<script>alert("1")</script> & 'more'`;
    const svg = figure([{ ...panel, title, x: title, y: title, series: [{ name: title, points: [[0, 0]] }] }]);
    expect(svg).not.toContain("<script>");
    expect(svg).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;");
  });
});

/** The page `docs/looking-inside.md`: its programs compile, run, and print what the page says. */
import { expect, it, vi } from "vitest";
import { Page } from "./code.js";

const page = new Page("looking-inside.md");
const [recording = "", kernels = "", ...others] = page.blocks("ts");

it("has programs that run and print what the page says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run(
      (code) => `${code}\nconsole.log([raster, potentials].every((text) => text.startsWith("<svg")));`,
      [recording],
    );
    await page.run((code) => `${code}\nconsole.log(kernels.startsWith("<svg"));`, [kernels]);
    expect(log.mock.calls).toEqual([[[200, 1, 64]], [true], [true]]);
    expect(others).toEqual([]);
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  for (const program of [recording, kernels]) expect(page.faults([program])).toEqual([]);
}, 120_000);

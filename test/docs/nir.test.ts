/** The page `docs/nir.md`: its code compiles and runs, on a small checkpoint of the authors' code. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Page } from "./code.js";

const page = new Page("nir.md");
const checkpoint = fileURLToPath(new URL("../exchange/pytorch/dense.pth", import.meta.url));
const small =
  "{ input: { units: 12 }, layers: [{ type: 'dense', units: 10 }, { type: 'dense', units: 7 }], readout: { units: 3 } }";

it("has a program that runs", async () => {
  await page.run((code) =>
    code.replace("checkpoints/epoch190.tar", checkpoint).replace('preset("dvsgesture").network', small),
  );
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);

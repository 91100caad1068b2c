/** `docs/rules.md` is what the software derives; `npx vitest run test/plasticity/page.test.ts --update` writes it anew. */
import { expect, it } from "vitest";
import { rulesPage } from "./page.js";

it("docs/rules.md shows the rules as they are derived now", async () => {
  await expect(await rulesPage()).toMatchFileSnapshot("../../docs/rules.md");
});

/** Licences of what is published along with decolle. */
import { describe, expect, it } from "vitest";
import { checkLicences, isAllowed } from "../../build/licences.mjs";

describe("a licence", () => {
  it.each(["MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "Apache-2.0 WITH LLVM-exception", "GPL-3.0-only OR MIT"])(
    "%s will do",
    async (licence) => expect(await isAllowed(licence)).toBe(true),
  );

  it.each([
    "GPL-3.0-only",
    "MIT AND GPL-3.0-only",
    "LGPL-2.1-or-later",
    "MPL-2.0",
    "CC-BY-NC-4.0",
    "",
    "SEE LICENSE IN FILE",
  ])("%s will not", async (licence) => expect(await isAllowed(licence)).toBe(false));
});

it("THIRD-PARTY.md lists what is published today", () => checkLicences());

/** The bits that every machine, build, number of threads and SIMD level agrees on. */
import { createHash } from "node:crypto";
import type { Network } from "../../src/index.js";
import { held } from "./training.js";

/**
 * Digests of the networks of `training.ts` after their training. A change of the arithmetic, of an order of summation
 * or of a random draw changes these; it then has to be a change that was meant, with a line in CHANGELOG.md, since old
 * checkpoints continue differently.
 */
export const agreed = {
  dense: "9b1c7478dc60bf6c232d184b96a42094d44f271e390cca496bdfd1edab8a899c",
  convolutional: "3c2f038001ae5ad0e1bc6af74f2d5a8da8b0a45e4b11d4ae8f45ef4748f912b7",
  denseByEvents: "34a6883f9f7a538c16ddf3f895f8b070d843441ad41ca17d6feff4f5f3c786ed",
  grouped: "391b4483a8dbc2f0a615c55b5e6e36e1072578cb0baa8034b55348f2d3b9dc67",
  lineByEvents: "24fc41283b2e8be4ea12a438796452e17e3b94282fdbfc561a63737906f9d1f6",
  convolutionalByFrequency: "3230f9727ab4d94edaa068c19b21d5d0a2f4ab6e080b2100939e99f24a946e93",
  underBudget: "194193f416fd6ef22c79e295e88b950cb107ac24ed027e91e61b214443059593",
  convolutionalByEvents: "5af213422b40432d5ab7f3c752dd8328c49f58439bb8958180adca00606ae5d8",
};

/**
 * A digest of everything a network holds.
 *
 * @param network - The network.
 * @returns SHA-256 over names, shapes and bits of all tensors, in hexadecimal digits.
 */
export async function digest(network: Network): Promise<string> {
  return createHash("sha256")
    .update(await held(network))
    .digest("hex");
}

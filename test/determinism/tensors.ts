/** The agreed bits of networks tensor by tensor, in `agreed/`: where one differs, its line says which. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Network } from "../../src/index.js";
import { held } from "./training.js";

/**
 * Holds a network to the bits agreed on for each of its tensors. A change that was meant is written by `vitest --update`, with a
 * line in CHANGELOG.md, since old checkpoints continue differently.
 *
 * @param network - The network, after its training.
 * @param name - What the file of the agreed bits is called.
 */
export async function expectAgreedTensors(network: Network, name: string): Promise<void> {
  const lines = await Promise.all(
    (await network.tensors()).map(async (tensor) => {
      const one = { tensors: async () => [tensor], tensor: (name: string) => network.tensor(name) };
      const digest = createHash("sha256").update(await held(one));
      return `${digest.digest("hex").slice(0, 16)}  ${tensor}\n`;
    }),
  );
  const file = fileURLToPath(new URL(`./agreed/${name}.txt`, import.meta.url));
  await expect(lines.join("")).toMatchFileSnapshot(file);
}

/** What cannot be read from a disk or written to it. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { datasets, Network } from "../../src/index.js";
import type { Row } from "./scene.js";

export const files: readonly Row[] = [
  [
    "io",
    "absent.safetensors",
    "a checkpoint that is not there",
    ({ folder: own }) => Network.load(join(own, "absent.safetensors")),
  ],
  ["io", "", "a folder as a checkpoint", ({ folder: own }) => Network.load(own)],
  [
    "checkpoint",
    "safetensors",
    "a truncated checkpoint file",
    async ({ folder: own, checkpoint }) => {
      await writeFile(join(own, "half.safetensors"), checkpoint.subarray(0, checkpoint.length / 2));
      return Network.load(join(own, "half.safetensors"));
    },
  ],
  [
    "io",
    "nowhere",
    "a folder that is not there to save to",
    ({ network, folder: own }) => network.save(join(own, "nowhere", "model.safetensors")),
  ],
  [
    "io",
    "taken",
    "a folder in the place of the file to save",
    async ({ network, folder: own }) => {
      await mkdir(join(own, "taken"), { recursive: true });
      await writeFile(join(own, "taken", "file"), "");
      return network.save(join(own, "taken"));
    },
  ],
  // Where even the superuser may not write: a folder that is a file.
  [
    "io",
    "file.txt",
    "a file in the place of the folder to save to",
    async ({ network, folder: own }) => {
      await writeFile(join(own, "file.txt"), "");
      return network.save(join(own, "file.txt", "model.safetensors"));
    },
  ],
  ["io", "Train", "a data set that is not there", ({ folder: own }) => datasets.nmnist(join(own, "absent"))],
  [
    "format",
    "Train",
    "a data set without recordings",
    async ({ folder: own }) => {
      for (const split of ["Train", "Test"]) await mkdir(join(own, "empty", split), { recursive: true });
      return datasets.nmnist(join(own, "empty"));
    },
  ],
  ["format", "00001.bin", "a truncated recording", ({ folder: own }) => readRecording(own, [1, 2, 3, 4, 5, 6, 7])],
  [
    "range",
    "00001.bin",
    "a recording with an event beside the sensor",
    ({ folder: own }) => readRecording(own, [34, 2, 0, 0, 5]),
  ],
  [
    "time-order",
    "00001.bin",
    "a recording that goes back in time",
    ({ folder: own }) => readRecording(own, [1, 2, 0, 0, 5, 1, 2, 0, 0, 4]),
  ],
  ["config", "data", "an unknown data set", () => datasets.open("cifar")],
];

/** Reads a recording of these bytes through a data set. */
async function readRecording(own: string, bytes: readonly number[]): Promise<unknown> {
  const root = await mkdtemp(join(own, "nmnist-"));
  for (const split of ["Train", "Test"]) {
    await mkdir(join(root, split, "0"), { recursive: true });
    await writeFile(join(root, split, "0", "00001.bin"), Uint8Array.from(bytes));
  }
  return (await datasets.nmnist(root)).train.sample(0);
}

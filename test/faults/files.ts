/** What cannot be read from a disk or written to it. */
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { datasets, Network, poissonRegressionTask } from "../../src/index.js";
import { type Row, untyped } from "./scene.js";

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
  ["config", "data", "an unknown kind of data set", () => datasets.open(untyped({ kind: "cifar" }))],
  ["config", "data", "no data set", () => datasets.open(untyped(null))],
  [
    "unsupported",
    "https://example.org/model",
    "a URL that is no file to load",
    () => Network.load(new URL("https://example.org/model")),
  ],
  ["unsupported", "save", "a URL that is no file to save to", ({ network }) => network.save(new URL("data:,model"))],
  [
    "unsupported",
    "names no file",
    "a file URL with an encoded slash",
    ({ network }) => network.save(new URL("file:///tmp/a%2Fb")),
  ],
  ["unsupported", "nmnist", "a URL that is no folder", () => datasets.nmnist(new URL("https://example.org/N-MNIST"))],
  ["config", "save", "a number to save to", ({ network }) => network.save(untyped(3))],
  ["config", "save", "nothing to save to", ({ network }) => network.save(untyped(undefined))],
  ["config", "save", "an empty path to save to", ({ network }) => network.save("")],
  ["config", "load", "an object to load", () => Network.load(untyped({}))],
  ["io", "/dev/zero", "a device without end to load", () => Network.load("/dev/zero")],
  [
    "io",
    "circle",
    "a symbolic link to itself to save to",
    async ({ network, folder: own }) => {
      await symlink("circle", join(own, "circle"));
      return network.save(join(own, "circle"));
    },
  ],
  ["config", "trian", "a misspelt option", () => datasets.synthetic(untyped({ trian: 3 }))],
  ["range", "width", "a camera too narrow", () => datasets.synthetic({ width: 4 })],
  ["not-finite", "duration", "a gesture that lasts NaN", () => datasets.synthetic({ duration: Number.NaN })],
  ["range", "train", "no recordings to learn from", () => datasets.synthetic({ train: 0 })],
  ["config", "decod", "a misspelt option", ({ folder: own }) => datasets.nmnist(own, untyped({ decod: "eager" }))],
  ["config", "decode", "an unknown way", ({ folder: own }) => datasets.nmnist(own, { decode: untyped("all") })],
  ["config", "step", "a misspelt option", () => poissonRegressionTask(untyped({ step: 3 }))],
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

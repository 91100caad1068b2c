/** Data sets in files by name: a new one is a file, its name and a line here. Node only. */
import type { BackendChoice } from "../backend/select.js";
import type { FileUrl } from "../paths.js";
import { asldvs } from "./asldvs.js";
import { cifar10dvs } from "./cifar10dvs.js";
import { classFolders } from "./class-folders.js";
import type { AnySplits } from "./dataset.js";
import { dvsgesture } from "./dvsgesture.js";
import { shd, ssc } from "./heidelberg.js";
import { mnist, mnistSaccades } from "./mnist.js";
import { ncaltech101 } from "./ncaltech101.js";
import { nmnist } from "./nmnist.js";
import { pokerdvs } from "./pokerdvs.js";
import { slanimals } from "./slanimals.js";

/** A data set in files. */
export interface NamedDataset {
  /** The preset that goes with it unless another is named; none where a network has to be given. */
  readonly preset?: string;
  /** Other presets whose networks take its recordings. */
  readonly otherPresets?: readonly string[];
  /** Opens it. */
  readonly open: (path: string | FileUrl, choice: BackendChoice) => Promise<AnySplits>;
}

/** Name of a data set in files. */
export type DatasetName =
  | "nmnist"
  | "mnist"
  | "mnist-saccades"
  | "ncaltech101"
  | "dvsgesture"
  | "poker-dvs"
  | "cifar10-dvs"
  | "asl-dvs"
  | "sl-animals-dvs"
  | "folder"
  | "shd"
  | "ssc";

/** Presets for digits before the sensor of N-MNIST. */
const overNmnist = ["nmnist-mlp-sparse", "nmnist-small", "nmnist-small-sparse", "nmnist"];

/** All of them, by the name that stands before the path in a `SPEC`. */
export const namedDatasets: Readonly<Record<DatasetName, NamedDataset>> = {
  nmnist: { preset: "nmnist-mlp", otherPresets: overNmnist, open: nmnist },
  mnist: { preset: "mnist-2018", open: mnist },
  "mnist-saccades": { preset: "nmnist-mlp", otherPresets: overNmnist, open: mnistSaccades },
  ncaltech101: { open: ncaltech101 },
  dvsgesture: { preset: "dvsgesture", otherPresets: ["dvsgesture-paper", "dvsgesture-2018"], open: dvsgesture },
  "poker-dvs": { preset: "poker-dvs", open: pokerdvs },
  "cifar10-dvs": { open: cifar10dvs },
  "asl-dvs": { open: asldvs },
  "sl-animals-dvs": { open: slanimals },
  folder: { open: classFolders },
  shd: { open: (path) => shd(path) },
  ssc: { open: (path) => ssc(path) },
};

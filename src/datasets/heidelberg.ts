/**
 * The Heidelberg data sets (Cramer et al. 2020): spoken digits (SHD, 20 classes) and commands (SSC, 35 classes) as spike trains of 700
 * units of a cochlea model, in HDF5. Node only; needs the npm package `h5wasm`.
 */
import { join } from "node:path";
import { unfit } from "../errors.js";
import { Hdf5 } from "../events/hdf5.js";
import { columnsOf } from "../events/lists.js";
import type { SpikeTrain } from "../events/train.js";
import { listFolder } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import { Ignored } from "./listing.js";

const sensor = { units: 700 } as const;

/** SHD's recordings last up to 1.4 s, most of them less than 1 s; SSC's last 1 s. */
const duration = 1_000_000;

/**
 * The Spiking Heidelberg Digits from a folder.
 *
 * @param path - The folder that holds `shd_train.h5` and `shd_test.h5`, by its path or `file:` URL.
 * @returns Training and test set, in the order of the files.
 * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed; `io` or `format` where files are missing or
 *   damaged, with what was expected.
 */
export async function shd(path: string | FileUrl): Promise<DatasetSplits<SpikeTrain>> {
  return open("shd", pathOf(path, "shd"), { train: "train", test: "test" });
}

/**
 * The Spiking Speech Commands from a folder.
 *
 * @param path - The folder that holds `ssc_train.h5`, `ssc_valid.h5` and `ssc_test.h5`, by its path or `file:` URL.
 * @returns Training, validation and test set, in the order of the files.
 * @throws {@link DecolleError} As {@link shd}.
 */
export async function ssc(path: string | FileUrl): Promise<DatasetSplits<SpikeTrain>> {
  return open("ssc", pathOf(path, "ssc"), { train: "train", validation: "valid", test: "test" });
}

async function open(
  name: "shd" | "ssc",
  root: string,
  parts: { readonly train: string; readonly test: string; readonly validation?: string },
): Promise<DatasetSplits<SpikeTrain>> {
  const files = Object.values(parts).map((part) => `${name}_${part}.h5`);
  const present = (await listFolder(root)).map((entry) => entry.name);
  const missing = files.filter((file) => !present.includes(file));
  if (missing.length > 0) {
    const packed = missing.filter((file) => present.some((other) => other.startsWith(`${file}.`)));
    const hint = packed.length > 0 ? `; unpack ${packed.join(", ")} first` : "";
    throw unfit("format", root, files.join(", "), `no ${missing.join(", no ")}${hint}`);
  }
  const ignored = new Ignored();
  for (const other of present) if (!files.includes(other)) ignored.add(join(root, other));
  const part = (key: "train" | "test", left: Ignored) =>
    openPart(`${name}/${key}`, join(root, `${name}_${parts[key]}.h5`), left);
  const none = new Ignored();
  return {
    name,
    train: await part("train", ignored),
    test: await part("test", none),
    ...(parts.validation !== undefined && {
      validation: await openPart(`${name}/validation`, join(root, `${name}_${parts.validation}.h5`), none),
    }),
  };
}

async function openPart(name: string, path: string, ignored: Ignored): Promise<Dataset<SpikeTrain>> {
  const file = await Hdf5.open(path);
  const classes = file.texts("extra/keys");
  const labels = Uint32Array.from(file.numbers("labels"));
  const beyond = labels.findIndex((label) => label >= classes.length);
  if (beyond !== -1) throw unfit("range", `${path}: labels[${beyond}]`, `below ${classes.length}`, `${labels[beyond]}`);
  const { length } = labels;
  for (const list of ["spikes/times", "spikes/units"]) {
    const found = file.length(list);
    if (found !== length) throw unfit("shape", `${path}: ${list}`, `${length} trains, as many as labels`, `${found}`);
  }
  return {
    name,
    classes,
    length,
    sensor,
    duration,
    ...ignored.fields,
    labels,
    // The file is read at once, but a promise lets several recordings of a batch be asked for.
    sample: async (index) => {
      const label = labels[index];
      if (label === undefined) throw unfit("range", name, `an index from 0 to ${length - 1}`, `${index}`);
      return { events: trainAt(file, index, `${path}: spikes[${index}]`), label };
    },
  };
}

/** A train, its times in microseconds; the file has seconds in floats. */
function trainAt(file: Hdf5, index: number, path: string): SpikeTrain {
  const t = file.list("spikes/times", index).map((seconds) => Math.round(seconds * 1e6));
  const unit = file.list("spikes/units", index);
  const sorted = t.every((time, spike) => spike === 0 || time >= (t[spike - 1] ?? 0));
  if (sorted || unit.length !== t.length) return columnsOf({ t, unit }, sensor, path) as SpikeTrain;
  const order = Uint32Array.from(t.keys()).sort((one, other) => (t[one] ?? 0) - (t[other] ?? 0) || one - other);
  const ordered = (column: Float64Array) => Float64Array.from(order, (spike) => column[spike] ?? 0);
  return columnsOf({ t: ordered(t), unit: ordered(unit) }, sensor, path) as SpikeTrain;
}

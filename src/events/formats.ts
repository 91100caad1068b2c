/** The formats of recordings, one line each; `crates/events/src/format` reads and writes them, and a test holds both lists together. */
import { unfit } from "../errors.js";
import { unknownName } from "../values/nearest.js";

/** A format of files that hold recordings. */
export interface FileFormat<Name extends string = string> {
  /** Name by which it is asked for. */
  readonly name: Name;
  /** How names of such files end. */
  readonly extensions: readonly string[];
  /** Whether files say by their first bytes that they are of it; otherwise it has to be named. */
  readonly recognised: boolean;
  /** Whether it is written, too. */
  readonly written: boolean;
}

/** Name of a format of recordings. */
export type RecordingFormat =
  | "es"
  | "dat"
  | "evt2"
  | "evt21"
  | "evt3"
  | "aedat2"
  | "aedat2-dvs128"
  | "aedat2-davis"
  | "aedat3"
  | "aedat4"
  | "npy"
  | "npy-txyp"
  | "npy-xypt-ms"
  | "npz"
  | "npz-txyp"
  | "text"
  | "nmnist"
  | "ncaltech101";

/** Name of a format that is written. */
export type WrittenFormat = "es" | "dat" | "evt2" | "aedat3" | "npy" | "npz" | "text" | "nmnist" | "ncaltech101";

/** All formats, in the order in which files are tried for them. */
export const recordingFormats: readonly FileFormat<RecordingFormat>[] = [
  { name: "es", extensions: [".es"], recognised: true, written: true },
  { name: "dat", extensions: [".dat"], recognised: true, written: true },
  { name: "evt2", extensions: [".raw"], recognised: true, written: true },
  { name: "evt21", extensions: [".raw"], recognised: true, written: false },
  { name: "evt3", extensions: [".raw"], recognised: true, written: false },
  { name: "aedat2", extensions: [".aedat", ".dat"], recognised: true, written: false },
  { name: "aedat2-dvs128", extensions: [".aedat", ".dat"], recognised: false, written: false },
  { name: "aedat2-davis", extensions: [".aedat", ".dat"], recognised: false, written: false },
  { name: "aedat3", extensions: [".aedat"], recognised: true, written: true },
  { name: "aedat4", extensions: [".aedat4"], recognised: true, written: false },
  { name: "npy", extensions: [".npy"], recognised: true, written: true },
  { name: "npy-txyp", extensions: [".npy"], recognised: false, written: false },
  { name: "npy-xypt-ms", extensions: [".npy"], recognised: false, written: false },
  { name: "npz", extensions: [".npz"], recognised: true, written: true },
  { name: "npz-txyp", extensions: [".npz"], recognised: false, written: false },
  { name: "text", extensions: [".txt", ".csv"], recognised: true, written: true },
  { name: "nmnist", extensions: [".bin"], recognised: true, written: true },
  { name: "ncaltech101", extensions: [".bin"], recognised: true, written: true },
];

/** How names of HDF5 files end, which are read by path only. */
const hdf5Extensions = [".h5", ".hdf5"];

/**
 * How names of files that hold recordings end.
 *
 * @param format - Name of their format; `auto` for any, HDF5 included.
 * @returns The ends, in lower case.
 * @throws {@link DecolleError} `unsupported` for a format that there is none of.
 */
export function extensionsOf(format: string): readonly string[] {
  const known: readonly FileFormat[] = recordingFormats.filter(({ name }) => format === "auto" || name === format);
  if (known.length > 0) {
    return [...known.flatMap(({ extensions }) => extensions), ...(format === "auto" ? hdf5Extensions : [])];
  }
  const names = recordingFormats.map(({ name }) => name);
  throw unknownName("unsupported", "format", format, ["auto", ...names], `auto or one of ${names.join(", ")}`);
}

/**
 * The format in which a file of this name is written.
 *
 * @param path - Its name or path.
 * @returns The first format that is written and whose files end like that.
 * @throws {@link DecolleError} `unsupported` where there is none.
 */
export function formatOf(path: string): WrittenFormat {
  const name = path.toLowerCase();
  const written: readonly FileFormat[] = recordingFormats.filter((format) => format.written);
  const suiting = written.find(({ extensions }) => extensions.some((extension) => name.endsWith(extension)));
  if (suiting !== undefined) return suiting.name as WrittenFormat;
  const known = written.flatMap(({ extensions }) => extensions).join(", ");
  throw unfit("unsupported", "format", `one by name, or a file that ends in ${known}`, `${path}`);
}

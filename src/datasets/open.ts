/** Opens the data set that a `SPEC` names. Node only. */
import type { BackendChoice } from "../backend/select.js";
import { DecolleError } from "../errors.js";
import type { DatasetSplits } from "./dataset.js";
import { nmnist } from "./nmnist.js";
import { type DatasetSpec, parseDatasetSpec } from "./spec.js";
import { synthetic } from "./synthetic.js";

/**
 * Opens a data set.
 *
 * @param spec - `synthetic`, `nmnist:PATH`, or the same already read.
 * @param choice - The backend that decodes or draws.
 * @returns Training and test set.
 * @throws {@link DecolleError} `config` for an unknown `SPEC`, `io` or `format` where the folder is not as expected.
 */
export async function openDataset(spec: string | DatasetSpec, choice: BackendChoice = {}): Promise<DatasetSplits> {
  const read = typeof spec === "string" ? parseDatasetSpec(spec) : spec;
  switch (read?.kind) {
    case "synthetic":
      return synthetic(choice);
    case "nmnist":
      return nmnist(read.path, choice);
    default:
      throw new DecolleError("config", "data: expected a text, or an object with the kind synthetic or nmnist");
  }
}

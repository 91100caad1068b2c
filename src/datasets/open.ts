/** Opens the data set that a `SPEC` names. Node only. */
import type { BackendChoice } from "../backend/select.js";
import { unknownName } from "../values/nearest.js";
import { reading } from "../values/options.js";
import type { AnySplits } from "./dataset.js";
import { namedDatasets } from "./named.js";
import { type DatasetSpec, type FileSpec, isDatasetName, parseDatasetSpec, specNames } from "./spec.js";
import { synthetic } from "./synthetic.js";

/**
 * Opens a data set.
 *
 * @param spec - `synthetic`, a name and a path such as `nmnist:PATH`, or the same already read.
 * @param choice - The backend that decodes or draws.
 * @returns Training and test set.
 * @throws {@link DecolleError} `config` for an unknown `SPEC`, `io` or `format` where the folder is not as expected.
 */
export async function openDataset(spec: string | DatasetSpec, choice: BackendChoice = {}): Promise<AnySplits> {
  const read: DatasetSpec = typeof spec !== "object" || spec === null ? parseDatasetSpec(spec) : spec;
  const kind: unknown = reading("data", () => read.kind);
  if (kind === "synthetic") return synthetic(choice);
  if (isDatasetName(kind)) {
    const path = reading("data.path", () => (read as FileSpec).path);
    return namedDatasets[kind].open(path, choice);
  }
  throw unknownName("config", "data.kind", kind, specNames);
}

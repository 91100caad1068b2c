/** Opens the data set that a `SPEC` names. Node only. */
import type { BackendChoice } from "../backend/select.js";
import { unfit } from "../errors.js";
import type { RecordedEvents } from "../events/train.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { mnist, mnistSaccades } from "./mnist.js";
import { nmnist } from "./nmnist.js";
import { type DatasetSpec, parseDatasetSpec } from "./spec.js";
import { synthetic } from "./synthetic.js";

/**
 * Opens a data set.
 *
 * @param spec - `synthetic`, `nmnist:PATH`, `mnist:PATH`, `mnist-saccades:PATH`, or the same already read.
 * @param choice - The backend that decodes or draws.
 * @returns Training and test set.
 * @throws {@link DecolleError} `config` for an unknown `SPEC`, `io` or `format` where the folder is not as expected.
 */
export async function openDataset(
  spec: string | DatasetSpec,
  choice: BackendChoice = {},
): Promise<DatasetSplits<RecordedEvents>> {
  const read: DatasetSpec = typeof spec !== "object" || spec === null ? parseDatasetSpec(spec) : spec;
  const kind = reading("data", () => read.kind);
  const path = () => reading("data.path", () => (read as Exclude<DatasetSpec, { kind: "synthetic" }>).path);
  switch (kind) {
    case "synthetic":
      return synthetic(choice);
    case "nmnist":
      return nmnist(path(), choice);
    case "mnist":
      return mnist(path(), choice);
    case "mnist-saccades":
      return mnistSaccades(path(), choice);
    default:
      throw unfit("config", "data.kind", '"synthetic", "nmnist", "mnist" or "mnist-saccades"', found(kind));
  }
}

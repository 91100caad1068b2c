/** Models of other tools that need no package to be read. */
import type { BackendChoice } from "../backend/select.js";
import { unfit } from "../errors.js";
import { Network } from "../network/network.js";
import type { NetworkSpecification } from "../network/specification.js";
import type { Tensor } from "../network/tensor.js";
import { networkFromPyTorch } from "./pytorch/network.js";
import { StateDict } from "./pytorch/tensors.js";

/** What other tools have trained, read. */
export interface Exchange<Made> {
  /**
   * The tensors of a file that `torch.save` wrote from PyTorch 1.6 on: a state of a model, or a training's checkpoint that holds
   * one under `model_state_dict`, `state_dict`, `model` or `net`. Nothing in the file is executed.
   *
   * @param bytes - The file.
   * @returns Shape and values in float32 by name, in the order of the file.
   * @throws {@link DecolleError} `format` where the file is damaged or no such file, `unsupported` where its pickle names a class
   *   or function that has no place in a checkpoint, or has an opcode that has none: both say which, and at which byte.
   */
  readPyTorch(bytes: Uint8Array): Map<string, Tensor>;
  /**
   * A network with the weights, readouts and decay factors of a checkpoint of the authors' code, decolle-public. Nothing in the
   * file is executed.
   *
   * @param bytes - The checkpoint, a `.pth`, `.pt` or `.tar` file by `torch.save`.
   * @param specification - The network. Checkpoints hold neither γ, ρ and the surrogate nor paddings, strides, pooling and
   *   dropout; α and β are those of the file.
   * @param choice - Backend and threads; both `auto` by default.
   * @returns The network.
   * @throws {@link DecolleError} As {@link Exchange.readPyTorch}; `checkpoint` with the tensor that is missing or has another
   *   shape than the specification; `unsupported` for a tensor that the authors' networks do not have; what
   *   `Network.create` throws.
   */
  fromPyTorch(bytes: Uint8Array, specification: NetworkSpecification, choice?: BackendChoice): Promise<Made>;
}

/** What other tools have trained, read. */
export const exchange: Exchange<Network> = {
  readPyTorch,
  fromPyTorch: (bytes, specification, choice) => networkFromPyTorch(Network.create, bytes, specification, choice),
};

/** How often all numbers of a file may be there: tensors may share some, but not without end. */
const mostShared = 4;

/**
 * As {@link Exchange.readPyTorch}.
 *
 * @param bytes - The file.
 * @returns Its tensors.
 */
export function readPyTorch(bytes: Uint8Array): Map<string, Tensor> {
  const state = new StateDict(bytes);
  const tensors = new Map<string, Tensor>();
  let left = mostShared * bytes.length;
  for (const name of state.names) {
    const tensor = state.tensor(name) as Tensor;
    left -= tensor.data.length;
    if (left < 0) throw unfit("memory", name, `tensors that share their numbers at most ${mostShared} times`, "more");
    tensors.set(name, tensor);
  }
  return tensors;
}

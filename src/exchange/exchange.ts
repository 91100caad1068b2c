/** Models of other tools, those in HDF5 included. */
import type { BackendChoice } from "../backend/select.js";
import { Network } from "../network/stored.js";
import { typedArray } from "../values/arrays.js";
import type { FileBytes } from "../values/file-bytes.js";
import type { NirGraph } from "./nir/graph.js";
import { readGraph, writeGraph } from "./nir/hdf5.js";
import { type NirOptions, networkFromGraph } from "./nir/read.js";
import { graphOf } from "./nir/write.js";
import { type Exchange, exchange as portable } from "./portable.js";
import { networkFromPyTorch } from "./pytorch/network.js";

/** What other tools have trained, read, and written for them. */
export interface FileExchange extends Exchange<Network> {
  /**
   * A graph of the Neuromorphic Intermediate Representation (NIR) as data; needs the npm package `h5wasm`.
   *
   * @param bytes - A `.nir` file.
   * @returns Nodes with all their fields, edges, metadata; whether a network could be made of them is not asked.
   * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed or the graph has more than 4096 nodes; `format`
   *   where the file is no HDF5 or no graph; `memory` where a field claims more than 2²⁶ numbers.
   */
  readNir(bytes: Uint8Array): Promise<NirGraph>;
  /**
   * A network out of a graph of NIR, in time steps by forward Euler; needs the npm package `h5wasm`. The graph is a chain of
   * layers of LIF, CubaLIF, IF, or what {@link FileExchange.toNir} writes for the built-in neuron, each perhaps with a way back to
   * itself; between them are Affine, Linear, Conv1d, Conv2d, Flatten, SumPool2d and AvgPool2d.
   *
   * @param bytes - A `.nir` file.
   * @param options - Time step, reset, readout and what else a graph does not say.
   * @param choice - Backend and threads; both `auto` by default.
   * @returns The network; docs/nir.md derives it.
   * @throws {@link DecolleError} As {@link FileExchange.readNir}; `unsupported` or `format` with node and field, such as
   *   `nodes.lif1.tau`, of what a network cannot be; `config`, `range` for options; what `Network.create` throws.
   */
  fromNir(bytes: Uint8Array, options?: NirOptions, choice?: BackendChoice): Promise<Network>;
  /**
   * A network as a graph of NIR; needs the npm package `h5wasm`.
   *
   * @param network - A network whose neurons are the built-in ones or came from NIR.
   * @returns The bytes of a `.nir` file. Readouts and the specification, which NIR has no nodes for, are in its metadata;
   *   neuron state, the optimiser's state and counters are left out.
   * @throws {@link DecolleError} `unsupported` with the field of the layer that NIR cannot say, such as `layers[0].pool`, or
   *   where `h5wasm` is not installed; `busy`, `disposed`.
   */
  toNir(network: Network): Promise<FileBytes>;
}

const read = (bytes: Uint8Array) => readGraph(typedArray(bytes, "Uint8Array", "bytes"));

/** What other tools have trained, read, and written for them. */
export const exchange: FileExchange = {
  ...portable,
  fromPyTorch: (bytes, specification, choice) => networkFromPyTorch(Network.create, bytes, specification, choice),
  readNir: async (bytes) => read(bytes),
  fromNir: async (bytes, options, choice) => networkFromGraph(Network.create, await read(bytes), options, choice),
  toNir: async (network) => writeGraph(await graphOf(network)),
};

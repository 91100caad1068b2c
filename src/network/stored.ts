/** Networks with file access, for Node. */
import type { BackendChoice } from "../backend/select.js";
import { readBytes, writeAtomically } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { createEngine, Network as PortableNetwork, restoreEngine } from "./network.js";
import type { NetworkSpecification } from "./specification.js";

/** A deep spiking network that learns online with local errors, and that can be saved to files. */
export class Network extends PortableNetwork {
  /**
   * Builds a network.
   *
   * @param specification - What it is made of.
   * @param choice - Backend and threads; both `auto` by default.
   * @returns The network, with weights drawn from its seed.
   * @throws {@link DecolleError} `config`, `range`, `not-finite` with the path of the field, `memory`, `backend`.
   */
  static override async create(specification: NetworkSpecification, choice: BackendChoice = {}): Promise<Network> {
    return new Network(await createEngine(specification, choice));
  }

  /**
   * Restores a network from the bytes of a checkpoint.
   *
   * @param bytes - A safetensors file written by `toBytes` or {@link Network.save}.
   * @param choice - Backend and threads, which need not be those it was written with.
   * @returns The network, its state and the position of its training.
   * @throws {@link DecolleError} `checkpoint`, `memory`, `backend`.
   */
  static override async fromBytes(bytes: Uint8Array, choice: BackendChoice = {}): Promise<Network> {
    return new Network(await restoreEngine(bytes, choice));
  }

  /**
   * Restores a network from a checkpoint file.
   *
   * @param path - A safetensors file written by {@link Network.save}, by its path or `file:` URL, or a pipe that gives one.
   * @param choice - Backend and threads, which need not be those it was written with.
   * @returns The network, its state and the position of its training.
   * @throws {@link DecolleError} `io`, `checkpoint`, `memory`, `backend`; `unsupported` for a URL of another kind.
   */
  static async load(path: string | FileUrl, choice: BackendChoice = {}): Promise<Network> {
    return Network.fromBytes(await readBytes(pathOf(path, "load")), choice);
  }

  /**
   * Writes a checkpoint file: to a temporary file in the same folder, synced, then renamed. Behind a symbolic link the file
   * that it leads to is replaced; what is no regular file (a folder, a device, a pipe) is refused.
   *
   * @param path - The file, by its path or `file:` URL; replaced if there is one.
   * @throws {@link DecolleError} `io`, `busy`, `disposed`, `unsupported` for a URL of another kind; a file that was there is
   *   then as before.
   */
  async save(path: string | FileUrl): Promise<void> {
    const file = pathOf(path, "save");
    await writeAtomically(file, await this.toBytes());
  }
}

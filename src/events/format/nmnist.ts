/** The files of N-MNIST: five bytes an event, 34×34 pixels. Nothing in them says what they are, so they have to be named. */
import type { FileFormat } from "./format.js";

/** N-MNIST's format. */
export const nmnist: FileFormat<"nmnist"> = { name: "nmnist", extensions: [".bin"] };

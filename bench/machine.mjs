// @ts-check
/** What a measurement was made on, so that its figures can be judged. */

export { machine } from "../dist/cli/machine.js";

/** @typedef {import("../dist/cli/machine.js").Machine} Machine */

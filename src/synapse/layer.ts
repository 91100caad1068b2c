/** All kinds of layers. */
import type { Conv1d } from "./conv1d.js";
import type { Conv2d } from "./conv2d.js";
import type { Dense } from "./dense.js";

/** A layer of neurons and the synapses that lead to it. */
export type LayerSpecification = Conv1d | Conv2d | Dense;

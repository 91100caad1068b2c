/** Bad calls about what a network holds. */
import { type Row, untyped } from "./scene.js";
import { samples } from "./victim.js";

export const tensors: readonly Row[] = [
  ["config", "layers.9.weight", "the name of no tensor", ({ network }) => network.tensor("layers.9.weight")],
  ["config", "weight", "no name of a tensor to set", ({ network }) => network.setTensor("weight", new Float32Array(1))],
  [
    "shape",
    "layers.0.bias",
    "a tensor of another size",
    ({ network }) => network.setTensor("layers.0.bias", new Float32Array(4)),
  ],
  [
    "config",
    "data: expected a Float32Array, found a Float64Array",
    "numbers of 64 bits",
    ({ network }) => network.setTensor("layers.0.bias", untyped(new Float64Array(3))),
  ],
  [
    "config",
    "name: expected a string, found 7",
    "a name that is a number",
    ({ network }) => network.tensor(untyped(7)),
  ],
  [
    "config",
    "metadata.training",
    "metadata under the key of the training",
    async ({ network }) => {
      network.metadata["training"] = "mine";
      try {
        await network.toBytes();
      } finally {
        delete network.metadata["training"];
      }
    },
  ],
  [
    "not-finite",
    "layers.0.bias[1]",
    "NaN in a tensor",
    ({ network }) => network.setTensor("layers.0.bias", Float32Array.of(0, Number.NaN, 0)),
  ],
  [
    "range",
    "state.layers.1.spikes[0]",
    "half a spike",
    ({ network }) => network.setTensor("state.layers.1.spikes", new Float32Array(samples * 5).fill(0.5)),
  ],
  [
    "unsupported",
    "state.layers.1.readout",
    "a tensor that follows from others",
    ({ network }) => network.setTensor("state.layers.1.readout", new Float32Array(samples * 3)),
  ],
  ["range", "epoch", "an epoch below zero", ({ network }) => network.setEpoch(-1)],
  ["range", "epoch", "half an epoch", ({ network }) => network.setEpoch(0.5)],
  [
    "config",
    "metadata",
    "metadata that is no plain data",
    async ({ network }) => {
      network.metadata["when"] = untyped(() => 0);
      try {
        await network.toBytes();
      } finally {
        delete network.metadata["when"];
      }
    },
  ],
];

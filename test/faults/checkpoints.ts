/** Bad checkpoints. */
import { Network } from "../../src/index.js";
import type { Row, Scene } from "./scene.js";
import { damaged, misdescribed, type Parts, specification } from "./victim.js";

/** Restores a network from a damaged checkpoint. */
const fromDamaged = ({ checkpoint }: Scene, damage: (parts: Parts) => Parts | undefined) =>
  Network.fromBytes(damaged(checkpoint, damage));

/** Restores a network from a checkpoint whose description was changed. */
const fromMisdescribed = ({ checkpoint }: Scene, damage: (entry: Record<string, unknown>) => void) =>
  Network.fromBytes(misdescribed(checkpoint, damage));

export const weight = "layers.0.weight";

export const checkpoints: readonly Row[] = [
  ["checkpoint", "safetensors", "an empty file", () => Network.fromBytes(new Uint8Array(0))],
  [
    "checkpoint",
    "safetensors",
    "a file of another kind",
    () => Network.fromBytes(new TextEncoder().encode("%PDF-1.7 and so on")),
  ],
  [
    "checkpoint",
    "safetensors",
    "a checkpoint cut in its header",
    ({ checkpoint }) => Network.fromBytes(checkpoint.subarray(0, 100)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a checkpoint cut in its last tensor",
    ({ checkpoint }) => Network.fromBytes(checkpoint.subarray(0, checkpoint.length - 3)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a header that claims more bytes than there are",
    ({ checkpoint }) => {
      const bytes = checkpoint.slice();
      new DataView(bytes.buffer).setBigUint64(0, 2n ** 60n, true);
      return Network.fromBytes(bytes);
    },
  ],
  [
    "checkpoint",
    "safetensors",
    "bytes behind the last tensor",
    ({ checkpoint }) => Network.fromBytes(Uint8Array.of(...checkpoint, 0, 0, 0, 0)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a tensor that claims more bytes than there are",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        const entry = header[weight];
        if (entry) entry.data_offsets[1] += 2 ** 40;
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "safetensors",
    "a shape that does not go with its bytes",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header[weight]?.shape.push(2);
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a shape of the right size that is another",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header[weight]?.shape.reverse();
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a tensor of another type",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        const entry = header[weight];
        if (entry) entry.dtype = "I32";
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a tensor under another name",
    (scene) =>
      fromDamaged(scene, ({ header, data }) => ({
        header: Object.fromEntries(
          Object.entries(header).map(([name, entry]) => [name === weight ? "layers.0.kernel" : name, entry]),
        ) as Parts["header"],
        data,
      })),
  ],
  [
    "checkpoint",
    `${weight}[5]`,
    "NaN among the weights",
    (scene) =>
      fromDamaged(scene, ({ header, data }) => {
        const start = header[weight]?.data_offsets[0] ?? 0;
        new DataView(data.buffer, data.byteOffset).setFloat32(start + 20, Number.NaN, true);
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "decolle",
    "a safetensors file of someone else",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header.__metadata__ = { format: "pt" };
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "version",
    "a version of the future",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { version: 2 })),
  ],
  [
    "checkpoint",
    "specification",
    "no specification",
    (scene) => fromMisdescribed(scene, (entry) => delete entry["specification"]),
  ],
  [
    "checkpoint",
    "alpha",
    "a bad specification",
    (scene) =>
      fromMisdescribed(scene, (entry) =>
        Object.assign(entry["specification"] as object, { neuron: { type: "lif", alpha: 2 } }),
      ),
  ],
  [
    "checkpoint",
    "layers.1",
    "the specification of another network",
    (scene) =>
      fromMisdescribed(scene, (entry) =>
        Object.assign(entry["specification"] as object, {
          layers: [specification.layers[0], { type: "dense", units: 7 }],
        }),
      ),
  ],
  [
    "checkpoint",
    "samples",
    "more samples than any batch has",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { samples: 2 ** 40 })),
  ],
  [
    "checkpoint",
    "synapticTrace",
    "state of another number of samples",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { samples: 3 })),
  ],
  [
    "checkpoint",
    "specification.layers",
    "a checkpoint of other layers to restore from",
    ({ binding: own }) => {
      const text = JSON.stringify({ ...specification, layers: [{ type: "dense", units: 4 }] });
      const [mine, other] = [new own.Network(JSON.stringify(specification), 1), new own.Network(text, 1)];
      try {
        mine.restore(other.checkpoint("{}"));
      } finally {
        mine.dispose();
        other.dispose();
      }
    },
  ],
];

/** An event file is read back field by field, as TensorFlow's `event.proto` says. */
import { describe, expect, it } from "vitest";
import type { EpochMetrics } from "../../src/index.js";
import { maskedCrc, tensorBoardEvents } from "../../src/report/tensorboard.js";

const epoch = (number: number): EpochMetrics => ({
  epoch: number,
  seconds: 10,
  samples: 10,
  updates: 40,
  train: { loss: [0.5, 0.25], accuracy: [0.5, 0.75] },
  test: { loss: [0.5, 0.125], accuracy: [0.25, 0.5 + number / 1000], seconds: 2 },
  density: { input: 0.0625, layers: [0.125, 0.25] },
  synapticOperations: { forward: 4096, gradient: 8192 },
  peakBytes: null,
});

type Fields = Map<number, Array<number | Uint8Array>>;

/** Fields of a message by their numbers. */
function fieldsOf(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Fields = new Map();
  let place = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = bytes[place++] as number;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (place < bytes.length) {
    const key = varint();
    const [field, kind] = [Math.floor(key / 8), key % 8];
    const skip = (length: number) => {
      place += length;
      return place - length;
    };
    const take = (length: number) => bytes.slice(skip(length), place);
    const readers: Record<number, () => number | Uint8Array> = {
      0: varint,
      1: () => view.getFloat64(skip(8), true),
      2: () => take(varint()),
      5: () => view.getFloat32(skip(4), true),
    };
    fields.set(field, [...(fields.get(field) ?? []), (readers[kind] as () => number)()]);
  }
  return fields;
}

/** Messages of a file; checksums are compared. */
function messagesOf(file: Uint8Array): Fields[] {
  const view = new DataView(file.buffer);
  const messages: Fields[] = [];
  for (let place = 0; place < file.length; ) {
    const length = Number(view.getBigUint64(place, true));
    expect(view.getUint32(place + 8, true)).toBe(maskedCrc(file.subarray(place, place + 8)));
    const message = file.subarray(place + 12, place + 12 + length);
    expect(view.getUint32(place + 12 + length, true)).toBe(maskedCrc(message));
    messages.push(fieldsOf(message));
    place += length + 16;
  }
  return messages;
}

const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array);

describe("an event file", () => {
  it("holds its version, then one event an epoch with a scalar per tag", () => {
    const now = 1_700_000_000_000;
    const [version, ...events] = messagesOf(tensorBoardEvents([epoch(1), epoch(300)], now));
    expect(text(version?.get(3)?.[0])).toBe("brain.Event:2");
    expect(events.map((event) => event.get(2))).toEqual([[1], [300]]);
    expect(events.map((event) => event.get(1))).toEqual([[now / 1000 - 12], [now / 1000]]);
    const values = fieldsOf(events[1]?.get(5)?.[0] as Uint8Array).get(1) ?? [];
    const scalars = values.map((value) => {
      const fields = fieldsOf(value as Uint8Array);
      return [text(fields.get(1)?.[0]), fields.get(2)?.[0]] as const;
    });
    expect(Object.fromEntries(scalars)).toMatchObject({
      "accuracy/test/layer 2": Math.fround(0.8),
      "loss/training/layer 1": 0.5,
      "density/input": 0.0625,
      "synaptic operations/gradients": 8192,
      "seconds/training": 10,
    });
  });

  it("sums by CRC-32C: that of 123456789 is e3069283", () => {
    const masked = maskedCrc(new TextEncoder().encode("123456789"));
    const crc = 0xe3069283;
    expect(masked).toBe((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  });
});

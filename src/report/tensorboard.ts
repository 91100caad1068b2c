/**
 * Metrics as a TensorBoard event file: TFRecords of `Event` messages, each with one scalar per tag. The format is that of
 * TensorFlow's `event.proto` and `summary.proto`, of which a handful of fields is needed, so there is no protobuf library here.
 */
import type { EpochMetrics } from "../network/metrics.js";

/** CRC-32C (Castagnoli), reflected: one entry a byte. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/**
 * The checksum of TFRecords: CRC-32C, rotated by 15 bits, plus a constant.
 *
 * @param bytes - What is summed.
 * @returns A whole number of 32 bits.
 */
export function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Fields of protobuf messages. */
class Message {
  readonly #bytes: number[] = [];

  varint(field: number, value: number): this {
    return this.#key(field, 0).#number(value);
  }

  double(field: number, value: number): this {
    return this.#key(field, 1).#push(new Uint8Array(Float64Array.of(value).buffer));
  }

  float(field: number, value: number): this {
    return this.#key(field, 5).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#key(field, 2).#number(value.length).#push(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #key(field: number, kind: number): this {
    return this.#number(field * 8 + kind);
  }

  #number(value: number): this {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) this.#bytes.push((left % 128) + 128);
    this.#bytes.push(left);
    return this;
  }

  #push(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }
}

/** A message in its frame: length, checksum of the length, message, checksum of the message. */
function record(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true);
  framed.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc(message), true);
  return framed;
}

/** Scalars of an epoch by their tags. */
function scalars({ train, test, density, synapticOperations, seconds }: EpochMetrics): Array<[string, number]> {
  const perLayer = (tag: string, values: readonly number[]) =>
    values.map((value, layer): [string, number] => [`${tag}/layer ${layer + 1}`, value]);
  return [
    ...perLayer("accuracy/training", train.accuracy),
    ...perLayer("loss/training", train.loss),
    ...(test ? [...perLayer("accuracy/test", test.accuracy), ...perLayer("loss/test", test.loss)] : []),
    ...perLayer("density", density.layers),
    ["density/input", density.input],
    ["synaptic operations/potentials", synapticOperations.forward],
    ["synaptic operations/gradients", synapticOperations.gradient],
    ["seconds/training", seconds],
  ];
}

/**
 * Writes an event file.
 *
 * @param epochs - Metrics, in order; the step of each is its number.
 * @param now - When the last one ended, in milliseconds since 1970; earlier ones are placed by how long they took.
 * @returns The bytes of a file whose name has to hold `tfevents`.
 */
export function tensorBoardEvents(epochs: readonly EpochMetrics[], now: number): Uint8Array {
  const took = ({ seconds, test }: EpochMetrics) => seconds + (test?.seconds ?? 0);
  let time = now / 1000 - epochs.reduce((sum, epoch) => sum + took(epoch), 0);
  const records = [record(new Message().double(1, time).text(3, "brain.Event:2").done())];
  for (const epoch of epochs) {
    time += took(epoch);
    const summary = new Message();
    for (const [tag, value] of scalars(epoch)) summary.bytes(1, new Message().text(1, tag).float(2, value).done());
    records.push(record(new Message().double(1, time).varint(2, epoch.epoch).bytes(5, summary.done()).done()));
  }
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const one of records) {
    bytes.set(one, place);
    place += one.length;
  }
  return bytes;
}

/** Sounds for Chromium's fake microphone: uncompressed, in the WAVE format. */
import { writeFileSync } from "node:fs";

/** A pure tone. */
export interface Tone {
  /** In hertz. */
  readonly frequency: number;
  /** As a share of full scale. */
  readonly amplitude: number;
  /** How long it is; the microphone plays it again and again. */
  readonly seconds: number;
}

/** Samples a second. */
const rate = 48_000;

/**
 * Writes a tone: one channel of 16 bits.
 *
 * @param path - The file.
 * @param tone - The tone; a whole number of its periods is heard without a click.
 */
export function writeTone(path: string, { frequency, amplitude, seconds }: Tone): void {
  const samples = Int16Array.from({ length: rate * seconds }, (_, sample) =>
    Math.round(32_767 * amplitude * Math.sin((2 * Math.PI * frequency * sample) / rate)),
  );
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  // Samples as they are, of one channel.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer)]));
}

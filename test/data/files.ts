/** Folders of data sets for tests: made, filled and removed. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { EventColumns } from "../../src/index.js";

/** Where real recordings are, unless the environment says otherwise. */
export const realData = process.env["DECOLLE_DATA"] ?? "../shared/data";

const made: string[] = [];
// Here, since what a test asks for while it runs is never called.
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

/**
 * A folder that is removed after the tests of a file.
 *
 * @returns Its path.
 */
export async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "decolle-data-"));
  made.push(folder);
  return folder;
}

/**
 * Writes files.
 *
 * @param root - The folder.
 * @param files - Contents by path in it.
 */
export async function put(root: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

/**
 * Events that differ from recording to recording.
 *
 * @param seed - Which recording.
 * @param side - Width and height of the sensor.
 * @param length - Events, a millisecond apart.
 * @returns The events.
 */
export function drawn(seed: number, side: number, length = 5): EventColumns {
  const places = Array.from({ length }, (_, event) => event);
  return {
    x: Uint16Array.from(places, (event) => (7 * seed + event) % side),
    y: Uint16Array.from(places, (event) => (3 * seed + 2 * event) % side),
    p: Uint8Array.from(places, (event) => (seed + event) % 2),
    t: Float64Array.from(places, (event) => 1000 * event),
  };
}

/**
 * A file of AEDAT 2.0 as a DVS128 writes it.
 *
 * @param events - Its events.
 * @returns The bytes.
 */
export function aedat2({ x, y, p, t }: EventColumns): Uint8Array {
  const head = new TextEncoder().encode("#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n");
  const bytes = new Uint8Array(head.length + 8 * t.length);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  for (const [event, time] of t.entries()) {
    const address = ((y[event] ?? 0) << 8) | ((x[event] ?? 0) << 1) | (1 - (p[event] ?? 0));
    view.setUint32(head.length + 8 * event, address);
    view.setUint32(head.length + 8 * event + 4, time);
  }
  return bytes;
}

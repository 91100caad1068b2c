/** Files: the only place that writes to them, so that a crash never leaves half a file behind. Node only. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DecolleError } from "./errors.js";
import { messageOf } from "./values/brands.js";

/**
 * Writes a file so that it is either the old one or the new one, whatever happens: a temporary file in the same folder
 * is written, synced and renamed, and the folder is synced.
 *
 * @param path - The file.
 * @param content - Bytes or UTF-8 text.
 * @throws {@link DecolleError} `io`; the file is then as before.
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.part`);
  try {
    await use(await open(temporary, "wx"), async (file) => {
      await file.writeFile(content);
      await file.sync();
    });
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    // The first failure is the one to tell; without a folder there is no temporary file to remove either.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new DecolleError("io", `${path}: could not be written: ${reason(error)}`, { cause: error });
  }
}

/**
 * Reads a file.
 *
 * @param path - The file.
 * @returns Its bytes.
 * @throws {@link DecolleError} `io`.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new DecolleError("io", `${path}: could not be read: ${reason(error)}`, { cause: error });
  }
}

/**
 * The reason behind a failed file operation, for messages.
 *
 * @param error - What was thrown.
 * @returns Its message.
 */
export function reason(error: unknown): string {
  return messageOf(error);
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; its file system makes renames durable by itself.
  if (process.platform === "win32") return;
  await use(await open(path, "r"), (folder) => folder.sync());
}

async function use(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

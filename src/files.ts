/**
 * Files: the only place that opens them. What is written is written whole, so that a crash never leaves half a file behind,
 * and few are open at a time. Node only.
 */
import { randomUUID } from "node:crypto";
import { open as openDescriptor, constants as opening, type Stats } from "node:fs";
import {
  type FileHandle,
  lstat,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { Socket } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { DecolleError, faultAt } from "./errors.js";
import { type AbortSignalLike, isObject, messageOf } from "./values/brands.js";

/** What is written: bytes, all at once or piece by piece, or UTF-8 text. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/** A file that lies ready beside the one it is going to replace. */
export interface Staged {
  /** Where it lies. */
  readonly temporary: string;
  /** What it replaces. */
  readonly target: string;
}

/**
 * Writes a file so that it is either the old one or the new one, whatever happens: a temporary file in the same folder
 * is written, synced and renamed, and the folder is synced. Behind a symbolic link the file that it leads to is replaced; its
 * permissions stay.
 *
 * @param path - The file.
 * @param content - Bytes, all at once or piece by piece, or UTF-8 text.
 * @throws {@link DecolleError} `io`, also for what is no regular file: a folder, a device, a pipe; or that with which the pieces
 *   end; all is then as before.
 */
export async function writeAtomically(path: string, content: Content): Promise<void> {
  await finish(await stage(path, content), path);
}

/**
 * The first half of {@link writeAtomically}: a file that has found its place on the disk and only waits to be renamed.
 *
 * @param path - The file.
 * @param content - Bytes, all at once or piece by piece, or UTF-8 text.
 * @returns Where it lies, and what it replaces.
 * @throws {@link DecolleError} `io`, or that with which the pieces end; nothing is left behind then.
 */
export async function stage(path: string, content: Content): Promise<Staged> {
  let temporary: string | undefined;
  try {
    const { target, mode } = await targetOf(path);
    temporary = join(dirname(target), `.${randomUUID()}.part`);
    const file = await patiently(() => open(temporary as string, "wx", mode));
    await use(file, async () => {
      // The mode given above loses what the process masks; an old file's is kept as it was.
      if (mode !== undefined) await file.chmod(mode);
      if (typeof content === "string" || ArrayBuffer.isView(content)) await file.writeFile(content);
      // Each goes where the one before ended.
      else for await (const piece of apart(content)) await file.writeFile(piece);
      await file.sync();
    });
    return { temporary, target };
  } catch (error) {
    // The first failure is the one to tell; without a folder there is no temporary file to remove either.
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw OfPieces.is(error) ? error.cause : notWritten(path, error);
  }
}

/** That with which pieces ended, apart from what is wrong with the file they go to. */
class OfPieces extends Error {
  readonly #ofPieces = true;

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is OfPieces {
    return isObject(value) && #ofPieces in value;
  }
}

async function* apart(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* pieces;
  } catch (error) {
    throw new OfPieces("pieces", { cause: error });
  }
}

/**
 * The second half of {@link writeAtomically}.
 *
 * @param staged - What {@link stage} gave.
 * @param path - What messages call the file.
 * @throws {@link DecolleError} `io`.
 */
export async function finish({ temporary, target }: Staged, path: string): Promise<void> {
  try {
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritten(path, error);
  }
}

/**
 * Makes sure that a file could be written by {@link writeAtomically}, as far as can be told without writing: what is there is a
 * regular file, or nothing.
 *
 * @param path - The file.
 * @throws {@link DecolleError} `io`.
 */
export async function checkReplaceable(path: string): Promise<void> {
  try {
    await targetOf(path);
  } catch (error) {
    throw notWritten(path, error);
  }
}

/**
 * Length of a file.
 *
 * @param path - The file.
 * @returns Its bytes; undefined for what is no regular file.
 */
export async function lengthOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
}

/**
 * Whether there is something under a path.
 *
 * @param path - The path.
 * @returns Whether there is; a link that leads nowhere is nothing.
 * @throws {@link DecolleError} `io` where that cannot be told, such as in a folder that may not be read.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    return (await presentStats(path)) !== undefined;
  } catch (error) {
    throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
  }
}

/** Symbolic links that are followed one after the other, as in Linux. */
const mostLinks = 40;

/** The regular file that a path leads to or would make, and the permissions of the one that is there. */
async function targetOf(path: string): Promise<{ target: string; mode?: number }> {
  const found = await presentStats(path);
  if (found !== undefined) {
    if (!found.isFile()) throw new Error(`expected a regular file, found ${kindOf(found)}`);
    return { target: await realpath(path), mode: found.mode & 0o7777 };
  }
  // Nothing is there, or a link that leads nowhere yet.
  let target = path;
  for (let links = 0; links <= mostLinks; links++) {
    const link = await lstat(target).catch(() => undefined);
    if (!link?.isSymbolicLink()) return { target };
    target = resolve(dirname(target), await readlink(target));
  }
  throw new Error(`more than ${mostLinks} symbolic links`);
}

async function presentStats(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

function notWritten(path: string, error: unknown): DecolleError {
  return faultAt("io", path, `could not be written: ${reason(error)}`, { cause: error });
}

/**
 * Reads a file, or a pipe until its end.
 *
 * @param path - The file.
 * @param signal - Stops the wait for a pipe; the promise then rejects.
 * @returns Its bytes.
 * @throws {@link DecolleError} `io`.
 */
export async function readBytes(path: string, signal?: AbortSignalLike): Promise<Uint8Array> {
  try {
    return await inTurn(() => patiently(() => read(path, signal)));
  } catch (error) {
    throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
  }
}

/** Bytes that are read at a time. */
const pieceLength = 262_144;

/**
 * Reads a file, or a pipe until its end, piece by piece.
 *
 * @param path - The file.
 * @param signal - Stops the wait for a pipe; the next piece then rejects.
 * @yields Pieces, each good until the next one is asked for.
 * @throws {@link DecolleError} `io`.
 */
export async function* readPieces(path: string, signal?: AbortSignalLike): AsyncGenerator<Uint8Array, void> {
  try {
    const found = await stat(path);
    if (found.isFile()) yield* filePieces(path);
    else if (found.isFIFO()) yield* pipePieces(path, signal);
    else throw new Error(`expected a file, found ${kindOf(found)}`);
  } catch (error) {
    throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
  }
}

async function* filePieces(path: string): AsyncGenerator<Uint8Array, void> {
  const file = await patiently(() => open(path, "r"));
  const piece = new Uint8Array(pieceLength);
  try {
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceLength, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Something in a folder. */
export interface FolderEntry {
  /** Its name. */
  readonly name: string;
  /** Whether it is a regular file, or a link to one. */
  readonly isFile: boolean;
  /** Whether it is a folder, or a link to one. */
  readonly isFolder: boolean;
}

/**
 * Lists a folder.
 *
 * @param path - The folder.
 * @returns All that is in it, hidden files included; a link that leads nowhere is taken for a file, so that reading it fails.
 * @throws {@link DecolleError} `io`.
 */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  try {
    const entries = await patiently(() => readdir(path, { withFileTypes: true }));
    const listed: FolderEntry[] = [];
    for (const entry of entries) {
      const found = entry.isSymbolicLink() ? await presentStats(join(path, entry.name)) : entry;
      listed.push({ name: entry.name, isFile: found?.isFile() ?? true, isFolder: found?.isDirectory() ?? false });
    }
    return listed;
  } catch (error) {
    throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
  }
}

async function read(path: string, signal: AbortSignalLike | undefined): Promise<Uint8Array> {
  const found = await stat(path);
  if (found.isFile()) return readFile(path);
  if (found.isFIFO()) return readPipe(path, signal);
  throw new Error(`expected a file, found ${kindOf(found)}`);
}

/** Most bytes that a pipe may hold; those of a file are bounded alike by Node. */
const mostBytes = 2 ** 31 - 1;

async function readPipe(path: string, signal: AbortSignalLike | undefined): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pipePieces(path, signal)) {
    length += piece.length;
    if (length > mostBytes) throw new Error(`expected at most ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/**
 * Reads a pipe without blocking: a thread that waited in the system for a writer could not be stopped, and would keep the
 * process from ending.
 */
async function* pipePieces(path: string, signal: AbortSignalLike | undefined): AsyncGenerator<Uint8Array, void> {
  const descriptor = await promisify(openDescriptor)(path, opening.O_RDONLY | (opening.O_NONBLOCK ?? 0));
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  const stop = () => pipe.destroy(new Error("the wait was stopped"));
  signal?.addEventListener("abort", stop);
  try {
    if (signal?.aborted) stop();
    yield* pipe as AsyncIterable<Uint8Array>;
  } finally {
    signal?.removeEventListener("abort", stop);
    pipe.destroy();
  }
}

/** Files that are read at a time; the system's own threads are no more than four. */
const mostOpen = 32;
let reading = 0;
const waiting: Array<() => void> = [];

/** Reads when fewer than {@link mostOpen} others are reading. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (reading >= mostOpen) await new Promise<void>((resolve) => void waiting.push(resolve));
  else reading++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    // Whoever waits takes over the place.
    if (next === undefined) reading--;
    else next();
  }
}

/** How often opening is tried anew, and the first wait in milliseconds, doubled each time: two and a half seconds in all. */
const patience = { tries: 8, wait: 10 } as const;

/** Waits where other parts of the process, or of the system, hold all the files that may be open. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "EMFILE" && code !== "ENFILE") || tries === patience.tries) throw error;
      await delay(patience.wait * 2 ** tries);
    }
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

/**
 * Makes what happened to the names in a folder durable.
 *
 * @param path - The folder.
 */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; its file system makes renames durable by itself.
  if (process.platform === "win32") return;
  const folder = await patiently(() => open(path, "r"));
  await use(folder, () => folder.sync());
}

async function use(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}

/** How often a file is looked at that may have grown, in milliseconds. */
const growing = 20;

/**
 * Reads a file piece by piece as it grows.
 *
 * @param path - The file, or a pipe.
 * @param follow - Whether to wait for more at its end, until the signal aborts.
 * @param signal - Ends the reading, without an error.
 * @yields Pieces of at most 64 KiB.
 * @throws {@link DecolleError} `io`.
 */
export async function* growingPieces(
  path: string,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    if ((await stat(path)).isFIFO()) {
      const descriptor = await promisify(openDescriptor)(path, opening.O_RDONLY | (opening.O_NONBLOCK ?? 0));
      return yield* arriving(new Socket({ fd: descriptor, readable: true, writable: false }), signal);
    }
    const file = await patiently(() => open(path, "r"));
    try {
      while (!signal.aborted) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(65_536), 0, 65_536, null);
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        else if (follow) await delay(growing, undefined, { signal }).catch(() => undefined);
        else return;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (DecolleError.is(error)) throw error;
    throw faultAt("io", path, `could not be read: ${reason(error)}`, { cause: error });
  }
}

/**
 * What arrives at a stream of Node's, such as the standard input.
 *
 * @param stream - The stream, which is given up in the end.
 * @param signal - Ends the reading, without an error.
 * @yields Pieces as they arrive.
 */
export async function* arriving(
  stream: AsyncIterable<Uint8Array> & { destroy(): unknown },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const stop = () => void stream.destroy();
  signal.addEventListener("abort", stop);
  try {
    if (!signal.aborted) yield* stream;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** A lock on a folder, so that two trainings never write into it: a file that names the process that holds it. */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DecolleError, faultAt } from "../errors.js";
import { reason } from "../files.js";

/** What is written into a lock. */
interface Owner {
  /** Says which lock this is; no two have the same. */
  readonly token: string;
  /** Who holds it. */
  readonly pid: number;
  /** On which machine. */
  readonly host: string;
  /** When that machine and that process started, where the system tells: numbers of processes are used again. */
  readonly started: string | null;
  /** Since when, for messages. */
  readonly since: string;
}

/** How long a lock may be unreadable, in milliseconds, while its owner is writing it. */
const writing = 200;

/** How often a lock is tried for that others take and give back meanwhile. */
const mostTries = 10;

/** A lock that this process holds. */
export class FolderLock {
  readonly #path: string;
  readonly #folder: string;
  readonly #token: string;

  private constructor(folder: string, path: string, token: string) {
    this.#folder = folder;
    this.#path = path;
    this.#token = token;
  }

  /**
   * Takes the lock of a folder, also one that was left behind by a process that is no more.
   *
   * @param folder - The folder, which exists.
   * @returns The lock.
   * @throws {@link DecolleError} `busy` where another process holds it, `io`.
   */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, ".lock");
    const token = randomUUID();
    try {
      const started = await startOf(process.pid);
      const own: Owner = { token, pid: process.pid, host: hostname(), started, since: new Date().toISOString() };
      for (let tries = 0; tries < mostTries; tries++) {
        if (await make(path, JSON.stringify(own))) return new FolderLock(folder, path, token);
        const found = await readOwner(path);
        if (found === undefined) continue;
        if (found.owner !== undefined && (await isAlive(found.owner))) throw held(folder, path, found.owner);
        await putAside(path, found.text);
      }
    } catch (error) {
      if (DecolleError.is(error)) throw error;
      throw faultAt("io", path, `could not be written: ${reason(error)}`, { cause: error });
    }
    throw faultAt("busy", folder, "other trainings are beginning in it");
  }

  /**
   * Makes sure that the lock still is this process's.
   *
   * @throws {@link DecolleError} `busy` where it is not, such as after a user has deleted it.
   */
  async check(): Promise<void> {
    const found = await readOwner(this.#path).catch(() => undefined);
    if (found?.owner?.token === this.#token) return;
    if (found?.owner !== undefined) throw held(this.#folder, this.#path, found.owner);
    throw faultAt("busy", `${this.#path}`, "was taken away while the training ran; nothing more is written");
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    const found = await readOwner(this.#path).catch(() => undefined);
    if (found?.owner?.token === this.#token) await rm(this.#path, { force: true });
  }
}

function held(folder: string, path: string, { pid, host, since }: Owner): DecolleError {
  const where = host === hostname() ? "" : ` on ${host}`;
  const remedy = host === hostname() ? "" : `; if that is no longer so, delete ${path}`;
  return faultAt("busy", folder, `process ${pid}${where} has been training in it since ${since}${remedy}`);
}

/** Makes the file unless there is one. */
async function make(path: string, text: string): Promise<boolean> {
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(text);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** What a lock says; undefined where there is none, without an owner where it is damaged. */
async function readOwner(path: string): Promise<{ text: string; owner?: Owner } | undefined> {
  const begun = performance.now();
  for (;;) {
    const text = await present(() => readFile(path, "utf8"));
    if (text === undefined) return undefined;
    const owner = parse(text);
    if (owner !== undefined) return { text, owner };
    // Its owner may be in the middle of writing it.
    if (performance.now() - begun > writing) return { text };
    await delay(writing / 10);
  }
}

function parse(text: string): Owner | undefined {
  try {
    const { token, pid, host, started, since } = JSON.parse(text) as Owner;
    return typeof token === "string" && Number.isInteger(pid) ? { token, pid, host, started, since } : undefined;
  } catch {
    return undefined;
  }
}

/** Takes away a lock whose owner is no more. */
async function putAside(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const taken = await present(async () => {
    await rename(path, aside);
    return true;
  });
  if (!taken) return;
  // Between looking and taking, another process may have been faster: then this is its new lock, and it gets it back.
  if ((await readFile(aside, "utf8")) !== text) {
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  await rm(aside, { force: true });
}

/** What a file operation gives, undefined where there is no such file. */
async function present<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether an owner may still be at work. On another machine nobody can tell. */
async function isAlive({ pid, host, started }: Owner): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await startOf(pid);
  return started === null || now === null || started === now;
}

/** When a machine and a process on it started: on Linux; null elsewhere, and for a process that is not there. */
async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return null;
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold anything; what follows is numbers, the start the twentieth.
    const start = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
    return start === undefined ? null : `${boot.trim()} ${start}`;
  } catch {
    return null;
  }
}

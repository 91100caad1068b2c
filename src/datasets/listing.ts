/** What lies in the folders of a data set: recordings, and what is none. Node only. */
import { join } from "node:path";
import { unfit } from "../errors.js";
import { type FolderEntry, listFolder } from "../files.js";
import { sortedNames } from "./own.js";

/** Most paths of ignored files that are kept. */
const mostNamed = 20;

/** Files and folders that are no recordings. */
export class Ignored {
  /** How many. */
  count = 0;
  /** The first of them. */
  readonly paths: string[] = [];

  /**
   * Notes one.
   *
   * @param path - Its path.
   */
  add(path: string): void {
    this.count++;
    if (this.paths.length < mostNamed) this.paths.push(path);
  }

  /** As fields of a data set. */
  get fields(): { readonly ignored: number; readonly ignoredPaths: readonly string[] } {
    return { ignored: this.count, ignoredPaths: this.paths };
  }
}

/** A recording in a file of its own. */
export interface FileEntry {
  /** The file. */
  readonly path: string;
  /** Its class, from 0. */
  readonly label: number;
}

/**
 * The files of a folder, sorted, `2` before `10`. Hidden files, such as those that macOS puts beside others, are ignored.
 *
 * @param folder - The folder.
 * @param accepts - Whether a file of this name is a recording.
 * @param ignored - Takes in what is none.
 * @returns Their names.
 * @throws {@link DecolleError} `io`.
 */
export async function filesIn(folder: string, accepts: (name: string) => boolean, ignored: Ignored): Promise<string[]> {
  const isOne = ({ name, isFile }: FolderEntry) => isFile && !name.startsWith(".") && accepts(name);
  const entries = await listFolder(folder);
  for (const entry of entries) if (!isOne(entry)) ignored.add(join(folder, entry.name));
  return sortedNames(entries.filter(isOne).map(({ name }) => name));
}

/**
 * The folders in a folder.
 *
 * @param root - The folder.
 * @param ignored - Takes in what is no folder, and hidden ones.
 * @returns Their names, sorted.
 * @throws {@link DecolleError} `io`.
 */
export async function foldersIn(root: string, ignored: Ignored): Promise<string[]> {
  const isOne = ({ name, isFolder }: FolderEntry) => isFolder && !name.startsWith(".");
  const entries = await listFolder(root);
  for (const entry of entries) if (!isOne(entry)) ignored.add(join(root, entry.name));
  return sortedNames(entries.filter(isOne).map(({ name }) => name));
}

/**
 * The recordings of a folder that has one folder a class.
 *
 * @param root - The folder.
 * @param folders - Names of the folders, in the order of the classes; those that are not there have no recordings.
 * @param accepts - Whether a file of this name is a recording.
 * @param ignored - Takes in what is none.
 * @returns The recordings by class, then by name.
 * @throws {@link DecolleError} `io`; `format` where there is no recording at all.
 */
export async function filesByClass(
  root: string,
  folders: readonly string[],
  accepts: (name: string) => boolean,
  ignored: Ignored,
): Promise<FileEntry[]> {
  const before = ignored.count;
  const present = await foldersIn(root, ignored);
  for (const name of present) if (!folders.includes(name)) ignored.add(join(root, name));
  const entries: FileEntry[] = [];
  for (const [label, folder] of folders.entries()) {
    if (!present.includes(folder)) continue;
    for (const name of await filesIn(join(root, folder), accepts, ignored)) {
      entries.push({ path: join(root, folder, name), label });
    }
  }
  if (entries.length > 0) return entries;
  const others = ignored.count - before;
  throw unfit(
    "format",
    root,
    `recordings in folders ${few(folders)}`,
    others === 0 ? "none" : `none among ${others} others`,
  );
}

/**
 * Names in a sentence, the first few of them.
 *
 * @param names - At least one.
 * @returns Such as `a, b, c and 7 more`.
 */
export function few(names: readonly string[]): string {
  const most = 5;
  const said = names.slice(0, most).join(", ");
  return names.length > most ? `${said} and ${names.length - most} more` : said;
}

/**
 * Where a data set lies: the folder itself or one of those that archives make.
 *
 * @param root - The folder that the caller named.
 * @param within - Names of folders in it that it may lie in.
 * @param mark - Something that is in the right one.
 * @returns The folder; `root` where none has the mark.
 * @throws {@link DecolleError} `io` where `root` cannot be read.
 */
export async function folderWith(root: string, within: readonly string[], mark: string): Promise<string> {
  const has = async (folder: string) => (await listFolder(folder)).some(({ name }) => name === mark);
  if (await has(root)) return root;
  const present = await listFolder(root);
  for (const name of within) {
    const found = present.some((entry) => entry.name === name && entry.isFolder);
    if (found && (await has(join(root, name)))) return join(root, name);
  }
  return root;
}

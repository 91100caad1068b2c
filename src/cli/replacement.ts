/**
 * Several files of a folder replaced together. All of them are written beside the old ones first; then a journal says what is
 * going to be renamed, and only then it is. So a full disk leaves all old files, and a crash between two renames is made good
 * by whoever opens the folder next.
 */
import { readFile, rename, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { faultAt } from "../errors.js";
import { reason, type Staged, stage, syncFolder, writeAtomically } from "../files.js";

const journalName = ".replacing";

/**
 * Replaces files.
 *
 * @param folder - The folder they are in.
 * @param files - Names and contents.
 * @throws {@link DecolleError} `io`.
 */
export async function replaceTogether(
  folder: string,
  files: ReadonlyArray<readonly [name: string, content: Uint8Array | string]>,
): Promise<void> {
  const staged: Staged[] = [];
  try {
    for (const [name, content] of files) staged.push(await stage(join(folder, name), content));
    const paths = staged.map((file) => [relative(folder, file.temporary), relative(folder, file.target)]);
    await writeAtomically(join(folder, journalName), JSON.stringify(paths));
  } catch (error) {
    for (const { temporary } of staged) await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await completeReplacement(folder);
}

/**
 * Brings a replacement to its end that was interrupted, if there is one.
 *
 * @param folder - The folder.
 * @throws {@link DecolleError} `io`.
 */
export async function completeReplacement(folder: string): Promise<void> {
  const path = join(folder, journalName);
  try {
    const text = await orAbsent(readFile(path, "utf8"));
    if (text === undefined) return;
    for (const [temporary = "", target = ""] of JSON.parse(text) as string[][]) {
      // What is not there has been renamed already.
      await orAbsent(rename(resolve(folder, temporary), resolve(folder, target)));
    }
    await syncFolder(folder);
    await rm(path);
  } catch (error) {
    throw faultAt("io", folder, `files could not be replaced: ${reason(error)}`, { cause: error });
  }
}

async function orAbsent<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

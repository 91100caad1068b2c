/** Python with other tools' packages, where `DECOLLE_PYTHON` names one that has them. */
import { execFile, execFileSync } from "node:child_process";

const python = process.env["DECOLLE_PYTHON"];

/**
 * Whether all of some packages are installed.
 *
 * @param packages - Their names.
 * @returns Whether `DECOLLE_PYTHON` names a Python that has them.
 */
export function hasPython(...packages: readonly string[]): boolean {
  if (python === undefined) return false;
  const program = "import importlib.util, sys; print(all(map(importlib.util.find_spec, sys.argv[1:])))";
  return execFileSync(python, ["-c", program, ...packages], { encoding: "utf8" }).trim() === "True";
}

/**
 * Runs a script.
 *
 * @param words - The script and its arguments.
 * @param input - Its standard input, as JSON.
 * @returns Its standard output, from JSON.
 */
export function runPython(words: readonly string[], input: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = execFile(python as string, words, (error, stdout) =>
      error === null ? resolve(JSON.parse(stdout)) : reject(error),
    );
    child.stdin?.end(JSON.stringify(input));
  });
}

// @ts-check
/** Runs the programs that the build needs. */

import { spawn, spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A program that failed or could not be started; the scripts print its message and nothing else. */
export class CommandError extends Error {}

/**
 * Runs a program from the repository's root with its output on this terminal.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] - Variables on top of this process's own.
 */
export function run(program, args, env = {}) {
  const { error, status, signal } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error) throw new CommandError(`${program} could not be started: ${error.message}`);
  if (status !== 0)
    throw new CommandError(`${program} ${args.join(" ")} ended with ${signal ?? `exit code ${status}`}`);
}

/**
 * Waits until a program has ended and all that it wrote has come.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} program - What messages call it.
 * @returns {Promise<{ status: number | null, signal: NodeJS.Signals | null }>}
 */
function ended(child, program) {
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new CommandError(`${program} could not be started: ${error.message}`)));
    child.on("close", (status, signal) => resolve({ status, signal }));
  });
}

/**
 * Runs a program from the repository's root beside others: its output would run into theirs, so that it is shown only where the
 * program failed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] - Variables on top of this process's own.
 * @returns {Promise<void>}
 */
export async function runBeside(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => output.push(bytes));
  const { status, signal } = await ended(child, program);
  if (status === 0) return;
  process.stderr.write(Buffer.concat(output));
  throw new CommandError(`${program} ${args.join(" ")} ended with ${signal ?? `exit code ${status}`}`);
}

/**
 * Runs a program and gives what it wrote to standard output, or undefined where it is missing or failed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function read(program, args, env = {}) {
  const { error, status, stdout } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return error || status !== 0 ? undefined : stdout;
}

/**
 * Runs a program, shows its output as it comes and also gives it back.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ status: number, output: string }>} The exit code, and standard output.
 */
export async function watch(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text) => {
    output += text;
    process.stdout.write(text);
  });
  const { status } = await ended(child, program);
  return { status: status ?? 1, output };
}

/**
 * Hands the terminal to a program and ends with its exit code; an interrupt is the program's to handle.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
export async function handOver(program, args) {
  const wait = () => {};
  process.on("SIGINT", wait);
  const { status } = await ended(spawn(program, args, { cwd: root, stdio: "inherit" }), program);
  process.off("SIGINT", wait);
  process.exitCode = status ?? 1;
}

/**
 * Runs npm, through the very npm that started this script where there is one.
 *
 * @param {readonly string[]} args
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) run(process.execPath, [script, ...args]);
  else if (process.platform === "win32") run("cmd.exe", ["/d", "/s", "/c", "npm", ...args]);
  else run("npm", args);
}

/**
 * Runs the work of a script; where a program failed, says which, and ends with exit code 1.
 *
 * @param {() => void | Promise<void>} work
 */
export async function script(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

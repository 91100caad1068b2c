/** The shell commands of a page: run in a folder of their own, or looked at one by one. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Command } from "commander";
import { program as commandLine } from "../../src/cli/program.js";
import { command, type Ended, program } from "../cli/command.js";

/** A folder in which `decolle` and `npx decolle` run what is compiled here. */
export interface Shell {
  readonly folder: string;
  /** Runs commands; the first that fails ends them. */
  readonly run: (commands: string) => Promise<Ended>;
  /** Removes the folder. */
  readonly close: () => Promise<void>;
}

/**
 * Makes such a folder.
 *
 * @param programs - Further programs by their names, as texts of shell.
 * @returns It.
 */
export async function openShell(programs: Readonly<Record<string, string>> = {}): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), "decolle-shell-"));
  const own = `exec ${program.map((word) => `'${word}'`).join(" ")} "$@"`;
  const all = { decolle: own, npx: `[ "$1" = decolle ] || exit 127\nshift\n${own}`, ...programs };
  for (const [name, text] of Object.entries(all)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
  const path = `export PATH='${folder}'${delimiter}"$PATH"`;
  return {
    folder,
    run: (commands) => command(["bash", "-c", `set -e -o pipefail\n${path}\n${commands}`], folder),
    close: () => rm(folder, { recursive: true }),
  };
}

/**
 * The simple commands of a text of shell, each as its words: without comments, variables that are set before, and redirections.
 *
 * @param text - Lines of commands, joined by `|`, `&&` and `;`.
 * @returns The words, without the quotes around them.
 */
export function commandsOf(text: string): string[][] {
  const commands: string[][] = [];
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const tokens = line.match(/'[^']*'|"[^"]*"|#.*|&&|[|;]|>|(?:<\(|[^\s'"|;&#>])(?:[^\s'"|;&>])*/g) ?? [];
    let words: string[] = [];
    let isTarget = false;
    for (const token of [...tokens, ";"]) {
      if (token.startsWith("#")) continue;
      if (["&&", "|", ";"].includes(token)) {
        if (words.length > 0) commands.push(words);
        words = [];
      } else if (token === ">" || isTarget) isTarget = token === ">";
      else if (words.length > 0 || !/^\w+=/.test(token)) words.push(token.replaceAll(/^['"]|['"]$/g, ""));
    }
  }
  return commands;
}

/** What the command line says to words that follow `decolle`, without doing anything: nothing where it understands them. */
function misunderstood(words: readonly string[]): string | undefined {
  const quiet = (one: Command): void => {
    one.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    one.action(() => undefined);
    for (const below of one.commands) quiet(below);
  };
  const whole = commandLine();
  for (const one of whole.commands) quiet(one);
  whole.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    whole.parse(Array.from(words), { from: "user" });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a command is held against: scripts of package.json, benchmarks, and files. */
export interface Known {
  readonly scripts: readonly string[];
  readonly benchmarks: readonly string[];
  /** Programs that a page speaks of and that are not of this repository. */
  readonly programs: readonly string[];
}

/**
 * What is wrong with a command of a page.
 *
 * @param words - The command.
 * @param known - What there is.
 * @returns A sentence, or nothing.
 */
export function faultOf(words: readonly string[], known: Known): string | undefined {
  const [first = "", second = "", ...rest] = words;
  if (first === "npx") return second === "decolle" ? misunderstood(rest) : `no such program: ${second}`;
  if (first === "decolle") return misunderstood(words.slice(1));
  if (first === "npm" && second === "run") {
    const [name = "", mark, ...args] = rest;
    if (!known.scripts.includes(name)) return `package.json has no script ${name}`;
    const [bench] = name === "bench" && mark === "--" ? args : [];
    const unknown = bench !== undefined && !known.benchmarks.includes(bench) && bench !== "document";
    return unknown ? `there is no benchmark ${bench}` : undefined;
  }
  if (first === "sbatch") {
    const [wrapped] = words.flatMap((word, place) => (word === "--wrap" ? commandsOf(words[place + 1] ?? "") : []));
    // What the cluster puts in place of a variable is a number.
    return wrapped === undefined
      ? "nothing is wrapped"
      : faultOf(
          wrapped.map((word) => word.replaceAll(/\$\w+/g, "0")),
          known,
        );
  }
  return known.programs.includes(first) ? undefined : `an unknown program: ${first}`;
}

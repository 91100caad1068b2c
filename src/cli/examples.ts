/** Examples under a command's help. */
import type { Command } from "commander";

const examples = new WeakMap<Command, readonly string[]>();

/**
 * Adds examples to the help of a command.
 *
 * @param command - The command.
 * @param lines - Lines for a shell that work as they stand, paths apart.
 * @returns The command.
 */
export function withExamples(command: Command, lines: readonly string[]): Command {
  examples.set(command, lines);
  const head = lines.length === 1 ? "Example:" : "Examples:";
  return command.addHelpText("after", ["", head, ...lines.map((line) => `  ${line}`)].join("\n"));
}

/**
 * The examples of a command.
 *
 * @param command - The command.
 * @returns The lines; none where it has no examples.
 */
export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}

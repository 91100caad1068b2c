/** Runs the command line as a user runs it: a process of its own. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Node and the compiled command. */
export const program = [process.execPath, join(root, "dist", "cli", "main.js")] as const;

/** The folder of recordings that comes with the tests. */
export const recordings = join(root, "test", "data", "nmnist");

/** Settings of a training that takes a second: two small layers, thirty steps. */
export const small = {
  preset: "nmnist-mlp",
  network: {
    layers: [
      { type: "dense", units: 24 },
      { type: "dense", units: 16 },
    ],
  },
  training: { batchSize: 4, steps: 30, testSteps: 30, burnIn: 5 },
};

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs words of a shell's and gives exit code and output, whatever the code. */
export async function command(words: readonly string[], cwd?: string): Promise<Ended> {
  const [file = "", ...rest] = words;
  try {
    return { code: 0, ...(await run(file, rest, { ...(cwd !== undefined && { cwd }) })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

/** Runs `decolle`. */
export function decolle(...words: string[]): Promise<Ended> {
  return command([...program, ...words]);
}

/** A `decolle` that runs, to be signalled. */
export function running(...words: string[]): {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves once standard output holds a text. */
  readonly printed: (text: string) => Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
} {
  const child = spawn(program[0], [program[1], ...words]);
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text)) resolve();
      };
      child.stdout.on("data", look);
      look();
      void ended.then(() => reject(new Error(`ended without ${text}: ${stderr}`)));
    });
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  return { child, printed, ended };
}

/** Lines of metrics.jsonl without what differs from run to run. */
export async function metrics(out: string): Promise<unknown[]> {
  const text = (await readFile(join(out, "metrics.jsonl"), "utf8")).trimEnd();
  const lines = text === "" ? [] : text.split("\n");
  return lines.map((line) => {
    const {
      seconds: _,
      waiting: __,
      peakBytes: ___,
      test,
      ...rest
    } = JSON.parse(line) as Record<string, unknown> & {
      test: { seconds: number };
    };
    const { seconds: ____, ...scores } = test;
    return { ...rest, test: scores };
  });
}

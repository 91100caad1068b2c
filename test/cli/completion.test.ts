/** Completion in the shells themselves, as far as they are installed. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordingFormats } from "../../src/events/formats.js";
import { presets } from "../../src/index.js";
import { decolle } from "./command.js";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

const installed = (shell: Shell) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-completion-"));
  await writeFile(join(folder, "recording.es"), "");
  for (const shell of shells) await writeFile(join(folder, shell), (await decolle("completion", shell)).stdout);
});
afterAll(() => rm(folder, { recursive: true }));

/** What a shell offers at the end of a line, by a program of its own: its completion as it runs when a user asks for it. */
const programs: Readonly<Record<Shell, (line: string) => string>> = {
  // Bash splits words at "=" and ":", as here.
  bash: (line) => `source ./bash
    COMP_WORDS=(${line
      .split(/(?<=[=:])|(?=[=:])| /)
      .map((word) => `'${word}'`)
      .join(" ")})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    compopt() { [[ $2 == default ]] && asked=files; [[ $2 == dirnames ]] && asked=folders; return 0; }
    _decolle
    printf '%s\\n' "\${COMPREPLY[@]}"
    [[ -n $asked ]] && echo "($asked)"`,
  // The functions that offer something, replaced by some that print it.
  zsh: (line) => `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PROMPT= RPROMPT= ; autoload -Uz compinit; compinit -D -u; source ./zsh; LISTMAX=10000; zstyle ':completion:*' list-packed no"
    zpty -w shell "compadd () { builtin compadd -O found \\"\\$@\\"; print -rl -- OFFER:\\$^found; builtin compadd \\"\\$@\\" }"
    zpty -w shell "offer () { zle list-choices; print DO''NE }; zle -N offer; bindkey '^I' offer; stty cols 400; print REA''DY"
    zpty -r -m shell out '*READY*'
    zpty -n -w shell $'${line}\\t'
    zpty -r -m shell out '*DONE*'
    print -r -- $out
    zpty -d shell`,
  fish: (line) => `source ./fish
    complete -C '${line}' | string replace -r '\\t.*' ''`,
};

/** What a shell offers. */
function offered(shell: Shell, line: string): string[] {
  const flags = shell === "bash" ? ["--norc"] : shell === "zsh" ? ["-f"] : ["--no-config"];
  const { stdout, stderr } = spawnSync(shell, [...flags, "-c", programs[shell](line)], {
    cwd: folder,
    encoding: "utf8",
  });
  if (shell !== "zsh") {
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "");
  }
  // It asks more than once where a first way to complete a word gave nothing.
  return Array.from(new Set(Array.from(stdout.matchAll(/OFFER:(\S+)/g), ([, word = ""]) => word)));
}

const presetNames = Object.keys(presets);
const formats = recordingFormats.map(({ name }) => name);

describe.each(shells)("completion in %s", (shell) => {
  it.runIf(installed(shell)).each<[line: string, words: readonly string[], not: readonly string[]]>([
    ["decolle ", ["train", "sweep", "presets", "inspect", "bench", "completion"], ["--epochs"]],
    ["decolle tr", ["train"], ["sweep", "stream"]],
    ["decolle train --e", ["--epochs"], ["--data", "--model"]],
    ["decolle evaluate --mo", ["--model"], ["--preset"]],
    ["decolle train --preset ", presetNames, ["train", "--epochs"]],
    ["decolle train --preset nmnist-m", ["nmnist-mlp", "nmnist-mlp-sparse"], ["nmnist-small"]],
    ["decolle train --preset=nmnist-m", ["nmnist-mlp", "nmnist-mlp-sparse"], ["nmnist-small"]],
    ["decolle inspect --format ", formats, ["auto"]],
    ["decolle stream --decision ", ["majority", "evidence"], []],
    ["decolle presets poi", ["poisson-regression", "poisson-regression-2020"], ["nmnist"]],
    ["decolle completion ", ["bash", "zsh", "fish"], ["train"]],
    ["decolle train --data syn", ["synthetic"], ["nmnist:"]],
  ])("offers at the end of %j what there is, and nothing else", (line, words, not) => {
    // After "=" some shells offer the whole word, others what stands behind.
    const found = offered(shell, line).map((word) => word.replace(/^--preset=/, ""));
    expect(found).toEqual(expect.arrayContaining(Array.from(words)));
    expect(found.filter((word) => not.includes(word))).toEqual([]);
  });

  it
    .runIf(installed(shell))
    .each(["decolle inspect rec", "decolle train --config rec", "decolle train --data folder:rec"])(
    "offers files at the end of %j",
    (line) => {
      const found = offered(shell, line).map((word) => word.replace(/^folder:/, ""));
      expect(found).toEqual([shell === "bash" ? "(files)" : "recording.es"]);
    },
  );

  it.runIf(installed(shell))("offers nothing where a number is expected", () => {
    expect(offered(shell, "decolle train --epochs ")).toEqual([]);
  });
});

it("a shell that there is no script for is refused, with the one that was likely meant", async () => {
  expect(await decolle("completion", "bsh")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean bash?"),
  });
});

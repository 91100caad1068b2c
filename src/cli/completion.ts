/**
 * `decolle completion`: scripts by which shells complete the command line, made of what commander knows of it.
 *
 * The scripts hold all there is to complete, so that a shell need not start Node at every touch of the key. The packages for
 * commander that were looked at ask the program each time, and never leave files to the shell, which most arguments here are.
 */
import { Argument, Command, type Option } from "commander";
import { specNames } from "../datasets/spec.js";
import { nameArgument } from "./arguments.js";
import { withExamples } from "./examples.js";

/** What stands in place of an option's value or of an argument. */
type Value =
  | { readonly kind: "names"; readonly names: readonly string[] }
  | { readonly kind: "data" | "file" | "folder" | "other" };

/** An option as scripts need it. */
interface Flag {
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  /** Undefined where it takes no value. */
  readonly value?: Value;
}

/** A command as scripts need it. */
interface Described {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** Its arguments are all of one kind; undefined where it takes none. */
  readonly argument?: Value;
}

const scripts = { bash, zsh, fish } as const;
type Shell = keyof typeof scripts;

/** How a script is put to use, shell by shell. */
const uses: Readonly<Record<Shell, string>> = {
  bash: "source <(decolle completion bash)",
  zsh: "source <(decolle completion zsh)",
  fish: "decolle completion fish | source",
};

/**
 * `decolle completion`.
 *
 * @param program - The whole command line.
 * @returns The command.
 */
export function completionCommand(program: Command): Command {
  const shells = Object.keys(scripts) as Shell[];
  const command = new Command("completion")
    .description(
      "Print a script by which a shell completes commands, options and names; put it into the shell's start-up file",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(shells).argParser(nameArgument(shells)))
    .action((shell: Shell) => console.log(scripts[shell](commandsOf(program))));
  return withExamples(command, Object.values(uses));
}

function commandsOf(program: Command): Described[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => {
    const [argument] = command.registeredArguments;
    const flags = help.visibleOptions(command).map((option) => flagOf(option));
    return {
      name: command.name(),
      description: command.description(),
      flags,
      ...(command.name() === "help" && { argument: namesOf(program) }),
      ...(argument !== undefined &&
        command.name() !== "help" && { argument: typedValue(argument.name(), argument.argChoices) }),
    };
  });
}

function namesOf(program: Command): Value {
  return { kind: "names", names: program.commands.map((command) => command.name()) };
}

function flagOf(option: Option): Flag {
  const [, placeholder] = /[<[]([^\]>]+)[\]>]/.exec(option.flags) ?? [];
  return {
    long: option.long as string,
    description: option.description,
    ...(option.short !== undefined && { short: option.short }),
    ...(placeholder !== undefined && { value: typedValue(placeholder, option.argChoices) }),
  };
}

/** What a value is, by its choices or the word that stands for it in the help. */
function typedValue(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: "names", names: choices };
  const word = placeholder.replace("...", "");
  if (word === "spec") return { kind: "data" };
  if (word === "folder") return { kind: "folder" };
  return { kind: ["file", "model", "in", "out"].includes(word) ? "file" : "other" };
}

/** Data sets as they are typed: what needs a path ends in a colon. */
const data = specNames.map((name) => (name === "synthetic" ? name : `${name}:`));

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A line of a `case` for a value that follows `prev`. */
function bashValue(value: Value): string {
  if (value.kind === "names") return `words=${quoted(value.names.join(" "))}`;
  if (value.kind === "data") return `words=${quoted(data.join(" "))}`;
  if (value.kind === "folder") return "compopt -o dirnames 2>/dev/null; return";
  return value.kind === "file" ? "compopt -o default 2>/dev/null; return" : "return";
}

function bash(commands: readonly Described[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap(({ short, long, value }) =>
      value === undefined
        ? []
        : [
            `    ${[short, long]
              .flatMap((flag) => flag ?? [])
              .map((flag) => quoted(`${name} ${flag}`))
              .join(" | ")}) ${bashValue(value)} ;;`,
          ],
    ),
  );
  const flags = commands.map(({ name, flags }) => {
    return `      ${name}) words=${quoted(flags.flatMap(({ short, long }) => [...(short === undefined ? [] : [short]), long]).join(" "))} ;;`;
  });
  const rest = commands.map(
    ({ name, argument }) => `      ${name}) ${argument === undefined ? "return" : bashValue(argument)} ;;`,
  );
  return `# bash completion for decolle
_decolle() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=
  COMPREPLY=()
  # "=" and ":" are words of their own to bash.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $cur == : || $prev == : ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=${quoted([...commands.map(({ name }) => name), "--help", "--version"].join(" "))}
  else
    case "$command $prev" in
${values.join("\n")}
    *)
      if [[ $cur == -* ]]; then
        case $command in
${flags.join("\n")}
        esac
      else
        case $command in
${rest.join("\n")}
        esac
      fi
      ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _decolle decolle`;
}

/** Text within a specification of `_arguments`: brackets and colons have a meaning there. */
function zshText(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}

function zshValue(value: Value): string {
  if (value.kind === "names") return `:name:(${value.names.map(zshText).join(" ")})`;
  if (value.kind === "data") return ":data:_decolle_data";
  if (value.kind === "folder") return ":folder:_files -/";
  return value.kind === "file" ? ":file:_files" : ":value: ";
}

function zsh(commands: readonly Described[]): string {
  const cases = commands.map(({ name, flags, argument }) => {
    const specs = flags.map(({ long, description, value }) => {
      return quoted(
        value === undefined
          ? `${long}[${zshText(description)}]`
          : `${long}=[${zshText(description)}]${zshValue(value)}`,
      );
    });
    if (argument !== undefined) specs.push(quoted(`*${zshValue(argument)}`));
    return `      ${name}) _arguments -s ${specs.join(" \\\n        ")} ;;`;
  });
  return `#compdef decolle
# zsh completion for decolle
_decolle_data() {
  if compset -P '*:'; then _files; else compadd -S '' -- ${data.join(" ")}; fi
}
_decolle() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
  else
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
${cases.join("\n")}
    esac
  fi
}
if [[ \${funcstack[1]} == _decolle ]]; then _decolle "$@"; else compdef _decolle decolle; fi`;
}

/** A text in single quotes, in which fish knows two escapes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}

function fishValue(value: Value): string {
  if (value.kind === "names") return `-x -a ${fishQuoted(value.names.join(" "))}`;
  if (value.kind === "data") return "-x -a '(__decolle_data)'";
  if (value.kind === "folder") return "-x -a '(__fish_complete_directories)'";
  return value.kind === "file" ? "-r -F" : "-x";
}

function fish(commands: readonly Described[]): string {
  const first = "-n __fish_use_subcommand";
  const lines = commands.flatMap(({ name, description, flags, argument }) => {
    const within = `complete -c decolle -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c decolle ${first} -a ${name} -d ${fishQuoted(description)}`,
      ...flags.map(({ short, long, description: told, value }) => {
        const names = `${short === undefined ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
        return `${within} ${names} -d ${fishQuoted(told)}${value === undefined ? "" : ` ${fishValue(value)}`}`;
      }),
      // Of an argument "-x" would say that it is an option's.
      ...(argument === undefined ? [] : [`${within} ${fishValue(argument).replace(/^-[xr] ?/, "")}`.trimEnd()]),
    ];
  });
  return `# fish completion for decolle
function __decolle_data
  set -l typed (commandline -ct)
  if string match -q -- '*:*' $typed
    set -l name (string split -m 1 : -- $typed)
    for path in (__fish_complete_path $name[2])
      echo $name[1]:$path
    end
  else
    printf '%s\\n' ${data.join(" ")}
  end
end
complete -c decolle -f
complete -c decolle ${first} -l help -d 'display help for command'
complete -c decolle ${first} -l version -d 'output the version number'
${lines.join("\n")}`;
}

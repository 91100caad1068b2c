/** `decolle presets`: the networks and trainings that there are by name. */
import { Argument, Command } from "commander";
import { namedDatasets } from "../datasets/named.js";
import { preset, presets } from "../presets/index.js";
import type { Preset } from "../presets/preset.js";
import { nameArgument } from "./arguments.js";
import { withExamples } from "./examples.js";
import { textTable } from "./table.js";
import { inputInWords, inWords, layerInWords, listed, ruleInWords } from "./words.js";

/**
 * `decolle presets`.
 *
 * @returns The command.
 */
export function presetsCommand(): Command {
  const names = Object.keys(presets);
  const command = new Command("presets")
    .description("List the presets, or print one whole")
    .addArgument(new Argument("[name]", "the preset to print").choices(names).argParser(nameArgument(names)))
    .option("--json", "write it as JSON")
    .action((name: string | undefined, { json }: { readonly json?: boolean }) => {
      const shown = name === undefined ? Object.values(presets) : preset(name);
      if (json) console.log(JSON.stringify(shown));
      else console.log(name === undefined ? table() : whole(preset(name)));
    });
  return withExamples(command, ["decolle presets", "decolle presets nmnist-mlp", "decolle presets nmnist-mlp --json"]);
}

/**
 * The data that a preset is trained on from the command line.
 *
 * @param name - Name of the preset.
 * @returns Names of data sets; none for the regressions, whose input a program makes.
 */
export function dataOf(name: string): string[] {
  if (name === "synthetic") return [name];
  return Object.entries(namedDatasets).flatMap(([kind, { preset: usual, otherPresets = [] }]) =>
    usual === name || otherPresets.includes(name) ? [kind] : [],
  );
}

/** What stands for the data of a preset that is trained by a program. */
const byProgram = "Poisson trains, by a program";

function table(): string {
  const rows = Object.values(presets).map(({ name, network, training }) => [
    name,
    dataOf(name).join(", ") || byProgram,
    `${inputInWords(network.input)} → ${network.layers.map(layerInWords).join(", ")}`,
    neuronInBrief(network.neuron),
    network.cost?.type ?? "smoothL1",
    `${ratesInWords(network.optimizer)}, K = ${training.updateEvery}`,
  ]);
  return textTable([["preset", "data", "layers", "neuron", "cost", "rates"], ...rows], "left");
}

/** A neuron by its decay factors and its surrogate. */
function neuronInBrief(neuron: Preset["network"]["neuron"]): string {
  if (neuron?.type !== "lif") return ruleInWords(neuron);
  const decays = [neuron.alpha, neuron.beta, neuron.gamma].map(inWords).join("/");
  return `lif ${decays}, ${inWords(neuron.surrogate)}`;
}

function ratesInWords(optimizer: Preset["network"]["optimizer"]): string {
  if (optimizer === undefined) return "adaMax 0.001";
  const { type, learningRate, drop } = optimizer;
  const dropped = drop ? `, ÷${inWords(drop.factor)} every ${drop.every === 1 ? "epoch" : `${drop.every} epochs`}` : "";
  return `${type} ${inWords(learningRate)}${dropped}`;
}

function whole({ name, description, source, network, training, transform }: Preset): string {
  const { input, layers, neuron, cost, ...others } = network;
  return [
    `${name}: ${description}`,
    listed([
      ["source", source],
      ["data", dataOf(name).join(", ") || byProgram],
      ["input", inputInWords(input)],
      ...layers.map((layer, index): [string, string] => [`layer ${index + 1}`, inWords(layer)]),
      ["neuron", ruleInWords(neuron)],
      ["cost", ruleInWords(cost)],
      ...Object.entries(others).map(([field, value]): [string, string] => [field, inWords(value)]),
      ...Object.entries(training).map(([field, value]): [string, string] => [field, inWords(value)]),
      ["transform", inWords(transform)],
    ]),
  ].join("\n");
}

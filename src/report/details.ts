/** What a report says of a network once it is trained: what it confuses and misses, what happens inside, its weights, its rule. */
import type { Recorded, RecordedLayer } from "../network/record.js";
import type { LayerDescription } from "../network/specification.js";
import type { Tensor } from "../network/tensor.js";
import { liveliestUnits, rasterPanel, tracePanel } from "./inside.js";
import { kernelSvg, type Matrix, pictureAddress } from "./kernels.js";
import { escaped } from "./markup.js";
import { figures, percent, type Section } from "./page.js";
import { panelSvg } from "./plot.js";

/** A recording that was looked at. */
export interface Shown {
  /** Its number in the test set, from 0. */
  readonly index: number;
  /** The class it is of. */
  readonly label: number;
  /** The class that the last layer gave. */
  readonly prediction: number;
  /** Events by pixel, brighter minus darker; or spikes by unit and time. Absent where it is not drawn. */
  readonly picture?: Matrix;
}

/** A recording, and what went on inside the network while it ran. */
export interface ShownInside extends Shown {
  /** Spikes, traces, potentials and readouts of all layers, of one sample. */
  readonly recorded: Recorded;
}

/** A rule and the layers that learn by it. */
export interface ShownRule {
  /** Layers, from 0. */
  readonly layers: readonly number[];
  /** A `math` element. */
  readonly mathml: string;
}

/** What a report says of a trained network, beside metrics. */
export interface ReportDetails {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Of each layer, how many recordings of a class were given which: `[class][given]`, row by row. */
  readonly confusion: readonly Uint32Array[];
  /** Recordings that the last layer missed, some of them. */
  readonly missed: readonly Shown[];
  /** How many it missed in all, of how many. */
  readonly missedOf: readonly [missed: number, all: number];
  /** Recordings to look inside with. */
  readonly inside: readonly ShownInside[];
  /** Length of a time step in microseconds. */
  readonly timeStep: number;
  /** Weights of each layer. */
  readonly weights: readonly Tensor[];
  /** Readouts of each layer, `[classes, units]`. */
  readonly readouts: readonly Tensor[];
  /** Shape of the network's input. */
  readonly input: readonly number[];
  /** Shapes of the layers. */
  readonly layers: readonly LayerDescription[];
  /** Derived rules. */
  readonly rules: readonly ShownRule[];
}

/** Up to so many classes, a matrix of confusions has numbers in it. */
const mostNumbers = 24;
/** Most names in the legend of readouts. */
const mostClasses = 4;

/**
 * The sections of a report that need the network itself.
 *
 * @param details - What was found out.
 * @returns Sections, in the order of the page.
 */
export function detailSections(details: ReportDetails): Section[] {
  const [missed, all] = details.missedOf;
  return [
    {
      title: "Confusions",
      note: "Test recordings by their class (rows) and by the class that a layer gave them (columns), as it voted.",
      body: confusions(details),
    },
    {
      title: "Missed recordings",
      note: `The last layer missed ${missed} of ${all} test recordings. Orange: pixels that brightened more often than they darkened; blue: the other way round.`,
      body: missedPictures(details),
    },
    {
      title: "Inside the network",
      note: "What every layer does while a test recording runs: its spikes, the potentials of some units with the threshold at 0, the traces that some weights multiply, and its readouts.",
      body: details.inside.map((shown) => insideOne(shown, details)).join(""),
    },
    {
      title: "Weights and readouts",
      note: "Positive weights are orange, negative ones blue, the stronger the more opaque. Readouts are fixed and random, so they look like noise.",
      body: weightPictures(details),
    },
    {
      title: "Rule",
      note: "How weights change at every step, derived from the neuron and the cost.",
      body: details.rules.map(ruleOne).join(""),
    },
  ];
}

function nameOf({ classes }: ReportDetails, own: number): string {
  return classes[own] ?? `${own}`;
}

function confusions(details: ReportDetails): string {
  const last = details.confusion.length - 1;
  const tables = details.confusion.map((counts, layer) => {
    const drawn = `<div class="scroll">${confusionTable(details, counts)}</div>`;
    const title = `Layer ${layer + 1}`;
    if (layer === last) return `<h3>${title}</h3>${drawn}`;
    return `<details><summary>${title}</summary>${drawn}</details>`;
  });
  return tables.reverse().join("");
}

function confusionTable(details: ReportDetails, counts: Uint32Array): string {
  const { length } = details.classes;
  const small = length > mostNumbers;
  const upright = details.classes.some((name) => name.length > 4) ? ' class="upright"' : "";
  const heads = details.classes.map((name) => `<th${upright}>${small ? "" : escaped(name)}</th>`);
  const rows = details.classes.map((name, own) => {
    const row = counts.subarray(own * length, (own + 1) * length);
    const all = row.reduce((sum, count) => sum + count, 0);
    const cells = Array.from(row, (count, given) => {
      const share = all === 0 ? 0 : count / all;
      const kind = given === own ? "right" : "wrong";
      const said = `${count} of ${name} taken for ${nameOf(details, given)}`;
      const number = small || count === 0 ? "" : `${count}`;
      return `<td class="${kind}${small ? " small" : ""}" style="--share:${share.toFixed(3)}" title="${escaped(said)}">${number}</td>`;
    });
    const right = all === 0 ? "" : percent((row[own] ?? 0) / all);
    return `<tr><th>${escaped(name)}</th>${cells.join("")}<th>${right}</th></tr>`;
  });
  const head = `<tr><th></th>${heads.join("")}<th>right</th></tr>`;
  return `<table class="confusion"><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`;
}

function missedPictures(details: ReportDetails): string {
  const pictures = details.missed.map(({ index, label, prediction, picture }) => {
    if (picture === undefined) return "";
    const [is, said] = [nameOf(details, label), nameOf(details, prediction)].map(escaped);
    const image = `<img alt="test recording ${index}" ${imageSource(picture)}>`;
    return `<figure>${image}<figcaption><b>${is}</b> taken for <b>${said}</b><br>test recording ${index}</figcaption></figure>`;
  });
  return pictures.length === 0 ? "" : `<div class="pictures">${pictures.join("")}</div>`;
}

function imageSource(picture: Matrix): string {
  let largest = 0;
  for (let row = 0; row < picture.rows; row++) {
    for (let column = 0; column < picture.columns; column++) {
      largest = Math.max(largest, Math.abs(picture.at(row, column)));
    }
  }
  // A few noisy pixels must not make all others pale.
  return `src="${pictureAddress(picture, Math.max(1, 0.6 * largest))}"`;
}

function insideOne(shown: ShownInside, details: ReportDetails): string {
  const { index, label, prediction, recorded } = shown;
  const [is, said] = [nameOf(details, label), nameOf(details, prediction)];
  const verdict = label === prediction ? `${is}, given rightly` : `${is}, taken for ${said}`;
  const layers = recorded.layers.map((layer) => {
    const svg = insidePanels(layer, shown, details).map((panel) => panelSvg(panel));
    return `<h3>Layer ${layer.layer + 1}</h3>${figures(svg)}`;
  });
  const heading = `Test recording ${index}: ${verdict}`;
  return `<details${shown === details.inside[0] ? " open" : ""}><summary>${escaped(heading)}</summary>${layers.join("")}</details>`;
}

function insidePanels({ spikes, traces, potentials, readouts }: RecordedLayer, shown: Shown, details: ReportDetails) {
  const { timeStep, classes } = details;
  // The right class and the given one first.
  const units = Array.from(new Set([shown.label, shown.prediction, ...classes.keys()])).slice(0, mostClasses);
  const firing = spikes ? { units: liveliestUnits(spikes, 3) } : {};
  const names = units.map((unit) => nameOf(details, unit));
  return [
    ...(spikes ? [rasterPanel(spikes, { timeStep, title: "Spikes", y: "unit" })] : []),
    ...(potentials
      ? [tracePanel(potentials, { timeStep, title: "Potentials", y: "potential U", level: 0, ...firing })]
      : []),
    ...(traces ? [tracePanel(traces, { timeStep, title: "Traces of inputs", y: "trace P", called: "input" })] : []),
    ...(readouts
      ? [
          tracePanel(readouts, {
            timeStep,
            title: "Readouts",
            y: "readout Y",
            ...(classes.length > 0 && { units, names }),
          }),
        ]
      : []),
  ];
}

function weightPictures({ layers, weights, readouts, input }: ReportDetails): string {
  const own = layers.flatMap(({ type }, layer) => {
    const tensor = weights[layer];
    if (tensor === undefined) return [];
    const title = `Layer ${layer + 1}: weights`;
    if (layer === 0 && type === "dense" && input.length === 3) {
      const most = 24;
      return [kernelSvg(tensor, { title: `${title} of the first units, by channel`, input, most, channels: 2 })];
    }
    return [kernelSvg(tensor, type === "dense" ? { title: `${title}, a row a unit` } : { title, most: 48 })];
  });
  const fixed = readouts.map((tensor, layer) =>
    kernelSvg(tensor, { title: `Layer ${layer + 1}: readout, a row a class` }),
  );
  return figures(own) + figures(fixed);
}

function ruleOne({ layers, mathml }: ShownRule): string {
  const names = layers.map((layer) => layer + 1).join(", ");
  const heading = layers.length === 1 ? `Layer ${names}` : `Layers ${names}`;
  return `<h3>${heading}</h3><div class="scroll">${mathml}</div>`;
}

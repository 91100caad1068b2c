/** What a sweep trains: every combination of the values of a grid, with every seed. */
import { faultAt, unfit } from "../errors.js";
import { unknownName } from "../values/nearest.js";
import { type Configuration, checkOverrides } from "./configuration.js";

/** One setting that is varied. */
export interface GridAxis {
  /** Its name, as it was given. */
  readonly name: string;
  /** Its values, at least one. */
  readonly values: readonly GridValue[];
}

/** A value of a setting. */
export type GridValue = number | string | boolean | null;

/** A training of a sweep. */
export interface SweepRun {
  /** Name of its folder. */
  readonly name: string;
  /** Name without its seed: trainings that share it are averaged. */
  readonly group: string;
  /** The settings that are varied, seeds not among them. */
  readonly settings: ReadonlyArray<readonly [name: string, value: string]>;
  /** All of its settings. */
  readonly configuration: Configuration;
}

/** Most trainings of a sweep. */
const mostRuns = 100_000;

/** Short names, and the settings that they stand for. */
const shortNames: Readonly<Record<string, readonly string[]>> = {
  learningRate: ["network.optimizer.learningRate"],
  epochs: ["training.epochs"],
  batch: ["training.batchSize"],
  steps: ["training.steps", "training.testSteps"],
  burnIn: ["training.burnIn"],
  updateEvery: ["training.updateEvery"],
  initialization: ["initialization"],
};

/**
 * Reads an axis of a grid.
 *
 * @param text - Such as `learningRate=1e-3,1e-2` or `network.neuron.alpha=0.9,0.97`.
 * @returns Name and values.
 * @throws {@link DecolleError} `config` for a name that stands for no setting, or values that are missing or given twice.
 */
export function parseAxis(text: string): GridAxis {
  const [, name = "", given = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === "") throw unfit("config", "grid", "a name and values, such as learningRate=1e-3,1e-2", text);
  if (name === "seed" || name === "network.seed") throw faultAt("config", "grid", "seeds are given by --seeds");
  if (!Object.hasOwn(shortNames, name) && !/^(network|training|transform)(\.[A-Za-z0-9]+)+$/.test(name)) {
    const known = `${Object.keys(shortNames).join(", ")}, or a path such as network.neuron.alpha`;
    throw unknownName("config", "grid", name, Object.keys(shortNames), known);
  }
  const values = given.split(",").map((value) => gridValue(value.trim()));
  if (new Set(values).size < values.length) throw faultAt("config", `grid.${name}`, "expected each value once");
  return { name, values };
}

function gridValue(text: string): GridValue {
  if (text === "") throw unfit("config", "grid", "values between commas", "nothing");
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/**
 * Reads seeds.
 *
 * @param text - Whole numbers and ranges, such as `0,1,2` or `0-9`.
 * @returns The seeds, each once.
 * @throws {@link DecolleError} `config` for what is none.
 */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || !Number.isSafeInteger(last) || last < first || last - first >= mostRuns) {
      throw unfit("config", "seeds", "whole numbers and ranges, such as 0,1,2 or 0-9", part);
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  if (new Set(seeds).size < seeds.length) throw faultAt("config", "seeds", "expected each once");
  return seeds;
}

/**
 * All trainings of a sweep, the last axis changing fastest, seeds faster still.
 *
 * @param base - What all have in common.
 * @param axes - The grid; may be empty.
 * @param seeds - Seeds; that of the base where there are none.
 * @returns The trainings, in an order that depends on nothing else.
 * @throws {@link DecolleError} `config` for a setting that is not there, `range` for too many trainings.
 */
export function planSweep(base: Configuration, axes: readonly GridAxis[], seeds: readonly number[]): SweepRun[] {
  const all = seeds.length === 0 ? [base.network.seed ?? 1] : seeds;
  const count = axes.reduce((product, { values }) => product * values.length, all.length);
  if (count > mostRuns) throw unfit("range", "grid", `at most ${mostRuns} trainings`, `${count}`);
  const points = axes.reduce<ReadonlyArray<ReadonlyArray<readonly [string, GridValue]>>>(
    (before, { name, values }) => before.flatMap((point) => values.map((value) => [...point, [name, value] as const])),
    [[]],
  );
  return points.flatMap((point) => {
    const settings = point.map(([name, value]) => [name, `${value}`] as const);
    const group = settings.map(([name, value]) => `${name}=${value}`.replace(/[^\w.=+-]/g, "_")).join(",");
    const configuration = point.reduce((found, [name, value]) => withSetting(found, name, value), base);
    checkOverrides(configuration, "grid");
    return all.map((seed): SweepRun => {
      const network = { ...configuration.network, seed };
      const name = group === "" ? `seed=${seed}` : `${group},seed=${seed}`;
      return { name, group: group === "" ? "all" : group, settings, configuration: { ...configuration, network } };
    });
  });
}

function withSetting(configuration: Configuration, name: string, value: GridValue): Configuration {
  const changed = structuredClone(configuration) as unknown as Record<string, unknown>;
  for (const path of shortNames[name] ?? [name]) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let place: Record<string, unknown> = changed;
    for (const key of keys) {
      // Numbers count entries of lists, such as layers.
      const next = place[key];
      if (typeof next !== "object" || next === null) {
        throw faultAt("config", `grid.${name}`, `the network has no ${path}; name it in --config first`);
      }
      place = next as Record<string, unknown>;
    }
    place[last] = value;
  }
  return changed as unknown as Configuration;
}

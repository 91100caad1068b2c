/** Which epoch of a training was the best, when to stop waiting for a better one, and its weights. */
import { faultAt, unfit } from "../errors.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Engine } from "./engine.js";
import type { EpochMetrics } from "./metrics.js";
import type { BestEpoch, PositionKeeper, TrainingPosition } from "./position.js";

/**
 * What tells a good epoch from a bad one: accuracy or mean cost of the last layer, after the epoch on the test set or during it
 * on the training set; or a function of the epoch's metrics that gives a finite number, greater where it was better.
 */
export type Monitor =
  | "test.accuracy"
  | "test.loss"
  | "train.accuracy"
  | "train.loss"
  | ((metrics: EpochMetrics) => number);

/** When a training ends before its last epoch. */
export interface EarlyStopping {
  /** Epochs in a row without a better one after which the training ends, a whole number from 1. */
  readonly patience: number;
  /** What tells a good epoch from a bad one; by default `test.accuracy`, and `train.accuracy` where there is no test set. */
  readonly monitor?: Monitor;
  /** By how much an epoch has to be better than the best so far in order to count as better, at least 0; 0 by default. */
  readonly minDelta?: number;
}

/** How an epoch compares with those before it. */
export interface EpochStanding {
  /** Whether it is the best of the training so far; false where no epochs are compared. */
  readonly best: boolean;
}

/** The settings of a training that concern its best epoch. */
export interface WatchOptions {
  /** Ends the training where it gets no better. */
  readonly earlyStopping?: EarlyStopping;
  /** Whether the network has the weights of the best epoch in the end, and by what. */
  readonly keepBest?: boolean | Monitor;
  /** The test set. */
  readonly test?: unknown;
}

const stoppingFields: Fields<EarlyStopping> = { patience: "number", monitor: "value", minDelta: "number" };

const names = ["test.accuracy", "test.loss", "train.accuracy", "train.loss"] as const;

/** Compares the epochs of a training. */
export class Watch {
  readonly #monitor: Monitor | undefined;
  readonly #patience: number;
  readonly #minDelta: number;
  readonly #keeps: boolean;
  /** The best epoch whose weights are at hand. */
  #kept: { readonly position: TrainingPosition; readonly value: number; readonly bytes: Uint8Array } | undefined;

  /**
   * Reads the settings.
   *
   * @param options - Of the training.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` with the setting.
   */
  constructor(options: WatchOptions) {
    const { earlyStopping, keepBest = false } = options;
    const stopping =
      earlyStopping === undefined
        ? undefined
        : readOptions(earlyStopping, stoppingFields, "earlyStopping", "earlyStopping");
    const own = typeof keepBest === "boolean" ? undefined : checkMonitor(keepBest, "keepBest", options.test);
    const given = stopping?.monitor;
    const stoppingBy = given === undefined ? undefined : checkMonitor(given, "earlyStopping.monitor", options.test);
    if (own !== undefined && stopping !== undefined && own !== stoppingBy) {
      throw faultAt("config", "keepBest", "expected true, since earlyStopping.monitor says what is best");
    }
    const usual = options.test === undefined ? "train.accuracy" : "test.accuracy";
    this.#keeps = keepBest !== false;
    this.#monitor = own ?? stoppingBy ?? (this.#keeps || stopping !== undefined ? usual : undefined);
    this.#patience =
      stopping === undefined ? Number.POSITIVE_INFINITY : wholeNumber(stopping.patience, 1, "earlyStopping.patience");
    this.#minDelta = finiteNumber(stopping?.minDelta ?? 0, 0, "earlyStopping.minDelta");
  }

  /**
   * Begins, where the training begins or goes on.
   *
   * @param engine - The network.
   * @param position - Where the training stands.
   */
  async begin(engine: Engine, position: TrainingPosition): Promise<void> {
    // Weights of epochs further back are not at hand.
    const best = this.#best(position);
    if (best?.epoch === position.epoch && position.batch === 0) await this.#keep(engine, position, best.value);
  }

  /**
   * Compares an epoch with the best one so far, which the position then tells.
   *
   * @param engine - The network after the epoch.
   * @param keeper - Holds the position after it.
   * @param metrics - Of the epoch.
   * @returns How it stands.
   * @throws {@link DecolleError} `config` or `not-finite` where the caller's monitor gives no finite number.
   */
  async judge(engine: Engine, keeper: PositionKeeper, metrics: EpochMetrics): Promise<EpochStanding> {
    const { position } = keeper;
    if (this.#monitor === undefined || position === null) return { best: false };
    const value = finiteNumber(scoreOf(this.#monitor, metrics), Number.NEGATIVE_INFINITY, "monitor");
    const before = this.#best(position);
    const better = before === undefined || this.#better(value, before.value);
    const best = better ? { epoch: metrics.epoch, value, monitor: nameOf(this.#monitor) } : before;
    const judged = { ...position, best };
    keeper.position = judged;
    if (this.#kept === undefined || this.#better(value, this.#kept.value)) await this.#keep(engine, judged, value);
    return { best: better };
  }

  /**
   * Whether the training has waited long enough for a better epoch.
   *
   * @param position - Where it stands.
   * @returns True where it is to end.
   */
  exhausted(position: TrainingPosition): boolean {
    const best = this.#best(position);
    return best !== undefined && position.batch === 0 && position.epoch - best.epoch >= this.#patience;
  }

  /**
   * Gives the network the weights and the position of the best epoch, where that was asked for.
   *
   * @param engine - The network.
   * @param keeper - Holds the position.
   */
  async end(engine: Engine, keeper: PositionKeeper): Promise<void> {
    const kept = this.#kept;
    if (kept === undefined || kept.position.epoch === keeper.position?.epoch) return;
    await engine.replace("fit", kept.bytes);
    keeper.position = kept.position;
  }

  #best({ best }: TrainingPosition): BestEpoch | undefined {
    if (this.#monitor === undefined || best?.monitor !== nameOf(this.#monitor)) return undefined;
    return best;
  }

  #better(value: number, than: number): boolean {
    const fewer = typeof this.#monitor === "string" && this.#monitor.endsWith(".loss");
    return fewer ? value < than - this.#minDelta : value > than + this.#minDelta;
  }

  async #keep(engine: Engine, position: TrainingPosition, value: number): Promise<void> {
    if (this.#keeps) this.#kept = { position, value, bytes: await engine.toRead("fit").checkpoint("{}") };
  }
}

function checkMonitor(monitor: unknown, path: string, test: unknown): Monitor {
  if (typeof monitor === "function") return monitor as Monitor;
  const name = names.find((known) => known === monitor);
  if (name === undefined) {
    throw unfit("config", path, `${names.join(", ")} or a function`, found(monitor));
  }
  if (name.startsWith("test.") && test === undefined) {
    throw faultAt("config", path, `${name} needs a test set, found none`);
  }
  return name;
}

function nameOf(monitor: Monitor): string {
  return typeof monitor === "function" ? "own" : monitor;
}

function scoreOf(monitor: Monitor, metrics: EpochMetrics): number {
  if (typeof monitor === "function") return monitor(metrics);
  const { train, test } = metrics;
  const scores = monitor.startsWith("test.") ? test : train;
  const column = monitor.endsWith(".loss") ? scores?.loss : scores?.accuracy;
  return column?.at(-1) ?? Number.NaN;
}

/** `decolle stream`. */
import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import { firstFrom, part } from "../events/columns.js";
import type { RecordingFormat } from "../events/formats.js";
import { noEvents } from "../events/train.js";
import { readBytes } from "../files.js";
import type { Network } from "../network/network.js";
import type { Stream } from "../network/stream.js";
import type { Dropped, StreamOptions, StreamResult } from "../network/stream-options.js";
import { choiceOf, loadModel } from "./inputs.js";
import { eventsOf } from "./stream-input.js";
import { type Now, parseTargets, targetsOver } from "./targets.js";

/** Options of the command, as commander gives them. */
export interface StreamFlags extends BackendChoice {
  readonly model: string;
  readonly format?: RecordingFormat;
  readonly follow?: boolean;
  readonly window: number;
  readonly decision: "majority" | "evidence";
  readonly rest?: number;
  readonly targets?: string;
  readonly save?: string;
  readonly resume?: boolean;
  readonly burnIn?: number;
  readonly updateEvery?: number;
  readonly backlog?: number;
  readonly drop?: "oldest" | "newest";
}

/**
 * Predicts along a stream, and learns where there are targets; writes a JSON line a window to standard output.
 *
 * @param path - The file; `-` for the standard input.
 * @param flags - The command's options.
 * @param signal - Ends the stream: what has come is worked on, and saved where asked.
 */
export async function streamCommand(path: string, flags: StreamFlags, signal: AbortSignal): Promise<void> {
  const shown =
    flags.targets === undefined
      ? []
      : parseTargets(new TextDecoder().decode(await readBytes(flags.targets, signal)), flags.targets);
  using network = await loadModel(flags.model, flags, signal);
  const windows = new Windows(network, network.stream(optionsOf(network, flags)), flags, targetsOver(shown));
  const choice = { path, format: flags.format, follow: flags.follow ?? false };
  for await (const block of eventsOf(choice, choiceOf(flags), signal)) await windows.take(block);
  await windows.end();
  if (flags.save !== undefined) await network.save(flags.save);
}

const millisecond = 1000;

/** A stream's settings: those of the training, unless others are asked for. */
function optionsOf(network: Network, flags: StreamFlags): StreamOptions {
  const { recipe, recordings } = network.training ?? {};
  const decision: StreamOptions["decision"] =
    flags.decision === "majority"
      ? { type: "majority", window: flags.window * millisecond }
      : { type: "evidence", timeConstant: flags.window * millisecond };
  const { backlog, drop } = flags;
  const settings: StreamOptions = {
    decision,
    burnIn: flags.burnIn ?? 0,
    updateEvery: flags.updateEvery ?? recipe?.updateEvery ?? 1,
    ...(recordings !== undefined && { sensor: recordings.sensor }),
    ...(recipe !== undefined && { transform: recipe.transform }),
    ...(flags.rest !== undefined && { rest: flags.rest * millisecond }),
  };
  return {
    ...(flags.resume ? { resume: true } : settings),
    ...(backlog !== undefined && drop !== undefined && { backlog: { most: backlog * millisecond, drop } }),
  };
}

/** Events cut into windows, and a line for each. */
class Windows {
  readonly #network: Network;
  readonly #stream: Stream;
  readonly #length: number;
  readonly #targetAt: (time: number) => Now;
  /** Whether pieces are pushed before those before them are done, since they may be dropped. */
  readonly #hasty: boolean;
  #start: number | undefined;
  #now: Now = { class: undefined, until: Number.NEGATIVE_INFINITY };
  #last: number | undefined;
  #line = emptyLine();
  #written: Promise<unknown> = Promise.resolve();

  constructor(network: Network, stream: Stream, flags: StreamFlags, targetAt: (time: number) => Now) {
    this.#network = network;
    this.#stream = stream;
    this.#length = flags.window * millisecond;
    this.#targetAt = targetAt;
    this.#hasty = flags.drop !== undefined;
  }

  /** Pushes a block, cut where windows end and where targets change. */
  async take(block: EventColumns): Promise<void> {
    const first = block.t[0];
    if (first === undefined) return;
    this.#start ??= first;
    if (this.#now.until === Number.NEGATIVE_INFINITY) this.#now = this.#targetAt(first);
    this.#last = block.t.at(-1);
    let from = 0;
    while (from < block.t.length) {
      const end = this.#start + this.#length;
      const cut = Math.min(end, this.#now.until);
      const to = firstFrom(block.t, cut);
      // Only where more comes is it known that nothing comes before the cut any more.
      if (to === block.t.length) return this.#push(part(block, from), undefined);
      await this.#push(part(block, from, to), cut);
      from = to;
      this.#turn(cut, end);
    }
  }

  /** Runs what is open, and writes the last window. */
  async end(): Promise<void> {
    if (this.#last !== undefined && this.#start !== undefined) {
      const { timeStep } = this.#network.specification;
      await this.#push(noEvents(), this.#last + timeStep);
      this.#write(this.#last + 1);
    }
    await this.#written;
  }

  #turn(cut: number, end: number): void {
    if (cut === this.#now.until) this.#now = this.#targetAt(cut);
    if (cut !== end) return;
    this.#write(end);
    this.#start = end;
  }

  async #push(events: EventColumns, until: number | undefined): Promise<void> {
    const target = this.#now.class;
    const pushed = this.#stream.push(events, {
      ...(target !== undefined && { target }),
      ...(until !== undefined && { until }),
    });
    const line = this.#line;
    const taken = pushed.then((result) => takeIn(line, result, events.t.length, target));
    // What went wrong is told where lines are waited for.
    this.#written = Promise.all([this.#written, taken]);
    this.#written.catch(() => undefined);
    if (!this.#hasty) await taken;
  }

  #write(end: number): void {
    const [line, start] = [this.#line, this.#start];
    const names = this.#network.classes;
    this.#line = emptyLine();
    this.#written = this.#written.then(() => {
      const { last, latency, ...counts } = line;
      const { prediction = null, confidence = null, perLayer = [], confidencePerLayer = [] } = last ?? {};
      const name = prediction === null ? null : (names?.[prediction] ?? null);
      const found = { start, end, prediction, name, confidence, perLayer, confidencePerLayer };
      console.log(JSON.stringify({ ...found, latency, behind: this.#stream.behind.time, ...counts }));
    });
    this.#written.catch(() => undefined);
  }
}

/** What is told of a window. */
interface Line {
  events: number;
  steps: number;
  dropped: Dropped;
  /** The longest, in milliseconds. */
  latency: number | null;
  target: number | null;
  /** Of the last layer, in the last piece with a target. */
  loss: number | null;
  updates: number;
  last: StreamResult | undefined;
}

function emptyLine(): Line {
  const dropped = { steps: 0, events: 0 };
  return { events: 0, steps: 0, dropped, latency: null, target: null, loss: null, updates: 0, last: undefined };
}

function takeIn(line: Line, result: StreamResult, events: number, target: number | undefined): void {
  const { dropped, latency } = result;
  line.events += events;
  line.steps += result.steps;
  line.dropped = { steps: line.dropped.steps + dropped.steps, events: line.dropped.events + dropped.events };
  if (latency !== null) line.latency = Math.max(line.latency ?? 0, latency);
  line.target = target ?? line.target;
  line.loss = result.result?.layers.at(-1)?.loss ?? line.loss;
  line.updates += result.result?.updates ?? 0;
  line.last = result;
}

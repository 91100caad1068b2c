/** `decolle predict`. */

import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import { DecolleError, movedTo } from "../errors.js";
import { events } from "../events/files.js";
import type { RecordingFormat } from "../events/formats.js";
import { percent } from "../report/page.js";
import { choiceOf, loadModel } from "./inputs.js";
import { textTable } from "./table.js";

/** Options of the command, as commander gives them. */
export interface PredictFlags extends BackendChoice {
  readonly model: string;
  readonly steps?: number;
  readonly burnIn?: number;
  readonly json?: boolean;
  readonly format?: RecordingFormat;
}

/** Recordings read at a time: as many as a batch, so that memory does not grow with their number. */
const most = 72;

/**
 * Classifies recordings and writes what they show to standard output, in their order.
 *
 * @param files - Paths of the recordings.
 * @param flags - The command's options.
 * @param signal - Aborts the work.
 */
export async function predictCommand(
  files: readonly string[],
  flags: PredictFlags,
  signal: AbortSignal,
): Promise<void> {
  using network = await loadModel(flags.model, flags, signal);
  const options = {
    signal,
    batchSize: most,
    ...(flags.steps !== undefined && { steps: flags.steps }),
    ...(flags.burnIn !== undefined && { burnIn: flags.burnIn }),
  };
  const reading = { ...choiceOf(flags), signal, ...(flags.format !== undefined && { format: flags.format }) };
  const rows: string[][] = [["recording", "class", "share of votes"]];
  for (let first = 0; first < files.length; first += most) {
    const paths = files.slice(first, first + most);
    const recordings: EventColumns[] = [];
    for (const path of paths) recordings.push((await events.load(path, reading)).events);
    const predictions = await network.predict(recordings, options).catch((error: unknown) => {
      throw named(error, paths);
    });
    for (const [place, { prediction, name, share, perLayer }] of predictions.entries()) {
      const file = paths[place] ?? "";
      if (flags.json) console.log(JSON.stringify({ file, prediction, name, share, perLayer }));
      else rows.push([file, name ?? `${prediction}`, percent(share)]);
    }
  }
  if (!flags.json) console.log(textTable(rows));
}

/** What is wrong with a recording, by its path instead of its number. */
function named(error: unknown, paths: readonly string[]): unknown {
  if (!DecolleError.is(error)) return error;
  const numbers = paths.map((_, place) => `recordings[${place}]`);
  const place = numbers.findIndex((number) => error.path?.startsWith(number));
  return place === -1 ? error : movedTo(error, numbers[place] ?? "", paths[place] ?? "");
}

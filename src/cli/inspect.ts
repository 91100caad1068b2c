/** `decolle inspect`. */
import type { BackendChoice } from "../backend/select.js";
import { faultAt } from "../errors.js";
import { events } from "../events/files.js";
import type { RecordingFormat } from "../events/formats.js";
import type { ReadOptions, RecordingReader } from "../events/reading.js";
import { checkReplaceable, lengthOf, writeAtomically } from "../files.js";
import type { Plane } from "../inspect/plane.js";
import { Statistics, type Summary } from "../inspect/statistics.js";
import { summaryText } from "../inspect/text.js";
import { choiceOf } from "./inputs.js";
import { inspectModel, modelKind } from "./inspect-model.js";

/** Options of the command, as commander gives them. */
export interface InspectFlags extends Pick<BackendChoice, "backend"> {
  readonly format?: RecordingFormat;
  readonly partial?: boolean;
  readonly json?: boolean;
  readonly png?: string;
  readonly gif?: string;
}

/**
 * What is wrong with the options as a whole.
 *
 * @param files - The files.
 * @param flags - The command's options.
 * @returns A message, undefined where nothing is.
 */
export function misuseOfInspect(files: readonly string[], { png, gif }: InspectFlags): string | undefined {
  return files.length > 1 && (png ?? gif) !== undefined ? "--png and --gif take one file" : undefined;
}

/** A recording that was looked at. */
interface Inspected {
  readonly reader: RecordingReader;
  readonly summary: Summary;
  readonly plane: Plane;
}

/**
 * Says what is in files, and draws it. Recordings are read in constant memory; events whose time goes backwards are counted.
 *
 * @param files - Paths of recordings and models; which of them a file is, its bytes say.
 * @param flags - The command's options.
 * @param signal - Aborts the work.
 */
export async function inspectCommand(
  files: readonly string[],
  flags: InspectFlags,
  signal: AbortSignal,
): Promise<void> {
  for (const picture of [flags.png, flags.gif]) if (picture !== undefined) await checkReplaceable(picture);
  const options: ReadOptions = {
    ...choiceOf(flags),
    order: "drop",
    signal,
    ...(flags.format !== undefined && { format: flags.format }),
    ...(flags.partial !== undefined && { partial: flags.partial }),
  };
  for (const [place, file] of files.entries()) {
    const above = place === 0 ? "" : "\n";
    const kind = flags.format === undefined ? await modelKind(file) : undefined;
    if (kind !== undefined) {
      const asked = (["png", "gif", "partial"] as const).find((name) => flags[name] !== undefined);
      if (asked !== undefined) throw faultAt("config", file, `--${asked} is for recordings, and this is a model`);
      const { data, text } = await inspectModel(file, kind);
      console.log(flags.json ? JSON.stringify({ file, ...data }) : `${above}${file}\n${text}`);
      continue;
    }
    if (flags.gif !== undefined && (await lengthOf(file)) === undefined) {
      throw faultAt("unsupported", file, "--gif reads a file twice, which this one cannot be");
    }
    const inspected = await inspect(file, options);
    if (flags.json) console.log(JSON.stringify(listed(file, inspected)));
    else console.log(`${above}${summaryText(file, inspected.reader, inspected.summary)}`);
    if (flags.png !== undefined || flags.gif !== undefined) await draw(file, inspected, flags, options);
  }
}

async function inspect(file: string, options: ReadOptions): Promise<Inspected> {
  const reader = events.read(file, options);
  let statistics: Statistics | undefined;
  for await (const block of reader) {
    statistics ??= new Statistics(reader.sensor);
    statistics.add(block);
  }
  statistics ??= new Statistics(reader.sensor);
  return { reader, summary: statistics.summary(reader), plane: statistics.plane };
}

/** What `--json` writes. */
function listed(file: string, { reader: { format, sensor, damage }, summary }: Inspected): object {
  const { code, message } = damage ?? {};
  return {
    file,
    format,
    sensor: sensor ?? null,
    ...summary,
    ...(damage !== undefined && { damage: { code, message } }),
  };
}

async function draw(file: string, inspected: Inspected, flags: InspectFlags, options: ReadOptions): Promise<void> {
  const { summary, plane, reader } = inspected;
  const { columns = [0, 0], rows = [0, 0] } = summary;
  // Without a sensor, and for events beyond it, what there is.
  const frame = {
    width: Math.min(plane.width, Math.max(reader.sensor?.width ?? 1, columns[1] + 1)),
    height: Math.min(plane.height, Math.max(reader.sensor?.height ?? 1, rows[1] + 1)),
  };
  const { Animation, png } = await import("../inspect/picture.js");
  if (flags.png !== undefined) await writeAtomically(flags.png, png(plane, frame));
  if (flags.gif === undefined) return;
  const animation = new Animation(summary, plane, frame);
  for await (const block of events.read(file, options)) animation.add(block);
  await writeAtomically(flags.gif, animation.end());
}

/** `decolle convert`. */
import { once } from "node:events";
import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import { DecolleError, faultAt } from "../errors.js";
import { events } from "../events/files.js";
import { formatOf, type RecordingFormat, type WrittenFormat } from "../events/formats.js";
import type { ReadOptions, RecordingReader, TimeOrder } from "../events/reading.js";
import type { Sensor } from "../events/transform.js";
import type { WriteOptions } from "../events/writing.js";
import { checkReplaceable, lengthOf } from "../files.js";
import { choiceOf } from "./inputs.js";
import { BytesBar } from "./progress.js";

/** Options of the command, as commander gives them. */
export interface ConvertFlags extends Pick<BackendChoice, "backend"> {
  readonly format?: RecordingFormat;
  readonly to?: WrittenFormat;
  readonly order?: TimeOrder;
  readonly partial?: boolean;
  readonly sensor?: Sensor;
  readonly quiet?: boolean;
}

/** Stands for standard input or output. */
const standard = "-";

/**
 * What is wrong with the options as a whole.
 *
 * @param output - Where the recording goes.
 * @param flags - The command's options.
 * @returns A message, undefined where nothing is.
 */
export function misuseOfConvert(output: string, { to }: ConvertFlags): string | undefined {
  if (to !== undefined) return undefined;
  if (output === standard) return "standard output has no name that says the format; name it with --to";
  try {
    formatOf(output);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}; name it with --to`;
  }
}

/**
 * Writes a recording in another format, in constant memory.
 *
 * @param input - Path of the recording, `-` for standard input.
 * @param output - Path of the file to write, `-` for standard output.
 * @param flags - The command's options.
 * @param signal - Aborts the work.
 */
export async function convertCommand(
  input: string,
  output: string,
  flags: ConvertFlags,
  signal: AbortSignal,
): Promise<void> {
  if (output !== standard) await checkReplaceable(output);
  const length = input === standard ? undefined : await lengthOf(input);
  const reading: ReadOptions = {
    ...choiceOf(flags),
    signal,
    ...(flags.format !== undefined && { format: flags.format }),
    ...(flags.order !== undefined && { order: flags.order }),
    ...(flags.partial !== undefined && { partial: flags.partial }),
  };
  const bar = new BytesBar(flags.quiet === true, length);
  const format = flags.to ?? formatOf(output);
  const convert = (known: { events?: number }) => {
    const reader = events.read(input === standard ? process.stdin : input, reading);
    return converted(reader, output, { ...choiceOf(flags), ...known, format, signal }, flags.sensor, bar);
  };
  try {
    const done = await convert({}).catch(async (error: unknown) => {
      if (!DecolleError.is(error)) throw error;
      if (error.path === "sensor" && flags.sensor === undefined) {
        const wrong = `${format} files hold the size of the sensor, which the recording does not say: name it with --sensor`;
        throw faultAt(error.code, input, wrong, { cause: error });
      }
      // The header of such a format says how many events there are: they are counted first, where the file can be read twice.
      if (length === undefined || error.path !== "events") throw error;
      return convert({ events: await counted(input, reading) });
    });
    bar.clear();
    const say = output === standard ? console.error : console.log;
    if (!flags.quiet) say(told(input, output, format, done));
  } finally {
    bar.clear();
  }
}

/** What became of a recording. */
interface Converted {
  readonly reader: RecordingReader;
  readonly count: number;
}

async function converted(
  reader: RecordingReader,
  output: string,
  options: WriteOptions,
  sensor: Sensor | undefined,
  bar: BytesBar,
): Promise<Converted> {
  const blocks = reader[Symbol.asyncIterator]();
  // The first block is asked for before anything is written, since the reader knows the sensor from there on.
  let step = await blocks.next();
  let count = 0;
  const all = async function* (): AsyncGenerator<EventColumns, void> {
    for (; !step.done; step = await blocks.next()) {
      count += step.value.t.length;
      bar.update(reader.bytes);
      yield step.value;
    }
  };
  const size = sensor ?? reader.sensor;
  const given = { ...options, ...(size !== undefined && { sensor: size }) };
  try {
    if (output === standard) await toStandard(events.write(all(), given));
    else await events.save(output, all(), given);
  } finally {
    // Where writing was refused, nobody has asked for more than the first block, and the file is still open.
    await blocks.return?.();
  }
  return { reader, count };
}

async function toStandard(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, "drain");
}

async function counted(input: string, options: ReadOptions): Promise<number> {
  let count = 0;
  for await (const { t } of events.read(input, options)) count += t.length;
  return count;
}

function told(input: string, output: string, format: string, { reader, count }: Converted): string {
  const number = (value: number) => value.toLocaleString("en-US");
  const lines = [`${input} (${reader.format ?? "unknown"}) → ${output} (${format}): ${number(count)} events`];
  if (reader.dropped > 0) lines.push(`  ${number(reader.dropped)} events left out, whose time went backwards`);
  if (reader.untimed > 0) lines.push(`  ${number(reader.untimed)} events left out, before the file's first time`);
  if (reader.damage !== undefined) lines.push(`  read up to the damage: ${reader.damage.message}`);
  return lines.join("\n");
}

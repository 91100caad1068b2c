/** Data that lie as JSON in a checkpoint's metadata, checked field by field: whoever wrote the file may have written anything. */
import * as v from "valibot";
import { faultAt, unfit } from "../errors.js";

/** A whole number from 0 that JSON keeps exactly. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A whole number from 1 that JSON keeps exactly. */
export const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** A whole number that JSON keeps exactly. */
export const whole = v.pipe(v.number(), v.safeInteger());

/** A finite number. */
export const finite = v.pipe(v.number(), v.finite());

/** Largest side of a sensor: columns of events hold 16 bits. */
const side = v.pipe(positive, v.maxValue(2 ** 16));

/** The first column or row of a part of a sensor. */
const corner = v.pipe(count, v.maxValue(2 ** 16));

/** Size of a sensor in pixels. */
const sensor = v.strictObject({ width: side, height: side });

/** How many units spike trains have. */
const units = v.strictObject({ units: positive });

/**
 * Whether data are an object with a field; what they are checked as depends on it.
 *
 * @param data - Anything.
 * @param field - Its name.
 * @returns Whether it is there.
 */
export function hasField(data: unknown, field: string): boolean {
  return typeof data === "object" && data !== null && field in data;
}

/** What recordings come from: a sensor, or units. */
export const source: v.GenericSchema<v.InferOutput<typeof sensor> | v.InferOutput<typeof units>> = v.lazy((data) =>
  hasField(data, "units") ? units : sensor,
);

/** Cropping and downsampling. */
export const transform = v.strictObject({
  crop: v.exactOptional(v.strictObject({ left: corner, top: corner, width: side, height: side })),
  downsample: v.exactOptional(side),
});

/**
 * Reads stored data.
 *
 * @param schema - What is expected.
 * @param text - JSON.
 * @param path - What messages call it.
 * @returns The data.
 * @throws {@link DecolleError} `checkpoint` naming the field, what was expected and what was found.
 */
export function readStored<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  path: string,
): v.InferOutput<Schema> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw faultAt("checkpoint", path, "expected JSON", { cause: error });
  }
  const result = v.safeParse(schema, data, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  const expected = issue.expected ?? "something else";
  throw unfit("checkpoint", `${place === null ? path : `${path}.${place}`}`, expected, `${issue.received}`);
}

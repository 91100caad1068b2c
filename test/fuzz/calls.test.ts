/**
 * Calls that nobody should make, at random, to every function of the public API and on both builds. Each is answered or
 * refused by an error of this package that says where; nothing hangs; after an error the network is as before; and the
 * builds agree.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProxy } from "node:util/types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as decolle from "../../src/index.js";
import { hostile } from "./hostile.js";
import { multiplier, type Random, randomFrom } from "./random.js";
import { asynchronous, build, type Call, calls, type Stage } from "./table.js";

const seed = Number(process.env["DECOLLE_FUZZ_SEED"] ?? "1");
const tries = Math.ceil(400 * multiplier);
const chunk = 200;
const backends = ["native", "wasm"] as const;
/** How long a call may take; what is allowed to work for long is not tried. */
const patience = 30_000;

let checkpoints: Map<string, Uint8Array>;
/** Texts are good names of files, too: what is saved under them goes here. */
let folder: string;
const home = process.cwd();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-calls-"));
  process.chdir(folder);
  checkpoints = new Map();
  for (const backend of backends) {
    using network = await build({ backend, threads: 1 });
    checkpoints.set(backend, await network.toBytes());
  }
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

type Place = readonly (string | number)[];

/** Every place in plain data where something else could stand. */
function places(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || at.length > 6) return [at];
  // What was spoilt before may throw, or have no end.
  if (isProxy(value)) return [at];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) return [at];
  // Getters may throw, or give something else at each look.
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([, { enumerable }]) => enumerable);
  const within = fields.flatMap(([key, field]) => places(field.value, [...at, key]));
  return at.length === 0 ? within : [at, ...within];
}

function put(given: unknown[], at: Place, value: unknown): void {
  let holder: unknown = given;
  for (const key of at.slice(0, -1)) holder = (holder as Record<string, unknown>)[key];
  Object.defineProperty(holder, at.at(-1) ?? 0, { value, enumerable: true, configurable: true, writable: true });
}

/** Replaces one or two places, or adds a field; gives what it did in words. */
function spoil(given: unknown[], random: Random, source?: string): string {
  const told: string[] = [];
  for (let times = random.share() < 0.8 ? 1 : 2; times > 0; times--) {
    const all = places(given);
    if (all.length === 0) return "nothing";
    const at = random.one(all);
    const name = random.one(Object.keys(hostile));
    const value = hostile[name]?.();
    const extra = random.share() < 0.1 && typeof at.at(-1) === "string" && at.length > 1;
    const place = extra ? [...at.slice(0, -1), "unknown_field"] : at;
    // Nothing is wrong with an epoch too many; it only takes long.
    if (place.at(-1) === "epochs" && typeof value === "number" && value > 9) continue;
    // Nor with some million steps of a stream.
    if (place.at(-1) === "until" && typeof value === "number" && value > 1e6 && value < 1e12) continue;
    // What a data set's own function or an iterable throws, or has for a `then` that throws, passes through as it is.
    if (place.includes("recordings") && /^(throwing|revoked)$/.test(name)) continue;
    if (place[0] === source && /^(throwing|revoked|detached|typed array's proxy)$/.test(name)) continue;
    put(given, place, value);
    told.push(`${place.join(".")} = ${name}`);
  }
  return told.join(", ");
}

interface Outcome {
  readonly error?: unknown;
  /** Whether the error came at once, not by a promise. */
  readonly atOnce?: boolean;
  readonly bytes: Uint8Array;
}

async function attempt({ call }: Call, given: unknown[], stage: Stage): Promise<Outcome> {
  const bytes = () => stage.network.toBytes();
  let answer: unknown;
  try {
    answer = call(given as never[], stage);
  } catch (error) {
    return { error, atOnce: true, bytes: await bytes() };
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`took longer than ${patience} ms`)), patience);
  });
  try {
    const value: unknown = await Promise.race([answer, late]);
    if (value !== stage.network && isNetwork(value)) value.dispose();
    return { bytes: await bytes() };
  } catch (error) {
    return { error, atOnce: false, bytes: await bytes() };
  } finally {
    clearTimeout(timer);
  }
}

function isNetwork(value: unknown): value is decolle.Network {
  return typeof value === "object" && value !== null && !isProxy(value) && "setTensor" in value;
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The place that a message names, without what differs between what was given to the two builds. */
const placeOf = (error: unknown) => /^([^\s:]+|[^:]+):/.exec((error as decolle.DecolleError).message)?.[1];

async function tryOnce(index: number): Promise<void> {
  const start = randomFrom(seed * 1_000_003 + index);
  const name = start.one(Object.keys(calls));
  const call = calls[name] as Call;
  const seen: Outcome[] = [];
  let told = "";
  for (const backend of backends) {
    // The same numbers for both builds.
    const random = randomFrom(seed * 7_000_003 + index);
    const choice = { backend, threads: 1 };
    const checkpoint = checkpoints.get(backend) as Uint8Array;
    const network = await decolle.Network.fromBytes(checkpoint, choice);
    try {
      const stage = { choice, network, checkpoint, folder: "/nowhere/at/all" };
      const given = call.given(stage);
      told = `${name} on ${backend}, seed ${seed}, try ${index}: ${spoil(given, random, name === "datasets.fromIterable" ? "0" : undefined)}`;
      const outcome = await attempt(call, given, stage);
      seen.push(outcome);
      if (outcome.error === undefined) continue;
      const { error } = outcome;
      const shown = `${told}: ${String((error as Error)?.stack ?? error)}`;
      expect(decolle.DecolleError.is(error), shown).toBe(true);
      const { code, message } = error as decolle.DecolleError;
      expect(message, shown).toMatch(/^\S.*: \S/s);
      expect(message, shown).not.toMatch(/at line \d+|usize|sequence|\$name|\[object|panick|unreachable/);
      expect(outcome.atOnce, shown).toBe(!asynchronous.has(name));
      // What an aborted training has learned is kept.
      if (code !== "aborted") expect(digest(outcome.bytes), shown).toBe(digest(checkpoint));
    } finally {
      network.dispose();
    }
  }
  const [native, wasm] = seen as [Outcome, Outcome];
  // A number past 32 bits is found where it is read, or only where it is used: so the builds may name it, or another of
  // two faults, by another path.
  if (/2\^(32|53)/.test(told) && native.error !== undefined && wasm.error !== undefined) return;
  const both = `${told}: native ${String(native.error ?? "answers")}, wasm ${String(wasm.error ?? "answers")}`;
  expect((wasm.error as decolle.DecolleError)?.code, both).toBe((native.error as decolle.DecolleError)?.code);
  if (native.error !== undefined) expect(placeOf(wasm.error), both).toBe(placeOf(native.error));
  else expect(digest(wasm.bytes), both).toBe(digest(native.bytes));
}

describe("hostile calls", () => {
  const chunks = Array.from({ length: Math.ceil(tries / chunk) }, (_, place) => [place * chunk] as const);
  it.each(chunks)(
    "from number %i on are answered, or refused with a code and a place, alike on both builds",
    async (first) => {
      const failures: string[] = [];
      for (let index = first; index < Math.min(tries, first + chunk); index++) {
        await tryOnce(index).catch((error: Error) => failures.push(`try ${index}: ${error.message}`));
      }
      expect(failures, failures.join("\n\n")).toEqual([]);
    },
    10 * 60_000,
  );

  it("are made to every function that is exported, and to every method of a network", () => {
    const classes = ["DecolleError", "Expression", "Network", "TimeConstant"];
    const exported = Object.entries(decolle)
      .filter(([name, value]) => typeof value === "function" && !classes.includes(name))
      .map(([name]) => name);
    const methods = [decolle.Network.prototype, Object.getPrototypeOf(decolle.Network.prototype) as object]
      .flatMap((prototype) => Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      .filter(([name, { value }]) => typeof value === "function" && !["constructor", "dispose"].includes(name))
      .map(([name]) => `network.${name}`);
    const sets = Object.keys(decolle.datasets).map((name) => `datasets.${name}`);
    const wanted = [...exported, ...methods, ...sets];
    expect(wanted.filter((name) => !Object.hasOwn(calls, name))).toEqual([]);
  });
});

// @ts-check
/**
 * Writes a folder in the layout of DvsGesture's official archive: recordings of a dozen trials each, tables of labels, lists of both
 * parts. What a trial shows is a spot that goes its own way for each class, and noise.
 *
 * By hand, in official size: `node bench/gesture-archive.mjs FOLDER`, 122 recordings, some 3 GB.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { numbers } from "./random.mjs";

/** Size of the official archive: recordings to learn from and to test, trials of each, events of a trial, its length. */
export const official = { train: 98, test: 24, trials: 12, events: 270_000, duration: 6_000_000 };
const classes = 11;
const side = 128;
const lights = ["fluorescent", "fluorescent_led", "lab", "led", "natural"];
/** Time between two trials, in microseconds. */
const gap = 500_000;
const blockLength = 8192;

/** Numbers from 0 to 1. */
function random(/** @type {number} */ seed) {
  const draws = numbers(seed);
  return () => draws.next().value / 2 ** 32;
}

/**
 * Writes the archive.
 *
 * @param {Pick<import("../dist/index.js").FileEvents, "save">} events - What writes recordings.
 * @param {string} folder - Made where it is not there.
 * @param {Partial<typeof official>} [size]
 * @returns {Promise<{ train: number, test: number }>} Trials in each part.
 */
export async function writeArchive(events, folder, size = {}) {
  const { train, test, trials, events: each, duration } = { ...official, ...size };
  await mkdir(folder, { recursive: true });
  const names = Array.from({ length: train + test }, (_, recording) => {
    const user = `${Math.floor(recording / lights.length) + 1}`.padStart(2, "0");
    return `user${user}_${lights[recording % lights.length]}`;
  });
  for (const [recording, name] of names.entries()) {
    // The twelfth trial of a recording shows one of the classes again.
    const shown = Array.from({ length: trials }, (_, trial) => trial % classes);
    const starts = shown.map((_, trial) => 1_000_000 + trial * (duration + gap));
    const lines = shown.map((label, trial) => `${label + 1},${starts[trial]},${(starts[trial] ?? 0) + duration - 1}`);
    await writeFile(
      join(folder, `${name}_labels.csv`),
      `${["class,startTime_usec,endTime_usec", ...lines].join("\n")}\n`,
    );
    const blocks = blocksOf(shown, starts, each, duration, random(recording + 1));
    await events.save(join(folder, `${name}.aedat`), blocks, {
      format: "aedat3",
      sensor: { width: side, height: side },
    });
  }
  const list = (/** @type {string[]} */ part) => `${part.map((name) => `${name}.aedat`).join("\n")}\n`;
  await writeFile(join(folder, "trials_to_train.txt"), list(names.slice(0, train)));
  await writeFile(join(folder, "trials_to_test.txt"), list(names.slice(train)));
  return { train: train * trials, test: test * trials };
}

/**
 * @param {readonly number[]} shown - Class of each trial.
 * @param {readonly number[]} starts
 * @param {number} each - Events of a trial.
 * @param {number} duration
 * @param {() => number} draw
 * @returns {AsyncGenerator<import("../dist/index.js").EventColumns>}
 */
async function* blocksOf(shown, starts, each, duration, draw) {
  for (const [trial, label] of shown.entries()) {
    for (let first = 0; first < each; first += blockLength) {
      const length = Math.min(blockLength, each - first);
      const block = {
        x: new Uint16Array(length),
        y: new Uint16Array(length),
        p: new Uint8Array(length),
        t: new Float64Array(length),
      };
      for (let event = 0; event < length; event++) {
        const share = (first + event) / each;
        // So many rounds a second, to the left or to the right, about a place of the class's own.
        const angle = 2 * Math.PI * (label % 2 ? -1 : 1) * (1 + (label % 3)) * share * (duration / 1e6);
        const spot = draw() < 0.8;
        const place = (/** @type {number} */ middle, /** @type {number} */ way) =>
          spot ? Math.min(side - 1, Math.max(0, middle + 20 * way + 8 * (draw() - 0.5))) : draw() * side;
        block.x[event] = place(32 + 6 * label, Math.cos(angle));
        block.y[event] = place(96 - 6 * label, Math.sin(angle));
        block.p[event] = draw() < 0.5 ? 0 : 1;
        block.t[event] = (starts[trial] ?? 0) + Math.floor(share * duration);
      }
      yield block;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: node bench/gesture-archive.mjs FOLDER");
  const { events } = await import("../dist/index.js");
  const { train, test } = await writeArchive(events, folder);
  console.log(`${train} trials to learn from, ${test} to test`);
}

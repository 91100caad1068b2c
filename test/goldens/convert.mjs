// @ts-check
/**
 * Packs full golden files (float64 safetensors) into what the tests read: `node test/goldens/convert.mjs FOLDER [MANIFEST]`,
 * with the name of the manifest here, `manifest.json` if not given.
 *
 * README.md in this folder says where the numbers come from and what is left out. A packed file is Brotli over: the
 * length of a JSON header (uint32, little-endian), the header, then the tensors one after the other. Float64 becomes
 * float32, whose four bytes go apart (all first bytes, all second bytes, ...): exponents compress, mantissas do not.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

/**
 * A tensor of a safetensors file.
 *
 * @typedef {{ shape: number[], data: Float64Array | Uint8Array | BigInt64Array }} Tensor
 */

/** Traces of which every fourth step is kept, counted back from the last; at every step P and U follow from them. */
const sparse = /\.[QR]$/;
const every = 4;

/**
 * @param {string} path
 * @returns {Map<string, Tensor>}
 */
function readSafetensors(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets;
    const part = bytes.buffer.slice(bytes.byteOffset + 8 + length + start, bytes.byteOffset + 8 + length + end);
    /** @type {Record<string, () => Tensor["data"]>} */
    const readers = {
      F64: () => new Float64Array(part),
      F32: () => Float64Array.from(new Float32Array(part)),
      U8: () => new Uint8Array(part),
      I64: () => new BigInt64Array(part),
    };
    const data = readers[entry.dtype]?.();
    if (data === undefined) throw new Error(`${path}: ${name} has type ${entry.dtype}`);
    tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

/**
 * Leaves out what follows exactly from other tensors, after checking that it does.
 *
 * @param {Map<string, Tensor>} tensors
 * @param {{ layers: Array<{ pool?: number }> }} description
 */
function trim(tensors, description) {
  description.layers?.forEach(({ pool = 1 }, index) => {
    const [full, pooled] = [tensors.get(`layer${index}.U`), tensors.get(`layer${index}.U_pool`)];
    if (full === undefined || pooled === undefined) return;
    const [rows = 0, columns = 0] = full.shape.slice(-2);
    const [pooledRows = 0, pooledColumns = 0] = pooled.shape.slice(-2);
    pooled.data.forEach((value, place) => {
      const plane = Math.floor(place / (pooledRows * pooledColumns));
      const row = Math.floor(place / pooledColumns) % pooledRows;
      const column = place % pooledColumns;
      let greatest = Number.NEGATIVE_INFINITY;
      for (let cell = 0; cell < pool * pool; cell++) {
        const [y, x] = [row * pool + Math.floor(cell / pool), column * pool + (cell % pool)];
        greatest = Math.max(greatest, Number(full.data[(plane * rows + y) * columns + x]));
      }
      if (greatest !== value) throw new Error(`layer${index}.U_pool[${place}] is not the maximum of its window`);
    });
    tensors.delete(`layer${index}.U_pool`);
  });
}

/**
 * @param {Tensor} tensor
 * @returns {Tensor}
 */
function everyFourthStep({ shape, data }) {
  const [steps = 0, ...axes] = shape;
  const row = data.length / steps;
  const kept = Array.from({ length: steps }, (_, step) => step).filter((step) => (steps - 1 - step) % every === 0);
  const out = new Float64Array(kept.length * row);
  kept.forEach((step, place) => {
    out.set(/** @type {Float64Array} */ (data).subarray(step * row, (step + 1) * row), place * row);
  });
  return { shape: [kept.length, ...axes], data: out };
}

/**
 * @param {Map<string, Tensor>} tensors
 * @param {RegExp | null} thin - Names of the tensors of which every fourth step is kept.
 * @returns {Buffer}
 */
function pack(tensors, thin) {
  /** @type {Record<string, { dtype: string, shape: number[], every?: number }>} */
  const header = {};
  /** @type {Buffer[]} */
  const parts = [];
  for (const [name, given] of tensors) {
    const thinned = thin?.test(name) ?? false;
    const { shape, data } = thinned ? everyFourthStep(given) : given;
    const float = data instanceof Float64Array;
    header[name] = { dtype: float ? "F32" : "U8", shape, ...(thinned && { every }) };
    if (!float) {
      parts.push(Buffer.from(Uint8Array.from(data, Number)));
      continue;
    }
    const bytes = Buffer.from(Float32Array.from(data).buffer);
    for (let byte = 0; byte < 4; byte++) parts.push(Buffer.from(bytes.filter((_, place) => place % 4 === byte)));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const all = Buffer.concat([length, text, ...parts]);
  return brotliCompressSync(all, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: all.length },
  });
}

const from = process.argv[2];
if (from === undefined) throw new Error("usage: node test/goldens/convert.mjs FOLDER [MANIFEST]");
const to = import.meta.dirname;
const manifest = JSON.parse(readFileSync(join(from, "manifest.json"), "utf8"));

/** Fields of the manifest that the tests, or people who look at them, need. */
const kept = [
  ...["layers", "surrogate", "batch", "steps", "burn_in", "regulariser", "optimiser", "accumulate", "feedback"],
  ...["error_trigger", "authors_class", "margin", "pool_margin", "float32_twin"],
];

/** @type {Record<string, unknown>} */
const cases = {};
for (const file of readdirSync(from).filter((name) => name.endsWith(".safetensors"))) {
  const name = file.replace(".safetensors", "");
  const description = manifest.cases[name] ?? {};
  const tensors = readSafetensors(join(from, file));
  trim(tensors, description);
  writeFileSync(join(to, `${name}.golden`), pack(tensors, name in manifest.cases ? sparse : null));
  if (name in manifest.cases) {
    cases[name] = Object.fromEntries(kept.map((field) => [field, description[field]]));
  }
}
writeFileSync(
  join(to, process.argv[3] ?? "manifest.json"),
  `${JSON.stringify({ about: manifest.about, cases }, null, 1)}\n`,
);
for (const name of ["surrogates.json", "initialisation.json"].filter((name) => existsSync(join(from, name)))) {
  writeFileSync(join(to, name), `${JSON.stringify(JSON.parse(readFileSync(join(from, name), "utf8")))}\n`);
}

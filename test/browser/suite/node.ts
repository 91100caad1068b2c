/**
 * What tests take from Node and browsers have another way: the few functions they call, for the suite in a browser. Modules
 * and files come from the server that serves the tests.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/**
 * `node:crypto`: SHA-256, all at once, since tests do not wait for it.
 *
 * @param name - `sha256`.
 * @returns What takes bytes and gives their digest in hexadecimal digits.
 */
export function createHash(name: string) {
  if (name !== "sha256") throw new Error(`there is no ${name} here`);
  const hash = sha256.create();
  const taking = {
    update(given: ArrayBufferView | string) {
      const view = typeof given === "string" ? new TextEncoder().encode(given) : given;
      hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      return taking;
    },
    digest: (_: "hex") => bytesToHex(hash.digest()),
  };
  return taking;
}

/** `node:fs`: a file that the server has, read while the page waits, as text or as bytes. */
export function readFileSync(address: URL, encoding?: "utf8"): string | Uint8Array {
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  // Every byte as a character of its own: a page that waits may not ask for bytes.
  if (encoding === undefined) request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
  const text = request.responseText;
  return encoding === undefined ? Uint8Array.from(text, (character) => character.charCodeAt(0)) : text;
}

/** `node:zlib`: golden files come from the server unpacked. */
export const brotliDecompressSync = (bytes: Uint8Array): Uint8Array => bytes;

/** `node:url`: where a file of the server lies on its disk. */
export const fileURLToPath = (address: URL): string => `${process.env["DECOLLE_ROOT"]}${address.pathname}`;

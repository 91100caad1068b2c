/**
 * Zip archives as PyTorch writes them: every member stored as it is, none compressed. Libraries for zip neither compare the
 * checksums nor bound what a damaged directory makes them do, and unpacking, which is what they are for, is not needed.
 */
import { faultAt, unfit } from "../../errors.js";
import { LittleEndian } from "./little-endian.js";

/** Parts of an archive: what they begin with, and how many bytes they have without names and what else varies. */
const parts = {
  local: { signature: 0x04034b50, length: 30 },
  central: { signature: 0x02014b50, length: 46 },
  end: { signature: 0x06054b50, length: 22 },
  wideEnd: { signature: 0x06064b50, length: 56 },
  wideLocator: { signature: 0x07064b50, length: 20 },
} as const;

/** Stands in 32 bits where the number is in the extra field, in 64 bits. */
const wide = 0xffffffff;

/** Longest comment behind the end of the directory. */
const longestComment = 65_535;

/** Where a member lies. */
interface Member {
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
  readonly method: number;
  readonly flags: number;
}

/** An archive, its directory read. */
export class Archive {
  readonly #file: LittleEndian;
  readonly #members: ReadonlyMap<string, Member>;
  /** Members whose checksums have been compared: many tensors may lie in one. */
  readonly #sound = new Set<string>();

  /**
   * Reads the directory.
   *
   * @param bytes - The file.
   * @throws {@link DecolleError} `format` with the byte where it is damaged.
   */
  constructor(bytes: Uint8Array) {
    this.#file = new LittleEndian(bytes);
    this.#members = readDirectory(this.#file);
  }

  /** Names of all members. */
  get names(): string[] {
    return Array.from(this.#members.keys());
  }

  /**
   * A member.
   *
   * @param name - Its name.
   * @returns Its bytes, a view of those of the archive; undefined where there is no such member.
   * @throws {@link DecolleError} `format` where it is damaged, `unsupported` where it is compressed or encrypted.
   */
  member(name: string): Uint8Array | undefined {
    const member = this.#members.get(name);
    if (member === undefined) return undefined;
    const { offset, length, checksum, method, flags } = member;
    if (method !== 0 || (flags & 1) !== 0) {
      throw unfit("unsupported", name, "a member that is stored as it is, as torch.save writes it", "a compressed one");
    }
    const file = this.#file;
    if (!stands(file, parts.local, offset)) throw faultAt("format", `byte ${offset}`, `expected the member ${name}`);
    const start = offset + parts.local.length + file.whole(offset + 26, 2) + file.whole(offset + 28, 2);
    const bytes = file.part(start, length);
    if (bytes === undefined) {
      throw unfit("format", name, `${length} bytes from byte ${start} on`, `a file of ${file.length}`);
    }
    if (!this.#sound.has(name) && crc32(bytes) !== checksum) {
      throw faultAt("format", name, "is damaged: its checksum is another");
    }
    this.#sound.add(name);
    return bytes;
  }
}

/** Whether a part of an archive stands at a place, all of it but what varies. */
function stands(file: LittleEndian, { signature, length }: (typeof parts)[keyof typeof parts], place: number): boolean {
  return place >= 0 && file.has(place, length) && file.whole(place, 4) === signature;
}

function readDirectory(file: LittleEndian): Map<string, Member> {
  const { start, count } = findDirectory(file);
  const { length } = parts.central;
  // Each entry has as many bytes at least.
  if (count > file.length / length) throw unfit("format", "zip", "a directory that fits the file", `${count} members`);
  const members = new Map<string, Member>();
  let place = start;
  for (let entry = 0; entry < count; entry++) {
    if (!stands(file, parts.central, place)) {
      throw faultAt("format", `byte ${place}`, "expected an entry of the zip directory");
    }
    const [nameLength, extraLength] = [file.whole(place + 28, 2), file.whole(place + 30, 2)];
    const extra = place + length + nameLength;
    const end = extra + extraLength + file.whole(place + 32, 2);
    const name = file.part(place + length, nameLength);
    if (name === undefined || end > file.length)
      throw faultAt("format", `byte ${place}`, "expected an entry of the zip directory, found the end");
    members.set(new TextDecoder().decode(name), readEntry(file, place, extra, extra + extraLength));
    place = end;
  }
  return members;
}

function readEntry(file: LittleEndian, place: number, extra: number, extraEnd: number): Member {
  const sizes = [24, 20, 42].map((field) => file.whole(place + field, 4));
  if (sizes.includes(wide)) widen(file, sizes, extra, extraEnd);
  const [length = 0, , offset = 0] = sizes;
  return {
    offset,
    length,
    checksum: file.whole(place + 16, 4),
    method: file.whole(place + 10, 2),
    flags: file.whole(place + 8, 2),
  };
}

/** Replaces what did not fit 32 bits by what the extra field says, in the order: length, stored length, offset. */
function widen(file: LittleEndian, sizes: number[], extra: number, extraEnd: number): void {
  for (let place = extra; place + 4 <= extraEnd; ) {
    const end = place + 4 + file.whole(place + 2, 2);
    if (file.whole(place, 2) === 1) {
      let field = place + 4;
      for (const [index, size] of sizes.entries()) {
        if (size !== wide) continue;
        if (field + 8 > Math.min(end, extraEnd)) break;
        sizes[index] = file.whole(field, 8);
        field += 8;
      }
      return;
    }
    place = end;
  }
}

/** Where the directory starts, and its entries. */
function findDirectory(file: LittleEndian): { start: number; count: number } {
  const last = file.length - parts.end.length;
  for (let place = last; place >= Math.max(0, last - longestComment); place--) {
    if (!stands(file, parts.end, place)) continue;
    const [start, count] = [file.whole(place + 16, 4), file.whole(place + 10, 2)];
    return start === wide || count === 0xffff ? findWide(file, place - parts.wideLocator.length) : { start, count };
  }
  throw unfit("format", "zip", "its directory at the end of the file", "none: the file is cut off, or no zip archive");
}

function findWide(file: LittleEndian, locator: number): { start: number; count: number } {
  if (stands(file, parts.wideLocator, locator)) {
    const place = file.whole(locator + 8, 8);
    if (stands(file, parts.wideEnd, place)) {
      return { start: file.whole(place + 48, 8), count: file.whole(place + 32, 8) };
    }
  }
  throw unfit("format", "zip", "a directory of 64 bits", "none");
}

let table: Uint32Array | undefined;

/** The checksum of zip files, by a table of what each byte does. */
function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) * 0xedb88320);
    return value;
  });
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] as number);
  return (sum ^ 0xffffffff) >>> 0;
}

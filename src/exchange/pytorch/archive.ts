/**
 * Zip archives as PyTorch writes them: every member stored as it is, none compressed. Libraries for zip neither compare the
 * checksums nor bound what a damaged directory makes them do, and unpacking, which is what they are for, is not needed.
 */
import { faultAt, unfit } from "../../errors.js";

/** What members of an archive are found by; all numbers of a zip file are little-endian. */
const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  wideEnd: 0x06064b50,
  wideLocator: 0x07064b50,
};

/** Lengths in bytes of the parts of an archive, without names and what else varies. */
const lengths = { local: 30, central: 46, end: 22, wideEnd: 56, wideLocator: 20 } as const;

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
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
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
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#members = readDirectory(this.#view, bytes);
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
    const view = this.#view;
    if (offset + lengths.local > view.byteLength || view.getUint32(offset, true) !== signatures.local) {
      throw faultAt("format", `byte ${offset}`, `expected the member ${name}`);
    }
    const start = offset + lengths.local + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    if (start + length > view.byteLength) {
      throw unfit("format", name, `${length} bytes from byte ${start} on`, `a file of ${view.byteLength}`);
    }
    const bytes = this.#bytes.subarray(start, start + length);
    if (!this.#sound.has(name) && crc32(bytes) !== checksum) {
      throw faultAt("format", name, "is damaged: its checksum is another");
    }
    this.#sound.add(name);
    return bytes;
  }
}

function readDirectory(view: DataView, bytes: Uint8Array): Map<string, Member> {
  const { start, count } = findDirectory(view);
  // Each entry has as many bytes at least.
  if (count > view.byteLength / lengths.central)
    throw unfit("format", "zip", "a directory that fits the file", `${count} members`);
  const members = new Map<string, Member>();
  let place = start;
  for (let entry = 0; entry < count; entry++) {
    if (place + lengths.central > view.byteLength || view.getUint32(place, true) !== signatures.central) {
      throw faultAt("format", `byte ${place}`, "expected an entry of the zip directory");
    }
    const nameEnd = place + lengths.central + view.getUint16(place + 28, true);
    const extraEnd = nameEnd + view.getUint16(place + 30, true);
    const end = extraEnd + view.getUint16(place + 32, true);
    if (end > view.byteLength)
      throw faultAt("format", `byte ${place}`, "expected an entry of the zip directory, found the end");
    const name = new TextDecoder().decode(bytes.subarray(place + lengths.central, nameEnd));
    members.set(name, readEntry(view, place, nameEnd, extraEnd));
    place = end;
  }
  return members;
}

function readEntry(view: DataView, place: number, extra: number, extraEnd: number): Member {
  const sizes = [view.getUint32(place + 24, true), view.getUint32(place + 20, true), view.getUint32(place + 42, true)];
  if (sizes.includes(wide)) widen(view, sizes, extra, extraEnd);
  const [length = 0, , offset = 0] = sizes;
  return {
    offset,
    length,
    checksum: view.getUint32(place + 16, true),
    method: view.getUint16(place + 10, true),
    flags: view.getUint16(place + 8, true),
  };
}

/** Replaces what did not fit 32 bits by what the extra field says, in the order: length, stored length, offset. */
function widen(view: DataView, sizes: number[], extra: number, extraEnd: number): void {
  for (let place = extra; place + 4 <= extraEnd; ) {
    const end = place + 4 + view.getUint16(place + 2, true);
    if (view.getUint16(place, true) === 1) {
      let field = place + 4;
      for (const [index, size] of sizes.entries()) {
        if (size !== wide) continue;
        if (field + 8 > Math.min(end, extraEnd)) break;
        sizes[index] = Number(view.getBigUint64(field, true));
        field += 8;
      }
      return;
    }
    place = end;
  }
}

/** Where the directory starts, and its entries. */
function findDirectory(view: DataView): { start: number; count: number } {
  const last = view.byteLength - lengths.end;
  for (let place = last; place >= Math.max(0, last - longestComment); place--) {
    if (view.getUint32(place, true) !== signatures.end) continue;
    const [start, count] = [view.getUint32(place + 16, true), view.getUint16(place + 10, true)];
    return start === wide || count === 0xffff ? findWide(view, place - lengths.wideLocator) : { start, count };
  }
  throw unfit("format", "zip", "its directory at the end of the file", "none: the file is cut off, or no zip archive");
}

function findWide(view: DataView, locator: number): { start: number; count: number } {
  if (locator >= 0 && view.getUint32(locator, true) === signatures.wideLocator) {
    const place = Number(view.getBigUint64(locator + 8, true));
    if (place + lengths.wideEnd <= view.byteLength && view.getUint32(place, true) === signatures.wideEnd) {
      return { start: Number(view.getBigUint64(place + 48, true)), count: Number(view.getBigUint64(place + 32, true)) };
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

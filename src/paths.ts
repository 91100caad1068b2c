/** Places in the file system as callers name them: by a path or by a `file:` URL. Node only. */
import { fileURLToPath } from "node:url";
import { faultAt, unfit } from "./errors.js";
import { messageOf } from "./values/brands.js";
import { found } from "./values/found.js";
import { reading } from "./values/options.js";

/** What of a `URL` is used, so that those of any realm will do, and that types need neither Node's nor a browser's. */
export interface FileUrl {
  /** The whole of it. */
  readonly href: string;
  /** `file:`. */
  readonly protocol: string;
}

/**
 * The path that a caller means.
 *
 * @param place - A path, or a `file:` URL.
 * @param name - What messages call it.
 * @returns The path.
 * @throws {@link DecolleError} `config` for what is neither, `unsupported` for a URL that names no place in the file system.
 */
export function pathOf(place: string | FileUrl, name: string): string {
  if (typeof place === "string") {
    if (place !== "") return place;
    throw unfit("config", name, "a path", "an empty text");
  }
  const { href, protocol } = reading(name, () => {
    const { href, protocol } = (place ?? {}) as Partial<FileUrl>;
    return { href, protocol };
  });
  if (typeof href !== "string" || typeof protocol !== "string") {
    throw unfit("config", name, "a path or a file: URL", found(place));
  }
  if (protocol !== "file:") throw unfit("unsupported", name, "a file: URL", `${href}`);
  try {
    return fileURLToPath(href);
  } catch (error) {
    throw faultAt("unsupported", name, `${href} names no file: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

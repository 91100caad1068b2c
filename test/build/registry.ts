/** An npm registry on this machine's loopback address, so that tests install packages as users do and need no network. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a package says of itself, as far as it matters here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files?: string[];
  readonly scripts?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/**
 * Reads the manifest in a packed package.
 *
 * @param file - A `.tgz`.
 * @returns Its package.json.
 */
export function manifestIn(file: string): Manifest {
  return JSON.parse(execFileSync("tar", ["-xzOf", file, "package/package.json"], { encoding: "utf8" }));
}

/**
 * Lists a packed package.
 *
 * @param file - A `.tgz`.
 * @returns The paths in it, from the package's root.
 */
export function filesIn(file: string): string[] {
  const listed = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n");
  return listed.map((path) => path.replace(/^package\//, ""));
}

/**
 * Packs what npm installs along with decolle, out of this clone's node_modules.
 *
 * @param into - A folder, made where there is none.
 * @param peers - Names of peer dependencies that are packed, too; none by default.
 * @returns The files.
 */
export function packDependencies(into: string, peers: readonly string[] = []): string[] {
  mkdirSync(into, { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const needed = Object.keys(packages).filter((path) => {
    const { dev, peer, devOptional, optional } = packages[path];
    const isPeer = peers.some((name) => path === `node_modules/${name}`);
    return isPeer || (path !== "" && !dev && !peer && !devOptional && !optional);
  });
  const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", into];
  execFileSync("npm", [...words, ...needed.map((path) => join(root, path))], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return readdirSync(into).map((name) => join(into, name));
}

/** Packed packages by what they are a version of. */
function byName(files: readonly string[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const file of files) {
    const { name } = manifestIn(file);
    names.set(name, [...(names.get(name) ?? []), file]);
  }
  return names;
}

/** A registry that runs. */
export interface Registry {
  /** Its address. */
  readonly url: string;
  /** Ends it. */
  readonly close: () => void;
}

/**
 * Starts a registry.
 *
 * @param files - Packed packages; it has these and no others.
 * @returns The registry.
 */
export async function serve(files: readonly string[]): Promise<Registry> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answers = new Map<string, Buffer>();
  for (const [name, packed] of byName(files)) {
    const versions = packed.map((file) => {
      const bytes = readFileSync(file);
      const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
      answers.set(basename(file), bytes);
      return { ...manifestIn(file), dist: { tarball: `${url}${basename(file)}`, integrity } };
    });
    const document = {
      name,
      "dist-tags": { latest: versions.at(-1)?.version },
      versions: Object.fromEntries(versions.map((manifest) => [manifest.version, manifest])),
    };
    answers.set(name, Buffer.from(JSON.stringify(document)));
  }
  server.on("request", (request, response) => {
    const answer = answers.get(decodeURIComponent((request.url ?? "").slice(1)));
    if (answer === undefined) response.writeHead(404).end("{}");
    else response.end(answer);
  });
  return { url, close: () => server.close() };
}

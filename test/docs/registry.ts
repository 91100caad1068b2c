/** A registry of npm that has the packages which are installed here, so that a test can install them without a network. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));

/** A registry that runs. */
export interface Registry {
  /** Where, as npm's setting `registry` wants it. */
  readonly address: string;
  /** Ends it. */
  readonly close: () => Promise<void>;
}

/** The archive of an installed package, as a registry gives it: all files below `package`. */
async function archive(name: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "decolle-archive-"));
  try {
    await symlink(join(modules, name), join(folder, "package"));
    // -h: what the link leads to, not the link.
    await execute("tar", ["-chzf", "package.tgz", "--exclude", "package/node_modules", "package"], { cwd: folder });
    return await readFile(join(folder, "package.tgz"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Starts a registry on a free port.
 *
 * @returns It; every package has one version, the installed one. What is not installed is not found.
 */
export async function startRegistry(): Promise<Registry> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "", "http://localhost").pathname).slice(1);
    const [name = "", file] = path.split("/-/");
    const manifest = join(modules, name, "package.json");
    if (request.method !== "GET" || name === "" || !existsSync(manifest)) return response.writeHead(404).end("{}");
    if (file !== undefined) {
      return archive(name).then(
        (bytes) => response.end(bytes),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    }
    const described = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    const dist = { tarball: `http://${request.headers.host}/${name}/-/${described.version}.tgz` };
    const { version } = described;
    return response.end(
      JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...described, dist } } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

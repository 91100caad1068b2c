/** A server for a folder, on a port of this machine. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A folder that is served. */
export interface Served {
  /** Its address. */
  readonly address: string;
  /** Paths of the files that were sent so far, in order. */
  readonly sent: readonly string[];
  /** What a page sends first, by POST. */
  readonly posted: Promise<string>;
  /** Ends the server. */
  close(): void;
}

/**
 * Serves a folder.
 *
 * @param site - The folder.
 * @param headers - Sent with every file.
 * @returns The address, what was sent, and what ends the server.
 */
export async function serve(site: string, headers: Readonly<Record<string, string>>): Promise<Served> {
  const sent: string[] = [];
  let hear: (text: string) => void;
  const posted = new Promise<string>((resolve) => {
    hear = resolve;
  });
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      response.writeHead(204, headers).end();
      void text(request).then(hear);
      return;
    }
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = path === "/" ? "/index.html" : path;
    try {
      const body = readFileSync(join(site, file));
      response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", ...headers });
      response.end(body);
      sent.push(file);
    } catch {
      // Browsers ask for it by themselves, and complain where it is missing.
      response.writeHead(file === "/favicon.ico" ? 204 : 404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://localhost:${port}/`, sent, posted, close: () => server.close() };
}

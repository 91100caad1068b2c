/**
 * The published types compile in projects that have neither Node's types nor the newest library, and check what they get.
 * `DECOLLE_TYPESCRIPT` names folders of further compilers (with `:` between), such as one of TypeScript 5.0.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);
const compilers = [join(root, "node_modules/typescript"), ...(process.env["DECOLLE_TYPESCRIPT"]?.split(":") ?? [])];

const program = `
import { dense, DecolleError, Network, type RunOptions } from "decolle";
export async function work(signal: NonNullable<RunOptions["signal"]>): Promise<Uint8Array> {
  const network = await Network.create({ input: { units: 4 }, layers: [dense({ units: 3 })], readout: { units: 2 } });
  try {
    await network.run({ input: { counts: new Float32Array(4), samples: 1, steps: 1 } }, { signal });
    return network.toBytes();
  } catch (error) {
    if (DecolleError.is(error)) throw new Error(error.code);
    throw error;
  } finally {
    network[Symbol.dispose]();
  }
}
`;
const withDom = `${program}\nexport const done = work(new AbortController().signal);\n`;
const using = `${program}
export async function scope(): Promise<number> {
  using network = await Network.create({ input: { units: 4 }, layers: [], readout: { units: 2 } });
  return (await network.describe()).inputSize;
}
`;

const page = `
import { datasets, events } from "decolle";
export const some: Promise<unknown> = events.load(new Blob([]));
// @ts-expect-error Where there are no files, there is no data set in files.
export const none = datasets.nmnist("path");
`;

const files = `
import { type EventColumns, events, type FileBytes, type Network, type Reservoir } from "decolle";
const format = "es";
export async function save(network: Network, memory: Reservoir, columns: EventColumns): Promise<Blob> {
  const bytes: FileBytes = await network.toBytes();
  postMessage(bytes, "/", [bytes.buffer]);
  await crypto.subtle.digest("SHA-256", memory.toBytes());
  const parts: BlobPart[] = [bytes, await events.encode(columns, { format })];
  for await (const piece of events.write([columns], { format })) parts.push(piece);
  return new Response(new Blob(parts)).blob();
}
`;

const camera = `
import { events } from "decolle";
export async function show(video: HTMLVideoElement): Promise<void> {
  video.srcObject = await events.openCamera();
  for await (const { until } of events.fromVideo(video)) if (until > 1e6) break;
}
`;
const cameraWithoutDom = `
import { events } from "decolle";
export async function look(): Promise<void> {
  const stream = await events.openCamera();
  for await (const { until } of events.fromVideo(stream)) if (until > 1e6) break;
  for (const track of stream.getTracks()) track.stop();
  // @ts-expect-error Nothing more is known of it without the types of browsers.
  stream.active;
}
`;

/** Name, condition, libraries, program. */
const projects: ReadonlyArray<[string, "node" | "browser", string[], string]> = [
  ["Node's way without Node's types", "node", ["ES2022", "DOM"], withDom],
  ["Node's way without the DOM either", "node", ["ES2022"], program],
  ["a bundler's way for browsers", "browser", ["ES2022", "DOM"], withDom],
  ["a bundler's way for browsers, which have no files", "browser", ["ES2022", "DOM"], page],
  ["a bundler's way without the DOM", "browser", ["ES2022"], program],
  ["a page that hands out files", "browser", ["ES2022", "DOM"], files],
  ["a page that shows its webcam", "browser", ["ES2022", "DOM"], camera],
  ["a webcam's stream without the DOM", "browser", ["ES2022"], cameraWithoutDom],
  ["`using`, with the library that it needs", "node", ["ES2022", "DOM", "ESNext.Disposable"], using],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-types-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/decolle"), "dir");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(compilers)("the published types, read by the compiler in %s", { timeout: 180_000 }, (compiler) => {
  it.each(projects)("compile in %s", async (name, condition, lib, text) => {
    const { stdout: version } = await execute(process.execPath, [join(compiler, "bin/tsc"), "--version"]);
    // `using` came with TypeScript 5.2.
    if (text === using && /Version 5\.[01]\./.test(version)) return;
    const project = join(folder, `${name.replace(/\W+/g, "-")}.json`);
    const program = project.replace(/json$/, "ts");
    await writeFile(program, text);
    const way =
      condition === "node"
        ? { module: "NodeNext", moduleResolution: "NodeNext" }
        : { module: "ESNext", moduleResolution: "bundler", customConditions: ["browser"] };
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      types: [],
      target: "ES2022",
      lib,
      ...way,
    };
    await writeFile(project, JSON.stringify({ compilerOptions, files: [program] }));
    const found = await execute(process.execPath, [join(compiler, "bin/tsc"), "-p", project]).then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(found).toBe("");
  });
});

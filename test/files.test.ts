/** Files: what is replaced when a network is saved, what is refused, and how many are open at a time. */
import { execFile, execFileSync, spawn } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { datasets, dense, Network } from "../src/index.js";

const specification = { input: { units: 4 }, layers: [dense({ units: 2 })], readout: { units: 2 } } as const;
const own = fileURLToPath(new URL("data/nmnist", import.meta.url));

let root: string;
let folder: string;
let network: Network;
let bytes: Uint8Array;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "decolle-files-"));
  network = await Network.create(specification);
  bytes = await network.toBytes();
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, "case-"));
});
afterAll(async () => {
  network.dispose();
  await rm(root, { recursive: true });
});

const written = async (path: string) => new Uint8Array(await readFile(path));

describe("a network saved through a symbolic link", () => {
  it("replaces the file that the link leads to, over several links and folders; the links stay", async () => {
    await mkdir(join(folder, "store"));
    await writeFile(join(folder, "store", "model"), "old");
    await symlink(join("store", "model"), join(folder, "first"));
    await symlink("first", join(folder, "second"));
    await network.save(join(folder, "second"));
    expect(await written(join(folder, "store", "model"))).toEqual(bytes);
    expect(await readlink(join(folder, "second"))).toBe("first");
    expect(await readlink(join(folder, "first"))).toBe(join("store", "model"));
    expect((await readdir(folder)).sort()).toEqual(["first", "second", "store"]);
    expect(await readdir(join(folder, "store"))).toEqual(["model"]);
  });

  it("makes the file that the link leads to, where there is none yet", async () => {
    await mkdir(join(folder, "store"));
    await symlink(join("store", "model"), join(folder, "link"));
    await network.save(join(folder, "link"));
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await written(join(folder, "store", "model"))).toEqual(bytes);
  });

  it("keeps the permissions of the file that it replaces", async () => {
    const path = join(folder, "model");
    await writeFile(path, "old");
    await chmod(path, 0o640);
    await network.save(path);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });
});

describe("what is no regular file", () => {
  const places: ReadonlyArray<[string, string, (path: string) => Promise<unknown>]> = [
    ["a folder", "a folder", (path) => mkdir(path)],
    ["a pipe", "a pipe", async (path) => execFileSync("mkfifo", [path])],
    // Of its own and never one of the system's: where saving is broken, that would be gone.
    ["a device", "a device", async (path) => execFileSync("mknod", [path, "c", "1", "3"], { stdio: "ignore" })],
    [
      "a link to a pipe",
      "a pipe",
      async (path) => {
        execFileSync("mkfifo", [`${path}-led-to`]);
        await symlink(`${path}-led-to`, path);
      },
    ],
    ["a link to a folder", "a folder", (path) => symlink(".", path)],
    [
      "a socket",
      "a socket",
      (path) =>
        new Promise<void>((resolve) => {
          const server = createServer().listen(path, resolve);
          server.unref();
        }),
    ],
  ];

  it.for(places)("is not replaced by a saved network: %s", async ([what, name, make], { skip }) => {
    const path = join(folder, "place");
    try {
      await make(path);
    } catch (error) {
      if (what === "a device") skip("only the superuser makes devices, and not in every container");
      throw error;
    }
    const listed = await readdir(folder);
    const before = await lstat(path);
    const message = expect.stringContaining(`${path}: could not be written: expected a regular file, found ${name}`);
    await expect(network.save(path)).rejects.toMatchObject({ code: "io", message });
    const after = await lstat(path);
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
    expect(await readdir(folder)).toEqual(listed);
  });
});

describe("a pipe", () => {
  it("can be loaded from, in pieces", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const model = join(folder, "model");
    await network.save(model);
    const half = Math.floor(bytes.length / 2);
    const script = `(head -c ${half} '${model}'; sleep 0.2; tail -c +${half + 1} '${model}') > '${path}'`;
    const writer = spawn("sh", ["-c", script]);
    using loaded = await Network.load(path);
    expect(await loaded.toBytes()).toEqual(bytes);
    if (writer.exitCode === null) await new Promise((resolve) => writer.on("close", resolve));
  });
});

describe("a file: URL", () => {
  it("is as good as a path, to save, to load and for a data set", async () => {
    const url = pathToFileURL(join(folder, "a model, 100 % new.safetensors"));
    await network.save(url);
    expect(await readdir(folder)).toEqual(["a model, 100 % new.safetensors"]);
    using loaded = await Network.load(url);
    expect(await loaded.toBytes()).toEqual(bytes);
    const place = pathToFileURL(own);
    expect((await datasets.nmnist(place)).train.length).toBe(10);
    expect((await datasets.open({ kind: "nmnist", path: place })).test.length).toBe(10);
  });

  it("may come from another realm", async () => {
    const { href, protocol } = pathToFileURL(join(folder, "model"));
    await network.save({ href, protocol });
    expect(await written(join(folder, "model"))).toEqual(bytes);
  });
});

/** A data set of many copies of one recording. */
async function copies(count: number): Promise<string> {
  const recording = await readFile(join(own, "Train", "0", "00261.bin"));
  for (const split of ["Train", "Test"]) {
    await mkdir(join(folder, split, "0"), { recursive: true });
    const numbers = Array.from({ length: split === "Train" ? count : 1 }, (_, number) => number);
    await Promise.all(
      numbers.map((number) =>
        writeFile(join(folder, split, "0", `${number}`.padStart(5, "0").concat(".bin")), recording),
      ),
    );
  }
  return folder;
}

describe("1,510 recordings in one batch", () => {
  it.skipIf(process.platform === "win32")(
    "are read where 256 files may be open, by several networks at once",
    async () => {
      const data = await copies(1510);
      const program = `
      import { datasets, dense, Network } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
      const { train } = await datasets.nmnist(${JSON.stringify(data)});
      const specification = { input: { units: 2 * 34 * 34 }, layers: [dense({ units: 2 })], readout: { units: 10 } };
      const networks = [await Network.create(specification), await Network.create(specification)];
      const evaluations = networks.map((network) => network.evaluate(train, { batchSize: 1510, steps: 2 }));
      const all = await Promise.all([...evaluations, ...Array.from(train.classes, () => train.sample(0))]);
      console.log(all[0].samples + all[1].samples);
    `;
      const words = [process.execPath, "--input-type=module", "--eval", program];
      const { stdout } = await promisify(execFile)("sh", ["-c", 'ulimit -n 256 && exec "$@"', "sh", ...words]);
      expect(stdout.trim()).toBe("3020");
    },
  );
});

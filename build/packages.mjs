// @ts-check
/**
 * Makes the packages that are published, from what is built: `npm run packages [-- FOLDER]`, into target/packages.
 *
 * `decolle` holds no addon. Each addon is a package of its own, with the platform in its name, and an optional dependency of
 * `decolle`, so that npm installs the one that fits and no script runs when it does. Without a folder there is one, the addon
 * of dist/native; with a folder that of every target of package.json, from decolle.*.node there, and one that is missing is an
 * error.
 *
 * The optional dependencies are written into the copy that is packed and not into package.json: `npm ci` in a clone would ask
 * the registry for packages of a version that is not published yet.
 */

import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, npm, root, run, script } from "./command.mjs";
import { setUp } from "./setup.mjs";

/** Most bytes of an addon, on any platform. */
export const mostAddonBytes = 4_600_000;

/** What every package carries besides its code. */
const notices = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"];

/**
 * What a manifest says of where it was built, which npm compares with the workflow that publishes it (provenance).
 *
 * @returns {{ repository?: { type: string, url: string } }}
 */
function origin() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  return server && repository ? { repository: { type: "git", url: `git+${server}/${repository}.git` } } : {};
}

/**
 * The manifest of the copy: what only a clone needs is left out.
 *
 * @param {readonly string[]} platforms - Names of the packages with addons.
 */
function manifest(platforms) {
  const whole = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { scripts: _, devDependencies: __, napi: ___, ...kept } = whole;
  const optionalDependencies = Object.fromEntries(platforms.map((name) => [name, whole.version]));
  return { ...kept, ...origin(), optionalDependencies };
}

/** @param {string} path @param {unknown} value */
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);

/**
 * The packages of the addons, as napi-rs describes them, in `folder`: one folder a platform, without the addon.
 *
 * @param {string} folder
 * @returns {Promise<Map<string, string>>} Folders by the platform, such as linux-x64-gnu.
 */
async function platformPackages(folder) {
  // Not at the top: a fresh clone runs this file before it has any package.
  const { NapiCli, parseTriple } = await import("@napi-rs/cli");
  const whole = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeJson(join(folder, "package.json"), { ...whole, ...origin() });
  await new NapiCli().createNpmDirs({ cwd: folder, npmDir: "." });
  rmSync(join(folder, "package.json"));
  /** @type {string[]} */
  const targets = whole.napi.targets;
  return new Map(
    targets.map((target) => {
      const { platformArchABI } = parseTriple(target);
      return [platformArchABI, join(folder, platformArchABI)];
    }),
  );
}

/**
 * Makes the packages.
 *
 * @param {string} into - The folder that the files go to, of packages' names and versions; what was there is gone.
 * @param {{ addons?: string, all?: boolean }} [from] - Where the addons are, by default dist/native; whether one that is missing
 *   is an error, false by default.
 * @returns {Promise<string[]>} The files: `decolle` first, then the addons.
 */
export async function makePackages(into, { addons = join(root, "dist", "native"), all = false } = {}) {
  run(process.execPath, [join("build", "package.mjs")]);
  rmSync(into, { recursive: true, force: true });
  const staged = join(into, "staged");
  const main = join(staged, "decolle");
  mkdirSync(main, { recursive: true });
  const platforms = await platformPackages(staged);
  const there = Array.from(platforms).filter(([platform]) => existsSync(join(addons, `decolle.${platform}.node`)));
  const missing = Array.from(platforms.keys()).filter((platform) => !there.some(([one]) => one === platform));
  if (there.length === 0 || (all && missing.length > 0)) {
    throw new CommandError(`${relative(root, addons)} has no decolle.PLATFORM.node for ${missing.join(", ")}`);
  }

  for (const name of ["dist", "wasm", "README.md", "CHANGELOG.md", ...notices]) {
    cpSync(join(root, name), join(main, name), { recursive: true, filter: (path) => !path.endsWith(".node") });
  }
  writeJson(join(main, "package.json"), manifest(Array.from(platforms.keys(), (platform) => `decolle-${platform}`)));
  for (const [platform, folder] of there) {
    const file = `decolle.${platform}.node`;
    const { size } = statSync(join(addons, file));
    if (size > mostAddonBytes) {
      throw new CommandError(`${file} takes ${size} bytes, expected at most ${mostAddonBytes}`);
    }
    copyFileSync(join(addons, file), join(folder, file));
    for (const name of notices) copyFileSync(join(root, name), join(folder, name));
    const own = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    writeJson(join(folder, "package.json"), { ...own, type: "commonjs", files: [file, ...notices] });
  }

  const { version } = JSON.parse(readFileSync(join(main, "package.json"), "utf8"));
  const folders = [main, ...there.map(([, folder]) => folder)];
  npm(["pack", "--silent", "--pack-destination", into, ...folders]);
  const names = ["decolle", ...there.map(([platform]) => `decolle-${platform}`)];
  return names.map((name) => join(into, `${name}-${version}.tgz`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await script(async () => {
    const [addons] = process.argv.slice(2);
    setUp();
    const into = join(root, "target", "packages");
    await makePackages(into, addons === undefined ? {} : { addons: resolve(addons), all: true });
  });
}

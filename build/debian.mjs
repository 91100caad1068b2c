// @ts-check
/** Installs what a bare Debian machine lacks. Elsewhere the message says what to install. */

import { existsSync } from "node:fs";
import { CommandError, read, run } from "./command.mjs";

/**
 * Installs Debian packages, where this is Debian and we are root.
 *
 * @param {readonly string[]} packages
 * @param {string} purpose - What they are for, for the message to those who have to install something themselves.
 */
export function install(packages, purpose) {
  const missing = packages.filter(
    (name) => !read("dpkg-query", ["-s", name])?.includes("Status: install ok installed"),
  );
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
    throw new CommandError(`${purpose}: on Debian as root, apt-get install ${missing.join(" ")}`);
  }
  console.log(`Installing ${missing.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], env);
  // Waits for whoever is installing, as a fresh machine does by itself.
  run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq", "--no-install-recommends", ...missing], env);
}

/** Makes sure that a C linker is there, which rustc calls. */
export function installLinker() {
  if (process.platform === "linux" && read("cc", ["--version"]) === undefined) {
    install(["gcc", "libc6-dev"], "Rust needs a C compiler to link with");
  }
}

/**
 * Makes sure that Debian's Chromium is there, for the tests in a browser.
 *
 * @returns {string | undefined} Why it is not.
 */
export function installChromium() {
  if (existsSync("/usr/bin/chromium")) return undefined;
  try {
    install(["chromium"], "The tests in a browser need /usr/bin/chromium");
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.message;
  }
}

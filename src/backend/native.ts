/** Loads the native addon that `crates/node` builds. */

import type { Binding, EngineBinding, RulesBinding } from "./contract.js";
import { Core, type Instance } from "./core.js";
import { guard, guardRules } from "./guard.js";
import type { RecordingsBinding } from "./recordings.js";

/**
 * Loads the addon for this platform, for its engine: that of a clone, in `dist/native`, else the package of the platform's name.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws An error that says which addon is missing, or whatever the system says of the one that does not load.
 */
export async function loadNative(): Promise<Binding> {
  const core = new Core(await addon(), true);
  return guard(core, guardRules(core));
}

/**
 * Loads the addon for this platform, for recordings.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws As {@link loadNative}.
 */
export async function loadNativeRecordings(): Promise<RecordingsBinding> {
  const [instance, { guardRecordings }] = await Promise.all([addon(), import("./guard-recordings.js")]);
  return guardRecordings(new Core(instance, true));
}

/** All that the addon holds. */
type Addon = EngineBinding & RulesBinding & RecordingsBinding;

/** The addon as an instance that never breaks. */
async function addon(): Promise<() => Instance<Addon>> {
  const binding: Addon = await import("#native").catch((error: unknown) => {
    throw explained(error);
  });
  // Panics unwind there, so that it goes on; threads are the addon's own, and it tells the collector of its memory.
  return () => ({ binding, fault: () => undefined, started: async () => {}, end: () => {} });
}

/** What an error may have; whose realm it is of does not matter. */
type Thrown = { readonly message?: unknown; readonly cause?: unknown } | undefined | null;

/**
 * The loader that napi-rs writes tries one name after the other, and advises people to install again whatever the reason is;
 * that would bring back the same package.
 */
function explained(error: unknown): unknown {
  const attempts: Thrown[] = [];
  for (let thrown = error as Thrown; thrown && attempts.length < 32; thrown = thrown.cause as Thrown) {
    attempts.push(thrown);
  }
  if (!attempts.some((thrown) => /native binding/.test(String(thrown?.message)))) return error;
  const refused = attempts
    .map((thrown) => String(thrown?.message))
    .find((text) => text.includes(addonName()) && !text.startsWith("Cannot find module"));
  const reason =
    refused === undefined
      ? `the addon for this platform is not installed, which would be the package decolle-${platformName()} (docs/installing.md), or decolle was bundled without it (docs/bundlers.md)`
      : `the system refuses the addon: ${refused}`;
  return new Error(`${reason}; WebAssembly needs none ({ backend: "wasm" }, or "auto")`, { cause: error });
}

/** The addon's file, in its package or in `dist/native` of a clone, as napi-rs names it. */
function addonName(): string {
  return `decolle.${platformName()}.node`;
}

/** This platform, as napi-rs names it. */
function platformName(): string {
  const { platform, arch } = process;
  return [platform, arch, library(platform)].filter((part) => part !== "").join("-");
}

/** Which C library, or which compiler's, the addon is linked with. */
function library(platform: string): string {
  if (platform === "win32") return "msvc";
  if (platform !== "linux") return "";
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime === undefined ? "musl" : "gnu";
}

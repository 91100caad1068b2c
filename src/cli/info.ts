/** `decolle info`: what there is to know about this installation and this machine. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { type BackendProbe, probeBackends } from "../backend/select.js";
import type { DecolleError } from "../errors.js";
import { presets } from "../presets/index.js";
import { messageOf } from "../values/brands.js";

/**
 * Version of the package.
 *
 * @returns Such as `0.1.0`.
 */
export function packageVersion(): string {
  // Two folders up both from the sources and from what is compiled of them.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * Writes version, builds and processor to standard output.
 *
 * @param flags - `json`: whether as JSON.
 */
export async function infoCommand(flags: { readonly json?: boolean }): Promise<void> {
  const backends = await probeBackends();
  const processor = { model: cpus()[0]?.model ?? "unknown", parallelism: availableParallelism() };
  const simd = backends.find((backend) => backend.kind === "native")?.simd ?? null;
  const platform = `${process.platform}-${process.arch}`;
  const { version: node } = process;
  if (flags.json) {
    const builds = backends.map(({ error, singleThreaded, ...backend }) => ({
      ...backend,
      ...(singleThreaded && { singleThreaded: reasonOf(singleThreaded) }),
      ...(error && { error: { code: error.code, message: error.message } }),
    }));
    const cpu = { ...processor, simd };
    const all = { version: packageVersion(), node, platform, cpu, backends: builds, presets: Object.keys(presets) };
    console.log(JSON.stringify(all));
    return;
  }
  const lines = [
    `decolle ${packageVersion()}, Node ${node} on ${platform}`,
    `processor: ${processor.model}, ${processor.parallelism} threads${simd === null ? "" : `, ${simd}`}`,
    ...backends.map(backendLine),
    `presets: ${Object.keys(presets).join(", ")}`,
  ];
  console.log(lines.join("\n"));
}

function backendLine({ kind, loads, simd, threads, singleThreaded, error }: BackendProbe): string {
  if (!loads) return `${kind}: does not load: ${error?.message ?? "unknown reason"}`;
  const why = singleThreaded ? `: ${reasonOf(singleThreaded)}` : "";
  return `${kind}: loads, ${simd}, ${threads} ${threads === 1 ? "thread" : "threads"}${why}`;
}

function reasonOf({ message, cause }: DecolleError): string {
  return cause === undefined ? message : messageOf(cause);
}

/** The ready bundle in Debian's Firefox, which needs no driver: the page sends what came out to its server. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../build/command.mjs";
import { agreed } from "../determinism/agreed.js";
import { copyPackage, copyProgram, html, prepare } from "./bundlers/program.js";
import { isolation } from "./isolation.js";
import type { Request } from "./page/page.js";
import { serve } from "./server.js";

const program = "/usr/bin/firefox-esr";
const built = existsSync(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));

const single: Request = { training: "dense", choice: { backend: "wasm", threads: 1 } };
const threaded: Request = { training: "convolutional", choice: { backend: "wasm", threads: 2 } };

/** Trains as soon as the page is loaded, and sends what came out. */
const script = `import "./page.js";
  const told = (work) => work.catch((error) => ({ failed: String(error) }));
  const onPage = await told(page.onPage(${JSON.stringify(single)}));
  const inWorker = await told(page.inWorker(${JSON.stringify(threaded)}));
  await fetch("/", { method: "POST", body: JSON.stringify({ agent: navigator.userAgent, onPage, inWorker }) });`;

/** Starts it on a page, without a window and with an empty profile. */
function open(address: string, profile: string): ChildProcess {
  const quiet = [
    "browser.shell.checkDefaultBrowser",
    "datareporting.policy.dataSubmissionEnabled",
    "app.update.enabled",
  ];
  writeFileSync(join(profile, "user.js"), quiet.map((name) => `user_pref("${name}", false);\n`).join(""));
  return spawn(program, ["--headless", "--no-remote", "--profile", profile, address], {
    stdio: "ignore",
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
  });
}

it.runIf(existsSync(program))("a page trains in Firefox to the agreed bits", { timeout: 240_000 }, async () => {
  const folder = join(root, "target", "firefox");
  const site = join(folder, "site");
  await prepare(folder);
  copyProgram(folder, site, "/decolle/browser/decolle.js");
  copyPackage(folder, site);
  mkdirSync(site, { recursive: true });
  writeFileSync(join(site, "report.js"), script);
  writeFileSync(join(site, "index.html"), html("./report.js"));
  const server = await serve(site, isolation);
  const profile = mkdtempSync(join(tmpdir(), "decolle-firefox-"));
  const firefox = open(server.address, profile);
  try {
    const { agent, onPage, inWorker } = JSON.parse(await server.posted);
    expect(agent).toContain("Firefox/");
    expect(onPage).toMatchObject({ digest: agreed.dense, backend: { kind: "wasm", threads: 1 } });
    if (built) expect(inWorker).toMatchObject({ digest: agreed.convolutional, backend: { kind: "wasm", threads: 2 } });
  } finally {
    const ended = new Promise((resolve) => firefox.once("exit", resolve));
    firefox.kill("SIGKILL");
    await ended;
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
});

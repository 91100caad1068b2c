/** Networks of a page's own thread work in a Worker that the package starts: the page stays alive, and nothing is left behind. */
import { existsSync, readFileSync } from "node:fs";
import type { Browser, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agreed } from "../determinism/agreed.js";
import { bundle, isolation, serve } from "./bundle.js";
import { installed, launch } from "./chromium.js";
import type { Outcome, Page, Request } from "./page/page.js";

type Alive = Page["alive"];

const built = existsSync(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));

describe.runIf(installed)("a page's own thread in Chromium", () => {
  let browser: Browser;
  let site: string;
  beforeAll(async () => {
    [site, browser] = await Promise.all([bundle("worker"), launch()]);
  });
  afterAll(() => browser?.close());

  /** Opens the page, served with these headers. */
  async function opened<Result>(
    headers: Readonly<Record<string, string>>,
    use: (tab: Tab, said: string[]) => Promise<Result>,
  ): Promise<Result> {
    const server = await serve(site, headers);
    const tab = await browser.newPage();
    const said: string[] = [];
    tab.on("console", (message) => said.push(message.text()));
    try {
      await tab.goto(server.address);
      return await use(tab, said);
    } finally {
      await tab.close();
      server.close();
    }
  }

  const onPage = (tab: Tab, request: Request): Promise<Outcome> =>
    tab.evaluate((wanted) => (globalThis as unknown as { page: Page }).page.onPage(wanted), request);

  /** Calls one of the functions of `page/alive.ts`. */
  const call = <Name extends keyof Alive>(tab: Tab, name: Name, ...given: Parameters<Alive[Name]>) =>
    tab.evaluate(
      ([name, given]) => {
        const { alive } = (globalThis as unknown as { page: Page }).page;
        return (alive[name] as (...given: unknown[]) => unknown)(...given);
      },
      [name, given] as const,
    ) as Promise<Awaited<ReturnType<Alive[Name]>>>;

  /** How many Workers run, nested ones included. Chromium is asked, since a list that is kept by events may miss one. */
  async function running(): Promise<number> {
    const session = await browser.newBrowserCDPSession();
    const { targetInfos } = await session.send("Target.getTargets");
    await session.detach();
    return targetInfos.filter(({ type }) => type === "worker").length;
  }

  /** Waits until so many Workers run. */
  const workers = (count: number) => expect.poll(running, { timeout: 30_000 }).toBe(count);

  it.runIf(built)("learns with threads where the page is isolated, to the agreed bits", async () => {
    await opened(isolation, async (tab, said) => {
      const outcome = await onPage(tab, { training: "convolutional", choice: { threads: 2 } });
      expect(outcome).toMatchObject({ backend: { kind: "wasm", threads: 2 }, threads: 2 });
      expect(outcome).toMatchObject({ digest: agreed.convolutional, times: [9, 12] });
      expect(outcome.fallback).toBeUndefined();
      expect(said).toEqual([]);
      await workers(0);
    });
  });

  it.each([{ backend: "wasm" }, {}] as const)(
    "learns with one thread where it is not, to the agreed bits, and says why, once: %o",
    async (choice) => {
      await opened({}, async (tab, said) => {
        for (const training of ["dense", "convolutional"] as const) {
          const outcome = await onPage(tab, { training, choice });
          expect(outcome).toMatchObject({ backend: { threads: 1 }, digest: agreed[training] });
          expect(outcome.fallback?.cause).toContain("cross-origin isolated");
        }
        expect(said).toEqual([expect.stringContaining("cross-origin isolated")]);
        expect(said.join()).not.toContain("addon");
        await workers(0);
      });
    },
  );

  it("draws frames while it learns", async () => {
    await opened(isolation, async (tab) => {
      for (const threads of built ? [1, 2] : [1]) {
        const outcome = await call(tab, "framesWhileLearning", { backend: "wasm", threads });
        expect(outcome.threads).toBe(threads);
        expect(outcome.frames).toBeGreaterThan(2);
      }
    });
  });

  it("gives up a batch that is aborted, and is as before", async () => {
    const outcome = await opened(isolation, (tab) => call(tab, "aborted"));
    expect(outcome).toMatchObject({ error: { name: "DecolleError", code: "aborted" }, same: true, goesOn: true });
  });

  it("tells mistakes as an engine on this thread does", async () => {
    await opened(isolation, async (tab) => {
      const told = await call(tab, "mistakes");
      const codes = ["busy", "range", "checkpoint", "config", "shape", "range", "not-finite", "range", "range"];
      expect(told.map((fault) => fault?.code)).toEqual([...codes, "disposed", "disposed"]);
      expect(told).toEqual(await call(tab, "mistakes", { worker: false }));
    });
  });

  it("leaves no Worker and no memory behind", async () => {
    await opened(isolation, async (tab) => {
      const choice = { threads: built ? 2 : 1 };
      await call(tab, "openAndClose", 5, choice);
      await workers(0);
      const before = await residentOf(browser);
      await call(tab, "openAndClose", 10, choice);
      await workers(0);
      // Each network held 8 MB of weights, and more of state, in a memory of its own.
      expect((await residentOf(browser)) - before).toBeLessThan(80 * 2 ** 20);
    });
  });

  it("leaves no Worker behind where what lies beside a network in its checkpoint is refused", async () => {
    await opened({}, async (tab) => {
      expect(await call(tab, "refused")).toMatchObject({ code: "checkpoint", path: expect.stringContaining("clock") });
      await workers(0);
    });
  });

  it("ends the Workers of networks that nobody holds any more", async () => {
    await opened({}, async (tab) => {
      await call(tab, "forget");
      const session = await tab.context().newCDPSession(tab);
      await expect
        .poll(
          async () => {
            await session.send("HeapProfiler.collectGarbage");
            return running();
          },
          { timeout: 30_000 },
        )
        .toBe(0);
    });
  });

  /** Ways in which a Worker ends in the middle of its work, and what is then said. */
  const ends: ReadonlyArray<readonly [string, () => void, string]> = [
    [
      "throws",
      () => {
        setTimeout(() => {
          throw new Error("broken on purpose");
        });
      },
      "broken on purpose",
    ],
    ["closes itself", () => globalThis.close(), "has ended"],
  ];

  it.each(ends)("outlives a Worker that %s: its calls say so, and other networks work", async (_, end, reason) => {
    await opened({}, async (tab) => {
      await call(tab, "beginToWork");
      await workers(1);
      await tab.workers()[0]?.evaluate(end);
      const outcome = await call(tab, "afterIt");
      const broken = { name: "DecolleError", code: "backend", message: expect.stringContaining(reason) };
      expect(outcome).toMatchObject({ work: broken, later: broken, another: true });
      await workers(0);
    });
  });

  it("ends work that is under way when its network is disposed of", async () => {
    await opened({}, async (tab) => {
      await call(tab, "beginToWork");
      await call(tab, "dispose");
      const disposed = { name: "DecolleError", code: "disposed" };
      expect(await call(tab, "afterIt")).toMatchObject({ work: disposed, later: disposed, another: true });
      await workers(0);
    });
  });

  const scripts = "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'";

  it("works on the page's own thread where Workers are forbidden, and says why, once", async () => {
    await opened({ "Content-Security-Policy": `${scripts}; worker-src 'none'` }, async (tab, said) => {
      for (const training of ["dense", "convolutional"] as const) {
        const outcome = await onPage(tab, { training, choice: {} });
        expect(outcome).toMatchObject({ backend: { threads: 1 }, digest: agreed[training] });
        expect(outcome.fallback?.message).toContain("on the page's own");
      }
      expect(said.filter((text) => text.includes("decolle:") && text.includes("on the page's own"))).toHaveLength(1);
      const demanded = await onPage(tab, { training: "dense", choice: { backend: "wasm", threads: 2 } });
      expect(demanded.error).toMatchObject({ code: "unsupported" });
    });
  });

  it("works under a policy that allows WebAssembly and Workers, and nothing else", async () => {
    const headers = { ...isolation, "Content-Security-Policy": `${scripts}; worker-src 'self'` };
    const outcome = await opened(headers, (tab) => onPage(tab, { training: "dense", choice: { backend: "wasm" } }));
    expect(outcome).toMatchObject({ digest: agreed.dense });
  });

  it("says in words that a policy forbids WebAssembly", async () => {
    const headers = { "Content-Security-Policy": "default-src 'self'; img-src data:" };
    const outcome = await opened(headers, (tab) => onPage(tab, { training: "dense", choice: { backend: "wasm" } }));
    expect(outcome.error).toMatchObject({ code: "backend", message: expect.stringContaining("'wasm-unsafe-eval'") });
  });
});

/** Bytes of memory that the pages of a browser hold. */
async function residentOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  return renderers.reduce((sum, { id }) => {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8")) ?? [];
    return sum + 1024 * Number(kilobytes);
  }, 0);
}

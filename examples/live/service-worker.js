// @ts-check
/**
 * Keeps the page's files, so that it works offline, and adds the two headers that isolate it from other origins, so that
 * threads may share memory on hosts that cannot be told to send them. The build fills in files and version.
 */

const version = "VERSION";
const files = ["FILES"];
const worker = /** @type {any} */ (globalThis);

worker.addEventListener("install", (/** @type {any} */ event) => {
  const keep = async () => {
    await (await caches.open(version)).addAll(files);
    await worker.skipWaiting();
  };
  event.waitUntil(keep());
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const clear = async () => {
    for (const name of await caches.keys()) if (name !== version) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clear());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  const answer = async () => {
    const found = (await caches.match(request, { ignoreSearch: true })) ?? (await fetch(request));
    const headers = new Headers(found.headers);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Embedder-Policy", "require-corp");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
  };
  event.respondWith(answer());
});

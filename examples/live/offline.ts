/** Registers the service worker, which keeps the page's files and isolates it where the host does not. */

/** Registers it in built pages; one that is not isolated yet is loaded again, once, through it. */
export async function keepOffline(): Promise<void> {
  if (import.meta.env.MODE !== "production" || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("./service-worker.js");
  await navigator.serviceWorker.ready;
  if (crossOriginIsolated || sessionStorage.getItem("isolated") !== null) return;
  sessionStorage.setItem("isolated", "tried");
  location.reload();
}

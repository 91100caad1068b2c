// @ts-check
/**
 * Starts Workers whose scripts may come from another origin than the page, such as a CDN's. Of the ready bundle only: build/bundle.mjs
 * puts it where a module says `new Worker`.
 */

/**
 * The Worker, as `new Worker` makes it.
 *
 * A browser starts scripts of the page's own origin only; but such a script may import a module of another, so one of a
 * line does. A content security policy has to allow `worker-src blob:` for that.
 *
 * @param {URL} address - The script, a module.
 * @param {WorkerOptions} options
 * @returns {Worker}
 */
export function workerFrom(address, options) {
  if (address.origin === globalThis.origin) return new Worker(address, options);
  const line = new Blob([`import ${JSON.stringify(address.href)};`], { type: "text/javascript" });
  const script = URL.createObjectURL(line);
  const worker = new Worker(script, options);
  const forget = () => URL.revokeObjectURL(script);
  worker.addEventListener("message", forget, { once: true });
  worker.addEventListener("error", forget, { once: true });
  return worker;
}

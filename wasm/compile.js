// @ts-check
/** Fetches and compiles a module in browsers. */

/**
 * @param {URL} address
 * @returns {Promise<WebAssembly.Module>} The module.
 */
export async function compile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status} ${response.statusText}`);
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

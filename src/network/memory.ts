/** How much memory the process has held. */

/**
 * Peak resident memory of this process in bytes.
 *
 * @returns Bytes in Node; null in a browser, which does not tell.
 */
export function peakBytes(): number | null {
  if (typeof process === "undefined" || typeof process.resourceUsage !== "function") return null;
  // Node gives maxRSS in kibibytes on every platform.
  return process.resourceUsage().maxRSS * 1024;
}

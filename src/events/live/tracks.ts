/** Tracks of a MediaStream that end, as those of a camera or a microphone do. */
import type { DecolleError } from "../../errors.js";

/** How often is looked whether a page has stopped its tracks, in milliseconds: that is told by no event. */
const lookAfter = 250;

/**
 * Tells when tracks end.
 *
 * @param tracks - The tracks.
 * @param end - Told once all are stopped, without an error, or when one is lost.
 * @param lost - The error for a track that was lost, by its label.
 * @returns What ends the watch.
 */
export function watchTracks(
  tracks: readonly MediaStreamTrack[],
  end: (error?: DecolleError) => void,
  lost: (label: string) => DecolleError,
): () => void {
  const listening = new AbortController();
  for (const track of tracks) {
    // Heard where the device is unplugged or the permission taken back, never where the page stops it.
    track.addEventListener("ended", () => end(lost(track.label)), { signal: listening.signal });
  }
  const timer = setInterval(() => {
    if (tracks.length > 0 && tracks.every(({ readyState }) => readyState === "ended")) end();
  }, lookAfter);
  return () => {
    clearInterval(timer);
    listening.abort();
  };
}

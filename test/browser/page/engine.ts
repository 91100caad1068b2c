/** The Worker that the engine runs in. */
import { outcomeOf, type Request } from "./outcome.js";

globalThis.onmessage = async ({ data }: MessageEvent<Request>) => globalThis.postMessage(await outcomeOf(data));

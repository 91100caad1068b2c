/** The Worker in which the simulated event camera looks at the frames of a page. */
import type { EventColumns } from "../../backend/contract.js";
import type { FrameCameraHandle } from "../../backend/recordings.js";
import { loadWasmRecordings } from "../../backend/wasm-recordings.js";
import { details, type ErrorCode, type FaultDetails, translateFault } from "../../errors.js";

/** What a page says: first the camera's options, then frames. */
export type Asked =
  | { readonly camera: string }
  | {
      /** Pixels of four bytes each: red, green, blue, and one that does not count. */
      readonly pixels: Uint8ClampedArray<ArrayBuffer>;
      /** When the frame was taken, in whole microseconds. */
      readonly time: number;
      /** Whether it goes on from the frame before; otherwise it makes no events. */
      readonly goesOn: boolean;
    };

/** What the Worker answers. */
export type Told =
  | { readonly ready: true }
  | { readonly events: EventColumns; readonly time: number }
  | { readonly code: ErrorCode; readonly message: string; readonly details: FaultDetails };

let camera: FrameCameraHandle | undefined;
let luminance = new Uint8Array(0);

/**
 * The luma of ITU-R BT.601, as v2e takes it from colour films, with weights of 1/256.
 *
 * @param pixels - Four bytes each.
 * @returns One byte each, in memory that the next frame is written to.
 */
function grey(pixels: Uint8ClampedArray): Uint8Array {
  const count = pixels.length / 4;
  if (luminance.length !== count) luminance = new Uint8Array(count);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
    const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
    luminance[pixel] = (77 * red + 150 * green + 29 * blue + 128) >> 8;
  }
  return luminance;
}

async function answer(asked: Asked): Promise<Told> {
  if ("camera" in asked) {
    const { FrameCamera } = await loadWasmRecordings();
    camera = new FrameCamera(asked.camera);
    return { ready: true };
  }
  const { pixels, time, goesOn } = asked;
  const looking = camera as FrameCameraHandle;
  if (!goesOn) looking.settle();
  return { events: looking.expose(grey(pixels), time), time };
}

/** The page, as far as it is used here. */
interface Page {
  onmessage: ((event: { readonly data: Asked }) => void) | null;
  postMessage(told: Told, transferred: ArrayBufferLike[]): void;
}

const page = globalThis as unknown as Page;
page.onmessage = ({ data }) => {
  answer(data).then(
    (told) => {
      const { x, y, p, t } = "events" in told ? told.events : ({} as Partial<EventColumns>);
      page.postMessage(
        told,
        [x, y, p, t].flatMap((column) => (column === undefined ? [] : [column.buffer])),
      );
    },
    (thrown: unknown) => {
      const error = translateFault(thrown);
      page.postMessage({ code: error.code, message: error.message, details: details(error) }, []);
    },
  );
};

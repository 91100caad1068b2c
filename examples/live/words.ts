/** What went wrong, in words for whoever sits before the page. */

const cameras: Readonly<Record<string, string>> = {
  NotFoundError: "No camera was found. Plug one in, or go on with the gestures, the pointer or a file.",
  NotAllowedError: "The camera may not be used: permission was refused. It can be given in the address bar.",
  NotReadableError: "The camera does not answer. Another program may be using it.",
};

const codes: Readonly<Record<string, string>> = {
  memory: "There is not enough memory.",
  format: "This file is not a recording or a model that is understood here.",
  checkpoint: "This file is not a model that is understood here.",
  backend: "The engine could not be started in this browser.",
};

/**
 * An error in words.
 *
 * @param error - Anything that was thrown.
 * @returns A sentence or two, the second what the error itself says.
 */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const camera = cameras[error.name];
  if (camera !== undefined) return camera;
  const [, code = "", said = error.message] = /^\[([a-z-]+)\] (.*)$/s.exec(error.message) ?? [];
  const summary = codes[code];
  return summary === undefined ? said : `${summary} (${said})`;
}

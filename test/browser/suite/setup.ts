/** Before every test file in a browser: what tests take from Node without asking, where it is not there. */
import { Buffer } from "buffer/";

const scope = globalThis as unknown as {
  process?: { env?: Record<string, string | undefined> };
  Buffer?: unknown;
  setImmediate?: (call: () => void) => unknown;
};
scope.process ??= {};
scope.process.env ??= {};
Object.assign(scope.process.env, (import.meta as { env?: object }).env);
scope.Buffer ??= Buffer;
scope.setImmediate ??= (call) => setTimeout(call, 0);

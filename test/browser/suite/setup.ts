/** Before every test file in a browser: the variables of the environment that tests look at, where there are none. */
const scope = globalThis as { process?: { env?: Record<string, string | undefined> } };
scope.process ??= {};
scope.process.env ??= {};
Object.assign(scope.process.env, (import.meta as { env?: object }).env);

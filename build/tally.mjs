// @ts-check
/** Reads how many tests passed, failed and were skipped out of what the test runners write for machines. */

/**
 * What one runner counted. A failure that no test reported has no name.
 *
 * @typedef {{
 *   runner: string,
 *   passed: number,
 *   failed: number,
 *   skipped: number,
 *   failedNames: string[],
 *   skippedNames: string[],
 * }} Tally
 */

/**
 * Reads cargo's output: one `test result` line for each test program and each crate's documentation.
 *
 * @param {string} runner
 * @param {string} output
 * @param {number} status - Exit code.
 * @returns {Tally}
 */
export function tallyCargo(runner, output, status) {
  /** @type {Tally} */
  const tally = { runner, passed: 0, failed: 0, skipped: 0, failedNames: [], skippedNames: [] };
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm,
  )) {
    tally.passed += Number(passed);
    tally.failed += Number(failed);
    tally.skipped += Number(ignored);
  }
  for (const [, name] of output.matchAll(/^test (.+) \.\.\. ignored/gm)) tally.skippedNames.push(String(name));
  for (const [, name] of output.matchAll(/^test (.+) \.\.\. FAILED/gm)) tally.failedNames.push(String(name));
  return settle(tally, status);
}

/**
 * Reads vitest's JSON report.
 *
 * @param {string} runner
 * @param {string | undefined} report - Undefined where vitest wrote none.
 * @param {number} status - Exit code.
 * @returns {Tally}
 */
export function tallyVitest(runner, report, status) {
  /** @type {Tally} */
  const tally = { runner, passed: 0, failed: 0, skipped: 0, failedNames: [], skippedNames: [] };
  for (const file of report === undefined ? [] : JSON.parse(report).testResults) {
    // A file that could not be loaded has no tests to count.
    if (file.status === "failed" && file.assertionResults.length === 0) {
      tally.failed += 1;
      tally.failedNames.push(file.name);
    }
    for (const test of file.assertionResults) {
      if (test.status === "passed") tally.passed += 1;
      else if (test.status === "failed") {
        tally.failed += 1;
        tally.failedNames.push(test.fullName);
      } else {
        tally.skipped += 1;
        tally.skippedNames.push(test.fullName);
      }
    }
  }
  return settle(tally, status);
}

/**
 * Counts a failure where a runner failed without saying so in its counts, or ran nothing.
 *
 * @param {Tally} tally
 * @param {number} status
 * @returns {Tally}
 */
function settle(tally, status) {
  const silent = status !== 0 && tally.failed === 0;
  const empty = tally.passed + tally.failed === 0;
  return silent || empty ? { ...tally, failed: tally.failed + 1 } : tally;
}

/**
 * The table of all runners and, last, the summed line.
 *
 * @param {readonly Tally[]} tallies
 * @returns {string}
 */
export function table(tallies) {
  const width = Math.max(...tallies.map(({ runner }) => runner.length));
  const row = (/** @type {readonly (string | number)[]} */ [name, ...counts]) =>
    `${String(name).padEnd(width)}${counts.map((count) => String(count).padStart(9)).join("")}`;
  const sum = (/** @type {"passed" | "failed" | "skipped"} */ key) =>
    tallies.reduce((all, tally) => all + tally[key], 0);
  const skipped = new Set(tallies.flatMap(({ skippedNames }) => skippedNames));
  const failed = tallies.flatMap(({ runner, failedNames }) => failedNames.map((name) => `failed: ${name} (${runner})`));
  return [
    row(["", "passed", "failed", "skipped"]),
    ...tallies.map((one) => row([one.runner, one.passed, one.failed, one.skipped])),
    ...[...skipped].map((name) => `skipped: ${name}`),
    ...failed,
    `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`,
  ].join("\n");
}

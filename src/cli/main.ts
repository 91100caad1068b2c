#!/usr/bin/env node
/** The command `decolle`. */
import { runCommandLine } from "./program.js";

// A reader that has seen enough (`decolle info | head`) closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await runCommandLine(process.argv.slice(2));

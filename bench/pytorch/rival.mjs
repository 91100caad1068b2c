// @ts-check
/** PyTorch in a process of its own, driven request by request. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("decolle.py", import.meta.url));
const environment = fileURLToPath(new URL("../../target/pytorch", import.meta.url));

/**
 * A Python with PyTorch: that of `DECOLLE_PYTHON`, else one in target/pytorch, which is made here.
 *
 * @param {(text: string) => void} report - Told before an installation, which takes minutes.
 * @returns {string} Path of the interpreter.
 */
export function pythonWithTorch(report) {
  const chosen = process.env["DECOLLE_PYTHON"];
  if (chosen !== undefined && chosen !== "") return chosen;
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(python)) {
    report("installing PyTorch into target/pytorch");
    call("python3", ["-m", "venv", environment]);
  }
  // An installation that was interrupted is taken up again.
  if (spawnSync(python, ["-c", "import numpy, torch"]).status !== 0) {
    call(python, ["-m", "pip", "install", "--quiet", "torch", "numpy"]);
  }
  return python;
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function call(program, args) {
  const { error, status } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error) throw new Error(`${program} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with exit code ${status}`);
}

/** The process. Requests are methods of `Rival` in decolle.py, which says what they do. */
export class Rival {
  #process;
  #lines;

  /**
   * Starts the process.
   *
   * @param {string} python - Path of an interpreter with PyTorch.
   * @param {number} threads - OpenMP reads their number when it starts: setting it later costs PyTorch dearly.
   * @param {string} [simd] - The level that it is held to, `avx2`: its own kernels, those of oneDNN and of MKL; by default
   *   what it finds.
   */
  constructor(python, threads, simd) {
    if (simd !== undefined && simd !== "avx2") throw new Error(`--pytorch-simd: expected avx2, found ${simd}`);
    const count = String(threads);
    const held =
      simd === undefined
        ? {}
        : { ATEN_CPU_CAPABILITY: "avx2", ONEDNN_MAX_CPU_ISA: "AVX2", MKL_ENABLE_INSTRUCTIONS: "AVX2" };
    this.#process = spawn(python, [script], {
      env: { ...process.env, ...held, OMP_NUM_THREADS: count, MKL_NUM_THREADS: count },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @param {string} name
   * @param {Record<string, unknown>} [values]
   * @returns {Promise<any>}
   */
  async ask(name, values = {}) {
    this.#process.stdin.write(`${JSON.stringify({ do: name, ...values })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("PyTorch's process has ended");
    const reply = JSON.parse(value);
    if (reply.error !== undefined) throw new Error(`PyTorch: ${reply.error}`);
    return reply;
  }

  /** Ends the process. */
  end() {
    this.#process.stdin.end();
  }
}

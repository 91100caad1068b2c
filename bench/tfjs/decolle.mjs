// @ts-check
/**
 * DECOLLE in tfjs, the rival of bench/versus-tfjs.mjs: the equations of bench/pytorch/decolle.py, in Node and in browsers.
 *
 * Two work-arounds make it fair. tfjs's WebAssembly backend has no kernel for a convolution's weight gradient; it is itself
 * a convolution, of the traces with δ as the kernel, batch and channels changing places. And `matMul` with `transposeA` is
 * slow there; the transposed matrix is made first. No autograd: the local gradient is written out. Winners of pooling are
 * found by comparing with the pooled maximum, enlarged by nearest neighbour, since no backend but the plainest has argmax;
 * neurons that tie, which happens to potentials of random weights only by rounding, would all win.
 *
 * The same code runs in Node and in a page; `tf` is handed in.
 */

/**
 * A layer's constants and state. Planes lie as tfjs wants them: samples, height, width, channels.
 *
 * @typedef {object} Layer
 * @property {any} weight
 * @property {any} bias
 * @property {any} readoutWeight
 * @property {any} readoutBias
 * @property {any[]} norms - AdaMax's running maxima of weight and bias.
 * @property {any} synapticTrace
 * @property {any} membraneTrace
 * @property {any} refractory
 * @property {any} spikes
 * @property {{ convolution: boolean, pool: number, padding: number, pooled: number[], alpha: number, beta: number, gamma: number, rho: number, slope: number }} constants
 */

/**
 * A network as plain numbers, in our layout: channels before height and width.
 *
 * @typedef {object} Plain
 * @property {any} specification
 * @property {{ inputShape: number[], shape: number[], pooledShape: number[] }[]} layers
 * @property {Record<string, { shape: number[], data: Float32Array }>} tensors
 * @property {number} samples
 */

/** A network in tfjs. */
export class Rival {
  /** @type {any} */
  #tf;
  /** @type {Layer[]} */
  #layers = [];
  #settings;
  #dropout;
  #classes;
  #samples;

  /**
   * Takes a network over, neuron and optimiser state included.
   *
   * @param {any} tf - tfjs, its backend ready.
   * @param {Plain} plain
   * @param {number[]} classes - Class of each sample.
   */
  constructor(tf, { specification, layers, tensors, samples }, classes) {
    this.#tf = tf;
    this.#samples = samples;
    this.#settings = specification.optimizer;
    this.#dropout = specification.readout.dropout;
    const { type, beta1 } = this.#settings;
    if (type !== "adaMax" || beta1 !== 0) throw new Error("the rival in tfjs updates by AdaMax without momentum");
    this.#classes = tf.tidy(() => tf.oneHot(tf.tensor1d(classes, "int32"), specification.readout.units).toFloat());
    layers.forEach(({ inputShape, shape, pooledShape }, index) => {
      const layer = specification.layers[index];
      const convolution = layer.type === "conv2d";
      const neuron = layer.neuron ?? specification.neuron;
      const read = (/** @type {string} */ name, /** @type {number[]} */ form) => {
        const found = tensors[name];
        if (found === undefined) throw new Error(`${name} is missing`);
        return tf.tensor(found.data, form);
      };
      // Channels last: [n, c, h, w] becomes [n, h, w, c].
      const planes = (/** @type {any} */ value) => (convolution ? value.transpose([0, 2, 3, 1]) : value);
      const state = (/** @type {string} */ name, /** @type {number[]} */ form) =>
        tf.tidy(() => planes(read(`state.layers.${index}.${name}`, [samples, ...form])).clone());
      const inputs = convolution ? inputShape : [inputShape.reduce((product, size) => product * size, 1)];
      const weightShape = tensors[`layers.${index}.weight`]?.shape ?? [];
      // Kernels are [kernel, kernel, in, out] in tfjs, matrices of dense layers [in, out].
      const kernels = (/** @type {any} */ value) => (convolution ? value.transpose([2, 3, 1, 0]) : value.transpose());
      const units = pooledShape.reduce((product, size) => product * size, 1);
      const [channels = 1, height = 1, width = 1] = pooledShape;
      const readout = specification.readout.units;
      const kept = (/** @type {() => any} */ make) => tf.keep(tf.tidy(make));
      this.#layers.push({
        weight: kept(() => kernels(read(`layers.${index}.weight`, weightShape)).clone()),
        bias: kept(() => read(`layers.${index}.bias`, [weightShape[0] ?? 0]).clone()),
        readoutWeight: kept(() => {
          const weight = read(`readouts.${index}.weight`, [readout, units]);
          if (!convolution) return weight.transpose();
          return weight.reshape([readout, channels, height, width]).transpose([2, 3, 1, 0]).reshape([units, readout]);
        }),
        readoutBias: kept(() => read(`readouts.${index}.bias`, [readout]).clone()),
        norms: [
          kept(() => kernels(read(`optimizer.layers.${index}.weight.infinity`, weightShape)).clone()),
          kept(() => read(`optimizer.layers.${index}.bias.infinity`, [weightShape[0] ?? 0]).clone()),
        ],
        synapticTrace: tf.keep(state("synapticTrace", inputs)),
        membraneTrace: tf.keep(state("membraneTrace", inputs)),
        refractory: tf.keep(state("refractory", shape)),
        spikes: tf.keep(state("spikes", shape)),
        constants: {
          convolution,
          pool: layer.pool ?? 1,
          padding: layer.padding ?? 0,
          pooled: convolution ? [height, width, channels] : [units],
          alpha: neuron.alpha,
          beta: neuron.beta,
          gamma: neuron.gamma,
          rho: neuron.rho,
          slope: neuron.surrogate.slope,
        },
      });
    });
  }

  /**
   * Frames of an input, ready in the backend's memory.
   *
   * @param {Float32Array[]} steps - `[samples, channels, height, width]` each.
   * @param {number[]} plane - Channels, height and width.
   * @returns {any[]}
   */
  frames(steps, plane) {
    const tf = this.#tf;
    return steps.map((step) =>
      tf.keep(
        tf.tidy(() =>
          tf
            .tensor(step, [this.#samples, ...plane])
            .transpose([0, 2, 3, 1])
            .clone(),
        ),
      ),
    );
  }

  /**
   * One time step.
   *
   * @param {any} frame
   * @param {{ accumulated: any[] | null, every: number, place: number } | null} learning - Gradients so far; null to infer.
   * @param {boolean} wantLoss
   * @returns {any[]} Losses of the layers, as tensors, where they are wanted.
   */
  step(frame, learning, wantLoss) {
    const tf = this.#tf;
    /** @type {any[]} */
    const losses = [];
    let incoming = frame;
    const handed = [];
    for (const [index, layer] of this.#layers.entries()) {
      const { convolution, pool, padding, pooled, alpha, beta, gamma, rho, slope } = layer.constants;
      const made = tf.tidy(() => {
        let arriving = incoming;
        if (!convolution && arriving.rank > 2) {
          // A dense layer numbers its inputs channel by channel.
          arriving = arriving.transpose([0, 3, 1, 2]).reshape([this.#samples, -1]);
        }
        const membraneTrace = layer.membraneTrace.mul(alpha).add(layer.synapticTrace.mul(1 - alpha));
        const synapticTrace = layer.synapticTrace.mul(beta).add(arriving.mul(1 - beta));
        const refractory = layer.refractory.mul(gamma).add(layer.spikes.mul(1 - gamma));
        const drive = convolution
          ? tf.conv2d(membraneTrace, layer.weight, 1, padding)
          : tf.matMul(membraneTrace, layer.weight);
        const potential = drive.add(layer.bias).sub(refractory.mul(rho));
        const spikes = potential.greater(0).toFloat();
        const top = pool > 1 ? tf.maxPool(potential, pool, pool, "valid") : potential;
        const sent = pool > 1 ? top.greater(0).toFloat() : spikes;
        const flat = sent.reshape([this.#samples, -1]);
        const keep = 1 - this.#dropout;
        const passes =
          learning !== null && this.#dropout > 0 ? tf.randomUniform(flat.shape).less(keep).toFloat().div(keep) : null;
        const heard = passes === null ? flat : flat.mul(passes);
        const readout = tf.matMul(heard, layer.readoutWeight).add(layer.readoutBias);
        const error = readout.sub(this.#classes);
        const result = { membraneTrace, synapticTrace, refractory, spikes, sent, loss: null, weight: null, bias: null };
        if (wantLoss) {
          const size = error.abs();
          result.loss = tf.where(size.less(1), error.square().mul(0.5), size.sub(0.5)).mean();
        }
        if (learning === null) return result;
        const scale = 1 / (this.#samples * readout.shape[1]);
        let delta = tf.matMul(error.clipByValue(-1, 1).mul(scale), layer.readoutWeight, false, true);
        if (passes !== null) delta = delta.mul(passes);
        delta = delta.reshape([this.#samples, ...pooled]).div(top.abs().mul(slope).add(1).square());
        if (!convolution) {
          return { ...result, weight: tf.matMul(membraneTrace.transpose(), delta), bias: delta.sum(0) };
        }
        if (pool > 1) {
          const [, height, width] = potential.shape;
          // Rows and columns that no window covers get nothing.
          const [below, right] = [top.shape[1] * pool, top.shape[2] * pool];
          const enlarge = (/** @type {any} */ planes) =>
            tf.pad(tf.image.resizeNearestNeighbor(planes, [below, right]), [
              [0, 0],
              [0, height - below],
              [0, width - right],
              [0, 0],
            ]);
          delta = enlarge(delta).mul(potential.equal(enlarge(top)).toFloat());
        }
        const weight = tf
          .conv2d(membraneTrace.transpose([3, 1, 2, 0]), delta.transpose([1, 2, 0, 3]), 1, padding)
          .transpose([1, 2, 0, 3]);
        return { ...result, weight, bias: delta.sum([0, 1, 2]) };
      });
      for (const name of /** @type {const} */ (["membraneTrace", "synapticTrace", "refractory", "spikes"])) {
        layer[name].dispose();
        layer[name] = tf.keep(made[name]);
      }
      if (made.sent !== made.spikes) handed.push(made.sent);
      incoming = made.sent;
      if (made.loss !== null) losses.push(made.loss);
      if (learning !== null) this.#update(index, [made.weight, made.bias], learning);
    }
    tf.dispose(handed);
    return losses;
  }

  /**
   * Adds gradients to those of the steps before, and updates when it is time.
   *
   * @param {number} index
   * @param {any[]} gradients - Of weight and bias.
   * @param {{ accumulated: any[] | null, every: number, place: number }} learning
   */
  #update(index, gradients, learning) {
    const tf = this.#tf;
    const { every, place } = learning;
    learning.accumulated ??= [];
    const before = learning.accumulated[index];
    const sums = before === undefined ? gradients : gradients.map((one, kind) => one.add(before[kind]));
    if (before !== undefined) tf.dispose([...gradients, ...before]);
    learning.accumulated[index] = sums;
    if ((place + 1) % every !== 0) return;
    const { learningRate, beta2, epsilon } = this.#settings;
    const layer = this.#layers[index];
    if (layer === undefined) return;
    const moved = [layer.weight, layer.bias].map((parameter, kind) =>
      tf.tidy(() => {
        const norm = tf.maximum(layer.norms[kind].mul(beta2), sums[kind].abs().add(epsilon));
        return { norm, parameter: parameter.sub(sums[kind].div(norm).mul(learningRate)) };
      }),
    );
    tf.dispose([layer.weight, layer.bias, ...layer.norms, ...sums]);
    [layer.weight, layer.bias] = moved.map(({ parameter }) => tf.keep(parameter));
    layer.norms = moved.map(({ norm }) => tf.keep(norm));
    learning.accumulated[index] = undefined;
  }

  /**
   * Runs steps.
   *
   * @param {any[]} frames
   * @param {number} every - Steps per update; 0 infers.
   * @returns {Promise<number>} Milliseconds, up to the moment at which the last result can be read.
   */
  async run(frames, every) {
    const start = performance.now();
    /** @type {{ accumulated: any[] | null, every: number, place: number } | null} */
    const learning = every > 0 ? { accumulated: null, every, place: 0 } : null;
    for (const [place, frame] of frames.entries()) {
      if (learning !== null) learning.place = place;
      this.step(frame, learning, false);
    }
    // Backends that compute elsewhere have to be waited for.
    const last = this.#layers.at(-1);
    await last?.spikes.data();
    await last?.weight.data();
    return performance.now() - start;
  }

  /**
   * Learns from steps with one update at the end.
   *
   * @param {any[]} frames
   * @returns {Promise<{ losses: number[], parameters: Float32Array[] }>} As bench/agreement.mjs wants it.
   */
  async learn(frames) {
    const tf = this.#tf;
    const learning = { accumulated: null, every: frames.length, place: 0 };
    const sums = this.#layers.map(() => 0);
    for (const [place, frame] of frames.entries()) {
      learning.place = place;
      for (const [index, loss] of this.step(frame, learning, true).entries()) {
        sums[index] = (sums[index] ?? 0) + (await loss.data())[0];
        loss.dispose();
      }
    }
    /** @type {Float32Array[]} */
    const parameters = [];
    for (const { weight, bias, constants } of this.#layers) {
      const ours = tf.tidy(() => (constants.convolution ? weight.transpose([3, 2, 0, 1]) : weight.transpose()).clone());
      parameters.push(await ours.data(), await bias.data());
      ours.dispose();
    }
    return { losses: sums.map((sum) => sum / frames.length), parameters };
  }

  /** Frees what it holds. */
  dispose() {
    for (const layer of this.#layers) {
      const { constants: _constants, norms, ...tensors } = layer;
      this.#tf.dispose([...Object.values(tensors), ...norms]);
    }
    this.#classes.dispose();
    this.#layers = [];
  }
}

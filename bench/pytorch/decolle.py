"""DECOLLE in PyTorch, the rival of bench/versus-pytorch.mjs.

Written from the equations of Kaiser, Mostafa and Neftci (2020), in the order of operations of this project's golden
files, and as fast as PyTorch's eager mode gets: no autograd, since the local gradient is one line by hand; everything
that can be is done in place; constants are folded. Per layer and time step, x the spikes that come in:

    P = alpha P + (1 - alpha) Q                      membrane trace, from the old Q
    Q = beta Q + (1 - beta) x                        synaptic trace
    R = gamma R + (1 - gamma) S                      refractory trace, from the layer's own spikes of the last step
    U = W * P + b - rho R                            membrane potential
    S = Theta(U), spikes sent on = Theta(pool(U))
    Y = G (spikes sent on, with dropout while learning) + g
    dU = (clip(Y - target, -1, 1) / (B K)) G, dropped out, / (slope |U| + 1)^2
       + upper / (B N) where U > -0.01           regulariser, of N neurons after pooling
                                                 routed to the winner of each pooling window
    dW = dU P, db = sum dU                           local in space and time

It reads one JSON request a line from standard input and writes one JSON reply a line to standard output; the requests
are the methods of `Rival`.
"""

import json
import struct
import sys
import time

import numpy
import torch
from torch.nn import functional

KINDS = {"F32": numpy.float32}
# The regulariser's margin below the threshold (the authors' code).
MARGIN = 0.01


def read_tensors(path):
    """Tensors of a safetensors file by name, and the specification of the network they belong to."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        values = numpy.frombuffer(body[start:end], dtype=KINDS[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors, json.loads(header["__metadata__"]["decolle"])["specification"]


def expect(found, wanted, field):
    """Refuses a network with something that this program does not implement."""
    if found != wanted:
        raise ValueError(f"{field}: expected {wanted!r}, found {found!r}")


class Layer:
    """One layer with its traces and its fixed readout."""

    def __init__(self, index, specification, shape, samples, tensors, memory_format):
        layer = specification["layers"][index]
        neuron = layer.get("neuron") or specification["neuron"]
        expect(neuron["surrogate"]["type"], "fastSigmoid", "surrogate")
        expect(neuron["trace"], "previous", "trace")
        expect(neuron["traceGain"], "unit", "traceGain")
        expect(neuron["refractory"], "normalized", "refractory")
        expect(neuron["spikeAtThreshold"], False, "spikeAtThreshold")
        expect(specification["cost"], {"type": "smoothL1"}, "cost")
        regularizer = layer.get("regularizer") or specification["regularizer"] or {"upper": 0, "lower": 0}
        expect(regularizer["lower"], 0, "regularizer.lower")
        readout = specification["readout"]
        expect(readout["feedback"], "readout", "feedback")
        self.alpha, self.beta, self.gamma, self.rho = (neuron[name] for name in ("alpha", "beta", "gamma", "rho"))
        self.slope = neuron["surrogate"]["slope"]
        self.dropout = readout["dropout"]
        self.convolution = layer["type"] == "conv2d"
        self.channels_last = self.convolution and memory_format == torch.channels_last
        self.weight = tensors[f"layers.{index}.weight"]
        self.bias = tensors[f"layers.{index}.bias"]
        self.readout_weight = tensors[f"readouts.{index}.weight"]
        self.readout_bias = tensors[f"readouts.{index}.bias"]
        if self.convolution:
            self.weight = self.weight.contiguous(memory_format=memory_format)
            expect(layer.get("stride", 1), 1, "stride")
            expect(layer.get("groups", 1), 1, "groups")
            self.padding, self.pool = layer.get("padding", 0), layer.get("pool", 1)
            channels, height, width = shape
            kernel = layer["kernel"]
            grown = 2 * self.padding - kernel + 1
            self.shape = (layer["channels"], height + grown, width + grown)
            self.pooled = (layer["channels"], self.shape[1] // self.pool, self.shape[2] // self.pool)
            self.weight_shape = [layer["channels"], channels, kernel, kernel]
        else:
            memory_format = torch.contiguous_format
            shape = (int(numpy.prod(shape)),)
            self.shape = self.pooled = (layer["units"],)
            self.pool = 1
        self.input_shape = shape
        self.memory_format = memory_format

        def zeros(shape):
            return torch.zeros((samples, *shape)).contiguous(memory_format=memory_format)

        self.synaptic_trace, self.membrane_trace = zeros(shape), zeros(shape)
        self.refractory, self.spikes = zeros(self.shape), zeros(self.shape)
        self.sent = self.spikes if self.pool == 1 else zeros(self.pooled)
        if self.channels_last:
            # The readout takes the neurons in the order in which they lie in memory, so that nothing is copied.
            weight = self.readout_weight.view(-1, *self.pooled).permute(0, 2, 3, 1)
            self.readout_weight = weight.reshape(weight.shape[0], -1).contiguous()
        self.learning_scale = 1.0 / (samples * self.readout_weight.shape[0])
        self.push = regularizer["upper"] / self.sent.numel()
        self.pushed = zeros(self.pooled) if self.push > 0 else None

    def flat(self, planes):
        """The same values with one axis of neurons, in the order in which they lie in memory."""
        return planes.permute(0, 2, 3, 1).flatten(1) if self.channels_last else planes.flatten(1)

    def planes(self, flat):
        """The opposite of `flat`, after pooling."""
        if not self.channels_last:
            return flat.view(-1, *self.pooled)
        channels, height, width = self.pooled
        return flat.view(-1, height, width, channels).permute(0, 3, 1, 2)

    def step(self, incoming, target, learn, want_loss):
        """Spikes sent on, the loss where it is wanted, and gradients of weight and bias where the layer learns."""
        self.membrane_trace.mul_(self.alpha).add_(self.synaptic_trace, alpha=1 - self.alpha)
        self.synaptic_trace.mul_(self.beta).add_(incoming, alpha=1 - self.beta)
        self.refractory.mul_(self.gamma).add_(self.spikes, alpha=1 - self.gamma)
        if self.convolution:
            potential = functional.conv2d(self.membrane_trace, self.weight, self.bias, padding=self.padding)
        else:
            potential = torch.addmm(self.bias, self.membrane_trace, self.weight.t())
        potential.sub_(self.refractory, alpha=self.rho)
        torch.gt(potential, 0, out=self.spikes)
        if self.pool > 1:
            pooled, winners = functional.max_pool2d(potential, self.pool, return_indices=True)
            torch.gt(pooled, 0, out=self.sent)
        else:
            pooled, winners = potential, None
        heard = self.flat(self.sent)
        passes = None
        if learn and self.dropout > 0:
            # Five times as fast as bernoulli_ and functional.dropout, which draw one number at a time.
            passes = torch.empty_like(heard).uniform_().lt_(1 - self.dropout).mul_(1 / (1 - self.dropout))
            heard = heard * passes
        readout = torch.addmm(self.readout_bias, heard, self.readout_weight.t())
        loss = functional.smooth_l1_loss(readout, target) if want_loss else None
        if not learn:
            return self.sent, loss, None
        error = readout.sub_(target).clamp_(-1, 1).mul_(self.learning_scale)
        delta = error @ self.readout_weight
        if passes is not None:
            delta.mul_(passes)
        if self.push > 0:
            torch.gt(pooled, -MARGIN, out=self.pushed)
            if want_loss:
                loss += self.push * pooled.add(MARGIN).relu_().sum()
        delta = self.planes(delta).div_(pooled.abs_().mul_(self.slope).add_(1).square_())
        if self.push > 0:
            delta.add_(self.pushed, alpha=self.push)
        if winners is not None:
            delta = torch.ops.aten.max_pool2d_with_indices_backward(
                delta, potential, [self.pool] * 2, [self.pool] * 2, [0, 0], [1, 1], False, winners
            )
        if not self.convolution:
            return self.sent, loss, (delta.t() @ self.membrane_trace, delta.sum(0))
        _, weight_gradient, bias_gradient = torch.ops.aten.convolution_backward(
            delta, self.membrane_trace, self.weight, [self.weight_shape[0]], [1, 1], [self.padding] * 2, [1, 1],
            False, [0, 0], 1, [False, True, True],
        )  # fmt: skip
        return self.sent, loss, (weight_gradient, bias_gradient)

    def restore(self, tensors, prefix):
        """Takes the neuron state of a checkpoint over."""
        for name, target in (
            ("synapticTrace", self.synaptic_trace),
            ("membraneTrace", self.membrane_trace),
            ("refractory", self.refractory),
            ("spikes", self.spikes),
        ):
            target.copy_(tensors[f"{prefix}.{name}"].view(target.shape))


class Sgd:
    """Gradient descent without momentum."""

    def __init__(self, parameters, settings):
        expect(settings.get("momentum", 0), 0, "momentum")
        self.parameters, self.rate = parameters, settings["learningRate"]

    def step(self):
        """One update, from the gradients that the parameters hold."""
        for parameter in self.parameters:
            parameter.add_(parameter.grad, alpha=-self.rate)


class AdaMax:
    """AdaMax with beta1 = 0, where the average of the gradient is the gradient: less to do than torch.optim.Adamax."""

    def __init__(self, parameters, settings):
        expect(settings["beta1"], 0, "beta1")
        self.parameters = [(parameter, torch.zeros_like(parameter)) for parameter in parameters]
        self.rate, self.beta2, self.epsilon = (settings[name] for name in ("learningRate", "beta2", "epsilon"))

    def step(self):
        """One update, from the gradients that the parameters hold."""
        for parameter, norm in self.parameters:
            size = parameter.grad.abs().add_(self.epsilon)
            torch.maximum(norm.mul_(self.beta2), size, out=norm)
            parameter.addcdiv_(parameter.grad, norm, value=-self.rate)


class Network:
    """All layers of one network, and the optimiser."""

    def __init__(self, path, samples, channels_last, optimizer):
        tensors, specification = read_tensors(path)
        memory_format = torch.channels_last if channels_last else torch.contiguous_format
        plane = specification["input"]
        shape = (plane["channels"], plane["height"], plane["width"])
        self.layers = []
        for index in range(len(specification["layers"])):
            layer = Layer(index, specification, shape, samples, tensors, memory_format)
            if f"state.layers.{index}.synapticTrace" in tensors:
                layer.restore(tensors, f"state.layers.{index}")
            self.layers.append(layer)
            shape = layer.pooled
        named = [(f"layers.{i}.{kind}", getattr(layer, kind)) for i, layer in enumerate(self.layers) for kind in ("weight", "bias")]
        self.parameters = [parameter for _, parameter in named]
        self.optimizer = self.optimizer_of(specification["optimizer"], optimizer)
        for name, parameter in named:
            norm = tensors.get(f"optimizer.{name}.infinity")
            if norm is not None:
                self.restore_norm(parameter, norm)
        self.accumulated = 0

    def optimizer_of(self, settings, arrangement):
        """One of PyTorch's optimisers, or the one written here."""
        adamax = settings["type"] == "adaMax"
        if not adamax:
            expect(settings["type"], "sgd", "optimizer")
        if arrangement == "own":
            return (AdaMax if adamax else Sgd)(self.parameters, settings)
        foreach = arrangement == "foreach"
        if not adamax:
            return torch.optim.SGD(self.parameters, lr=settings["learningRate"], foreach=foreach)
        betas = (settings["beta1"], settings["beta2"])
        return torch.optim.Adamax(
            self.parameters, lr=settings["learningRate"], betas=betas, eps=settings["epsilon"], foreach=foreach
        )

    def restore_norm(self, parameter, norm):
        """AdaMax's running maximum of a parameter, from a checkpoint."""
        if isinstance(self.optimizer, AdaMax):
            next(kept for known, kept in self.optimizer.parameters if known is parameter).copy_(norm)
        elif isinstance(self.optimizer, torch.optim.Adamax):
            # With beta1 = 0 the correction for the first steps is 1 at every step.
            self.optimizer.state[parameter] = {
                "step": torch.tensor(1.0),
                "exp_avg": torch.zeros_like(parameter),
                "exp_inf": torch.empty_like(parameter).copy_(norm),
            }

    def step(self, frame, target, every, want_loss):
        """One time step, learning with an update every so many steps, or not at all where that is 0; gives the loss of
        each layer where it is wanted."""
        losses = []
        spikes = frame
        for layer in self.layers:
            if not layer.convolution:
                spikes = spikes.flatten(1)
            spikes, loss, gradients = layer.step(spikes, target, every > 0, want_loss)
            losses.append(loss)
            if every > 0:
                for parameter, gradient in zip((layer.weight, layer.bias), gradients):
                    if self.accumulated == 0:
                        parameter.grad = gradient
                    else:
                        parameter.grad.add_(gradient)
        if every > 0:
            self.accumulated += 1
            if self.accumulated >= every:
                self.optimizer.step()
                self.accumulated = 0
        return losses

    def reset(self):
        """Sets all neuron state to zero."""
        for layer in self.layers:
            for state in (layer.synaptic_trace, layer.membrane_trace, layer.refractory, layer.spikes):
                state.zero_()


class Rival:
    """What the benchmark asks for, request by request. Batches and networks go by names that the benchmark gives."""

    def __init__(self):
        self.batches = {}
        self.networks = {}

    def hello(self, threads):
        """Settings of this process. Threads must also have been set in the environment before it started."""
        torch.set_num_threads(threads)
        flushes = torch.set_flush_denormal(True)
        return {
            "torch": torch.__version__,
            "python": sys.version.split()[0],
            "threads": torch.get_num_threads(),
            "flushesDenormals": flushes,
            "simd": torch.backends.cpu.get_cpu_capability(),
        }

    def batch(self, batch, samples, steps, inputs, offsets, indices, counts, classes, units):
        """Takes an input over, as dense frames that are in memory before any clock starts."""
        read = lambda path, kind: numpy.fromfile(path, dtype=kind)
        offsets, indices, counts = read(offsets, numpy.uint32), read(indices, numpy.uint32), read(counts, numpy.float32)
        cells = numpy.repeat(numpy.arange(samples * steps), numpy.diff(offsets))
        frames = numpy.zeros((steps, samples, inputs), dtype=numpy.float32)
        frames[cells % steps, cells // steps, indices] = counts
        self.batches[batch] = {
            "frames": torch.from_numpy(frames),
            "target": functional.one_hot(torch.tensor(classes), units).to(torch.float32),
            "ready": {},
        }
        return {"density": float((frames != 0).mean())}

    def drop(self, batch):
        """Forgets a batch."""
        self.batches.pop(batch, None)
        return {}

    def load(self, path, samples, network="network", channelsLast=False, optimizer="torch"):
        """Takes a checkpoint over: weights, readouts and, where they are in it, neuron and optimiser state."""
        with torch.inference_mode():
            self.networks[network] = Network(path, samples, channelsLast, optimizer)
        return {}

    def ready(self, network, batch):
        """Frames of a batch as they lie in memory in the network's traces: adding one to the other needs no reordering."""
        first = network.layers[0]
        kept = self.batches[batch]["ready"]
        key = (first.memory_format, first.input_shape)
        if key not in kept:
            kept[key] = [
                frame.view(-1, *first.input_shape).contiguous(memory_format=first.memory_format)
                for frame in self.batches[batch]["frames"]
            ]
        return kept[key]

    def run(self, first, last, every, network="network", batch="batch", losses=False, reset=False, burnIn=0):
        """Steps first to last - 1, the first burnIn of which do not learn; gives the seconds that the steps took and, if
        asked, the losses of every layer at each."""
        runner, target, found = self.networks[network], self.batches[batch]["target"], []
        with torch.inference_mode():
            frames = self.ready(runner, batch)
            start = time.perf_counter()
            if reset:
                runner.reset()
            for step in range(first, last):
                loss = runner.step(frames[step], target, every if step - first >= burnIn else 0, losses)
                if losses:
                    found.append([float(value) for value in loss])
            if runner.accumulated > 0 and last - first > burnIn and every > 1:
                runner.optimizer.step()
                runner.accumulated = 0
            seconds = time.perf_counter() - start
        return {"seconds": seconds, "losses": found}

    def parameters(self, path, network="network"):
        """Writes weights and biases, layer by layer, as float32."""
        with open(path, "wb") as file:
            for parameter in self.networks[network].parameters:
                file.write(parameter.contiguous().numpy().tobytes())
        return {}


def main():
    """Answers requests until standard input ends."""
    rival = Rival()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(rival, request.pop("do"))(**request)
        except Exception as error:  # the benchmark shows it and stops
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

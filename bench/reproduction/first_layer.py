"""The first layer of the small convolutional network in PyTorch, trained and tested as this project does.

Its learning knows nothing of the layers above, so that it can be watched alone. The equations are those of
`bench/pytorch/decolle.py`; only the order of the recordings and the dropout are PyTorch's own.

`first_layer.py SPECIFICATION FOLDER ORDER EPOCHS` reads JSON, the events and the initial values that `first-layer.mjs`
wrote, and prints one JSON line an epoch. With no epochs it tests only: one line, without a loss.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pytorch"))
from decolle import AdaMax, Layer  # noqa: E402


def recordings(folder, part, steps, inputs):
    """Events `[recording][step][input]` as counts, and classes."""
    classes = numpy.fromfile(folder / f"{part}.classes", dtype=numpy.uint32)
    offsets = numpy.fromfile(folder / f"{part}.offsets", dtype=numpy.uint32).reshape(len(classes), steps + 1)
    indices = numpy.fromfile(folder / f"{part}.indices", dtype=numpy.uint32)
    counts = numpy.fromfile(folder / f"{part}.counts", dtype=numpy.float32)
    events = numpy.zeros((len(classes), steps, inputs), dtype=numpy.uint8)
    for recording, ends in enumerate(offsets):
        for step in range(steps):
            span = slice(ends[step], ends[step + 1])
            events[recording, step, indices[span]] = counts[span]
    return torch.from_numpy(events), torch.from_numpy(classes.astype(numpy.int64))


def main(specification, folder, order, epochs):
    """Trains, tests after each epoch and prints."""
    plane, training = specification["input"], specification["training"]
    shape = (plane["channels"], plane["height"], plane["width"])
    steps, burn_in, batch = training["steps"], training["burnIn"], training["batchSize"]
    tensors = {}
    for name, size in specification["parameters"].items():
        tensors[name] = torch.from_numpy(numpy.fromfile(folder / name, dtype=numpy.float32).reshape(size))
    (train, train_classes), (test, test_classes) = (
        recordings(folder, part, steps, int(numpy.prod(shape))) for part in ("train", "test")
    )
    torch.manual_seed(order)
    classes = specification["readout"]["units"]
    kept = Layer(0, specification, shape, batch, tensors, torch.contiguous_format)
    parameters = [kept.weight, kept.bias]
    optimizer = AdaMax(parameters, specification["optimizer"])

    def resting(samples):
        layer = Layer(0, specification, shape, samples, tensors, torch.contiguous_format)
        layer.weight, layer.bias = parameters
        return layer

    def accuracy():
        layer, votes = resting(len(test)), torch.zeros(len(test), classes)
        for step in range(steps):
            sent, _, _ = layer.step(test[:, step].float().view(-1, *shape), None, False, False)
            if step >= burn_in:
                readout = torch.addmm(layer.readout_bias, layer.flat(sent), layer.readout_weight.t())
                votes += functional.one_hot(readout.argmax(1), classes)
        return float((votes.argmax(1) == test_classes).float().mean())

    if epochs == 0:
        print(json.dumps({"loss": None, "accuracy": accuracy()}))
    for _ in range(epochs):
        losses = []
        for chosen in torch.randperm(len(train)).split(batch):
            layer, events = resting(len(chosen)), train[chosen]
            target = functional.one_hot(train_classes[chosen], classes).float()
            for step in range(steps):
                learns = step >= burn_in
                _, loss, gradients = layer.step(events[:, step].float().view(-1, *shape), target, learns, learns)
                if learns:
                    for parameter, gradient in zip(parameters, gradients, strict=True):
                        parameter.grad = gradient
                    optimizer.step()
                    losses.append(float(loss))
        print(json.dumps({"loss": sum(losses) / len(losses), "accuracy": accuracy()}), flush=True)


if __name__ == "__main__":
    with torch.no_grad():
        main(json.loads(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

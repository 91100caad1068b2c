"""Initial values of the small convolutional network as the reference draws them for a seed.

The authors' constructor makes, layer by layer, the synapses with PyTorch's default initialisation and then the readout,
which it draws twice: by default and then from its own range. Afterwards all synapses are drawn anew, by default again,
those of dense layers shrunk by 5e-2, biases by (1 - alpha)(1 - beta). Draws come from one generator in that order, which
is all that this program has in common with that code.

`initial.py SEED FOLDER` writes one file of float32 for each tensor, named as this project names it.
"""

import sys
from pathlib import Path

import torch
from torch import nn

CLASSES, ALPHA, BETA, READOUT = 10, 0.97, 0.92, 0.5
CONVOLUTIONS = ((2, 16, 16), (16, 32, 16), (32, 32, 8))  # channels in and out, height and width after pooling
DENSE = ((32 * 8 * 8, 10),)


def main(seed, folder):
    """Draws and writes."""
    torch.manual_seed(seed)
    layers = []
    shapes = [(nn.Conv2d, (before, after, 7), after * side * side) for before, after, side in CONVOLUTIONS]
    shapes += [(nn.Linear, pair, pair[1]) for pair in DENSE]
    for kind, arguments, units in shapes:
        synapse, readout = kind(*arguments), nn.Linear(units, CLASSES)
        bound = READOUT / units**0.5
        for drawn in (readout.weight, readout.bias):
            drawn.data.uniform_(-bound, bound)
        layers.append((synapse, readout))
    for index, (synapse, readout) in enumerate(layers):
        synapse.reset_parameters()
        if isinstance(synapse, nn.Linear):
            synapse.weight.data.mul_(5e-2)
        # In single precision, as the constants are tensors there.
        synapse.bias.data.mul_((1 - torch.tensor(ALPHA)) * (1 - torch.tensor(BETA)))
        for name, module in (("layers", synapse), ("readouts", readout)):
            for kind in ("weight", "bias"):
                values = getattr(module, kind).detach().numpy().astype("<f4")
                (Path(folder) / f"{name}.{index}.{kind}").write_bytes(values.tobytes())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

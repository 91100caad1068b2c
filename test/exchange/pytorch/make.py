"""Checkpoints of decolle-public's networks, and the spikes that they give: `python make.py`, with PyTorch and the package
`decolle` 0.2 (GPLv3, none of whose code is here) installed.

Writes, into the folder of this file, NAME.pth by torch.save, and NAME.json: how the network was made, the input as indices of
events, and the indices of all spikes of each layer, after pooling, step by step. Seeds are tried until no potential is so near
the threshold that rounding could decide.
"""

import json
import os

import numpy
import torch

FOLDER = os.path.dirname(os.path.abspath(__file__))
STEPS, MARGIN = 40, 1e-4


def unwrap_lists(draw=torch.Tensor.uniform_):
    """The package hands lists of one number to `uniform_`, which newer versions of NumPy and PyTorch refuse."""

    def uniform(tensor, low=0.0, high=1.0, **more):
        return draw(tensor, float(numpy.ravel(low)[0]), float(numpy.ravel(high)[0]), **more)

    torch.Tensor.uniform_ = uniform


unwrap_lists()

from decolle.lenet_decolle_model import LenetDECOLLE  # noqa: E402

CASES = {
    "convolution": {
        "input_shape": [2, 8, 8],
        "Nhid": [3, 4],
        "Mhid": [6],
        "kernel_size": [3],
        "pool_size": [2, 1],
        "num_conv_layers": 2,
        "num_mlp_layers": 1,
        "alpha": [0.9],
        "beta": [0.85],
    },
    "dense": {
        "input_shape": [1, 1, 12],
        "Nhid": [],
        "Mhid": [10, 7],
        "kernel_size": [],
        "pool_size": [],
        "num_conv_layers": 0,
        "num_mlp_layers": 2,
        "alpha": [0.95, 0.9],
        "beta": [0.9, 0.8],
    },
}


def run(net, inputs):
    """Indices of spikes by layer and step, and the least distance of a potential from the threshold."""
    spikes, margin = [[] for _ in net.LIF_layers], 1.0
    for step in inputs:
        spiked, _, potentials = net.step(torch.from_numpy(step)[None])
        for layer, (own, potential) in enumerate(zip(spiked, potentials)):
            spikes[layer].append(numpy.flatnonzero(own.detach().numpy()).tolist())
            # Sums of no events are zero to the last bit everywhere.
            margin = min(margin, float(potential.detach().abs().min()))
    return spikes, margin


def case(name, shape):
    for seed in range(1, 200):
        torch.manual_seed(seed)
        random = numpy.random.default_rng(seed)
        net = LenetDECOLLE(**shape, out_channels=3, alpharp=[0.65], wrp=[1.0], dropout=[0.0] * 3).eval()
        for layer in net.LIF_layers:
            torch.nn.init.normal_(layer.base_layer.weight, 0, 4 / layer.base_layer.weight[0].numel() ** 0.5)
            torch.nn.init.normal_(layer.base_layer.bias, -0.1, 0.05)
        inputs = (random.random((STEPS, *shape["input_shape"])) < 0.2).astype("float32")
        spikes, margin = run(net, inputs)
        rates = [sum(map(len, layer)) for layer in spikes]
        if margin > MARGIN and min(rates) > STEPS:
            return net, seed, inputs, spikes, margin
    raise SystemExit(f"{name}: no seed has a margin of {MARGIN}")


def main():
    torch.set_num_threads(1)
    for name, shape in CASES.items():
        net, seed, inputs, spikes, margin = case(name, shape)
        state = net.state_dict()
        if name == "convolution":
            # As a training keeps it.
            optimizer = torch.optim.Adamax(net.parameters(), lr=1e-3).state_dict()
            state = {"epoch": 3, "model_state_dict": state, "optimizer_state_dict": optimizer}
        torch.save(state, os.path.join(FOLDER, f"{name}.pth"))
        events = [numpy.flatnonzero(step).tolist() for step in inputs]
        about = {"shape": shape, "seed": seed, "margin": margin, "torch": torch.__version__}
        with open(os.path.join(FOLDER, f"{name}.json"), "w") as file:
            json.dump({**about, "events": events, "spikes": spikes}, file, separators=(",", ":"))
            file.write("\n")


main()

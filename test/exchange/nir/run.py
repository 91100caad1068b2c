"""Spikes of a graph of NIR in another simulator: `python run.py SIMULATOR GRAPH SECONDS < events.json`, with SIMULATOR norse, snntorch
or nirtorch, and SECONDS the time step.

Reads indices of the inputs at which events arrive, step by step, and writes those of the outputs that spike. `nirtorch` runs graphs
with ways back: nirtorch itself knows no neurons, so that leaky integrators and CubaLIF are norse's, and what is a line of PyTorch is
one here.
"""

import contextlib
import json
import sys

import nir
import torch


def norse(graph, seconds):
    from norse.torch import from_nir

    return from_nir(graph, dt=seconds)


def snntorch(graph, _):
    # Its time step is 1e-4 seconds, whatever is asked.
    from snntorch.import_nir import import_from_nir

    return import_from_nir(graph)


class Delayed(torch.nn.Module):
    """One step later."""

    def forward(self, x, state=None):
        return torch.zeros_like(x) if state is None else state, x


class Map(torch.nn.Module):
    def __init__(self, of):
        super().__init__()
        self.of = of

    def forward(self, x):
        return self.of(x)


def affine(node):
    module = torch.nn.Linear(node.weight.shape[1], node.weight.shape[0])
    module.weight.data, module.bias.data = torch.from_numpy(node.weight), torch.from_numpy(node.bias)
    return module


def line(node):
    # nirtorch 2.6 takes the numbers of channels of a Conv1d for one another.
    groups = int(node.groups)
    module = torch.nn.Conv1d(
        node.weight.shape[1] * groups,
        node.weight.shape[0],
        node.weight.shape[2],
        stride=[int(step) for step in node.stride],
        padding=[int(side) for side in node.padding],
        groups=groups,
    )
    module.weight.data = torch.from_numpy(node.weight)
    module.bias.data = torch.from_numpy(node.bias)
    return module


def nirtorch(graph, seconds):
    import nirtorch
    from norse.torch.module.leaky_integrator_box import LIBoxCell, LIBoxParameters
    from norse.torch.utils.import_nir import _import_norse_module

    def integrator(node):
        rate = torch.from_numpy(1 / node.tau).float()
        return LIBoxCell(LIBoxParameters(tau_mem_inv=rate, v_leak=torch.zeros_like(rate)), dt=seconds)

    return nirtorch.nir_to_torch(
        graph,
        {
            nir.Affine: affine,
            nir.Conv1d: line,
            nir.CubaLIF: lambda node: _import_norse_module(node, dt=seconds),
            nir.LIF: lambda node: _import_norse_module(node, dt=seconds),
            nir.LI: integrator,
            nir.Delay: lambda node: Delayed(),
            nir.Scale: lambda node: Map(lambda x, by=torch.from_numpy(node.scale).float(): x * by),
            nir.Threshold: lambda node: Map(lambda x, at=torch.from_numpy(node.threshold).float(): (x > at).float()),
        },
    )


def main():
    simulator, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    events = json.load(sys.stdin)
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(sys.stderr), torch.no_grad():
        graph = nir.read(path)
        shape = [int(side) for side in graph.nodes["input"].input_type["input"]]
        model = {"norse": norse, "snntorch": snntorch, "nirtorch": nirtorch}[simulator](graph, seconds)
        state, spikes = None, []
        for arriving in events:
            x = torch.zeros(1, *shape)
            for place in arriving:
                x.view(-1)[place] += 1
            out, state = model(x, state)
            spikes.append(out.flatten().nonzero().flatten().tolist())
    print(json.dumps(spikes))


main()

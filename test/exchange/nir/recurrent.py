"""Spikes of a recurrent graph of NIR in snnTorch, as its import makes it and with one edge moved: `python recurrent.py GRAPH < events.json`.

snnTorch 1.0.0 wraps neurons and their recurrent weights into a graph within, and leads the input of that graph into the recurrent
weights (`_create_rnn_subgraph`, the edge from `input`), not into the neurons. Moved, the edge leads into the neurons.

Writes `{"imported": spikes, "moved": spikes}`, each the outputs that spike, step by step.
"""

import contextlib
import json
import sys

import nir
import snntorch.import_nir as snntorch_import
import torch

create = snntorch_import._create_rnn_subgraph


def moved(graph, neurons, weights):
    graph = create(graph, neurons, weights)
    within = graph.nodes[neurons.split(".")[0]]
    within.edges = [(a, neurons if a.endswith(".input") else b) for a, b in within.edges]
    return graph


def spikes(path, events):
    graph = nir.read(path)
    inputs = int(graph.nodes["input"].input_type["input"][0])
    model = snntorch_import.import_from_nir(graph)
    state, all_spikes = None, []
    for arriving in events:
        x = torch.zeros(1, inputs)
        x[0, arriving] = 1
        out, state = model(x, state)
        all_spikes.append(out.flatten().nonzero().flatten().tolist())
    return all_spikes


def main():
    path, events = sys.argv[1], json.load(sys.stdin)
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(sys.stderr), torch.no_grad():
        imported = spikes(path, events)
        snntorch_import._create_rnn_subgraph = moved
        result = {"imported": imported, "moved": spikes(path, events)}
    print(json.dumps(result))


main()

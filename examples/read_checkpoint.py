"""A checkpoint of decolle in PyTorch: `python read_checkpoint.py model.safetensors`, with torch and safetensors installed."""

import json
import sys

import safetensors
import torch


def load(path):
    """The specification, and all tensors by name: layers.0.weight, readouts.0.bias, ..."""
    with safetensors.safe_open(path, "pt") as file:
        return json.loads(file.metadata()["decolle"])["specification"], {name: file.get_tensor(name) for name in file.keys()}


def run(path, inputs):
    """Spikes of each dense layer of built-in neurons at every step, for inputs of shape [steps, samples, units]."""
    specification, tensors = load(path)
    for index, layer in enumerate(specification["layers"]):
        neuron = {**specification["neuron"], **layer.get("neuron", {})}
        alpha, beta, gamma, rho = (neuron[name] for name in ("alpha", "beta", "gamma", "rho"))
        weight, bias = tensors[f"layers.{index}.weight"], tensors[f"layers.{index}.bias"]
        q = p = torch.zeros(inputs.shape[1], weight.shape[1])
        r = s = torch.zeros(inputs.shape[1], weight.shape[0])
        spikes = []
        for x in inputs:
            p, q = alpha * p + (1 - alpha) * q, beta * q + (1 - beta) * x
            r = gamma * r + (1 - gamma) * s
            s = (torch.nn.functional.linear(p, weight, bias) - rho * r > 0).float()
            spikes.append(s)
        inputs = torch.stack(spikes)
        yield inputs


if __name__ == "__main__":
    specification, tensors = load(sys.argv[1])
    events = json.load(sys.stdin) if len(sys.argv) > 2 and sys.argv[2] == "-" else []
    if not events:
        for name, tensor in tensors.items():
            print(name, list(tensor.shape))
    else:
        inputs = torch.zeros(len(events), 1, tensors["layers.0.weight"].shape[1])
        for step, arriving in enumerate(events):
            inputs[step, 0, arriving] = 1
        print(json.dumps([[step[0].nonzero().flatten().tolist() for step in layer] for layer in run(sys.argv[1], inputs)]))

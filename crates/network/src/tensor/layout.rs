//! How the values of a tensor lie in a layer's memory, and the axes that users see.

use std::ops::Range;

use decolle_layer::{Constants, Layer};
use decolle_synapse::for_each_weight;

/// How values lie in memory, by their arrays and the places there.
#[derive(Clone)]
pub(super) enum Layout {
    /// In one array, in the order of users.
    Row(Vec<usize>),
    /// Of weights, slice of outputs by slice; for some of the inputs.
    Weights(Range<usize>),
    /// One an output, slice by slice.
    Outputs,
    /// One an input of each sample, in one array of planes; for some of the inputs.
    Inputs(Range<usize>),
    /// One a neuron of each sample, block of outputs by block.
    Neurons,
    /// One a synapse of each sample, block by block: this one of several; for some of the inputs.
    Synapses(usize, Range<usize>),
}

impl Layout {
    /// Lengths of the axes that users see.
    pub(super) fn axes(&self, layer: &Layer, samples: usize) -> Vec<usize> {
        let geometry = &layer.constants.geometry;
        match self {
            Self::Row(axes) => axes.clone(),
            Self::Outputs => vec![geometry.outputs],
            Self::Weights(inputs) => synapse_axes(layer, inputs),
            Self::Inputs(inputs) => [vec![samples], input_axes(layer, inputs)].concat(),
            Self::Neurons => [vec![samples], neuron_axes(layer, false)].concat(),
            Self::Synapses(_, inputs) => [vec![samples], synapse_axes(layer, inputs)].concat(),
        }
    }

    /// The arrays that it is about: sample, and slice or block.
    pub(super) fn arrays(&self, layer: &Layer, samples: usize) -> impl Iterator<Item = (usize, usize)> {
        let geometry = &layer.constants.geometry;
        let (samples, parts) = match self {
            Self::Row(_) | Self::Inputs(_) => (1, 1),
            Self::Weights(_) | Self::Outputs => (1, geometry.slices()),
            Self::Neurons => (samples, geometry.blocks()),
            Self::Synapses(..) => (1, geometry.blocks()),
        };
        (0..samples).flat_map(move |sample| (0..parts).map(move |part| (sample, part)))
    }

    /// Calls with every value's place in the order of users, its array, and its place there.
    pub(super) fn visit(&self, layer: &Layer, samples: usize, call: &mut dyn FnMut(usize, usize, usize)) {
        let geometry = &layer.constants.geometry;
        match self {
            Self::Row(axes) => (0..axes.iter().product()).for_each(|place| call(place, 0, place)),
            Self::Outputs => {
                (0..geometry.outputs).for_each(|output| call(output, output / geometry.slice, output % geometry.slice));
            }
            Self::Weights(inputs) => {
                let fan_in = geometry.fan_in();
                for_each_weight(geometry, |slice, within, place| {
                    if inputs.len() == geometry.inputs {
                        call(place, slice, within);
                    } else if inputs.contains(&(place % fan_in)) {
                        call(place / fan_in * inputs.len() + place % fan_in - inputs.start, slice, within);
                    }
                });
            }
            Self::Inputs(inputs) => {
                for sample in 0..samples {
                    for (number, input) in inputs.clone().enumerate() {
                        let within = sample * geometry.trace_plane + geometry.places()[input] as usize;
                        call(sample * inputs.len() + number, 0, within);
                    }
                }
            }
            Self::Neurons => {
                let (neurons, positions) = (geometry.neurons(), geometry.positions());
                let per_block = positions * geometry.block;
                for neuron in 0..neurons {
                    let place = decolle_layer::place(geometry, positions, neuron);
                    for sample in 0..samples {
                        let array = sample * geometry.blocks() + place / per_block;
                        call(sample * neurons + neuron, array, place % per_block);
                    }
                }
            }
            Self::Synapses(trace, inputs) => {
                let traces = layer.constants.eligibility.as_ref().map_or(0, |program| program.names().len());
                for sample in 0..samples {
                    for output in 0..geometry.outputs {
                        for (number, input) in inputs.clone().enumerate() {
                            let row = (sample * geometry.inputs + input) * traces + trace;
                            let within = row * geometry.block + output % geometry.block;
                            let place = (sample * geometry.outputs + output) * inputs.len() + number;
                            call(place, output / geometry.block, within);
                        }
                    }
                }
            }
        }
    }
}

/// The axes of a layer's neurons, before or after pooling.
pub(super) fn neuron_axes(layer: &Layer, pooled: bool) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    let plane = if pooled { layer.constants.pooled_plane } else { geometry.output_plane };
    layer.constants.axes.of([geometry.outputs, plane[0], plane[1]])
}

pub(super) fn input_axes(layer: &Layer, inputs: &Range<usize>) -> Vec<usize> {
    let Constants { geometry, axes, input_shape, .. } = &layer.constants;
    if geometry.is_dense() { vec![inputs.len()] } else { axes.of(*input_shape) }
}

fn synapse_axes(layer: &Layer, inputs: &Range<usize>) -> Vec<usize> {
    let Constants { geometry, axes, .. } = &layer.constants;
    if geometry.is_dense() { vec![geometry.outputs, inputs.len()] } else { axes.of_weights(geometry) }
}

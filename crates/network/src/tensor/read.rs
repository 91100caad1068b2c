//! Tensors out of a layer's memory.

use decolle_neuron::DecayValues;
use decolle_synapse::{Aligned, Connection, Geometry, Parameters, Weights};

use super::{Kind, for_each_eligibility, neuron_place};
use crate::layer::{Block, Layer, Learner};
use crate::process::Tensor;

/// The axes of a layer's neurons, before or after pooling.
fn neuron_axes(layer: &Layer, pooled: bool) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    let plane = if pooled { layer.constants.pooled_plane } else { geometry.output_plane };
    if geometry.is_dense() { vec![geometry.outputs] } else { vec![geometry.outputs, plane[0], plane[1]] }
}

fn input_axes(layer: &Layer) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    if geometry.is_dense() { vec![geometry.inputs] } else { layer.constants.input_shape.to_vec() }
}

fn weight_axes(layer: &Layer) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    match geometry.connection {
        Connection::Dense { inputs, units } => vec![units, inputs],
        Connection::Convolution { input, channels, kernel, .. } => vec![channels, input[0], kernel, kernel],
    }
}

/// Values in memory order as neurons in the order users see.
fn neurons(geometry: &Geometry, positions: usize, memory: &[f32], out: &mut Vec<f32>) {
    out.extend((0..geometry.outputs * positions).map(|neuron| memory[neuron_place(geometry, positions, neuron)]));
}

/// What a tensor of a layer holds.
pub(super) fn read(layer: &Layer, samples: usize, kind: Kind) -> Tensor {
    let geometry = &layer.constants.geometry;
    let readout = &layer.constants.readout;
    let (units, classes) = (layer.constants.units(), readout.classes());
    let batched = |axes: Vec<usize>| [vec![samples], axes].concat();
    let learned = |of: fn(&Learner) -> Parameters| layer.learners.iter().map(of).collect::<Vec<_>>();
    let per_neuron = |pooled: bool, of: &dyn Fn(&Block) -> &[f32]| {
        let mut data = Vec::new();
        let positions = if pooled { layer.constants.pooled_positions() } else { geometry.positions() };
        for sample in &layer.batch.samples {
            let memory: Vec<f32> = sample.blocks.iter().flat_map(|block| of(block).iter().copied()).collect();
            neurons(geometry, positions, &memory, &mut data);
        }
        Tensor { shape: batched(neuron_axes(layer, pooled)), data }
    };
    let each = |decay: &DecayValues| match decay {
        DecayValues::Shared(value) => vec![*value],
        DecayValues::Each(values) => values.clone(),
    };
    let of_learned = |values: &[f32]| Tensor { shape: vec![values.len()], data: values.to_vec() };
    let inputs = |values: &[f32]| geometry.places().iter().map(|&place| values[place as usize]).collect::<Vec<_>>();
    match kind {
        Kind::Weight => Tensor { shape: weight_axes(layer), data: Weights::weights(geometry, &layer.weights.slices) },
        Kind::Bias => Tensor { shape: vec![geometry.outputs], data: Weights::bias(geometry, &layer.weights.slices) },
        Kind::ErrorThreshold => of_learned(&[layer.constants.trigger.map_or(0.0, |trigger| trigger.threshold)]),
        Kind::Constant(place) => of_learned(&layer.learned[place].values),
        Kind::GradientConstant(place) => of_learned(&layer.learned[place].gradient),
        Kind::ConstantMoment(place, moment) => of_learned(&layer.learned[place].moments[moment]),
        Kind::Alpha => Tensor { shape: input_axes(layer), data: inputs(&each(&layer.constants.traces.alpha)) },
        Kind::Beta => Tensor { shape: input_axes(layer), data: inputs(&each(&layer.constants.traces.beta)) },
        Kind::Gamma => {
            let mut data = Vec::new();
            neurons(geometry, geometry.positions(), &each(&layer.constants.refractory.gamma), &mut data);
            Tensor { shape: neuron_axes(layer, false), data }
        }
        Kind::ReadoutWeight => Tensor { shape: vec![classes, units], data: readout.weights() },
        Kind::ReadoutBias => Tensor { shape: vec![classes], data: readout.bias().to_vec() },
        Kind::ReadoutFeedback => Tensor { shape: vec![classes, units], data: readout.feedback() },
        Kind::GradientWeight => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| learner.gradient.clone())),
        },
        Kind::GradientBias => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| learner.gradient.clone())),
        },
        Kind::WeightMoment(0) => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[0]))),
        },
        Kind::WeightMoment(_) => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[1]))),
        },
        Kind::BiasMoment(0) => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[0]))),
        },
        Kind::BiasMoment(_) => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[1]))),
        },
        Kind::SynapticTrace => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.synaptic.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::MembraneTrace => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.membrane.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::Trace(trace) => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.inputs.traces[trace].chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::Eligibility(trace) => {
            let mut data = vec![0.0; samples * geometry.outputs * geometry.inputs];
            for_each_eligibility(layer, trace, |block, place, index| {
                data[index] = layer.batch.synapses[block].traces[place];
            });
            Tensor { shape: batched(weight_axes(layer)), data }
        }
        Kind::Refractory => per_neuron(false, &|block| &block.refractory),
        Kind::State(place) => per_neuron(false, &|block| &block.states[place]),
        Kind::Potential => per_neuron(false, &|block| &block.potential),
        Kind::Spikes => per_neuron(false, &|block| &block.spike),
        Kind::CarriedPotential => per_neuron(false, &|block| &block.carried_potential),
        Kind::CarriedCurrent => per_neuron(false, &|block| &block.carried_current),
        Kind::PooledPotential => per_neuron(true, &Block::unit_potentials),
        Kind::PooledSpikes => {
            let threshold = layer.constants.refractory.threshold;
            let mut tensor = per_neuron(true, &Block::unit_potentials);
            for u in &mut tensor.data {
                *u = threshold.spike(*u);
            }
            tensor
        }
        Kind::Readout => Tensor {
            shape: vec![samples, classes],
            data: layer.batch.samples.iter().flat_map(|sample| sample.readout.iter().copied()).collect(),
        },
    }
}

fn weights_of(moment: &[f32]) -> Parameters {
    Parameters { weights: moment.into(), bias: Aligned::default() }
}

fn biases_of(moment: &[f32]) -> Parameters {
    Parameters { weights: Aligned::default(), bias: moment.into() }
}

//! Tensors out of a layer's memory.

use decolle_layer::{Block, Layer, Learner};
use decolle_neuron::DecayValues;
use decolle_synapse::{Aligned, Geometry, Parameters, Weights};

use super::{Kind, for_each_eligibility, neuron_place};
use crate::process::Tensor;

/// The axes of a layer's neurons, before or after pooling.
fn neuron_axes(layer: &Layer, pooled: bool) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    let plane = if pooled { layer.constants.pooled_plane } else { geometry.output_plane };
    layer.constants.axes.of([geometry.outputs, plane[0], plane[1]])
}

fn input_axes(layer: &Layer) -> Vec<usize> {
    layer.constants.axes.of(layer.constants.input_shape)
}

/// Lengths of the axes of a tensor of a layer.
pub(super) fn shape(layer: &Layer, samples: usize, kind: Kind) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    let classes = layer.constants.readout.classes();
    let batched = |axes: Vec<usize>| [vec![samples], axes].concat();
    match kind {
        Kind::Weight | Kind::GradientWeight | Kind::WeightMoment(_) => layer.constants.axes.of_weights(geometry),
        Kind::Bias | Kind::GradientBias | Kind::BiasMoment(_) => vec![geometry.outputs],
        Kind::ErrorThreshold => vec![1],
        Kind::Constant(place) | Kind::GradientConstant(place) | Kind::ConstantMoment(place, _) => {
            vec![layer.learned[place].values.len()]
        }
        Kind::Alpha | Kind::Beta => input_axes(layer),
        Kind::Gamma => neuron_axes(layer, false),
        Kind::ReadoutWeight | Kind::ReadoutFeedback => vec![classes, layer.constants.units()],
        Kind::ReadoutBias => vec![classes],
        Kind::SynapticTrace | Kind::MembraneTrace | Kind::Trace(_) => batched(input_axes(layer)),
        Kind::Eligibility(_) => batched(layer.constants.axes.of_weights(geometry)),
        Kind::Refractory
        | Kind::State(_)
        | Kind::Potential
        | Kind::Spikes
        | Kind::CarriedPotential
        | Kind::CarriedCurrent => batched(neuron_axes(layer, false)),
        Kind::PooledPotential | Kind::PooledSpikes => batched(neuron_axes(layer, true)),
        Kind::Readout => vec![samples, classes],
    }
}

/// Values in memory order as neurons in the order users see.
fn neurons(geometry: &Geometry, positions: usize, memory: &[f32], out: &mut Vec<f32>) {
    out.extend((0..geometry.outputs * positions).map(|neuron| memory[neuron_place(geometry, positions, neuron)]));
}

/// What a tensor of a layer holds.
pub(super) fn read(layer: &Layer, samples: usize, kind: Kind) -> Tensor {
    Tensor { shape: shape(layer, samples, kind), data: data(layer, samples, kind) }
}

fn data(layer: &Layer, samples: usize, kind: Kind) -> Vec<f32> {
    let geometry = &layer.constants.geometry;
    let readout = &layer.constants.readout;
    let learned = |of: fn(&Learner) -> Parameters| layer.learners.iter().map(of).collect::<Vec<_>>();
    let per_neuron = |pooled: bool, of: &dyn Fn(&Block) -> &[f32]| {
        let mut data = Vec::new();
        let positions = if pooled { layer.constants.pooled_positions() } else { geometry.positions() };
        for sample in &layer.batch.samples {
            let memory: Vec<f32> = sample.blocks.iter().flat_map(|block| of(block).iter().copied()).collect();
            neurons(geometry, positions, &memory, &mut data);
        }
        data
    };
    let each = |decay: &DecayValues| match decay {
        DecayValues::Shared(value) => vec![*value],
        DecayValues::Each(values) => values.clone(),
    };
    let inputs = |values: &[f32]| geometry.places().iter().map(|&place| values[place as usize]).collect::<Vec<_>>();
    match kind {
        Kind::Weight => Weights::weights(geometry, &layer.weights.slices),
        Kind::Bias => Weights::bias(geometry, &layer.weights.slices),
        Kind::ErrorThreshold => vec![layer.constants.trigger.map_or(0.0, |trigger| trigger.threshold)],
        Kind::Constant(place) => layer.learned[place].values.to_vec(),
        Kind::GradientConstant(place) => layer.learned[place].gradient.to_vec(),
        Kind::ConstantMoment(place, moment) => layer.learned[place].moments[moment].to_vec(),
        Kind::Alpha => inputs(&each(&layer.constants.traces.alpha)),
        Kind::Beta => inputs(&each(&layer.constants.traces.beta)),
        Kind::Gamma => {
            let mut data = Vec::new();
            neurons(geometry, geometry.positions(), &each(&layer.constants.refractory.gamma), &mut data);
            data
        }
        Kind::ReadoutWeight => readout.weights(),
        Kind::ReadoutBias => readout.bias().to_vec(),
        Kind::ReadoutFeedback => readout.feedback(),
        Kind::GradientWeight => Weights::weights(geometry, &learned(|learner| learner.gradient.clone())),
        Kind::GradientBias => Weights::bias(geometry, &learned(|learner| learner.gradient.clone())),
        Kind::WeightMoment(0) => Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[0]))),
        Kind::WeightMoment(_) => Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[1]))),
        Kind::BiasMoment(0) => Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[0]))),
        Kind::BiasMoment(_) => Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[1]))),
        Kind::SynapticTrace => layer.batch.synaptic.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        Kind::MembraneTrace => layer.batch.membrane.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        Kind::Trace(trace) => {
            layer.batch.inputs.traces[trace].chunks_exact(geometry.trace_plane).flat_map(inputs).collect()
        }
        Kind::Eligibility(trace) => {
            let mut data = vec![0.0; samples * geometry.outputs * geometry.inputs];
            for_each_eligibility(layer, trace, |block, place, index| {
                data[index] = layer.batch.synapses[block].traces[place];
            });
            data
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
            let mut potentials = per_neuron(true, &Block::unit_potentials);
            for u in &mut potentials {
                *u = threshold.spike(*u);
            }
            potentials
        }
        Kind::Readout => layer.batch.samples.iter().flat_map(|sample| sample.readout.iter().copied()).collect(),
    }
}

fn weights_of(moment: &[f32]) -> Parameters {
    Parameters { weights: moment.into(), bias: Aligned::default() }
}

fn biases_of(moment: &[f32]) -> Parameters {
    Parameters { weights: Aligned::default(), bias: moment.into() }
}

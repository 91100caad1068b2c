//! Tensors into a layer's memory. Lengths and values have been checked.

use decolle_layer::{Layer, Learned, Learner};
use decolle_neuron::DecayValues;
use decolle_program::Inputs;
use decolle_synapse::{Aligned, Parameters, Weights};

use super::{Kind, for_each_eligibility, neuron_place};

/// Puts values in place of those of a tensor of a layer.
pub(super) fn write(layer: &mut Layer, kind: Kind, data: &[f32]) {
    if let Kind::Eligibility(trace) = kind {
        let mut synapses = std::mem::take(&mut layer.batch.synapses);
        for_each_eligibility(layer, trace, |block, place, index| synapses[block].traces[place] = data[index]);
        layer.batch.synapses = synapses;
        // Eligibility is what inputs that have been heard from leave.
        let inputs = layer.constants.geometry.inputs;
        for (place, _) in data.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            let sample = place / (inputs * layer.constants.geometry.outputs);
            layer.batch.reached[sample * inputs + place % inputs] = true;
        }
        return;
    }
    let learned = match kind {
        Kind::Constant(place) => Some(&mut layer.learned[place].values),
        Kind::GradientConstant(place) => Some(&mut layer.learned[place].gradient),
        Kind::ConstantMoment(place, moment) => Some(&mut layer.learned[place].moments[moment]),
        _ => None,
    };
    if let Some(values) = learned {
        values.copy_from_slice(data);
        layer.learned.iter_mut().for_each(Learned::spread);
        return;
    }
    let Layer { constants, weights, learners, batch, trigger, .. } = layer;
    let geometry = &constants.geometry;
    let set_inputs = |values: &mut [f32], data: &[f32]| {
        for (&place, &value) in geometry.places().iter().zip(data) {
            values[place as usize] = value;
        }
    };
    let neurons = geometry.neurons();
    match kind {
        Kind::Weight => Weights::set_weights(geometry, &mut weights.slices, data),
        Kind::Bias => Weights::set_bias(geometry, &mut weights.slices, data),
        Kind::ErrorThreshold => {
            if let Some(trigger) = trigger {
                trigger.threshold = data[0];
            }
        }
        Kind::Alpha | Kind::Beta => {
            let decays = decolle_layer::spread_inputs(geometry, DecayValues::Each(data.to_vec()));
            if let Inputs::Leaks(leaks) = &mut constants.inputs {
                *(if kind == Kind::Alpha { &mut leaks.alpha } else { &mut leaks.beta }) = decays;
            }
        }
        Kind::Gamma => {
            if let Some(lif) = constants.neurons.lif_mut() {
                lif.gamma = decolle_layer::spread_neurons(geometry, DecayValues::Each(data.to_vec()));
            }
        }
        Kind::ReadoutWeight => {
            constants.readout.set_weights(data);
            if constants.readout_settings.feedback == decolle_learning::Feedback::Readout {
                constants.readout.set_feedback(data);
            }
        }
        Kind::ReadoutBias => constants.readout.set_bias(data),
        Kind::ReadoutFeedback => constants.readout.set_feedback(data),
        Kind::GradientWeight | Kind::GradientBias | Kind::WeightMoment(_) | Kind::BiasMoment(_) => {
            // Learners keep their arrays apart; parameters gather them in the order users see.
            let of = |learner: &mut Learner| match kind {
                Kind::GradientWeight => std::mem::take(&mut learner.gradient.weights),
                Kind::GradientBias => std::mem::take(&mut learner.gradient.bias),
                Kind::WeightMoment(moment) => std::mem::take(&mut learner.weight_moments[moment]),
                Kind::BiasMoment(moment) => std::mem::take(&mut learner.bias_moments[moment]),
                _ => unreachable!("matched above"),
            };
            let is_weight = matches!(kind, Kind::GradientWeight | Kind::WeightMoment(_));
            let mut slices: Vec<Parameters> = learners
                .iter_mut()
                .map(|learner| {
                    let values = of(learner);
                    if is_weight {
                        Parameters { weights: values, bias: Aligned::default() }
                    } else {
                        Parameters { weights: Aligned::default(), bias: values }
                    }
                })
                .collect();
            if is_weight {
                Weights::set_weights(geometry, &mut slices, data);
            } else {
                Weights::set_bias(geometry, &mut slices, data);
            }
            for (learner, slice) in learners.iter_mut().zip(slices) {
                match kind {
                    Kind::GradientWeight => learner.gradient.weights = slice.weights,
                    Kind::GradientBias => learner.gradient.bias = slice.bias,
                    Kind::WeightMoment(moment) => learner.weight_moments[moment] = slice.weights,
                    Kind::BiasMoment(moment) => learner.bias_moments[moment] = slice.bias,
                    _ => unreachable!("matched above"),
                }
            }
        }
        Kind::SynapticTrace | Kind::MembraneTrace | Kind::Trace(_) => {
            let traces = match kind {
                Kind::Trace(trace) => &mut batch.inputs.traces[trace],
                Kind::SynapticTrace => &mut batch.synaptic,
                _ => &mut batch.membrane,
            };
            let planes = traces.chunks_exact_mut(geometry.trace_plane);
            for (plane, data) in planes.zip(data.chunks_exact(geometry.inputs)) {
                set_inputs(plane, data);
            }
        }
        Kind::State(_) | Kind::Potential | Kind::Spikes | Kind::CarriedPotential | Kind::CarriedCurrent => {
            let per_block = geometry.positions() * geometry.block;
            for (sample, data) in batch.samples.iter_mut().zip(data.chunks_exact(neurons)) {
                for (neuron, &value) in data.iter().enumerate() {
                    let place = neuron_place(geometry, geometry.positions(), neuron);
                    let block = &mut sample.blocks[place / per_block];
                    let memory = match kind {
                        Kind::State(place) => &mut block.states[place],
                        Kind::Potential => &mut block.potential,
                        Kind::CarriedPotential => &mut block.carried_potential,
                        Kind::CarriedCurrent => &mut block.carried_current,
                        _ => &mut block.spike,
                    };
                    memory[place % per_block] = value;
                }
            }
        }
        Kind::Eligibility(_) | Kind::Constant(_) | Kind::GradientConstant(_) | Kind::ConstantMoment(..) => {
            unreachable!("written above")
        }
        Kind::PooledPotential | Kind::PooledSpikes | Kind::Readout => {
            unreachable!("refused before")
        }
    }
}

//! Tensors that lie in no array of their own: decay factors, readouts, pooled potentials, in the order of users.

use decolle_layer::{Block, Inputs, Layer, spread_inputs, spread_neurons};
use decolle_learning::Feedback;
use decolle_neuron::DecayValues;

/// Decay factors of Q and P, α or β, of each input.
pub(super) fn of_inputs(layer: &Layer, alpha: bool) -> Vec<f32> {
    let each = layer.constants.leaks().map(|leaks| if alpha { &leaks.alpha } else { &leaks.beta });
    let Some(DecayValues::Each(values)) = each else { return Vec::new() };
    layer.constants.geometry.places().iter().map(|&place| values[place as usize]).collect()
}

/// Puts others in their place.
pub(super) fn set_of_inputs(layer: &mut Layer, alpha: bool, data: &[f32]) {
    let decays = spread_inputs(&layer.constants.geometry, DecayValues::Each(data.to_vec()));
    if let Inputs::Leaks(leaks) = &mut layer.constants.inputs {
        *(if alpha { &mut leaks.alpha } else { &mut leaks.beta }) = decays;
    }
}

/// Decay factors of R, γ, of each neuron.
pub(super) fn gammas(layer: &Layer) -> Vec<f32> {
    let geometry = &layer.constants.geometry;
    let Some(DecayValues::Each(values)) = layer.constants.neurons.lif().map(|lif| &lif.gamma) else {
        return Vec::new();
    };
    let place = |neuron| decolle_layer::place(geometry, geometry.positions(), neuron);
    (0..geometry.neurons()).map(|neuron| values[place(neuron)]).collect()
}

/// Puts others in their place.
pub(super) fn set_gammas(layer: &mut Layer, data: &[f32]) {
    let decays = spread_neurons(&layer.constants.geometry, DecayValues::Each(data.to_vec()));
    if let Some(lif) = layer.constants.neurons.lif_mut() {
        lif.gamma = decays;
    }
}

/// Replaces the readout's weights, and the feedback's where they are the same.
pub(super) fn set_readout(layer: &mut Layer, data: &[f32]) {
    let constants = &mut layer.constants;
    constants.readout.set_weights(data);
    if constants.readout_settings.feedback == Feedback::Readout {
        constants.readout.set_feedback(data);
    }
}

/// U after pooling.
pub(super) fn pooled_potentials(layer: &Layer) -> Vec<f32> {
    let constants = &layer.constants;
    let (units, positions) = (constants.units(), constants.pooled_positions());
    let mut data = Vec::with_capacity(layer.batch.samples.len() * units);
    for sample in &layer.batch.samples {
        let memory: Vec<f32> =
            sample.blocks.iter().flat_map(|block: &Block| block.unit_potentials()).copied().collect();
        data.extend((0..units).map(|unit| memory[decolle_layer::place(&constants.geometry, positions, unit)]));
    }
    data
}

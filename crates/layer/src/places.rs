//! Where neurons lie in memory, and values that are spread out as they do.

use decolle_neuron::DecayValues;
use decolle_synapse::Geometry;

/// Where neuron `neuron` (channel, row, column) lies in memory: `[block][position][output of the block]`.
pub fn place(geometry: &Geometry, positions: usize, neuron: usize) -> usize {
    let (output, position) = (neuron / positions, neuron % positions);
    (output / geometry.block * positions + position) * geometry.block + output % geometry.block
}

/// Decay factors of inputs, laid out as their traces are.
pub fn spread_inputs(geometry: &Geometry, decays: DecayValues) -> DecayValues {
    match decays {
        DecayValues::Shared(value) => DecayValues::Shared(value),
        DecayValues::Each(values) => {
            let mut spread = vec![0.0; geometry.trace_plane];
            for (&place, value) in geometry.places().iter().zip(values) {
                spread[place as usize] = value;
            }
            DecayValues::Each(spread)
        }
    }
}

/// Decay factors of neurons, laid out as their state is.
pub fn spread_neurons(geometry: &Geometry, decays: DecayValues) -> DecayValues {
    match decays {
        DecayValues::Shared(value) => DecayValues::Shared(value),
        DecayValues::Each(values) => {
            let positions = geometry.positions();
            let mut spread = vec![0.0; geometry.blocks() * geometry.block * positions];
            for (neuron, value) in values.into_iter().enumerate() {
                spread[place(geometry, positions, neuron)] = value;
            }
            DecayValues::Each(spread)
        }
    }
}

//! Updates: what weights become of their gradients.

use decolle_synapse::{Level, Parameters, Weights, pack_panel};
use decolle_threads::each;
use fearless_simd::dispatch;

use super::Learner;
use super::gradient::LearnerState;
use crate::Constants;

/// One update of weights and biases.
pub(crate) struct Descent<'a> {
    pub(crate) constants: &'a Constants,
    /// Learning rate.
    pub(crate) rate: f32,
    /// Which update it is, counted from 1.
    pub(crate) update: u64,
    pub(crate) level: Level,
}

impl Descent<'_> {
    /// Applies all that has accumulated.
    pub(crate) fn apply_all(&self, weights: &mut Weights, learners: &mut [Learner]) {
        each(weights.slices.iter_mut().zip(learners), |(parameters, learner)| {
            self.apply(parameters, learner);
        });
        self.pack(weights);
    }

    /// Applies what has accumulated for a slice.
    pub(super) fn apply(&self, parameters: &mut Parameters, learner: &mut Learner) {
        let LearnerState { gradient, moments } = &mut learner.state;
        let of_weights = moments.each_mut().map(|moment| &mut moment.weights[..]);
        self.descend(&gradient.weights, &mut parameters.weights, of_weights);
        let of_biases = moments.each_mut().map(|moment| &mut moment.bias[..]);
        self.descend(&gradient.bias, &mut parameters.bias, of_biases);
    }

    pub(crate) fn descend(&self, gradient: &[f32], parameters: &mut [f32], moments: [&mut [f32]; 2]) {
        dispatch!(self.level, _simd => {
            self.constants.optimizer.update(self.rate, self.update, gradient, parameters, moments)
        });
    }

    /// Brings the panels of a convolution up to date.
    pub(super) fn pack(&self, weights: &mut Weights) {
        let geometry = &self.constants.geometry;
        let (panels, slices) = weights.panels_and_slices();
        let parts = panels.iter_mut().zip(slices.chunks(geometry.block / geometry.slice));
        each(parts, |(panel, slices)| pack_panel(self.level, geometry, slices, panel));
    }
}

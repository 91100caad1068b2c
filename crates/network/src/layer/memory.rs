//! What a batch can change of a layer, remembered to go back to.
//!
//! A call remembers before it starts, so that a failed or cancelled one changes nothing. The memory of the last call is
//! written over by the next: with short calls, fresh pages would cost more than the steps.

use decolle_learning::{ErrorEvents, ErrorTrigger};
use decolle_synapse::{Aligned, Level, Parameters};

use super::{Batch, Layer, Learned};

/// What there is to go back to.
#[derive(Default)]
pub(crate) struct Memory {
    with_weights: bool,
    /// Weights, and what learning keeps for them, slice of outputs by slice.
    pub(crate) weights: Vec<Parameters>,
    pub(crate) moments: Vec<[Aligned; 4]>,
    pub(crate) gradients: Vec<Parameters>,
    pub(crate) learned: Vec<Learned>,
    trigger: Option<ErrorTrigger>,
    error_events: ErrorEvents,
    accumulated: usize,
    updates: u64,
    pub(crate) batch: Batch,
}

impl Layer {
    /// What there is to go back to: weights only where the batch will change them. With `restart`, so many samples at rest
    /// then take the place of those that were. `spare` is a memory that is needed no more.
    pub(crate) fn remember(&mut self, with_weights: bool, restart: Option<usize>, spare: Memory) -> Memory {
        let Memory { mut weights, mut moments, mut gradients, mut learned, mut batch, .. } = spare;
        if with_weights {
            weights.clone_from(&self.weights.slices);
            moments.resize_with(self.learners.len(), Default::default);
            for (copies, learner) in moments.iter_mut().zip(&self.learners) {
                for (copy, moment) in copies.iter_mut().zip(learner.weight_moments.iter().chain(&learner.bias_moments))
                {
                    copy.clone_from(moment);
                }
            }
            learned.clone_from(&self.learned);
            gradients.resize_with(self.learners.len(), || Parameters::zeros(0, 0));
            for (copy, learner) in gradients.iter_mut().zip(&self.learners) {
                copy.clone_from(&learner.gradient);
            }
        }
        match restart {
            None => batch.copy_state(&self.batch),
            Some(samples) => batch = std::mem::replace(&mut self.batch, batch.rest(&self.constants, samples)),
        }
        let Self { accumulated, updates, error_events, .. } = *self;
        let trigger = self.constants.trigger;
        Memory {
            with_weights,
            weights,
            moments,
            gradients,
            learned,
            trigger,
            error_events,
            accumulated,
            updates,
            batch,
        }
    }

    /// Goes back.
    pub(crate) fn restore(&mut self, memory: Memory, level: Level) {
        let Memory { with_weights, weights, moments, gradients, learned, accumulated, updates, batch, .. } = memory;
        if with_weights {
            self.constants.trigger = memory.trigger;
            self.error_events = memory.error_events;
            self.weights.slices = weights;
            self.learned = learned;
            for (learner, [first, second, first_of_bias, second_of_bias]) in self.learners.iter_mut().zip(moments) {
                learner.weight_moments = [first, second];
                learner.bias_moments = [first_of_bias, second_of_bias];
            }
            for (learner, gradient) in self.learners.iter_mut().zip(gradients) {
                learner.gradient = gradient;
            }
            self.pack(level);
        }
        self.accumulated = accumulated;
        self.updates = updates;
        self.batch = batch;
    }
}

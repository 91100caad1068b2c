//! A snapshot of what a batch can change of a layer.
//!
//! A call takes one before it starts, so that a failed or cancelled one changes nothing. The snapshot of the last call is
//! written over by the next: with short calls, fresh pages would cost more than the steps. So would copies of all weights, of
//! which only those are copied that have changed since.

use decolle_synapse::{Aligned, Level, Parameters};
use decolle_threads::any;

use crate::neurons::all_finite;
use crate::{Batch, Controlled, Counted, Layer, Learned, Learner, LearnerState, Sample};

/// What there is to go back to.
#[derive(Default)]
pub struct Snapshot {
    with_weights: bool,
    with_gradients: bool,
    /// Which of the layer's snapshots with weights they are of, counted from 1; 0 where there are none.
    number: u64,
    /// Weights, and what learning keeps for them, slice of outputs by slice.
    pub(crate) weights: Vec<Parameters>,
    pub(crate) learning: Vec<LearnerState>,
    pub(crate) learned: Vec<Learned>,
    controlled: Controlled,
    counted: Counted,
    accumulated: usize,
    updates: u64,
    pub(crate) batch: Batch,
}

impl Layer {
    /// What there is to go back to: weights only where the batch will change them, and gradients where not each of them is
    /// gone with its update: `passing`. With `restart`, so many samples at rest then take the place of those that were. `spare`
    /// is a snapshot that is needed no more.
    pub fn snapshot(&mut self, with_weights: bool, passing: bool, restart: Option<usize>, spare: Snapshot) -> Snapshot {
        let with_gradients = !(passing && self.accumulated == 0 && self.constants.optimizer.is_plain_descent());
        let Snapshot { mut number, mut weights, mut learning, mut learned, mut batch, .. } = spare;
        if with_weights {
            // Another one has been taken since, or none.
            self.changed.all |= number != self.snapshots;
            self.changed.copy(&self.weights.slices, &mut weights);
            learning.resize_with(self.learners.len(), LearnerState::default);
            for (copy, learner) in learning.iter_mut().zip(&self.learners) {
                let LearnerState { gradient, moments } = &learner.state;
                if with_gradients {
                    copy.gradient.clone_from(gradient);
                }
                if self.changed.all {
                    copy.moments.clone_from(moments);
                }
            }
            learned.clone_from(&self.learned);
            self.changed.start();
            self.snapshots += 1;
            number = self.snapshots;
        }
        match restart {
            None => batch.copy_state(&self.batch),
            Some(samples) => batch = std::mem::replace(&mut self.batch, batch.rest(&self.constants, samples)),
        }
        let Self { accumulated, updates, controlled, counted, .. } = *self;
        Snapshot {
            with_weights,
            with_gradients,
            number,
            weights,
            learning,
            learned,
            controlled,
            counted,
            accumulated,
            updates,
            batch,
        }
    }

    /// The name of a tensor that is kept and that a step after the one that broke it would show: carried currents, and with
    /// `updated` weights and what learning keeps for them.
    pub fn not_finite(&self, updated: bool) -> Option<String> {
        let index = self.constants.index;
        if self.batch.carried {
            let broken = |sample: &Sample| sample.blocks.iter().any(|block| !all_finite(&block.carried_current));
            if any(&self.batch.samples, broken) {
                return Some(format!("state.layers[{index}].carriedCurrent"));
            }
        }
        let named = |name: &str, broken: bool| broken.then(|| format!("layers[{index}].{name}"));
        let learners = &self.learners;
        if self.accumulated > 0 {
            let gradients = || learners.iter().map(|learner| &learner.state.gradient);
            let name = named("gradient of the weights", any(gradients(), |gradient| !all_finite(&gradient.weights)))
                .or_else(|| named("gradient of the biases", any(gradients(), |gradient| !all_finite(&gradient.bias))))
                .or_else(|| self.learned_not_finite(|learned| vec![&learned.gradient]));
            if name.is_some() {
                return name;
            }
        }
        if !updated {
            return None;
        }
        let slices = &self.weights.slices;
        let moments = |learner: &Learner| {
            learner.state.moments.iter().all(|moment| all_finite(&moment.weights) && all_finite(&moment.bias))
        };
        named("weight", any(slices, |slice| !self.changed.are_finite(slice)))
            .or_else(|| named("bias", any(slices, |slice| !all_finite(&slice.bias))))
            .or_else(|| named("moments of the optimizer", any(learners, |learner| !moments(learner))))
            .or_else(|| self.learned_not_finite(|learned| learned.moments.iter().chain([&learned.values]).collect()))
    }

    /// The name of a constant that learns, of whose arrays one is not finite.
    fn learned_not_finite(&self, arrays: impl Fn(&Learned) -> Vec<&Aligned>) -> Option<String> {
        let constants = self.constants.learned.iter().zip(&self.learned);
        let mut broken = constants.filter(|(_, learned)| arrays(learned).iter().any(|array| !all_finite(array)));
        broken.next().map(|(constant, _)| format!("layers[{}].constants.{}", self.constants.index, constant.name))
    }

    /// Goes back.
    pub fn restore(&mut self, snapshot: Snapshot, level: Level) {
        let Snapshot { with_weights, with_gradients, weights, learning, learned, accumulated, updates, batch, .. } =
            snapshot;
        if with_weights {
            self.controlled = snapshot.controlled;
            self.counted = snapshot.counted;
            self.weights.slices = weights;
            self.learned = learned;
            for (learner, state) in self.learners.iter_mut().zip(learning) {
                if with_gradients {
                    learner.state = state;
                } else {
                    learner.state.moments = state.moments;
                }
            }
            self.pack(level);
        }
        self.accumulated = accumulated;
        self.updates = updates;
        self.batch = batch;
    }
}

//! What learning goes by that controllers move from update to update.

use decolle_learning::{ErrorTrigger, Occurrences, Regularizer};

use crate::Constants;

/// What controllers move, as it is now; what they do not is as the specification has it.
#[derive(Clone, Copy, Default)]
pub struct Controlled {
    /// The error trigger, whose θ may follow the error events.
    pub trigger: Option<ErrorTrigger>,
    /// The regulariser, whose λ₁ may follow the spikes.
    pub regularizer: Option<Regularizer>,
}

/// What controllers go by: what there has been in learning steps since the last update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Error events, where an error trigger is under control.
    pub errors: Occurrences,
    /// Spikes, where there is a budget of them.
    pub spikes: Occurrences,
}

impl Counted {
    /// Takes in what came later.
    pub(crate) fn add(&mut self, later: Self) {
        self.errors.add(later.errors);
        self.spikes.add(later.spikes);
    }
}

impl Controlled {
    pub(crate) fn new(constants: &Constants) -> Self {
        Self { trigger: constants.trigger, regularizer: constants.regularizer }
    }

    /// Whether anything moves.
    pub(crate) fn moves(&self) -> bool {
        self.trigger.is_some_and(|trigger| trigger.moves())
            || self.regularizer.is_some_and(|regularizer| regularizer.moves())
    }

    /// Moves on after an update.
    pub(crate) fn update(&mut self, constants: &Constants, counted: Counted) {
        if let (Some(trigger), Some(first)) = (&mut self.trigger, &constants.trigger) {
            trigger.threshold = trigger.moved(first.threshold, counted.errors);
        }
        if let (Some(regularizer), Some(first)) = (&mut self.regularizer, &constants.regularizer) {
            regularizer.upper = regularizer.moved(first.upper, counted.spikes);
        }
    }
}

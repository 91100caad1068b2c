//! What to do with a batch.

use decolle_error::Result;

use crate::Record;

/// What to do with a batch.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of samples in the batch, at least 1.
    pub samples: usize,
    /// Number of time steps, at least 1.
    pub steps: usize,
    /// Whether weights change.
    pub learn: bool,
    /// Steps at the start of a sequence that neither learn nor vote.
    pub burn_in: usize,
    /// Learning steps whose gradients are summed into one update, at least 1.
    pub update_every: usize,
    /// Whether the sequence goes on from the state the last batch left.
    pub keep_state: bool,
    /// Whether a gradient accumulated over fewer than `update_every` steps is applied at the end of the batch.
    pub flush_gradient: bool,
    /// Whether target values are given for every step.
    pub target_per_step: bool,
    /// Whether target values are given for every layer.
    pub target_per_layer: bool,
    /// What the outcome holds of every step.
    pub record: Option<Record>,
    /// Whether the outcome holds mean and variance of the membrane potential.
    pub record_potential: bool,
}

decolle_json::object! {
    Options {
        samples = 0,
        steps = 0,
        learn = false,
        burn_in = 0,
        update_every = 1,
        keep_state = false,
        flush_gradient = true,
        target_per_step = false,
        target_per_layer = false,
        record = None,
        record_potential = false,
    }
}

impl Options {
    /// Reads options from JSON.
    ///
    /// # Errors
    /// `config` with the path of the field that is missing, unknown or of the wrong type.
    pub fn from_json(text: &str) -> Result<Self> {
        decolle_json::read("options", text)
    }

    /// Whether potentials of every step are looked at once a step is over.
    pub fn keeps_potentials(&self) -> bool {
        self.record_potential || self.record.as_ref().is_some_and(|record| record.potentials)
    }
}

//! What to do with a batch.

use decolle_error::Result;
use serde::{Deserialize, Serialize};

/// What to do with a batch.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// Number of samples in the batch, at least 1.
    pub samples: usize,
    /// Number of time steps, at least 1.
    pub steps: usize,
    /// Whether weights change.
    #[serde(default)]
    pub learn: bool,
    /// Steps at the start of a sequence that neither learn nor vote.
    #[serde(default)]
    pub burn_in: usize,
    /// Learning steps whose gradients are summed into one update, at least 1.
    #[serde(default = "one")]
    pub update_every: usize,
    /// Whether the sequence goes on from the state the last batch left.
    #[serde(default)]
    pub keep_state: bool,
    /// Whether a gradient accumulated over fewer than `update_every` steps is applied at the end of the batch.
    #[serde(default = "yes")]
    pub flush_gradient: bool,
    /// Whether target values are given for every step.
    #[serde(default)]
    pub target_per_step: bool,
    /// Whether target values are given for every layer.
    #[serde(default)]
    pub target_per_layer: bool,
    /// Whether the outcome holds the readout at every step.
    #[serde(default)]
    pub record_readout: bool,
    /// Whether the outcome holds mean and variance of the membrane potential.
    #[serde(default)]
    pub record_potential: bool,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

impl Options {
    /// Reads options from JSON.
    ///
    /// # Errors
    /// `config` with the path of the field that is missing, unknown or of the wrong type.
    pub fn from_json(text: &str) -> Result<Self> {
        decolle_json::read("options", text)
    }
}

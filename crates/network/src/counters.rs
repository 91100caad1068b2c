//! What a network counts over its life.

/// Most of what is counted: float64 holds every whole number up to it.
pub(crate) const MOST_COUNTED: u64 = (1 << 53) - 1;

/// What has been counted over the life of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Time steps of batches that learned; the draws of dropout are addressed by it.
    pub steps: u64,
    /// Updates of all weights.
    pub updates: u64,
    /// What the learning-rate schedule goes by.
    pub epoch: u32,
}

decolle_json::object! { Counters { steps, updates, epoch } }

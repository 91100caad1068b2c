//! A batch that is being worked on, and what there is to go back to.

use std::sync::Arc;

use decolle_layer::{Options, Snapshot};
use decolle_number::saturated;
use decolle_synapse::SpikeTrain;

use crate::batch::Batch;
use crate::counters::Counters;
use crate::silence::Silence;

/// A batch that is being worked on.
pub(crate) struct Work {
    pub(crate) options: Options,
    pub(crate) batch: Arc<Batch>,
    /// Steps of a chunk.
    pub(crate) chunk: usize,
    /// Steps done.
    pub(crate) done: usize,
    /// Layers that are done with the chunk at hand.
    pub(crate) layer: usize,
    pub(crate) first_step: u64,
    pub(crate) updates: usize,
    pub(crate) trains: Vec<SpikeTrain>,
    /// What the chunk at hand is compared with, where it is silent and so is what follows.
    pub(crate) silence: Option<Silence>,
    /// Whether it is done with averaged weights.
    pub(crate) averaged: bool,
    /// What to go back to if the batch fails or is given up.
    pub(crate) snapshot: NetworkSnapshot,
}

/// All that work can change.
pub(crate) struct NetworkSnapshot {
    pub(crate) layers: Vec<Snapshot>,
    pub(crate) counters: Counters,
    pub(crate) sequence_step: u64,
    pub(crate) samples: usize,
}

impl Work {
    /// Steps that learn or vote.
    pub(crate) fn counted_steps(&self) -> usize {
        let burnt = (self.options.burn_in as u64).saturating_sub(self.first_step).min(self.options.steps as u64);
        self.options.steps - saturated(burnt)
    }
}

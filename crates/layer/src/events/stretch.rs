//! A stretch: some steps by events, over which the weights stand still.

use std::ops::Range;

use decolle_synapse::events::Plane;
use decolle_synapse::{Level, SpikeTrain, Weights};

use crate::{Chunk, Constants, Controlled, Step};

/// Most steps of a stretch: as many as let the dense terms of a gradient fall behind those of the events.
pub(crate) const LONGEST: usize = 64;
/// What is the same for all samples of a stretch.
pub(crate) struct Stretch<'a> {
    pub(super) constants: &'a Constants,
    pub(super) weights: &'a Weights,
    pub(super) controlled: Controlled,
    pub(super) input: &'a [&'a SpikeTrain],
    pub(super) plane: Option<Plane>,
    /// Steps within the chunk.
    pub(super) range: Range<usize>,
    pub(super) level: Level,
    /// Whether it learns, and in any case whether potentials are kept.
    pub(super) learn: bool,
    pub(super) keep: bool,
    pub(super) samples: usize,
}

impl<'a> Stretch<'a> {
    /// The steps `range` of a chunk, all of which learn or none.
    pub(crate) fn new(
        constants: &'a Constants,
        weights: &'a Weights,
        controlled: Controlled,
        input: &'a [&'a SpikeTrain],
        range: Range<usize>,
        chunk: &Chunk<'_>,
    ) -> Self {
        let step = chunk.step(range.start);
        let Step { learn, keep_potential, .. } = step;
        let geometry = &constants.geometry;
        Self {
            constants,
            weights,
            controlled,
            input,
            plane: (!geometry.is_dense()).then(|| Plane::new(geometry)),
            range,
            level: chunk.level,
            learn,
            keep: learn || keep_potential || step.is_judged() && constants.judgement.looks_at_units(),
            samples: input.len(),
        }
    }
}

/// Adds numbers one by one.
pub(super) fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

//! The inputs of a recurrent layer: spikes from below, and its own of the step before, which come one step late, as over any
//! other synapse.

use decolle_number::index;
use decolle_synapse::SpikeTrain;

use crate::state::Block;
use crate::{Constants, Layer, Sample};

/// Adds a step to what arrives at one sample: what comes from below in step `in_chunk`, and behind it the spikes that its
/// neurons have sent last. False where there is no memory for it.
#[must_use]
pub(crate) fn add_step(
    constants: &Constants,
    below: &SpikeTrain,
    in_chunk: usize,
    blocks: &[Block],
    arriving: &mut SpikeTrain,
) -> bool {
    let (indices, counts) = below.step(in_chunk);
    if !arriving.make_room(indices.len() + constants.own_inputs) {
        return false;
    }
    arriving.extend(indices, counts);
    let first = constants.inputs_from_below();
    let spikes = blocks.iter().flat_map(|block| block.spike.iter());
    for (unit, &spike) in spikes.take(constants.own_inputs).enumerate() {
        if spike != 0.0 {
            arriving.push(index(first + unit), spike);
        }
    }
    arriving.end_step();
    true
}

impl Sample {
    /// What arrives at the sample: what comes from below, with the layer's own spikes where it is recurrent.
    #[inline(always)]
    pub(crate) fn arriving<'a>(&'a self, constants: &Constants, below: &'a SpikeTrain) -> &'a SpikeTrain {
        if constants.own_inputs == 0 { below } else { &self.arriving }
    }
}

impl Layer {
    /// Adds a step to what arrives at all samples; false where there is no memory for it.
    pub(crate) fn add_own_spikes(&mut self, in_chunk: usize, below: &[&SpikeTrain]) -> bool {
        let Self { constants, batch, .. } = self;
        for (sample, below) in batch.samples.iter_mut().zip(below) {
            let Sample { blocks, arriving, .. } = sample;
            if !add_step(constants, below, in_chunk, blocks, arriving) {
                (sample.finite, sample.out_of_memory) = (false, true);
                return false;
            }
        }
        true
    }

    /// Calls with what arrived at all samples in a stretch.
    pub(crate) fn with_arriving<T>(&mut self, call: impl FnOnce(&mut Self, &[&SpikeTrain]) -> T) -> T {
        let take = |sample: &mut Sample| std::mem::take(&mut sample.arriving);
        let trains: Vec<SpikeTrain> = self.batch.samples.iter_mut().map(take).collect();
        let result = call(self, &trains.iter().collect::<Vec<_>>());
        for (sample, train) in self.batch.samples.iter_mut().zip(trains) {
            sample.arriving = train;
        }
        result
    }
}

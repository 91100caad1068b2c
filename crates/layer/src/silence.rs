//! Silence that changes nothing any more: a stretch of steps without input after which a layer is as before has been
//! taken once and for all.

use std::ops::Range;

use decolle_synapse::Aligned;

use crate::{Batch, Block, Layer, Operations, Sample};

/// A layer before some steps, for [`Layer::is_as`].
#[derive(Default)]
pub struct Before {
    /// State, and tallies so far.
    pub(crate) batch: Batch,
    operations: Operations,
}

impl Layer {
    /// Writes down state and tallies.
    pub fn note(&self, before: &mut Before) {
        before.batch.copy_state(&self.batch);
        before.batch.steps = self.batch.steps;
        before.operations = self.operations;
        for (noted, sample) in before.batch.samples.iter_mut().zip(&self.batch.samples) {
            noted.votes.clone_from(&sample.votes);
            (noted.spikes, noted.counted_spikes) = (sample.spikes, sample.counted_spikes);
        }
    }

    /// Whether the state has the bits that were written down.
    pub fn is_as(&self, before: &Before) -> bool {
        let Before { batch: before, .. } = before;
        let Batch { samples, membrane, synaptic, inputs, synapses, reached, carried, window, .. } = &self.batch;
        (carried, window, reached) == (&before.carried, &before.window, &before.reached)
            && all(samples, &before.samples, same_sample)
            && same(membrane, &before.membrane)
            && same(synaptic, &before.synaptic)
            && all(&inputs.traces, &before.inputs.traces, same)
            && all(&inputs.presynaptic, &before.inputs.presynaptic, same)
            && all(synapses, &before.synapses, |one, other| same(&one.traces, &other.traces))
    }

    /// Counts the steps `range` of the batch, those since `before`, so many times more.
    pub fn repeat(&mut self, before: &Before, range: &Range<usize>, times: usize) {
        let more = times as u64;
        let (operations, noted) = (&mut self.operations, &before.operations);
        operations.forward += (operations.forward - noted.forward) * more as f64;
        // Eligibility traces are moved on in inference, too.
        operations.gradient += (operations.gradient - noted.gradient) * more as f64;
        self.batch.steps.events += (self.batch.steps.events - before.batch.steps.events) * more;
        self.batch.steps.dense += (self.batch.steps.dense - before.batch.steps.dense) * more;
        for (sample, before) in self.batch.samples.iter_mut().zip(&before.batch.samples) {
            sample.spikes += (sample.spikes - before.spikes) * more;
            sample.counted_spikes += (sample.counted_spikes - before.counted_spikes) * more;
            for (votes, before) in sample.votes.iter_mut().zip(&before.votes) {
                *votes += (*votes - before) * decolle_number::index(times);
            }
            if let Some(recorder) = &mut sample.recorder {
                recorder.repeat(range, times);
            }
        }
    }
}

fn all<T>(one: &[T], other: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

fn same(one: &Aligned, other: &Aligned) -> bool {
    // Not by value: −0 is 0.
    one.len() == other.len() && one.iter().zip(&**other).all(|(one, other)| one.to_bits() == other.to_bits())
}

fn same_sample(one: &Sample, other: &Sample) -> bool {
    all(&one.readout, &other.readout, |one, other| one.to_bits() == other.to_bits())
        && all(&one.blocks, &other.blocks, same_block)
}

fn same_block(one: &Block, other: &Block) -> bool {
    one.winners == other.winners
        && all(&one.states, &other.states, same)
        && same(&one.potential, &other.potential)
        && same(&one.spike, &other.spike)
        && same(&one.pooled, &other.pooled)
        && same(&one.carried_potential, &other.carried_potential)
        && same(&one.carried_current, &other.carried_current)
}

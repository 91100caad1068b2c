//! How much memory a layer holds: all that grows with its size or with a batch; what a step works in is not counted.

use decolle_synapse::{Aligned, Parameters};

use crate::{Batch, Before, Block, Layer, Learned, LearnerState, Sample, Snapshot};

impl Layer {
    /// Bytes of weights, optimiser and neuron state.
    pub fn bytes(&self) -> usize {
        self.weights.bytes()
            + self.spectra.bytes()
            + self.constants.readout.bytes()
            + self.learners.iter().map(|learner| learner_state(&learner.state)).sum::<usize>()
            + self.learned.iter().map(learned).sum::<usize>()
            + batch(&self.batch)
    }
}

impl Snapshot {
    /// Bytes of all that there is to go back to.
    pub fn bytes(&self) -> usize {
        let Snapshot { weights, learning, learned: constants, batch: state, .. } = self;
        weights.iter().map(parameters).sum::<usize>()
            + learning.iter().map(learner_state).sum::<usize>()
            + constants.iter().map(learned).sum::<usize>()
            + batch(state)
    }
}

impl Before {
    /// Bytes of the state that was written down.
    pub fn bytes(&self) -> usize {
        batch(&self.batch)
    }
}

fn learner_state(LearnerState { gradient, moments }: &LearnerState) -> usize {
    moments.iter().chain([gradient]).map(parameters).sum()
}

fn learned(Learned { values, gradient, moments, .. }: &Learned) -> usize {
    arrays([values, gradient].into_iter().chain(moments))
}

fn batch(batch: &Batch) -> usize {
    let Batch { samples, membrane, synaptic, inputs, synapses, reached, .. } = batch;
    samples.iter().map(sample).sum::<usize>()
        + arrays([membrane, synaptic].into_iter().chain(&inputs.traces).chain(&inputs.presynaptic))
        + arrays(synapses.iter().map(|synapses| &synapses.traces))
        + reached.len()
}

fn sample(sample: &Sample) -> usize {
    let floats = sample.readout.len() + sample.error.len();
    let wholes = sample.fired.len() + sample.votes.len();
    sample.blocks.iter().map(block).sum::<usize>()
        + sample.train.bytes()
        + sample.arriving.bytes()
        + sample.recorder.as_ref().map_or(0, |recorder| recorder.bytes())
        + sample.draws.len()
        + 4 * (floats + wholes)
}

fn block(block: &Block) -> usize {
    let Block { potential, spike, states, pooled, winners, carried_potential, carried_current } = block;
    let carried = [carried_potential, carried_current];
    arrays([potential, spike, pooled].into_iter().chain(states).chain(carried)) + 2 * winners.len()
}

fn parameters(parameters: &Parameters) -> usize {
    arrays([&parameters.weights, &parameters.bias])
}

fn arrays<'a>(arrays: impl IntoIterator<Item = &'a Aligned>) -> usize {
    4 * arrays.into_iter().map(|array| array.len()).sum::<usize>()
}

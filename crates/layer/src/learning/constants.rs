//! Constants of a neuron that learn, such as time constants and thresholds, beside the weights.

use decolle_program::LearnedConstant;
use decolle_synapse::Aligned;

use crate::{Batch, Constants};

/// Greatest decay factor that learning reaches: a time constant of ten thousand steps.
const LARGEST_DECAY: f32 = 0.9999;

/// A constant of a layer that learns: its values, one or one for each neuron, and what learning keeps for them.
#[derive(Clone)]
pub struct Learned {
    /// Its values: one, or one a neuron.
    pub values: Aligned,
    /// Their gradient, which has accumulated.
    pub gradient: Aligned,
    /// Moments of the optimiser; empty where not kept.
    pub moments: [Aligned; 2],
    /// The values one by one for all neurons in memory.
    lanes: Aligned,
}

impl Learned {
    /// All of a layer, as the neuron's document has them.
    pub fn of(constants: &Constants) -> Vec<Self> {
        let geometry = &constants.geometry;
        let kept = constants.optimizer.moments().len();
        let of = |constant: &LearnedConstant| {
            let count = if constant.of_neuron { geometry.outputs } else { 1 };
            let mut learned = Self {
                values: Aligned::zeros(count),
                gradient: Aligned::zeros(count),
                moments: std::array::from_fn(|index| Aligned::zeros(if index < kept { count } else { 0 })),
                lanes: Aligned::zeros(constants.neuron_memory()),
            };
            learned.values.fill(constant.value);
            learned.spread();
            learned
        };
        constants.learned.iter().map(of).collect()
    }

    /// Brings what neurons read up to date with the values.
    pub fn spread(&mut self) {
        let Self { values, lanes, .. } = self;
        for (place, lane) in lanes.iter_mut().enumerate() {
            *lane = values[place.min(values.len() - 1)];
        }
    }

    /// The values of the neurons of a block, of which there are so many.
    pub(crate) fn of_block(&self, block: usize, neurons: usize) -> &[f32] {
        &self.lanes[block * neurons..(block + 1) * neurons]
    }

    /// Adds the gradients of a step, which the δ of all samples end with, from zero where `first`.
    pub(crate) fn accumulate(all: &mut [Self], constants: &Constants, batch: &Batch, others: &[f32], first: bool) {
        let count = all.len();
        for (place, learned) in all.iter_mut().enumerate() {
            if first {
                learned.gradient.fill(0.0);
            }
            for sample in others.chunks_exact(others.len() / batch.samples.len()) {
                let from_end = sample.len() - (count - place) * constants.unit_memory();
                let shares = &sample[from_end..][..constants.unit_memory()];
                // What fills up a block has no share in the gradient.
                match &mut learned.gradient[..] {
                    [gradient] => shares.iter().for_each(|share| *gradient += share),
                    gradient => gradient.iter_mut().zip(shares).for_each(|(gradient, share)| *gradient += share),
                }
            }
        }
    }

    /// Applies what has accumulated.
    pub(crate) fn descend(all: &mut [Self], constants: &Constants, rate: f32, update: u64) {
        for (learned, constant) in all.iter_mut().zip(&constants.learned) {
            let Self { values, gradient, moments, .. } = learned;
            let moments = moments.each_mut().map(|moment| &mut moment[..]);
            constants.optimizer.update(rate, update, gradient, values, moments);
            if constant.is_decay {
                values.iter_mut().for_each(|value| *value = value.clamp(0.0, LARGEST_DECAY));
            }
            learned.spread();
        }
    }
}

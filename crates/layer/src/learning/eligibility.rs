//! The step of a dense layer's synapses one by one, block of outputs by block, where the gradient is more than δ times one
//! trace: eligibility traces move on in every step, whether it learns or not.

use decolle_program::{MOST_PRESYNAPTIC, SynapseGradient, SynapseProgram, SynapseScratch};
use decolle_synapse::{Aligned, Level};
use decolle_threads::each;

use super::Learner;
use crate::{Batch, Constants};

/// The synapses onto one block of outputs.
#[derive(Default)]
pub struct Synapses {
    /// Eligibility traces, `[sample][input][trace][output of the block]`.
    pub traces: Aligned,
    scratch: SynapseScratch,
    /// The first sample in which one was not finite in the step at hand.
    broken: Option<usize>,
}

impl Synapses {
    /// Those of all blocks at rest; none where nothing is kept.
    pub(crate) fn of(constants: &Constants, samples: usize) -> Vec<Self> {
        let geometry = &constants.geometry;
        let of_block = |program: &SynapseProgram| Self {
            traces: Aligned::zeros(samples * geometry.inputs * program.names().len() * geometry.block),
            scratch: program.scratch(),
            broken: None,
        };
        constants
            .eligibility
            .as_ref()
            .map_or_else(Vec::new, |program| (0..geometry.blocks()).map(|_| of_block(program)).collect())
    }

    /// Takes over the traces of others.
    pub(crate) fn copy(&mut self, from: &Self) {
        self.traces.clone_from(&from.traces);
        self.scratch.clone_from(&from.scratch);
    }
}

/// δ of a step, and where the gradient goes.
pub(crate) struct EligibilityStep<'a> {
    /// δ of weights, `[sample][unit]` in memory order.
    pub(crate) deltas: &'a [f32],
    /// δ of biases and those of further products, `[sample][which][unit]`; empty where biases share that of weights.
    pub(crate) others: &'a [f32],
    pub(crate) learners: &'a mut [Learner],
    /// Whether the gradient starts from zero.
    pub(crate) first: bool,
}

/// One step of all synapses, adding to the gradient where it learns. Gives the operations done, or nothing if an eligibility
/// trace is not finite.
pub(crate) fn advance_synapses(
    constants: &Constants,
    batch: &mut Batch,
    level: Level,
    learning: Option<EligibilityStep<'_>>,
) -> Option<u64> {
    let Some(program) = &constants.eligibility else { return Some(0) };
    let Batch { samples, membrane, inputs, synapses, reached, .. } = batch;
    let geometry = &constants.geometry;
    let planes: &[Aligned] =
        if constants.leaks().is_some() { std::slice::from_ref(membrane) } else { &inputs.presynaptic };
    if program.names().is_empty() {
        // Nothing is left of what an input brought before this step.
        reached.fill(false);
    }
    for plane in planes {
        for (reached, values) in reached.chunks_exact_mut(geometry.inputs).zip(plane.chunks_exact(geometry.trace_plane))
        {
            for (reached, value) in reached.iter_mut().zip(values) {
                *reached |= *value != 0.0;
            }
        }
    }
    let learns = learning.is_some();
    let block_step = |block: usize, synapses: &mut Synapses, mut learning: Option<(&[f32], &[f32], &mut Learner)>| {
        let Synapses { traces, scratch, broken } = synapses;
        let (width, inputs, memory) = (geometry.block, geometry.inputs, constants.unit_memory());
        let of_block = block * width..(block + 1) * width;
        let per_sample = inputs * program.names().len() * width;
        *broken = None;
        for (index, sample) in samples.iter().enumerate() {
            let traces = &mut traces[index * per_sample..][..per_sample];
            let presynaptic: [&[f32]; MOST_PRESYNAPTIC] = std::array::from_fn(|value| {
                planes.get(value).map_or(&[][..], |plane| &plane[index * geometry.trace_plane..][..inputs])
            });
            let reached = &reached[index * inputs..][..inputs];
            let neuron_values = |value: usize| &sample.blocks[block].states[value][..];
            let gradient = learning.as_mut().map(|(deltas, others, learner)| {
                let delta = &deltas[index * memory..][of_block.clone()];
                let per_sample = others.len() / samples.len();
                let others = &others[index * per_sample..][..per_sample];
                // A bias without a δ of its own shares that of the weights.
                let of_bias = if others.is_empty() { delta } else { &others[of_block.clone()] };
                for (sum, delta) in learner.state.gradient.bias.iter_mut().zip(of_bias) {
                    *sum += delta;
                }
                let others = others.get(memory..).unwrap_or_default();
                let gradient = &mut learner.state.gradient.weights;
                SynapseGradient { delta, factors: others, memory, start: of_block.start, gradient }
            });
            if !program.step(level, scratch, width, &presynaptic, reached, &neuron_values, traces, gradient) {
                broken.get_or_insert(index);
            }
        }
    };
    let blocks = synapses.iter_mut().enumerate();
    match learning {
        Some(EligibilityStep { deltas, others, learners, first }) => {
            each(blocks.zip(learners), |((block, synapses), learner)| {
                learner.start(first);
                block_step(block, synapses, Some((deltas, others, learner)));
            });
        }
        None => each(blocks, |(block, synapses)| block_step(block, synapses, None)),
    }
    if let Some(broken) = synapses.iter().filter_map(|synapses| synapses.broken).min() {
        samples[broken].finite = false;
        return None;
    }
    let heard = reached.iter().filter(|&&reached| reached).count();
    Some(heard as u64 * geometry.outputs as u64 * program.operations(learns) as u64)
}

//! Gradient and update, slice of outputs by slice.

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Aligned, Level, Parameters, Weights, pack_panel};
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::{Batch, Constants};

/// Traces of about this many samples of a convolution are read while the gradient of one slice streams by: as many as
/// stay in a second-level cache of half a mebibyte.
const TRACE_CACHE: usize = 1 << 17;

/// What learning keeps for a slice of outputs.
#[derive(Clone)]
pub(crate) struct Learner {
    pub gradient: Parameters,
    /// Moments of the optimiser, for weights and biases; empty where not kept.
    pub weight_moments: [Aligned; 2],
    pub bias_moments: [Aligned; 2],
    pub(super) list: DeltaList,
}

impl Learner {
    /// At rest.
    pub(crate) fn new(constants: &Constants) -> Self {
        let geometry = &constants.geometry;
        let (weights, outputs) = (geometry.weights_per_slice(), geometry.slice);
        let kept = constants.optimizer.moments().len();
        let moments =
            |length: usize| std::array::from_fn(|index| Aligned::zeros(if index < kept { length } else { 0 }));
        let capacity = if geometry.is_dense() { 0 } else { samples_at_once(constants) * geometry.positions() };
        Self {
            gradient: Parameters::zeros(weights, outputs),
            weight_moments: moments(weights),
            bias_moments: moments(outputs),
            list: DeltaList::new(outputs, capacity),
        }
    }

    /// Gets ready to add to the gradient, from zero where `first`.
    pub(super) fn start(&mut self, first: bool) {
        if first {
            self.gradient.weights.fill(0.0);
            self.gradient.bias.fill(0.0);
        }
    }
}

fn samples_at_once(constants: &Constants) -> usize {
    (TRACE_CACHE / constants.geometry.trace_plane).clamp(1, 8)
}

/// Adds this step's gradient, or starts with it where `first`; returns the multiply-adds done.
pub(super) fn accumulate(
    constants: &Constants,
    batch: &Batch,
    learners: &mut [Learner],
    first: bool,
    level: Level,
) -> u64 {
    let geometry = &constants.geometry;
    learners
        .par_iter_mut()
        .enumerate()
        .map(|(slice, learner)| {
            learner.start(first);
            let Learner { gradient: Parameters { weights, bias }, list, .. } = learner;
            if geometry.is_dense() {
                gradient::dense(
                    level,
                    geometry,
                    &batch.membrane,
                    &batch.active.groups,
                    &batch.deltas,
                    slice,
                    weights,
                    bias,
                )
            } else {
                let fill = |list: &mut DeltaList, first, last| list_deltas(constants, batch, slice, list, first, last);
                convolution_gradient(constants, batch.samples.len(), fill, list, &batch.membrane, weights, bias, level)
            }
        })
        .sum()
}

/// Adds the gradient of a slice of a convolution's outputs to `weights` and `bias`: `fill` lists the δ of samples from a
/// first to before a last one, with starts counted from the first one's plane in `traces`.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
pub(super) fn convolution_gradient(
    constants: &Constants,
    samples: usize,
    fill: impl Fn(&mut DeltaList, usize, usize),
    list: &mut DeltaList,
    traces: &[f32],
    weights: &mut [f32],
    bias: &mut [f32],
    level: Level,
) -> u64 {
    let plane = constants.geometry.trace_plane;
    let at_once = samples_at_once(constants);
    let mut operations = 0;
    for first in (0..samples).step_by(at_once) {
        let last = samples.min(first + at_once);
        list.clear();
        fill(list, first, last);
        let traces = &traces[first * plane..last * plane];
        operations += gradient::convolution(level, &constants.geometry, traces, list, weights, bias);
    }
    operations
}

/// Lists the δ of a slice of outputs at the positions that won their pooling windows.
fn list_deltas(constants: &Constants, batch: &Batch, slice: usize, list: &mut DeltaList, first: usize, last: usize) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let output = slice * geometry.slice;
    let (number, lane) = (output / block, output % block);
    let starts = geometry.starts();
    for (place, sample) in batch.samples[first..last].iter().enumerate() {
        let plane = (place * geometry.trace_plane) as u32;
        let deltas = &batch.deltas[(first + place) * constants.unit_memory()..][number * positions * block..];
        for position in 0..positions {
            let deltas = &deltas[position * block + lane..][..geometry.slice];
            if constants.pool > 1 {
                let winners = &sample.blocks[number].winners[position * block + lane..][..geometry.slice];
                list.push_row(deltas, |lane| plane + starts[winners[lane] as usize]);
            } else {
                list.push_row(deltas, |_| plane + starts[position]);
            }
        }
    }
}

/// One update of all weights and biases with the gradient that has accumulated.
pub(super) fn update(
    constants: &Constants,
    weights: &mut Weights,
    learners: &mut [Learner],
    rate: f32,
    update: u64,
    level: Level,
) {
    let optimizer = constants.optimizer;
    weights.slices.par_iter_mut().zip(learners.par_iter_mut()).for_each(|(parameters, learner)| {
        let Learner { gradient, weight_moments, bias_moments, .. } = learner;
        dispatch!(level, _simd => {
            let [weights, biases] = [weight_moments, bias_moments].map(|pair| pair.each_mut().map(|moment| &mut moment[..]));
            optimizer.update(rate, update, &gradient.weights, &mut parameters.weights, weights);
            optimizer.update(rate, update, &gradient.bias, &mut parameters.bias, biases);
        });
    });
    let geometry = &constants.geometry;
    let (panels, slices) = weights.panels_and_slices();
    panels
        .par_iter_mut()
        .zip(slices.par_chunks(geometry.block / geometry.slice))
        .for_each(|(panel, slices)| pack_panel(level, geometry, slices, panel));
}

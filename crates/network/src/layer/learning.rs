//! Gradient and update, slice of outputs by slice.

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Level, Parameters, Weights, pack_panel};
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
    pub weight_moments: [Vec<f32>; 2],
    pub bias_moments: [Vec<f32>; 2],
    list: DeltaList,
}

impl Learner {
    /// At rest.
    pub(crate) fn new(constants: &Constants) -> Self {
        let geometry = &constants.geometry;
        let (weights, outputs) = (geometry.weights_per_slice(), geometry.slice);
        let kept = constants.optimizer.moments().len();
        let moments = |length: usize| std::array::from_fn(|index| vec![0.0; if index < kept { length } else { 0 }]);
        let capacity = if geometry.is_dense() { 0 } else { samples_at_once(constants) * constants.pooled_positions() };
        Self {
            gradient: Parameters::zeros(weights, outputs),
            weight_moments: moments(weights),
            bias_moments: moments(outputs),
            list: DeltaList::new(outputs, capacity),
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
            let Learner { gradient: Parameters { weights, bias }, list, .. } = learner;
            if first {
                weights.fill(0.0);
                bias.fill(0.0);
            }
            if geometry.is_dense() {
                gradient::dense(
                    level,
                    geometry,
                    &batch.membrane,
                    &batch.active_groups,
                    &batch.deltas,
                    slice,
                    weights,
                    bias,
                )
            } else {
                convolution(constants, batch, slice, list, weights, bias, level)
            }
        })
        .sum()
}

fn convolution(
    constants: &Constants,
    batch: &Batch,
    slice: usize,
    list: &mut DeltaList,
    weights: &mut [f32],
    bias: &mut [f32],
    level: Level,
) -> u64 {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let output = slice * geometry.slice;
    // The lanes of this slice within the rows of its block.
    let row = output / block * positions * block + output % block;
    let at_once = samples_at_once(constants);
    let starts = geometry.starts();
    let mut operations = 0;
    for first in (0..batch.samples.len()).step_by(at_once) {
        list.clear();
        let last = batch.samples.len().min(first + at_once);
        for (place, sample) in batch.samples[first..last].iter().enumerate() {
            let plane = (place * geometry.trace_plane) as u32;
            let deltas = &batch.deltas[(first + place) * constants.unit_memory()..][row..];
            for position in 0..positions {
                let deltas = &deltas[position * block..][..geometry.slice];
                if constants.pool > 1 {
                    let winners = &sample.winners[row + position * block..][..geometry.slice];
                    list.push_row(deltas, |lane| plane + starts[winners[lane] as usize]);
                } else {
                    list.push_row(deltas, |_| plane + starts[position]);
                }
            }
        }
        let traces = &batch.membrane[first * geometry.trace_plane..last * geometry.trace_plane];
        operations += gradient::convolution(level, geometry, traces, list, weights, bias);
    }
    operations
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
            optimizer.update(rate, update, &gradient.weights, &mut parameters.weights, weight_moments);
            optimizer.update(rate, update, &gradient.bias, &mut parameters.bias, bias_moments);
        });
    });
    let geometry = &constants.geometry;
    let (panels, slices) = weights.panels_and_slices();
    panels
        .par_iter_mut()
        .zip(slices.par_chunks(geometry.block / geometry.slice))
        .for_each(|(panel, slices)| pack_panel(level, geometry, slices, panel));
}

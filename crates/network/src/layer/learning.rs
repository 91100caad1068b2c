//! Gradient and update, slice of outputs by slice.

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Aligned, INPUT_GROUP, Level, Parameters, Weights, pack_panel};
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::stepwise::Active;
use super::{Batch, Constants};

/// Traces of about this many samples of a convolution are read while the gradient of one slice streams by: as many as
/// stay in a second-level cache of half a mebibyte.
const TRACE_CACHE: usize = 1 << 17;

/// What learning keeps for a slice of outputs.
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

/// What the gradient of a step is made of, and where it goes.
pub(super) struct Gradient<'a> {
    pub constants: &'a Constants,
    pub batch: &'a Batch,
    pub active: &'a Active,
    pub deltas: &'a [f32],
    /// Whether it starts from zero.
    pub first: bool,
    /// Whether it can be read after an update: that of a batch's last step can.
    pub kept: bool,
    pub level: Level,
}

impl Gradient<'_> {
    /// Adds this step's gradient to what the learners hold; returns the multiply-adds done.
    pub(super) fn accumulate(&self, learners: &mut [Learner]) -> u64 {
        learners.par_iter_mut().enumerate().map(|(slice, learner)| self.add(slice, learner)).sum()
    }

    /// As [`Gradient::accumulate`] and [`update`], slice by slice while its gradient is in cache.
    pub(super) fn accumulate_and_update(
        &self,
        learners: &mut [Learner],
        weights: &mut Weights,
        descent: &Descent,
    ) -> u64 {
        let fused = self.first && !self.kept && self.constants.geometry.is_dense();
        let slices = weights.slices.par_iter_mut().zip(learners.par_iter_mut()).enumerate();
        let operations = slices.map(|(slice, (parameters, learner))| {
            if fused {
                self.add_and_descend(slice, learner, parameters, descent)
            } else {
                let operations = self.add(slice, learner);
                descent.apply(parameters, learner);
                operations
            }
        });
        let operations = operations.sum();
        descent.pack(weights);
        operations
    }

    fn add(&self, slice: usize, learner: &mut Learner) -> u64 {
        let Self { constants, batch, active, deltas, level, .. } = *self;
        let geometry = &constants.geometry;
        learner.start(self.first);
        let Learner { gradient: Parameters { weights, bias }, list, .. } = learner;
        if geometry.is_dense() {
            gradient::dense(level, geometry, &batch.membrane, &active.groups, deltas, slice, 0, weights, bias)
        } else {
            let fill = |list: &mut DeltaList, first, last| {
                list_deltas(constants, batch, deltas, slice, list, first, last);
            };
            convolution_gradient(constants, batch.samples.len(), fill, list, &batch.membrane, weights, bias, level)
        }
    }

    /// For a dense layer, where nothing has accumulated: some inputs at a time, so that the gradient never leaves the
    /// first-level cache.
    fn add_and_descend(
        &self,
        block: usize,
        learner: &mut Learner,
        parameters: &mut Parameters,
        descent: &Descent,
    ) -> u64 {
        let Self { constants, batch, active, deltas, level, .. } = *self;
        let geometry = &constants.geometry;
        let Learner { gradient, weight_moments: [first, second], bias_moments, .. } = learner;
        gradient.bias.fill(0.0);
        let length = INPUTS_AT_ONCE * geometry.block;
        let gradient_of_inputs = &mut gradient.weights;
        let mut operations = 0;
        for (run, weights) in parameters.weights.chunks_mut(length).enumerate() {
            let gradient_of_inputs = &mut gradient_of_inputs[..weights.len()];
            gradient_of_inputs.fill(0.0);
            let group = run * INPUTS_AT_ONCE / INPUT_GROUP;
            let bias = if run == 0 { &mut gradient.bias[..] } else { &mut [] };
            let traces = &batch.membrane;
            operations += gradient::dense(
                level,
                geometry,
                traces,
                &active.groups,
                deltas,
                block,
                group,
                gradient_of_inputs,
                bias,
            );
            let moments = [&mut *first, &mut *second].map(|moment| {
                let start = moment.len().min(run * length);
                let end = moment.len().min(start + weights.len());
                &mut moment[start..end]
            });
            descent.descend(gradient_of_inputs, weights, moments);
        }
        descent.descend(&gradient.bias, &mut parameters.bias, bias_moments.each_mut().map(|moment| &mut moment[..]));
        operations
    }
}

/// Inputs of a dense layer whose gradients, for a block of outputs, are made and applied together: 8 KiB of them.
const INPUTS_AT_ONCE: usize = 64;

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
fn list_deltas(
    constants: &Constants,
    batch: &Batch,
    deltas: &[f32],
    slice: usize,
    list: &mut DeltaList,
    first: usize,
    last: usize,
) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let output = slice * geometry.slice;
    let (number, lane) = (output / block, output % block);
    let starts = geometry.starts();
    for (place, sample) in batch.samples[first..last].iter().enumerate() {
        let plane = (place * geometry.trace_plane) as u32;
        let deltas = &deltas[(first + place) * constants.unit_memory()..][number * positions * block..];
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

/// One update of weights and biases.
pub(super) struct Descent<'a> {
    pub constants: &'a Constants,
    /// Learning rate.
    pub rate: f32,
    /// Which update it is, counted from 1.
    pub update: u64,
    pub level: Level,
}

impl Descent<'_> {
    /// Applies all that has accumulated.
    pub(super) fn apply_all(&self, weights: &mut Weights, learners: &mut [Learner]) {
        weights.slices.par_iter_mut().zip(learners.par_iter_mut()).for_each(|(parameters, learner)| {
            self.apply(parameters, learner);
        });
        self.pack(weights);
    }

    /// Applies what has accumulated for a slice.
    fn apply(&self, parameters: &mut Parameters, learner: &mut Learner) {
        let Learner { gradient, weight_moments, bias_moments, .. } = learner;
        let [weights, biases] =
            [weight_moments, bias_moments].map(|pair| pair.each_mut().map(|moment| &mut moment[..]));
        self.descend(&gradient.weights, &mut parameters.weights, weights);
        self.descend(&gradient.bias, &mut parameters.bias, biases);
    }

    fn descend(&self, gradient: &[f32], parameters: &mut [f32], moments: [&mut [f32]; 2]) {
        dispatch!(self.level, _simd => {
            self.constants.optimizer.update(self.rate, self.update, gradient, parameters, moments)
        });
    }

    /// Brings the panels of a convolution up to date.
    fn pack(&self, weights: &mut Weights) {
        let geometry = &self.constants.geometry;
        let (panels, slices) = weights.panels_and_slices();
        panels
            .par_iter_mut()
            .zip(slices.par_chunks(geometry.block / geometry.slice))
            .for_each(|(panel, slices)| pack_panel(self.level, geometry, slices, panel));
    }
}

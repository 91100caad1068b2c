//! The gradient, slice of outputs by slice: δ times presynaptic traces.

use decolle_specification::Pooling;
use decolle_synapse::frequency::Frequency;
use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Aligned, Geometry, Level, Parameters, RUN, STRIP, TraceRun, WIDEST_BLOCK, Weights};
use decolle_threads::sum;

use super::Descent;
use crate::frequency::FrequencyScratch;
use crate::propagation::{delta_left, gradient_by_frequency, potential_by_frequency};
use crate::{Batch, Constants, Operations, Sample};

/// Traces of about this many samples of a convolution are read while the gradient of one slice streams by: as many as
/// stay in a second-level cache of half a mebibyte.
const TRACE_CACHE: usize = 1 << 17;

/// What learning keeps for a slice of outputs from step to step.
#[derive(Default)]
pub struct LearnerState {
    /// The gradient that has accumulated.
    pub gradient: Parameters,
    /// Moments of the optimiser; empty where it has none.
    pub moments: [Parameters; 2],
}

/// What a slice of outputs learns by.
pub struct Learner {
    /// What lasts of it.
    pub state: LearnerState,
    pub(crate) list: DeltaList,
    /// Room for the δ of a dense layer's block.
    pub(crate) deltas: Aligned,
}

impl Learner {
    /// At rest.
    pub fn new(constants: &Constants) -> Self {
        let geometry = &constants.geometry;
        let (weights, outputs) = (geometry.weights_per_slice(), geometry.slice);
        let kept = constants.optimizer.moments().len();
        let moment =
            |index: usize| if index < kept { Parameters::zeros(weights, outputs) } else { Parameters::default() };
        let capacity = if geometry.is_dense() { 0 } else { samples_at_once(geometry) * geometry.positions() };
        Self {
            state: LearnerState { gradient: Parameters::zeros(weights, outputs), moments: std::array::from_fn(moment) },
            list: DeltaList::new(outputs, capacity),
            deltas: Aligned::default(),
        }
    }

    /// Gets ready to add to the gradient, from zero where `first`.
    pub(crate) fn start(&mut self, first: bool) {
        if first {
            self.state.gradient.weights.fill(0.0);
            self.state.gradient.bias.fill(0.0);
        }
    }
}

/// Samples of a convolution whose δ are listed together.
pub fn samples_at_once(geometry: &Geometry) -> usize {
    (TRACE_CACHE / geometry.trace_plane).clamp(1, 8)
}

/// δ of one kind, of all samples.
#[derive(Clone, Copy)]
struct Deltas<'a> {
    values: &'a [f32],
    /// From one sample's to the next one's.
    stride: usize,
}

impl<'a> Deltas<'a> {
    /// Those of a sample's units; behind them may be others.
    fn of(self, sample: usize) -> &'a [f32] {
        &self.values[sample * self.stride..]
    }
}

/// What the gradient of a step is made of, and where it goes.
pub(crate) struct Gradient<'a> {
    pub(crate) constants: &'a Constants,
    pub(crate) batch: &'a Batch,
    /// The traces of a dense layer that are not zero.
    pub(crate) runs: &'a [TraceRun],
    /// What weights multiply, plane after plane.
    pub(crate) presynaptic: &'a [Aligned],
    pub(crate) deltas: &'a [f32],
    /// Other δ, `[sample][which][unit]`: of biases, of further products with what weights multiply. Empty where biases share that
    /// of weights.
    pub(crate) others: &'a [f32],
    /// That of the weights in the frequency domain, where it was made there.
    pub(crate) spectra: Option<GradientSpectra<'a>>,
    /// Whether it starts from zero.
    pub(crate) first: bool,
    /// Whether it can be read after an update: that of a batch's last step can.
    pub(crate) kept: bool,
    pub(crate) level: Level,
}

impl Gradient<'_> {
    /// Adds this step's gradient to what the learners hold; returns the multiply-adds done.
    pub(crate) fn accumulate(&self, learners: &mut [Learner]) -> u64 {
        sum(learners.iter_mut().enumerate(), |(slice, learner)| self.add(slice, learner))
    }

    /// As [`Gradient::accumulate`], and an update, slice by slice while its gradient is in cache.
    pub(crate) fn accumulate_and_update(
        &self,
        learners: &mut [Learner],
        weights: &mut Weights,
        descent: &Descent,
    ) -> u64 {
        let fused = self.first && !self.kept && self.constants.geometry.is_dense();
        let slices = weights.slices.iter_mut().zip(learners).enumerate();
        let operations = sum(slices, |(slice, (parameters, learner))| {
            if fused {
                self.add_and_descend(slice, learner, parameters, descent)
            } else {
                let operations = self.add(slice, learner);
                descent.apply(parameters, learner);
                operations
            }
        });
        descent.pack(weights);
        operations
    }

    fn add(&self, slice: usize, learner: &mut Learner) -> u64 {
        let Self { constants, batch, runs, presynaptic, deltas, others, level, .. } = *self;
        learner.start(self.first);
        let Learner {
            state: LearnerState { gradient: Parameters { weights, bias }, .. }, list, deltas: of_block, ..
        } = learner;
        if constants.geometry.is_dense() {
            gradient::block_deltas(&constants.geometry, self.of_biases(), slice, of_block);
            add_rows(bias, of_block);
            if !others.is_empty() {
                gradient::block_deltas(&constants.geometry, deltas, slice, of_block);
            }
            return dense_gradient(runs, of_block, weights, level);
        }
        let (samples, units) = (batch.samples.len(), constants.unit_memory());
        if let Some(spectra) = &self.spectra {
            let (deltas, stride) = if others.is_empty() { (deltas, units) } else { (others, others.len() / samples) };
            add_positions(constants, Deltas { values: deltas, stride }, samples, slice, bias);
            spectra.add(level, slice * constants.geometry.slice, weights);
            return 0;
        }
        let other = |which: usize| Deltas { values: &others[which * units..], stride: others.len() / samples };
        if !others.is_empty() {
            add_positions(constants, other(0), samples, slice, bias);
        }
        let mut operations = 0;
        for (place, &product) in constants.products.iter().enumerate() {
            let deltas = if place == 0 { Deltas { values: deltas, stride: units } } else { other(place) };
            let fill = |list: &mut DeltaList, first, last| {
                list_deltas(constants, batch, deltas, slice, list, first, last);
            };
            let bias: &mut [f32] = if place == 0 && others.is_empty() { &mut *bias } else { &mut [] };
            operations += convolution_gradient(
                constants,
                slice,
                samples,
                fill,
                list,
                &presynaptic[product],
                weights,
                bias,
                level,
            );
        }
        operations
    }

    /// δ of biases, of a dense layer in which there is no other beside.
    fn of_biases(&self) -> &[f32] {
        if self.others.is_empty() { self.deltas } else { self.others }
    }

    /// For a dense layer, where nothing has accumulated: a run of inputs at a time, so that the gradient never leaves the
    /// first-level cache.
    fn add_and_descend(
        &self,
        block: usize,
        learner: &mut Learner,
        parameters: &mut Parameters,
        descent: &Descent,
    ) -> u64 {
        let Self { constants, runs, deltas, level, .. } = *self;
        let geometry = &constants.geometry;
        let length = RUN * geometry.block;
        let Learner { state: LearnerState { gradient, moments }, deltas: of_block, .. } = learner;
        gradient::block_deltas(geometry, self.of_biases(), block, of_block);
        gradient.bias.fill(0.0);
        add_rows(&mut gradient.bias, of_block);
        if !self.others.is_empty() {
            gradient::block_deltas(geometry, deltas, block, of_block);
        }
        descent.descend(&gradient.bias, &mut parameters.bias, moments.each_mut().map(|moment| &mut moment.bias[..]));
        let mut operations = 0;
        for (number, (run, weights)) in runs.iter().zip(parameters.weights.chunks_mut(length)).enumerate() {
            let gradient = &mut gradient.weights[..weights.len()];
            gradient.fill(0.0);
            operations += gradient::dense(level, run, of_block, gradient);
            let moments = moments.each_mut().map(|Parameters { weights: moment, .. }| {
                let start = moment.len().min(number * length);
                let end = moment.len().min(start + weights.len());
                &mut moment[start..end]
            });
            descent.descend(gradient, weights, moments);
        }
        operations
    }
}

/// The gradient of a convolution's weights, made in the frequency domain.
pub(crate) struct GradientSpectra<'a> {
    pub(crate) frequency: &'a Frequency,
    pub(crate) made: &'a FrequencyScratch,
}

impl GradientSpectra<'_> {
    /// Adds it for the slice of outputs that starts at `output`.
    pub(crate) fn add(&self, level: Level, output: usize, weights: &mut [f32]) {
        self.made.add_gradient(self.frequency, level, output, weights);
    }
}

/// The gradient of a step in the frequency domain, where that is less work; its multiply-adds are counted.
pub(crate) fn frequency_gradient<'a>(
    constants: &'a Constants,
    batch: &Batch,
    presynaptic: &[Aligned],
    deltas: &[f32],
    level: Level,
    scratch: &'a mut FrequencyScratch,
    operations: &mut Operations,
) -> Option<GradientSpectra<'a>> {
    let &[product] = &constants.products[..] else { return None };
    let frequency = gradient_by_frequency(constants, batch.samples.len(), delta_left(constants))?;
    let units = constants.unit_memory();
    let fill = |_: usize, sample: usize, strip: usize, plane: &mut [f32]| {
        fill_plane(constants, &batch.samples[sample], &deltas[sample * units..][..units], strip, plane);
    };
    let driven = presynaptic.len() == 1 && potential_by_frequency(constants, batch.samples.len()).is_some();
    operations.gradient +=
        scratch.gradient(constants, frequency, level, &[&presynaptic[product]], driven, &fill) as f64;
    Some(GradientSpectra { frequency, made: scratch })
}

/// Adds δ of a strip of one sample's units to a plane of its neurons: that of a window to the position that won, or to all.
fn fill_plane(constants: &Constants, sample: &Sample, deltas: &[f32], strip: usize, plane: &mut [f32]) {
    let (block, columns) = (constants.geometry.block, constants.geometry.output_plane[1]);
    let (number, lane) = (strip * STRIP / block, strip * STRIP % block);
    let pooled = constants.pooled_positions();
    let deltas = deltas[number * pooled * block..][..pooled * block].chunks_exact(block);
    let ([_, pooled_columns], [pool_rows, pool_columns]) = (constants.pooled_plane, constants.pool);
    let gain = constants.pooling_gain();
    for (unit, deltas) in deltas.enumerate() {
        let deltas = &deltas[lane..lane + STRIP];
        if !constants.is_pooled() {
            plane[unit * STRIP..][..STRIP].copy_from_slice(deltas);
        } else if constants.has_winners() {
            let winners = &sample.blocks[number].winners[unit * block + lane..][..STRIP];
            for (lane, (&winner, &delta)) in winners.iter().zip(deltas).enumerate() {
                plane[usize::from(winner) * STRIP + lane] = delta;
            }
        } else {
            for place in 0..pool_rows * pool_columns {
                let row = unit / pooled_columns * pool_rows + place / pool_columns;
                let column = unit % pooled_columns * pool_columns + place % pool_columns;
                for (to, delta) in plane[(row * columns + column) * STRIP..].iter_mut().zip(deltas) {
                    *to = gain * delta;
                }
            }
        }
    }
}

/// Adds Σ δ·P over the samples to the gradients of a block of a dense layer with its δ, `[sample][output]`; returns the
/// multiply-adds done.
pub(crate) fn dense_gradient(runs: &[TraceRun], deltas: &[f32], gradient: &mut [f32], level: Level) -> u64 {
    let samples = runs.first().map_or(0, TraceRun::samples);
    let width = deltas.len() / samples.max(1);
    runs.iter()
        .zip(gradient.chunks_mut(RUN * width))
        .map(|(run, gradient)| gradient::dense(level, run, deltas, gradient))
        .sum()
}

/// Adds rows to a sum, one after the other.
fn add_rows(sum: &mut [f32], rows: &[f32]) {
    for row in rows.chunks_exact(sum.len()) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// Adds the δ of biases of a slice of outputs at all positions of all samples.
fn add_positions(constants: &Constants, deltas: Deltas<'_>, samples: usize, slice: usize, sum: &mut [f32]) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let output = slice * geometry.slice;
    let (number, lane) = (output / block, output % block);
    // What the potential of a unit changes by with the bias.
    let biases = match constants.pooling {
        Pooling::Sum => (constants.pool[0] * constants.pool[1]) as f32,
        Pooling::Max | Pooling::Average => 1.0,
    };
    for sample in 0..samples {
        for row in deltas.of(sample)[number * positions * block..][..positions * block].chunks_exact(block) {
            for (sum, delta) in sum.iter_mut().zip(&row[lane..lane + geometry.slice]) {
                *sum += biases * delta;
            }
        }
    }
}

/// Adds the gradient of a slice of a convolution's outputs, given by its number, to `weights` and `bias`: `fill` lists the δ of
/// samples from a first to before a last one, with starts counted from the first one's plane in `traces`.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
pub(crate) fn convolution_gradient(
    constants: &Constants,
    slice: usize,
    samples: usize,
    fill: impl Fn(&mut DeltaList, usize, usize),
    list: &mut DeltaList,
    traces: &[f32],
    weights: &mut [f32],
    bias: &mut [f32],
    level: Level,
) -> u64 {
    let plane = constants.geometry.trace_plane;
    let at_once = samples_at_once(&constants.geometry);
    let mut operations = 0;
    for first in (0..samples).step_by(at_once) {
        let last = samples.min(first + at_once);
        list.clear();
        fill(list, first, last);
        let traces = &traces[first * plane..last * plane];
        operations += gradient::convolution(level, &constants.geometry, slice, traces, list, weights, bias);
    }
    operations
}

/// Lists the δ of a slice of outputs at the positions that won their pooling windows.
fn list_deltas(
    constants: &Constants,
    batch: &Batch,
    deltas: Deltas<'_>,
    slice: usize,
    list: &mut DeltaList,
    first: usize,
    last: usize,
) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let columns = constants.pooled_plane[1];
    let output = slice * geometry.slice;
    let (number, lane) = (output / block, output % block);
    let starts = geometry.starts();
    for (place, sample) in batch.samples[first..last].iter().enumerate() {
        let plane = decolle_number::index(place * geometry.trace_plane);
        let deltas = &deltas.of(first + place)[number * positions * block..];
        if !constants.has_winners() {
            list_windows(constants, deltas, lane, list, |position| plane + starts[position]);
            continue;
        }
        for position in 0..positions {
            let deltas = &deltas[position * block + lane..][..geometry.slice];
            if constants.is_pooled() {
                let winners = &sample.blocks[number].winners[position * block + lane..][..geometry.slice];
                list.push_row(deltas, |lane| plane + starts[winners[lane] as usize]);
            } else {
                list.push_row(deltas, |_| plane + starts[position]);
            }
            if (position + 1).is_multiple_of(columns) {
                list.end_row(constants.pool[0] * geometry.traces_of_row());
            }
        }
    }
}

/// Lists the δ of a slice of one sample's outputs at all positions that some pooling window has; `start` gives where the patch
/// of a position starts.
fn list_windows(
    constants: &Constants,
    deltas: &[f32],
    lane: usize,
    list: &mut DeltaList,
    start: impl Fn(usize) -> u32,
) {
    let geometry = &constants.geometry;
    let ([rows, columns], [pool_rows, pool_columns]) = (constants.pooled_plane, constants.pool);
    let gain = constants.pooling_gain();
    let mut scaled = [0.0f32; WIDEST_BLOCK];
    let scaled = &mut scaled[..geometry.slice];
    for row in 0..rows * pool_rows {
        for column in 0..columns * pool_columns {
            let unit = row / pool_rows * columns + column / pool_columns;
            let position = row * geometry.output_plane[1] + column;
            for (scaled, delta) in scaled.iter_mut().zip(&deltas[unit * geometry.block + lane..]) {
                *scaled = gain * delta;
            }
            list.push_row(scaled, |_| start(position));
        }
        list.end_row(geometry.traces_of_row());
    }
}

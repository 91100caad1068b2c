//! W·P + b of convolutions, and their gradient, in the frequency domain. What threads share out are samples, strips of outputs,
//! and frequencies along rows with parts of the outputs.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use decolle_specification::Propagation;
use decolle_synapse::frequency::{Complex, Frequency, PART, Scratch};
use decolle_synapse::{Aligned, Level, STRIP, Weights};
use decolle_threads::each;

use super::choice::{delta_left, gradient_by_frequency, potential_by_frequency};
use crate::{Constants, Options};

/// Where dense steps work in the frequency domain: one layer at a time, so that the layers of a network can share it.
#[derive(Default)]
pub struct FrequencyScratch {
    /// Half spectra of traces, of potentials or errors, and of the gradient.
    traces: Vec<Complex>,
    outputs: Vec<Complex>,
    gradient: Vec<Complex>,
    /// Sums of the squares of each input channel's traces and of each output's errors, `[sample][channel]`.
    squares: [Aligned; 2],
    /// The same over all samples, for the gradient that was made.
    of_all: [Aligned; 2],
    workers: Workers,
}

/// Bytes that a layer takes to work on a batch in the frequency domain, where it does, with so many threads: for itself, and for
/// what layers share.
pub fn frequency_bytes(constants: &Constants, options: &Options, threads: usize) -> [u64; 2] {
    let Options { samples, learn, update_every, .. } = *options;
    let forward = potential_by_frequency(constants, samples);
    // Stretches by events end in a dense term for P and one for Q.
    let stretches =
        !constants.propagation.is_dense() && (update_every > 1 || constants.propagation == Propagation::Events);
    let backward = [(samples, delta_left(constants), learn), (samples.saturating_mul(2), 1.0, learn && stretches)]
        .into_iter()
        .filter(|(.., happens)| *happens)
        .find_map(|(planes, left, _)| gradient_by_frequency(constants, planes, left));
    // A thread has a frequency along rows at hand, and a part of its outputs.
    let shared = forward.or(backward).map_or(0, |frequency| frequency.bytes(samples, backward.is_some(), 2 * threads));
    [forward.map_or(0, Frequency::bytes_of_weights), shared]
}

/// Where each thread works.
#[derive(Default)]
struct Workers(Mutex<Vec<Worker>>);

#[derive(Default)]
struct Worker {
    scratch: Scratch,
    /// Traces at one frequency along rows.
    columns: Aligned,
}

impl Workers {
    /// Calls with the scratch of a worker that is free.
    fn with<T>(&self, call: impl FnOnce(&mut Worker) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = lock().pop().unwrap_or_default();
        let result = call(&mut worker);
        lock().push(worker);
        result
    }

    /// Calls with scratch that is free.
    fn with_scratch<T>(&self, call: impl FnOnce(&mut Scratch) -> T) -> T {
        self.with(|worker| call(&mut worker.scratch))
    }
}

/// Half spectra of a layer's weights.
#[derive(Default)]
pub(crate) struct WeightSpectra {
    half: Vec<Complex>,
    /// Sum of the squares of each output's weights.
    squares: Aligned,
    /// Whether they are those of the present weights.
    pub(crate) ready: bool,
}

impl WeightSpectra {
    /// Brings them up to date.
    fn prepare(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        weights: &Weights,
        level: Level,
        workers: &Workers,
    ) {
        if std::mem::replace(&mut self.ready, true) {
            return;
        }
        let geometry = &constants.geometry;
        let half = fit(&mut self.half, geometry.strips() * frequency.of_strip());
        self.squares.resize(frequency.outputs());
        let parts = half.chunks_mut(frequency.of_strip()).zip(self.squares.chunks_mut(STRIP));
        each(parts.enumerate(), |(strip, (half, squares))| {
            let panel = &weights.block(strip * STRIP / geometry.block).weights;
            workers.with_scratch(|scratch| frequency.weights(level, panel, strip, scratch, half, squares));
        });
    }
}

impl FrequencyScratch {
    /// W·traces, with the bias added where asked, of all samples and outputs, `[block][sample][position][output of the block]`;
    /// gives the multiply-adds done.
    #[expect(clippy::too_many_arguments, reason = "operands of one phase")]
    pub(crate) fn drive(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        weights: &Weights,
        spectra: &mut WeightSpectra,
        level: Level,
        with_bias: bool,
        traces: &[f32],
        drive: &mut Aligned,
    ) -> u64 {
        const NO_BIAS: [f32; STRIP] = [0.0; STRIP];
        let geometry = &constants.geometry;
        let samples = traces.len() / geometry.trace_plane;
        let (positions, block) = (geometry.positions(), geometry.block);
        spectra.prepare(constants, frequency, weights, level, &self.workers);
        self.transform_traces(constants, frequency, level, traces);
        let Self { traces: of_traces, outputs, squares: [squares, _], workers, .. } = self;
        let channels = geometry.channels();
        let of_traces = &of_traces[..samples * frequency.of_traces()];
        let outputs = fit(outputs, samples * frequency.of_outputs());
        let height = geometry.output_plane[0];
        let per_column = samples * geometry.strips() * height;
        each(outputs.chunks_mut(per_column).enumerate(), |(column, outputs)| {
            columns(frequency, level, column, of_traces, workers, outputs, samples * height, |part| {
                let Part { part, traces, scratch, out } = part;
                frequency.potential_column(level, column, part, traces, &spectra.half, scratch, out);
            });
        });
        drive.resize(samples * constants.neuron_memory());
        let per_sample = positions * block;
        each(drive.chunks_mut(per_sample).enumerate(), |(index, drive)| {
            let (number, sample) = (index / samples, index % samples);
            let of_sample = squares[sample * channels..(sample + 1) * channels].iter().sum::<f32>();
            let parameters = weights.block(number);
            workers.with_scratch(|scratch| {
                for lane in (0..block).step_by(STRIP) {
                    let bias = if with_bias { &parameters.bias[lane..lane + STRIP] } else { &NO_BIAS };
                    let strip = (number * block + lane) / STRIP;
                    let squares = (of_sample, &spectra.squares[strip * STRIP..(strip + 1) * STRIP]);
                    frequency.potentials(level, outputs, sample, strip, squares, bias, scratch, &mut drive[lane..]);
                }
            });
        });
        frequency.multiply_adds(samples)
    }

    /// Half spectra of some samples' traces.
    fn transform_traces(&mut self, constants: &Constants, frequency: &Frequency, level: Level, traces: &[f32]) {
        let plane = constants.geometry.trace_plane;
        let (samples, channels) = (traces.len() / plane, constants.geometry.channels());
        let Self { traces: half, squares: [squares, _], workers, .. } = self;
        let half = fit(half, samples * frequency.of_traces());
        squares.resize(samples * channels);
        let parts = half.chunks_mut(frequency.of_traces()).zip(squares.chunks_mut(channels));
        each(traces.chunks(plane).zip(parts), |(traces, (half, squares))| {
            workers.with_scratch(|scratch| frequency.traces(level, traces, scratch, half, squares));
        });
    }

    /// Makes the gradient of all weights: of `kinds` of traces, of all samples each, where `fill` adds the errors of a kind, a
    /// sample and a strip to a plane of zeros, `[position][output of the strip]`; `driven` says that potentials have just been made
    /// from the first kind. Gives the multiply-adds done; [`FrequencyScratch::add_gradient`] gives the gradient slice by slice.
    pub(crate) fn gradient(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        level: Level,
        kinds: &[&[f32]],
        driven: bool,
        fill: impl Fn(usize, usize, usize, &mut [f32]) + Sync,
    ) -> u64 {
        let (channels, outputs) = (constants.geometry.channels(), frequency.outputs());
        for (sum, channels) in self.of_all.iter_mut().zip([channels, outputs]) {
            sum.resize(channels);
            sum.fill(0.0);
        }
        let mut operations = 0;
        for (kind, traces) in kinds.iter().enumerate() {
            if kind > 0 || !driven {
                self.transform_traces(constants, frequency, level, traces);
            }
            let samples = traces.len() / constants.geometry.trace_plane;
            self.transform_errors(frequency, level, samples, &|sample, strip, plane: &mut [f32]| {
                fill(kind, sample, strip, plane)
            });
            let Self { traces, outputs: errors, gradient, squares, of_all, workers, .. } = self;
            for (sums, squares) in of_all.iter_mut().zip(squares) {
                for sample in squares.chunks_exact(sums.len()) {
                    sums.iter_mut().zip(sample).for_each(|(sum, squares)| *sum += squares);
                }
            }
            let traces = &traces[..samples * frequency.of_traces()];
            let errors = &errors[..samples * frequency.of_outputs()];
            let gradient = fit(gradient, frequency.of_gradient());
            let per_column = gradient.len() / frequency.columns();
            let of_strip = per_column / constants.geometry.strips();
            each(gradient.chunks_mut(per_column).enumerate(), |(column, gradient)| {
                columns(frequency, level, column, traces, workers, gradient, of_strip, |part| {
                    let Part { part, traces, scratch, out } = part;
                    frequency.gradient_column(level, column, part, traces, errors, kind > 0, scratch, out);
                });
            });
            operations += frequency.multiply_adds(samples);
        }
        operations
    }

    /// Half spectra of the errors of so many samples: `fill` adds those of a sample and a strip to a plane of zeros.
    fn transform_errors(
        &mut self,
        frequency: &Frequency,
        level: Level,
        samples: usize,
        fill: &(dyn Fn(usize, usize, &mut [f32]) + Sync),
    ) {
        let Self { outputs, squares: [_, squares], workers, .. } = self;
        let outputs = fit(outputs, samples * frequency.of_outputs());
        squares.resize(samples * frequency.outputs());
        let parts = outputs.chunks_mut(frequency.of_outputs()).zip(squares.chunks_mut(frequency.outputs()));
        each(parts.enumerate(), |(sample, (half, squares))| {
            let fill = |strip: usize, plane: &mut [f32]| fill(sample, strip, plane);
            workers.with_scratch(|scratch| frequency.errors(level, fill, scratch, half, squares));
        });
    }

    /// Adds the gradient that was made of the slice of outputs that starts at `output`.
    pub(crate) fn add_gradient(&self, frequency: &Frequency, level: Level, output: usize, weights: &mut [f32]) {
        let Self { gradient, of_all: [inputs, outputs], workers, .. } = self;
        workers.with_scratch(|scratch| {
            let gradient = &gradient[..frequency.of_gradient()];
            frequency.gradient(level, gradient, output, [inputs, outputs], scratch, weights);
        });
    }
}

/// The start of an array, so long as wanted, in memory for no more; what it holds will be written over.
fn fit(array: &mut Vec<Complex>, length: usize) -> &mut [Complex] {
    if array.len() < length {
        *array = Vec::new();
        array.reserve_exact(length);
        array.resize(length, Complex::ZERO);
    }
    &mut array[..length]
}

/// The work on one part of the outputs at one frequency along rows.
struct Part<'a> {
    part: Range<usize>,
    traces: &'a [f32],
    scratch: &'a mut Scratch,
    out: &'a mut [Complex],
}

/// Calls for every part of the outputs, with the traces at one frequency along rows, made once for all of them; `out` has
/// `of_strip` numbers for each strip of outputs.
#[expect(clippy::too_many_arguments, reason = "operands of one phase")]
fn columns(
    frequency: &Frequency,
    level: Level,
    column: usize,
    traces: &[Complex],
    workers: &Workers,
    out: &mut [Complex],
    of_strip: usize,
    call: impl Fn(Part<'_>) + Sync,
) {
    workers.with(|Worker { scratch, columns }| {
        frequency.columns_of_traces(level, column, traces, scratch, columns);
        let traces = &columns[..];
        each(frequency.parts().zip(out.chunks_mut(PART * of_strip)), |(part, out)| {
            workers.with_scratch(|scratch| call(Part { part, traces, scratch, out }));
        });
    });
}

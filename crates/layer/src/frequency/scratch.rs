//! Where batches work in the frequency domain.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use decolle_synapse::frequency::{Complex, Frequency, PART, Scratch};
use decolle_synapse::{Aligned, Level};
use decolle_threads::each;

use crate::Constants;

/// Where dense steps work in the frequency domain: one layer at a time, so that the layers of a network can share it.
#[derive(Default)]
pub struct FrequencyScratch {
    /// Half spectra of traces, of potentials or errors, and of the gradient.
    pub(super) traces: Vec<Complex>,
    pub(super) outputs: Vec<Complex>,
    pub(super) gradient: Vec<Complex>,
    /// Sums of the squares of each input channel's traces and of each output's errors, `[sample][channel]`.
    pub(super) squares: [Aligned; 2],
    /// The same over all samples, for the gradient that was made.
    pub(super) of_all: [Aligned; 2],
    pub(super) workers: Workers,
}

/// Where each thread works.
#[derive(Default)]
pub(super) struct Workers(Mutex<Vec<Worker>>);

/// Where one works.
#[derive(Default)]
pub(super) struct Worker {
    scratch: Scratch,
    /// Traces at one frequency along rows.
    columns: Aligned,
}

impl Workers {
    /// Calls with the scratch of a worker that is free.
    pub(super) fn with<T>(&self, call: impl FnOnce(&mut Worker) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = lock().pop().unwrap_or_default();
        let result = call(&mut worker);
        lock().push(worker);
        result
    }

    /// Calls with scratch that is free.
    pub(super) fn with_scratch<T>(&self, call: impl FnOnce(&mut Scratch) -> T) -> T {
        self.with(|worker| call(&mut worker.scratch))
    }
}

impl FrequencyScratch {
    /// Half spectra of some samples' traces.
    pub(super) fn transform_traces(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        level: Level,
        traces: &[f32],
    ) {
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
}

/// The start of an array, so long as wanted, in memory for no more; what it holds will be written over.
pub(super) fn fit(array: &mut Vec<Complex>, length: usize) -> &mut [Complex] {
    if array.len() < length {
        *array = Vec::new();
        array.reserve_exact(length);
        array.resize(length, Complex::ZERO);
    }
    &mut array[..length]
}

/// The work on one part of the outputs at one frequency along rows.
pub(super) struct Part<'a> {
    pub(super) part: Range<usize>,
    pub(super) traces: &'a [f32],
    pub(super) scratch: &'a mut Scratch,
    pub(super) out: &'a mut [Complex],
}

/// Calls for every part of the outputs, with the traces at one frequency along rows, made once for all of them; `out` has
/// `of_strip` numbers for each strip of outputs.
#[expect(clippy::too_many_arguments, reason = "operands of one phase")]
pub(super) fn columns(
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

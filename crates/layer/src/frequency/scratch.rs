//! Where batches work in the frequency domain.

use std::sync::{Mutex, PoisonError};

use decolle_synapse::frequency::{Frequency, Scratch};
use decolle_synapse::{Aligned, Level};
use decolle_threads::each;

use crate::Constants;

/// Where dense steps work in the frequency domain: one layer at a time, so that the layers of a network can share it.
#[derive(Default)]
pub struct FrequencyScratch {
    /// Spectra of traces, of potentials or errors, and half spectra of the gradient.
    pub(super) traces: Aligned,
    pub(super) outputs: Aligned,
    pub(super) gradient: Aligned,
    /// Sums of the squares of each input channel's traces and of each output's errors, `[sample][channel]`.
    pub(super) squares: [Aligned; 2],
    /// The same over all samples, for the gradient that was made.
    pub(super) of_all: [Aligned; 2],
    pub(super) workers: Workers,
}

/// Where each thread works.
#[derive(Default)]
pub(super) struct Workers(Mutex<Vec<Worker>>);

#[derive(Default)]
struct Worker {
    scratch: Scratch,
    /// Potentials of a sample and a block.
    potentials: Aligned,
}

impl Workers {
    /// Calls with scratch that is free.
    pub(super) fn with_scratch<T>(&self, call: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut worker = self.take();
        let result = call(&mut worker.scratch);
        self.give_back(worker);
        result
    }

    /// Calls with scratch that is free, and a place for so many potentials.
    pub(super) fn with_potentials<T>(&self, count: usize, call: impl FnOnce(&mut Scratch, &mut [f32]) -> T) -> T {
        let mut worker = self.take();
        let Worker { scratch, potentials } = &mut worker;
        let result = call(scratch, fit(potentials, count));
        self.give_back(worker);
        result
    }

    // The code is loaded in browsers: these two are there once, whoever calls them.

    #[inline(never)]
    fn take(&self) -> Worker {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    #[inline(never)]
    fn give_back(&self, worker: Worker) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }
}

impl FrequencyScratch {
    /// Spectra of some samples' traces.
    pub(super) fn transform_traces(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        level: Level,
        traces: &[f32],
    ) {
        let plane = constants.geometry.trace_plane;
        let (samples, channels) = (traces.len() / plane, constants.geometry.channels());
        let Self { traces: spectra, squares: [squares, _], workers, .. } = self;
        let spectra = fit(spectra, samples * frequency.of_traces());
        squares.resize(samples * channels);
        let parts = spectra.chunks_mut(frequency.of_traces()).zip(squares.chunks_mut(channels));
        each(traces.chunks(plane).zip(parts), |(traces, (spectra, squares))| {
            workers.with_scratch(|scratch| frequency.traces(level, traces, scratch, spectra, squares));
        });
    }
}

/// The start of an array, so long as wanted, in memory for no more; what it holds will be written over.
pub(super) fn fit(array: &mut Aligned, length: usize) -> &mut [f32] {
    if array.len() < length {
        *array = Aligned::zeros(length);
    }
    &mut array[..length]
}

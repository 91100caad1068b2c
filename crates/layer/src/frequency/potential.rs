//! W·P + b of a batch in the frequency domain.

use decolle_synapse::frequency::{Frequency, Scratch};
use decolle_synapse::{Aligned, Level, STRIP, Weights};
use decolle_threads::each;

use super::scratch::{FrequencyScratch, Workers, fit};
use crate::Constants;

/// Half spectra of a layer's weights.
#[derive(Default)]
pub(crate) struct WeightSpectra {
    half: Aligned,
    /// Sum of the squares of each output's weights.
    squares: Aligned,
    /// Whether they are those of the present weights.
    pub(crate) ready: bool,
}

impl WeightSpectra {
    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        4 * (self.half.len() + self.squares.len())
    }

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

/// What potentials are made with.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    pub(crate) constants: &'a Constants,
    pub(crate) frequency: &'a Frequency,
    pub(crate) weights: &'a Weights,
    pub(crate) level: Level,
    /// Whether the bias is added.
    pub(crate) with_bias: bool,
}

/// The spectra of W·traces of all samples, which become potentials one sample and one block at a time.
#[derive(Clone, Copy)]
pub(crate) struct PotentialSpectra<'a> {
    operands: Operands<'a>,
    samples: usize,
    weights: &'a WeightSpectra,
    scratch: &'a FrequencyScratch,
}

impl PotentialSpectra<'_> {
    /// Calls with W·traces, with the bias added where asked, of a sample and a block, `[position][output of the block]`: they are in
    /// the cache of the thread that called.
    pub(crate) fn with_potentials<T>(&self, sample: usize, block: usize, call: impl FnOnce(&[f32]) -> T) -> T {
        let geometry = &self.operands.constants.geometry;
        self.scratch.workers.with_potentials(geometry.positions() * geometry.block, |scratch, potentials| {
            self.write(sample, block, scratch, potentials);
            call(potentials)
        })
    }

    /// Writes them.
    fn write(&self, sample: usize, number: usize, scratch: &mut Scratch, potentials: &mut [f32]) {
        const NO_BIAS: [f32; STRIP] = [0.0; STRIP];
        let Self { operands: Operands { constants, frequency, weights, level, with_bias }, samples, .. } = *self;
        let FrequencyScratch { outputs, squares: [squares, _], .. } = self.scratch;
        let (block, channels) = (constants.geometry.block, constants.geometry.channels());
        let of_sample = squares[sample * channels..(sample + 1) * channels].iter().sum::<f32>();
        let parameters = weights.block(number);
        for lane in (0..block).step_by(STRIP) {
            let bias = if with_bias { &parameters.bias[lane..lane + STRIP] } else { &NO_BIAS };
            let strip = (number * block + lane) / STRIP;
            let squares = (of_sample, &self.weights.squares[strip * STRIP..(strip + 1) * STRIP]);
            let spectra = &outputs[..frequency.of_potentials(samples)];
            let place = [samples, sample];
            frequency.potentials(level, spectra, place, strip, squares, bias, scratch, &mut potentials[lane..]);
        }
    }
}

impl FrequencyScratch {
    /// The spectra of W·traces of all samples, and the multiply-adds that they took.
    pub(crate) fn multiply<'a>(
        &'a mut self,
        operands: Operands<'a>,
        weights: &'a mut WeightSpectra,
        traces: &[f32],
    ) -> (PotentialSpectra<'a>, u64) {
        let Operands { constants, frequency, level, .. } = operands;
        let samples = traces.len() / constants.geometry.trace_plane;
        weights.prepare(constants, frequency, operands.weights, level, &self.workers);
        self.transform_traces(constants, frequency, level, traces);
        let Self { traces: of_traces, outputs, workers, .. } = &mut *self;
        let of_traces = &of_traces[..samples * frequency.of_traces()];
        let outputs = fit(outputs, frequency.of_potentials(samples));
        each(frequency.potential_pieces(samples, outputs), |piece| {
            workers.with_scratch(|scratch| frequency.potential_piece(level, piece, of_traces, &weights.half, scratch));
        });
        (PotentialSpectra { operands, samples, weights, scratch: self }, frequency.multiply_adds(samples))
    }

    /// W·traces, with the bias added where asked, of all samples and outputs, `[block][sample][position][output of the block]`;
    /// gives the multiply-adds done.
    pub(crate) fn drive(
        &mut self,
        operands: Operands<'_>,
        weights: &mut WeightSpectra,
        traces: &[f32],
        drive: &mut Aligned,
    ) -> u64 {
        let Constants { geometry, .. } = operands.constants;
        let (spectra, operations) = self.multiply(operands, weights, traces);
        let samples = spectra.samples;
        drive.resize(samples * operands.constants.neuron_memory());
        each(drive.chunks_mut(geometry.positions() * geometry.block).enumerate(), |(index, drive)| {
            let (block, sample) = (index / samples, index % samples);
            spectra.scratch.workers.with_scratch(|scratch| spectra.write(sample, block, scratch, drive));
        });
        operations
    }
}

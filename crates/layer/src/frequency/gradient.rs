//! The gradient of a batch in the frequency domain.

use decolle_synapse::Level;
use decolle_synapse::frequency::Frequency;
use decolle_threads::each;

use super::scratch::{FrequencyScratch, fit};
use crate::Constants;

/// Adds the errors of a kind, a sample and a strip to a plane of zeros, `[position][output of the strip]`.
type Fill<'a> = dyn Fn(usize, usize, usize, &mut [f32]) + Sync + 'a;

impl FrequencyScratch {
    /// Makes the gradient of all weights: of `kinds` of traces, of all samples each, whose errors `fill` gives; `driven` says that
    /// potentials have just been made from the first kind. Gives the multiply-adds done; [`FrequencyScratch::add_gradient`] gives
    /// the gradient slice by slice.
    pub(crate) fn gradient(
        &mut self,
        constants: &Constants,
        frequency: &Frequency,
        level: Level,
        kinds: &[&[f32]],
        driven: bool,
        fill: &Fill<'_>,
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
            let errors = &errors[..samples * frequency.of_errors()];
            let gradient = fit(gradient, frequency.of_gradient());
            each(frequency.gradient_pieces(gradient), |piece| {
                workers.with_scratch(|scratch| {
                    frequency.gradient_piece(level, piece, traces, errors, kind > 0, scratch);
                });
            });
            operations += frequency.multiply_adds(samples);
        }
        operations
    }

    /// Spectra of the errors of so many samples: `fill` adds those of a sample and a strip to a plane of zeros.
    fn transform_errors(
        &mut self,
        frequency: &Frequency,
        level: Level,
        samples: usize,
        fill: &(dyn Fn(usize, usize, &mut [f32]) + Sync),
    ) {
        let Self { outputs, squares: [_, squares], workers, .. } = self;
        let outputs = fit(outputs, samples * frequency.of_errors());
        squares.resize(samples * frequency.outputs());
        let parts = outputs.chunks_mut(frequency.of_errors()).zip(squares.chunks_mut(frequency.outputs()));
        each(parts.enumerate(), |(sample, (spectra, squares))| {
            let fill = |strip: usize, plane: &mut [f32]| fill(sample, strip, plane);
            workers.with_scratch(|scratch| frequency.errors(level, &fill, scratch, spectra, squares));
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

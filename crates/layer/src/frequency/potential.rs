//! W·P + b of a batch in the frequency domain.

use decolle_synapse::frequency::Frequency;
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
        let outputs = fit(outputs, frequency.of_potentials(samples));
        each(frequency.potential_pieces(samples, outputs), |piece| {
            workers.with_scratch(|scratch| frequency.potential_piece(level, piece, of_traces, &spectra.half, scratch));
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
                    frequency.potentials(
                        level,
                        outputs,
                        [samples, sample],
                        strip,
                        squares,
                        bias,
                        scratch,
                        &mut drive[lane..],
                    );
                }
            });
        });
        frequency.multiply_adds(samples)
    }
}

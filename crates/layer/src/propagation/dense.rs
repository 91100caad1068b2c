//! W·P + b with the dense kernels.

use decolle_synapse::{Aligned, Geometry, Level, RUN, TraceRun, WIDEST_BLOCK, Weights, potential};
use decolle_threads::{each, sum};

use super::choice::potential_by_frequency;
use crate::Constants;
use crate::frequency::{FrequencyScratch, Operands, PotentialSpectra, WeightSpectra};

/// Where dense steps work; everything in it is made anew in every step.
#[derive(Default)]
pub(crate) struct DenseScratch {
    /// W·P + b, `[block][sample][position][output of the block]`; where weights multiply several values of an input, one for each.
    pub(crate) drives: Vec<Aligned>,
    /// δ, `[sample][block][pooled position][output of the block]`.
    pub(crate) deltas: Aligned,
    /// Other δ where there are any, those of biases first: `[sample][which][block][pooled position][output of the block]`.
    pub(crate) other_deltas: Aligned,
    /// The traces of a dense layer that are not zero.
    pub(crate) runs: Vec<TraceRun>,
    /// Where convolutions work in the frequency domain.
    pub(crate) frequency: FrequencyScratch,
}

/// What drives are made with.
pub(crate) struct Driving<'a> {
    pub(crate) constants: &'a Constants,
    pub(crate) weights: &'a Weights,
    pub(crate) spectra: &'a mut WeightSpectra,
    pub(crate) level: Level,
    /// Whether the bias is added.
    pub(crate) with_bias: bool,
    /// Whether the gradient will read the lists of traces, too.
    pub(crate) learns: bool,
    pub(crate) runs: &'a mut Vec<TraceRun>,
    pub(crate) frequency: &'a mut FrequencyScratch,
}

/// The drive of a step, of all samples.
pub(crate) enum Drives<'a> {
    /// W·P + b as [`DenseScratch`] holds it.
    Made(&'a [Aligned]),
    /// What each sample makes it of.
    Spectra(PotentialSpectra<'a>),
}

/// Samples from which on neurons take their potentials out of the spectra themselves: fewer would leave threads with nothing to do.
const ENOUGH_SAMPLES: usize = 16;

impl<'a> Driving<'a> {
    /// W·traces of several planes of presynaptic values, and the multiply-adds done. What comes from spectra to the fused neurons of
    /// many samples is not written to memory in between.
    pub(crate) fn drives(mut self, planes: &[Aligned], drives: &'a mut Vec<Aligned>) -> (Drives<'a>, u64) {
        let Self { constants, weights, level, with_bias, .. } = self;
        if let ([traces], Some(_)) = (planes, constants.neurons.lif()) {
            let samples = traces.len() / constants.geometry.trace_plane;
            if let Some(frequency) = potential_by_frequency(constants, samples).filter(|_| samples >= ENOUGH_SAMPLES) {
                let operands = Operands { constants, frequency, weights, level, with_bias };
                let (spectra, operations) = self.frequency.multiply(operands, self.spectra, traces);
                return (Drives::Spectra(spectra), operations);
            }
        }
        drives.resize_with(planes.len(), Aligned::default);
        let operations = planes.iter().zip(drives.iter_mut()).map(|(plane, drive)| self.drive(plane, drive)).sum();
        (Drives::Made(drives), operations)
    }
}

impl Driving<'_> {
    /// W·traces, of all samples and outputs; `traces` are planes of P or Q. Gives the multiply-adds done.
    pub(crate) fn drive(&mut self, traces: &[f32], drive: &mut Aligned) -> u64 {
        let Self { constants, weights, level, with_bias, learns, .. } = *self;
        let samples = traces.len() / constants.geometry.trace_plane;
        if let Some(frequency) = potential_by_frequency(constants, samples) {
            let Self { spectra, frequency: scratch, .. } = self;
            let operands = Operands { constants, frequency, weights, level, with_bias };
            return scratch.drive(operands, spectra, traces, drive);
        }
        gather(&constants.geometry, traces, learns, self.runs);
        drive_all(constants, weights, level, with_bias, traces, self.runs, drive)
    }
}

/// Lists the traces of a dense layer that are not zero, for the gradient as well if it `learns`; of a convolution, nothing.
pub(crate) fn gather(geometry: &Geometry, planes: &[f32], learns: bool, runs: &mut Vec<TraceRun>) {
    if geometry.is_dense() {
        runs.resize_with(geometry.trace_plane.div_ceil(RUN), TraceRun::default);
        each(runs.iter_mut().enumerate(), |(number, run)| {
            run.gather(geometry, planes, number);
            if learns {
                run.turn();
            }
        });
    }
}

/// Samples of a dense layer that one thread takes at a time.
const SAMPLES_AT_ONCE: usize = 36;

/// W·traces, with the bias added where asked, of all samples and outputs; `traces` are planes of P or Q, `runs` what
/// [`gather`] found in them. Returns the multiply-adds done.
fn drive_all(
    constants: &Constants,
    weights: &Weights,
    level: Level,
    with_bias: bool,
    traces: &[f32],
    runs: &[TraceRun],
    drive: &mut Aligned,
) -> u64 {
    const NO_BIAS: [f32; WIDEST_BLOCK] = [0.0; WIDEST_BLOCK];
    let geometry = &constants.geometry;
    let (plane, width) = (geometry.trace_plane, geometry.block);
    let samples = traces.len() / plane;
    drive.resize(samples * constants.neuron_memory());
    let per_sample = geometry.positions() * width;
    let line = geometry.output_plane[1] * width;
    // Few samples leave few planes to share out: then lines of a plane are shared out too.
    let lines = if samples >= 8 { geometry.output_plane[0] } else { geometry.output_plane[0].div_ceil(4) };
    let parameters = |block: usize| {
        let parameters = weights.block(block);
        (&parameters.weights, if with_bias { &parameters.bias[..] } else { &NO_BIAS[..width] })
    };
    // A block's weights stay in cache while the samples pass.
    if geometry.is_dense() {
        let block = |(block, drive): (usize, &mut [f32])| {
            let (weights, bias) = parameters(block);
            sum(drive.chunks_mut(SAMPLES_AT_ONCE * width).enumerate(), |(part, drive)| {
                potential::dense(level, weights, bias, runs, part * SAMPLES_AT_ONCE, drive)
            })
        };
        sum(drive.chunks_mut(samples * width).enumerate(), block)
    } else {
        let block = |(block, drive): (usize, &mut [f32])| {
            let (weights, bias) = parameters(block);
            sum(drive.chunks_mut(per_sample).zip(traces.chunks(plane)), |(drive, traces)| {
                sum(drive.chunks_mut(lines * line).enumerate(), |(part, drive)| {
                    potential::convolution_rows(level, geometry, block, weights, bias, traces, part * lines, drive)
                })
            })
        };
        sum(drive.chunks_mut(samples * per_sample).enumerate(), block)
    }
}

/// The drives of one sample and one block of outputs, `[position][output]`.
#[inline(always)]
pub(crate) fn drive_of<'a>(constants: &Constants, drive: &'a [f32], sample: usize, block: usize) -> &'a [f32] {
    let geometry = &constants.geometry;
    let length = geometry.positions() * geometry.block;
    let samples = drive.len() / (geometry.blocks() * length);
    let start = (block * samples + sample) * length;
    &drive[start..start + length]
}

//! One time step with the dense kernels. Its phases are each shared out among the threads in pieces that do not depend
//! on their number:
//!
//! 1. spikes enter the traces Q and P, sample by sample, and a dense layer lists those that are not zero;
//! 2. the drive W·P + b, block of outputs by block and some of the samples;
//! 3. [`postsynaptic`]: R, U, S, pooling, readout, cost and δ, sample by sample;
//! 4. [`learning`]: the gradient, slice of outputs by slice; or [`synapses`], where it is more than δ times one trace.

use decolle_program::MOST_MET;
use decolle_synapse::{Aligned, Geometry, Level, RUN, SpikeTrain, TraceRun, WIDEST_BLOCK, Weights, potential};
use decolle_threads::{each, sum};
use fearless_simd::dispatch;

use super::learning::{Descent, Gradient};
use super::{Batch, Constants, Layer, Learned, Step, own, postsynaptic, synapses, traces};

/// Where dense steps work; everything in it is made anew in every step.
#[derive(Default)]
pub struct DenseRoom {
    /// W·P + b, `[block][sample][position][output of the block]`; where weights meet several values of an input, W times each.
    pub(crate) drives: Vec<Aligned>,
    /// δ, `[sample][block][pooled position][output of the block]`.
    pub(crate) deltas: Aligned,
    /// Other δ where there are any, those of biases first: `[sample][which][block][pooled position][output of the block]`.
    pub(crate) other_deltas: Aligned,
    /// The traces of a dense layer that are not zero.
    pub(crate) runs: Vec<TraceRun>,
}

/// Lists the traces of a dense layer that are not zero, for the gradient as well if it `learns`; of a convolution, nothing.
pub(super) fn gather(geometry: &Geometry, planes: &[f32], learns: bool, runs: &mut Vec<TraceRun>) {
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

impl Layer {
    /// One time step; `input` holds one train per sample, `due` the learning rate if an update follows. True if all
    /// potentials and errors are finite.
    pub(super) fn step(&mut self, step: &Step<'_>, input: &[&SpikeTrain], due: Option<f32>) -> bool {
        if !self.arrive(step, input) {
            return false;
        }
        let Self { constants, weights, learned, batch, dense_room, .. } = self;
        let DenseRoom { drives, deltas, other_deltas, runs } = dense_room;
        let level = step.level;
        let learns = step.learn && constants.synapse().is_none();
        let with_bias = constants.takes_bias_with_drive();
        let met = constants.met(batch);
        drives.resize_with(met.len(), Aligned::default);
        for (met, drive) in met.iter().zip(drives.iter_mut()) {
            gather(&constants.geometry, met, learns, runs);
            self.operations.forward += drive_all(constants, weights, level, with_bias, met, runs, drive) as f64;
        }
        batch.carried = false;
        batch.steps.dense += 1;
        deltas.resize(if step.learn { input.len() * constants.unit_memory() } else { 0 });
        other_deltas.resize(deltas.len() * constants.other_deltas());
        let mut finite = match &constants.programs {
            Some(programs) => {
                let deltas = [&mut deltas[..], &mut other_deltas[..]];
                own::advance(constants, programs, own::Plastic { weights, learned }, batch, drives, deltas, step)
            }
            None => postsynaptic::advance(constants, batch, &drives[0], deltas, step),
        };
        if finite && step.learn {
            self.take_error_events();
        }
        let Self { constants, weights, learners, learned, batch, dense_room, .. } = self;
        let DenseRoom { deltas, other_deltas, runs, .. } = dense_room;
        if let Some(program) = constants.synapse().filter(|_| finite) {
            let (others, first) = (&other_deltas[..], self.accumulated == 0);
            let learning = step.learn.then_some(synapses::Learning { deltas, others, learners, first });
            let operations = synapses::advance(constants, program, batch, level, learning);
            finite = operations.is_some();
            self.operations.gradient += operations.unwrap_or(0) as f64;
            if finite && step.learn {
                Learned::accumulate(learned, constants, batch, other_deltas, first);
                self.accumulated += 1;
                if let Some(rate) = due {
                    self.update(rate, level);
                }
            }
        } else if finite && step.learn {
            let (first, kept, others) = (self.accumulated == 0, step.last, &other_deltas[..]);
            Learned::accumulate(learned, constants, batch, others, first);
            let met = constants.met(batch);
            let step_gradient = Gradient { constants, batch, runs, met, deltas, others, first, kept, level };
            if let Some(rate) = due {
                let descent = Descent { constants, rate, update: self.updates + 1, level };
                self.operations.gradient += step_gradient.accumulate_and_update(learners, weights, &descent) as f64;
                Learned::descend(learned, constants, rate, self.updates + 1);
                self.updated();
            } else {
                self.operations.gradient += step_gradient.accumulate(learners) as f64;
                self.accumulated += 1;
            }
        }
        finite
    }

    /// Takes the input of a step into the traces; false if one of them is not finite.
    fn arrive(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) -> bool {
        if let Some(program) = self.constants.input() {
            let Batch { inputs, samples, .. } = &mut self.batch;
            let learned: [f32; MOST_MET] =
                std::array::from_fn(|index| self.learned.get(index).map_or(0.0, |learned| learned.values[0]));
            inputs.arrive(&self.constants, program, step, &learned, input, samples);
            return samples.iter().all(|sample| sample.finite);
        }
        let Constants { geometry, traces: dynamics, .. } = &self.constants;
        let Batch { membrane, synaptic, .. } = &mut self.batch;
        let plane = geometry.trace_plane;
        let planes = membrane.chunks_mut(plane).zip(synaptic.chunks_mut(plane));
        each(planes.zip(input), |((membrane, synaptic), train)| {
            let (indices, counts) = train.step(step.in_chunk);
            dispatch!(step.level, _simd => traces::step(dynamics, geometry, indices, counts, synaptic, membrane));
        });
        true
    }
}

/// Samples of a dense layer that one thread takes at a time.
const SAMPLES_AT_ONCE: usize = 36;

/// W·traces, with the bias added where asked, of all samples and outputs; `traces` are planes of P or Q, `runs` what
/// [`gather`] found in them. Returns the multiply-adds done.
pub(super) fn drive_all(
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

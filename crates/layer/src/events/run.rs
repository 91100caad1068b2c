//! A layer's way through a stretch: its samples up to their δ, the gradient of all, and the traces.

use std::ops::Range;

use decolle_synapse::events;
use decolle_synapse::{Aligned, Level, Parameters, STRIP, SpikeTrain, TraceRun, add_stencils, gradient, pack_stencils};
use decolle_threads::{each, sum};
use fearless_simd::dispatch;

use super::filter::filter;
use super::forward::{forward, judge_all};
use super::scratch::{EventScratch, Initial, StretchScratch};
use super::stretch::{Stretch, add};
use crate::layer::Scratch;
use crate::learning::{GradientSpectra, Learner, LearnerState, convolution_gradient, dense_gradient};
use crate::propagation::{DenseScratch, Driving, drive_of, gather, gradient_by_frequency};
use crate::{Chunk, Layer, Sample};

impl Layer {
    /// Takes the steps `range` of the chunk, all of which learn or none. Gives the first that broke, where a potential or
    /// error was not finite.
    pub(crate) fn stretch(&mut self, range: Range<usize>, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Option<usize> {
        let level = chunk.level;
        self.pack_stencils();
        if !self.batch.carried {
            self.carry(level);
        }
        let controlled = self.controlled;
        let Self { constants, weights, batch, scratch, .. } = self;
        let event_scratch = &mut scratch.events;
        let stretch = Stretch::new(constants, weights, controlled, input, range.clone(), chunk);
        let learn = stretch.learn;
        let at_once = event_scratch.prepare(&stretch);
        let length = constants.neuron_memory();
        let to_delta = |part: usize, within: usize, sample: &mut Sample, scratch: &mut StretchScratch| {
            let index = part * at_once + within;
            forward(&stretch, index, sample, scratch);
            if !sample.out_of_memory {
                judge_all(&stretch, index, sample, scratch, chunk);
            }
        };
        let EventScratch { samples: all, initial, .. } = &mut *event_scratch;
        let parts = all.iter_mut().zip(batch.samples.chunks_mut(at_once));
        if learn {
            let parts = parts.zip(initial.runs(at_once, length)).enumerate();
            each(parts, |(part, ((scratch, samples), initial))| {
                for (within, (sample, initial)) in samples.iter_mut().zip(initial).enumerate() {
                    to_delta(part, within, sample, scratch);
                    if !sample.out_of_memory {
                        filter(&stretch, scratch, initial);
                    }
                }
            });
        } else {
            each(parts.enumerate(), |(part, (scratch, samples))| {
                for (within, sample) in samples.iter_mut().enumerate() {
                    to_delta(part, within, sample, scratch);
                }
            });
        }
        let of_samples = &event_scratch.samples;
        let broken = of_samples.iter().filter_map(|scratch| scratch.broken).min();
        self.operations.forward += of_samples.iter().map(|scratch| scratch.operations).sum::<u64>() as f64;
        batch.steps.events += range.len() as u64;
        if broken.is_some() {
            return broken;
        }
        if learn {
            batch.regularization += of_samples.iter().map(|scratch| scratch.regularization).sum::<f64>();
            self.take_counted();
        }
        let take_in = |layer: &mut Self, arriving: &[&SpikeTrain]| {
            if learn {
                layer.accumulate_stretch(&range, level, arriving);
            }
            layer.record_stretch(&range, chunk.done + range.start, level, arriving);
            layer.advance_traces(range, level, arriving, at_once);
        };
        match self.constants.own_inputs {
            0 => take_in(self, input),
            _ => self.with_arriving(take_in),
        }
        None
    }

    /// Brings the stencils of a convolution up to date.
    fn pack_stencils(&mut self) {
        if std::mem::replace(&mut self.stencils_packed, true) {
            return;
        }
        let geometry = &self.constants.geometry;
        let per_block = geometry.block / STRIP;
        let (stencils, panels) = self.weights.stencils_and_panels(geometry);
        each(stencils.iter_mut().enumerate(), |(strip, stencil)| {
            pack_stencils(geometry, &panels[strip / per_block], strip, stencil);
        });
    }

    /// Makes W·P and W·Q anew, densely.
    pub(crate) fn carry(&mut self, level: Level) {
        let Self { constants, weights, spectra, batch, scratch, .. } = self;
        let DenseScratch { drives, runs, frequency, .. } = &mut scratch.dense;
        drives.resize_with(1, Aligned::default);
        let drive = &mut drives[0];
        let (with_bias, learns) = (false, false);
        let mut driving = Driving { constants, weights, spectra, level, with_bias, learns, runs, frequency };
        for of_membrane in [true, false] {
            let traces = if of_membrane { &batch.membrane } else { &batch.synaptic };
            self.operations.forward += driving.drive(traces, drive) as f64;
            let drive = &drive[..];
            each(batch.samples.iter_mut().enumerate(), |(index, sample)| {
                for (number, block) in sample.blocks.iter_mut().enumerate() {
                    let to = if of_membrane { &mut block.carried_potential } else { &mut block.carried_current };
                    to.copy_from_slice(drive_of(constants, drive, index, number));
                }
            });
        }
        batch.carried = true;
    }

    /// Adds the gradient of a stretch: what its events made of the errors, and what the traces from before did.
    pub(crate) fn accumulate_stretch(&mut self, range: &Range<usize>, level: Level, input: &[&SpikeTrain]) {
        let samples = self.batch.samples.len();
        let Self { constants, batch, learners, scratch, .. } = self;
        let Scratch {
            dense: DenseScratch { runs: of_membrane, frequency: in_frequencies, .. },
            events: event_scratch,
            ..
        } = scratch;
        let geometry = &constants.geometry;
        let first = self.accumulated == 0;
        let EventScratch { samples: of_samples, initial, runs: of_synaptic } = event_scratch;
        let Initial { membrane, synaptic } = initial;
        let operations: u64 = if geometry.is_dense() {
            gather(geometry, &batch.membrane, true, of_membrane);
            gather(geometry, &batch.synaptic, true, of_synaptic);
            let terms: [(&[TraceRun], &Aligned); 2] = [(of_membrane, membrane), (of_synaptic, synaptic)];
            let events: usize =
                input.iter().map(|train| range.clone().map(|step| train.step(step).0.len()).sum::<usize>()).sum();
            // All of a block's gradient at once, while it is in cache.
            let dense = sum(learners.iter_mut().enumerate(), |(block, learner)| {
                learner.start(first);
                let Learner {
                    state: LearnerState { gradient: Parameters { weights, bias }, .. },
                    deltas: of_block,
                    ..
                } = learner;
                for (scratch, train) in of_samples.iter().zip(input) {
                    let scratch = &scratch.blocks[block];
                    let filtered = scratch.potentials.chunks_exact(geometry.block);
                    for (step, filtered) in range.clone().zip(filtered) {
                        let (indices, counts) = train.step(step);
                        events::dense_gradient(level, indices, counts, filtered, weights);
                    }
                    add(bias, &scratch.bias);
                }
                let mut operations = 0;
                for (runs, deltas) in terms {
                    gradient::block_deltas(geometry, deltas, block, of_block);
                    operations += dense_gradient(runs, of_block, weights, level);
                }
                operations
            });
            events as u64 * geometry.outputs as u64 + dense
        } else {
            let stencils: Vec<Vec<&[f32]>> = of_samples
                .iter()
                .map(|scratch| scratch.strips.iter().map(|strip| &strip.gradient[..]).collect())
                .collect();
            let plane = geometry.trace_plane;
            let positions = geometry.positions();
            // Two planes of traces a sample.
            let mut in_all = 0;
            let spectra = gradient_by_frequency(constants, 2 * samples, 1.0).map(|frequency| {
                let fill = |kind: usize, sample: usize, strip: usize, plane: &mut [f32]| {
                    let factors = if kind == 0 { &membrane } else { &synaptic };
                    let place = sample * constants.neuron_memory() + strip * positions * STRIP;
                    plane.copy_from_slice(&factors[place..place + positions * STRIP]);
                };
                let kinds: [&[f32]; 2] = [&batch.membrane, &batch.synaptic];
                in_all = in_frequencies.gradient(constants, frequency, level, &kinds, false, &fill);
                GradientSpectra { frequency, made: in_frequencies }
            });
            let of_slices = sum(learners.iter_mut().enumerate(), |(slice, learner)| {
                learner.start(first);
                let output = slice * geometry.slice;
                let (strip, lane) = (output / STRIP, output % STRIP);
                for (scratch, stencils) in of_samples.iter().zip(&stencils) {
                    add_stencils(geometry, stencils, output, &mut learner.state.gradient.weights);
                    add(&mut learner.state.gradient.bias, &scratch.strips[strip].bias[lane..lane + geometry.slice]);
                }
                let Learner { state: LearnerState { gradient, .. }, list, .. } = learner;
                if let Some(spectra) = &spectra {
                    spectra.add(level, output, &mut gradient.weights);
                    return 0;
                }
                let mut operations = 0;
                for (traces, of_membrane) in [(&batch.membrane, true), (&batch.synaptic, false)] {
                    let factors = if of_membrane { &*membrane } else { &*synaptic };
                    let factors = |sample: usize, position: usize| {
                        let place = (strip * positions + position) * STRIP + lane;
                        &factors[sample * constants.neuron_memory() + place..][..geometry.slice]
                    };
                    operations += convolution_gradient(
                        constants,
                        slice,
                        samples,
                        |list, first, last| {
                            for sample in first..last {
                                let start = decolle_number::index((sample - first) * plane);
                                for (position, patch) in geometry.starts().iter().enumerate() {
                                    list.push_row(factors(sample, position), |_| start + patch);
                                    if (position + 1).is_multiple_of(geometry.output_plane[1]) {
                                        list.end_row(geometry.traces_of_row());
                                    }
                                }
                            }
                        },
                        list,
                        traces,
                        &mut gradient.weights,
                        &mut [],
                        level,
                    );
                }
                operations
            });
            in_all + of_slices + of_samples.iter().map(|scratch| scratch.operations).sum::<u64>()
        };
        self.operations.gradient += operations as f64;
        self.accumulated += range.len();
    }

    /// Takes the events of the stretch into the traces.
    fn advance_traces(&mut self, range: Range<usize>, level: Level, input: &[&SpikeTrain], at_once: usize) {
        let Self { constants, batch, scratch, .. } = self;
        let Some(dynamics) = constants.leaks() else { return };
        let geometry = &constants.geometry;
        let plane = geometry.trace_plane;
        let planes = batch.membrane.chunks_mut(at_once * plane).zip(batch.synaptic.chunks_mut(at_once * plane));
        let parts = scratch.events.samples.iter_mut().zip(planes).zip(input.chunks(at_once));
        each(parts, |((StretchScratch { by_row, .. }, (membrane, synaptic)), trains)| {
            let planes = membrane.chunks_exact_mut(plane).zip(synaptic.chunks_exact_mut(plane));
            for ((membrane, synaptic), train) in planes.zip(trains) {
                by_row.sort(geometry, train, range.clone());
                dispatch!(level, _simd => by_row.take_in(dynamics, geometry, range.len(), synaptic, membrane));
            }
        });
    }
}

//! One time step with the dense kernels. Its phases are each shared out among the threads in pieces whose bits do not
//! depend on their number:
//!
//! 1. spikes enter the traces, sample by sample, and a dense layer lists those that are not zero ([`inputs`](crate::inputs));
//! 2. the drive W·P + b, block of outputs by block and some of the samples, or the spectra that it is made of
//!    ([`propagation`](crate::propagation));
//! 3. neurons, readout and cost, sample by sample, and δ, a few samples at a time ([`neurons`](crate::neurons), [`judgement`](crate::judgement));
//! 4. the gradient and an update, slice of outputs by slice, or synapse by synapse ([`learning`](crate::learning)).

use decolle_program::MOST_PRESYNAPTIC;
use decolle_synapse::{Aligned, SpikeTrain, Weights};
use decolle_threads::{each, threads_here};
use fearless_simd::dispatch;

use crate::inputs::leaks;
use crate::judgement::{
    DeltaStep, judge, judge_together, note_counts, note_layer_loss, read_out, regularizer_value, sum_for_regularizer,
};
use crate::learning::{Descent, EligibilityStep, Gradient, Learned, frequency_gradient};
use crate::neurons::{Drive, advance, fire, record_moments, sum_over_layer};
use crate::propagation::{DenseScratch, Drives, Driving, drive_of};
use crate::{Batch, Constants, Controlled, Layer, Sample, Step};

impl Layer {
    /// One time step; `input` holds one train from below per sample, `due` the learning rate if an update follows. True if all
    /// potentials and errors are finite.
    pub(crate) fn step(&mut self, step: &Step<'_>, input: &[&SpikeTrain], due: Option<f32>) -> bool {
        if !self.arrive(step, input) {
            return false;
        }
        self.batch.record_traces(&self.constants, step.of_batch);
        let controlled = self.controlled;
        let Self { constants, weights, spectra, learned, batch, scratch, operations, .. } = self;
        let DenseScratch { drives, deltas, other_deltas, runs, frequency } = &mut scratch.dense;
        let learns = step.learn && constants.eligibility.is_none();
        let with_bias = constants.neurons.takes_bias_with_drive();
        let driving = Driving { constants, weights, spectra, level: step.level, with_bias, learns, runs, frequency };
        let (drives, done) = driving.drives(batch.presynaptic(constants), drives);
        operations.forward += done as f64;
        batch.carried = false;
        batch.steps.dense += 1;
        deltas.resize(if step.learn { batch.samples.len() * constants.unit_memory() } else { 0 });
        other_deltas.resize(deltas.len() * constants.judgement.other_deltas());
        let layer = Samplewise { constants, weights, learned, controlled, step, drives };
        if !layer.advance(batch, deltas, other_deltas) {
            return false;
        }
        if step.learn {
            self.take_counted();
        }
        if self.constants.eligibility.is_some() {
            self.learn_by_synapse(step, due)
        } else {
            self.learn(step, due);
            true
        }
    }

    /// Takes the input of a step into the traces; false if one of them is not finite.
    fn arrive(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) -> bool {
        let Self { constants, batch, learned, .. } = self;
        let Some(dynamics) = constants.leaks() else {
            let Batch { inputs, samples, .. } = batch;
            let learned: [f32; MOST_PRESYNAPTIC] =
                std::array::from_fn(|index| learned.get(index).map_or(0.0, |learned| learned.values[0]));
            inputs.arrive(constants, step, &learned, input, samples);
            return samples.iter().all(|sample| sample.finite);
        };
        let geometry = &constants.geometry;
        let Batch { membrane, synaptic, samples, .. } = batch;
        let plane = geometry.trace_plane;
        let planes = membrane.chunks_mut(plane).zip(synaptic.chunks_mut(plane));
        each(planes.zip(&*samples).zip(input), |(((membrane, synaptic), sample), below)| {
            let (indices, counts) = sample.arriving(constants, below).step(step.in_chunk);
            dispatch!(step.level, _simd => leaks::step(dynamics, geometry, indices, counts, synaptic, membrane));
        });
        true
    }

    /// Adds the gradient of the step, δ times the trace, and applies it where it is due.
    fn learn(&mut self, step: &Step<'_>, due: Option<f32>) {
        if !step.learn {
            return;
        }
        let update = self.updates + 1;
        let Self { constants, weights, learners, learned, batch, scratch, operations, .. } = self;
        let DenseScratch { deltas, other_deltas, runs, frequency, .. } = &mut scratch.dense;
        let (deltas, others) = (&deltas[..], &other_deltas[..]);
        let (first, kept, level) = (self.accumulated == 0, step.last, step.level);
        Learned::accumulate(learned, constants, batch, others, first);
        let presynaptic = batch.presynaptic(constants);
        let spectra = frequency_gradient(constants, batch, presynaptic, deltas, level, frequency, operations);
        let gradient = Gradient { constants, batch, runs, presynaptic, deltas, others, spectra, first, kept, level };
        if let Some(rate) = due {
            let descent = Descent { constants, rate, update, level };
            operations.gradient += gradient.accumulate_and_update(learners, weights, &descent) as f64;
            Learned::descend(learned, constants, rate, update);
            self.updated(true);
        } else {
            operations.gradient += gradient.accumulate(learners) as f64;
            self.accumulated += 1;
        }
    }

    /// Moves eligibility traces on, synapse by synapse, adds the gradient that they make, and applies it where it is due; false
    /// if one of them is not finite.
    fn learn_by_synapse(&mut self, step: &Step<'_>, due: Option<f32>) -> bool {
        let Self { constants, learners, learned, batch, scratch, operations, .. } = self;
        let DenseScratch { deltas, other_deltas, .. } = &scratch.dense;
        let (others, first) = (&other_deltas[..], self.accumulated == 0);
        let learning = step.learn.then_some(EligibilityStep { deltas, others, learners, first });
        let Some(done) = crate::learning::advance_synapses(constants, batch, step.level, learning) else {
            return false;
        };
        operations.gradient += done as f64;
        if step.learn {
            Learned::accumulate(learned, constants, batch, other_deltas, first);
            self.accumulated += 1;
            if let Some(rate) = due {
                self.update(rate, step.level);
            }
        }
        true
    }
}

/// What all samples of a layer share in the part of a step that each takes by itself.
struct Samplewise<'a> {
    constants: &'a Constants,
    weights: &'a Weights,
    learned: &'a [Learned],
    controlled: Controlled,
    step: &'a Step<'a>,
    drives: Drives<'a>,
}

impl<'a> Samplewise<'a> {
    /// Advances all samples and writes δ of weights, and what others there are, where the step learns; false if a potential, a
    /// state variable, a cost or an error is not finite.
    fn advance(&self, batch: &mut Batch, deltas: &mut [f32], others: &mut [f32]) -> bool {
        let Self { constants, controlled, step, .. } = *self;
        let Batch { samples, regularization, .. } = batch;
        let count = samples.len();
        let together = constants.judgement.couples_samples() && step.is_judged();
        let regularizer = controlled.regularizer.filter(|_| step.learn);
        let delta_step = |lower_active| DeltaStep::new(constants, step.level, controlled, count, lower_active);
        let to_loss = |index: usize, sample: &mut Sample| {
            self.respond(index, sample);
            if !together {
                judge(constants, controlled.trigger, step, count, index, sample, None);
            }
        };
        if step.learn && !together && regularizer.is_none() {
            // Samples take all of the step while their state is in cache.
            let delta_step = delta_step(false);
            self.each_with_deltas(delta_step, samples, deltas, others, &|first, samples| {
                for (index, sample) in (first..).zip(samples) {
                    to_loss(index, sample);
                }
            });
            note_layer_loss(constants, step, samples.first_mut());
            return samples.iter().all(|sample| sample.finite);
        }
        each(samples.iter_mut().enumerate(), |(index, sample)| {
            to_loss(index, sample);
            if let Some(regularizer) = &regularizer {
                sum_for_regularizer(constants, regularizer, sample);
            }
        });
        if together {
            judge_together(constants, controlled.trigger, step, samples);
        }
        note_layer_loss(constants, step, samples.first_mut());
        if step.learn {
            let mut lower_active = false;
            if let Some(regularizer) = &regularizer {
                let (value, active) = regularizer_value(constants, regularizer, samples);
                *regularization += value;
                lower_active = active;
            }
            self.each_with_deltas(delta_step(lower_active), samples, deltas, others, &|_, _| ());
        }
        samples.iter().all(|sample| sample.finite)
    }

    /// Makes δ of all samples, some at a time, each time after a call with the first one's index and them.
    fn each_with_deltas(
        &self,
        delta_step: DeltaStep<'_>,
        samples: &mut [Sample],
        deltas: &mut [f32],
        others: &mut [f32],
        before: &(dyn Fn(usize, &mut [Sample]) + Sync),
    ) {
        let memory = self.constants.unit_memory();
        // So few that each thread gets two parts or more, where there are as many.
        let together = (samples.len() / (2 * threads_here())).clamp(1, delta_step.most_together());
        let parts = samples.chunks_mut(together).zip(deltas.chunks_mut(together * memory)).enumerate();
        let part = |part: usize, samples: &mut [Sample], deltas: &mut [f32], others: &mut [f32]| {
            before(part * together, samples);
            for sample in &mut *samples {
                note_counts(self.constants, &self.controlled, sample);
            }
            delta_step.of_samples(samples, deltas, others);
            for (sample, deltas) in samples.iter_mut().zip(deltas.chunks(memory)) {
                self.record_gradients(sample, deltas, others);
            }
        };
        if others.is_empty() {
            each(parts, |(number, (samples, deltas))| part(number, samples, deltas, &mut []));
        } else {
            let others = others.chunks_mut(together * memory * self.constants.judgement.other_deltas());
            each(parts.zip(others), |((number, (samples, deltas)), others)| part(number, samples, deltas, others));
        }
    }

    /// Records δ of a sample, where it is asked for: that of biases, where weights have another.
    fn record_gradients(&self, sample: &mut Sample, deltas: &[f32], others: &[f32]) {
        let Some(recorder) = &mut sample.recorder else { return };
        let deltas = others.get(..deltas.len()).unwrap_or(deltas);
        let per_block = self.constants.pooled_positions() * self.constants.geometry.block;
        for (number, deltas) in deltas.chunks_exact(per_block).enumerate() {
            recorder.note_gradients(self.constants, self.step.of_batch, number, deltas);
        }
    }

    /// What a block of a sample is driven by, as `drives` holds it.
    fn drive<'b>(&'b self, drives: &'b [Aligned], sample: usize, block: usize) -> Drive<'b> {
        let Self { constants, weights, learned, .. } = *self;
        let neurons = constants.geometry.positions() * constants.geometry.block;
        Drive {
            drives: std::array::from_fn(|index| {
                drives.get(index).map_or(&[][..], |drive| drive_of(constants, drive, sample, block))
            }),
            learned: std::array::from_fn(|index| {
                learned.get(index).map_or(&[][..], |learned| learned.of_block(block, neurons))
            }),
            bias: &weights.block(block).bias,
        }
    }

    /// One sample's step up to its readout. Not part of its callers' code, which would each hold it for every SIMD level.
    #[inline(never)]
    fn respond(&self, index: usize, sample: &mut Sample) {
        let Self { constants, step, .. } = *self;
        let level = step.level;
        sample.finite = true;
        sample.fired.clear();
        if let Drives::Made(drives) = self.drives {
            sum_over_layer(constants, level, sample, |block| self.drive(drives, index, block));
        }
        let Sample { blocks, scratch, fired, moments, finite, recorder, .. } = sample;
        for (number, state) in blocks.iter_mut().enumerate() {
            let neurons = &mut scratch.neurons;
            *finite &= match &self.drives {
                Drives::Made(drives) => {
                    advance(constants, level, number, neurons, &self.drive(drives, index, number), state)
                }
                Drives::Spectra(spectra) => spectra.with_potentials(index, number, |drive| {
                    let bias = &self.weights.block(number).bias;
                    advance(constants, level, number, neurons, &Drive::of_one(drive, bias), state)
                }),
            };
            dispatch!(level, simd => fire(simd, constants, number, state.unit_potentials(), fired));
            if step.record_potential {
                record_moments(constants, number, state.unit_potentials(), moments);
            }
            if let Some(recorder) = recorder {
                recorder.note_potentials(constants, step.of_batch, number, state.unit_potentials());
            }
        }
        dispatch!(level, _simd => read_out(constants, step, index, sample));
    }
}

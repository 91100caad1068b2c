//! Exact learning at every step from one sample, at a cost in proportion to spikes: a dense layer under stochastic
//! gradient descent.
//!
//! Over a stretch the weights in memory stand still at W₀ while those of the rule change at every step,
//! `W[t] = W₀ − η Σ_{s<t} δ[s]·P[s]ᵀ`. So the drive is the carried one of W₀ and a correction of low rank,
//!
//! ```text
//! W[t]·P[t] + b[t] = W₀·P[t] + b₀ − η Σ_{s<t} δ[s]·(P[s]·P[t] + 1)
//! ```
//!
//! in which 1 stands for the bias. The products `P[s]·P[t]` and `P[s]·Q[t]` follow the dynamics of P and Q themselves, so that
//! only the events of a step meet the traces of the steps before. At the end of the stretch the weights are brought up
//! to date by the gradient of the whole stretch, and what is carried by the same correction.

use std::ops::Range;

use decolle_synapse::{SpikeTrain, WIDEST_BLOCK, events};
use fearless_simd::dispatch;

use crate::events::{Stretch, carry, filter_dense};
use crate::inputs::leaks;
use crate::judgement::{DeltaStep, judge, judged, note_layer_loss, read_out};
use crate::layer::Scratch;
use crate::neurons::{Drive, advance, fire, record_moments, rows};
use crate::state::SampleScratch;
use crate::{Batch, Chunk, Layer, Sample};

impl Layer {
    /// Takes the learning steps `range` of the chunk, each with an update of its own. Gives the first that broke, where a
    /// potential or error was not finite.
    pub(crate) fn online(&mut self, range: Range<usize>, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Option<usize> {
        let (level, rate, train) = (chunk.level, chunk.rate, input[0]);
        if !self.batch.carried {
            self.carry(level);
        }
        let controlled = self.controlled;
        let Self { constants, weights, batch, scratch, .. } = self;
        let Scratch { events: event_scratch, low_rank: past, .. } = scratch;
        let geometry = &constants.geometry;
        let stretch = Stretch::new(constants, weights, controlled, input, range.clone(), chunk);
        event_scratch.prepare(&stretch);
        let (scratch, initial) = event_scratch.only();
        let (Some(dynamics), Some(leaks)) = (&constants.carried, constants.leaks()) else { return None };
        let width = geometry.block;
        let delta_step = DeltaStep::new(constants, level, controlled, 1, false);
        past.start(&batch.membrane, &batch.synaptic);
        let mut arrived = [0.0f32; WIDEST_BLOCK];
        for (place, in_chunk) in range.clone().enumerate() {
            let step = chunk.step(in_chunk);
            let (indices, counts) = train.step(in_chunk);
            past.arrive(dynamics, indices, counts);
            let sample = &mut batch.samples[0];
            sample.finite = true;
            sample.fired.clear();
            for (number, (state, scratch)) in sample.blocks.iter_mut().zip(&mut scratch.blocks).enumerate() {
                let parameters = weights.block(number);
                let arrived = &mut arrived[..width];
                arrived.fill(0.0);
                events::dense(level, &parameters.weights, indices, counts, arrived);
                let deltas = &scratch.potentials[..place * width];
                dispatch!(level, _simd => {
                    carry(constants, arrived, constants.drive_bias(&parameters.bias), state, &mut scratch.drive);
                    for (deltas, product) in deltas.chunks_exact(width).zip(&past.with_membrane) {
                        subtract(&mut scratch.drive, rate * (product + 1.0), deltas);
                    }
                });
                let drive = Drive::of_one(&scratch.drive, &parameters.bias);
                sample.finite &= advance(constants, level, number, &mut scratch.neurons, &drive, state);
                dispatch!(level, simd => fire(simd, constants, number, state.unit_potentials(), &mut sample.fired));
                if step.record_potential {
                    record_moments(constants, number, state.unit_potentials(), &mut sample.moments);
                }
                if let Some(recorder) = &mut sample.recorder {
                    recorder.note_potentials(constants, step.of_batch, number, state.unit_potentials());
                }
                scratch.potentials[place * width..][..width].copy_from_slice(state.unit_potentials());
            }
            if let Some(regularizer) = controlled.regularizer {
                for (number, block) in sample.blocks.iter().enumerate() {
                    for (_, potentials) in rows(constants, number, block.unit_potentials()) {
                        let sums = regularizer.sums(potentials);
                        batch.regularization += regularizer.value(sums, constants.units()).0;
                    }
                }
            }
            dispatch!(level, _simd => read_out(constants, &step, 0, sample));
            judge(constants, controlled.trigger, &step, 1, 0, sample, None);
            note_layer_loss(constants, &step, Some(&mut *sample));
            if !sample.finite {
                return Some(in_chunk);
            }
            let Sample { error, dropout, draws, scratch: SampleScratch { judgement, .. }, recorder, .. } = sample;
            let judged = judged(error, dropout.as_ref(), draws);
            for (number, scratch) in scratch.blocks.iter_mut().enumerate() {
                let potentials = &mut scratch.potentials[place * width..][..width];
                delta_step.of_block(number, &mut [(judged, &mut *potentials)], judgement, None, &mut []);
                if let Some(recorder) = recorder {
                    recorder.note_gradients(constants, step.of_batch, number, potentials);
                }
            }
            let Batch { membrane, synaptic, .. } = &mut *batch;
            dispatch!(level, _simd => leaks::step(leaks, geometry, indices, counts, synaptic, membrane));
            batch.record_traces(constants, step.of_batch);
            past.record(level, &batch.membrane, &batch.synaptic);
        }
        // What is carried, from W₀ to the weights that the rule has now.
        for (state, scratch) in batch.samples[0].blocks.iter_mut().zip(&scratch.blocks) {
            dispatch!(level, _simd => {
                for (place, deltas) in scratch.potentials.chunks_exact(width).enumerate() {
                    subtract(&mut state.carried_potential, rate * past.with_membrane[place], deltas);
                    subtract(&mut state.carried_current, rate * past.with_synaptic[place], deltas);
                }
            });
        }
        filter_dense(&stretch, scratch, initial);
        let events: usize = range.clone().map(|step| train.step(step).0.len()).sum();
        self.operations.forward += (events as u64 * geometry.outputs as u64) as f64;
        batch.steps.events += range.len() as u64;
        // The gradient's dense terms belong to the traces from before the stretch.
        past.swap(&mut batch.membrane, &mut batch.synaptic);
        let updates = self.updates + range.len() as u64;
        // What the last stretch of a call leaves can be read, unless a gradient waits there for the next.
        let kept = chunk.last && range.end == chunk.steps && chunk.options.flush_gradient;
        if kept || !self.constants.learned.is_empty() || !self.descend_stretch(&range, level, rate, train) {
            self.accumulate_stretch(&range, level, input);
            self.update(rate, level);
        }
        self.updates = updates;
        let Self { batch, scratch, .. } = self;
        scratch.low_rank.swap(&mut batch.membrane, &mut batch.synaptic);
        batch.carried = true;
        None
    }
}

/// values ← values − factor · deltas.
#[inline(always)]
fn subtract(values: &mut [f32], factor: f32, deltas: &[f32]) {
    for (value, delta) in values.iter_mut().zip(deltas) {
        *value -= factor * delta;
    }
}

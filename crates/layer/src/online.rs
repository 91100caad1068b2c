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

use decolle_neuron::CarriedDynamics;
use decolle_synapse::{Aligned, Level, SpikeTrain, WIDEST_BLOCK, events, inner_product};
use fearless_simd::dispatch;

use super::postsynaptic::{self, fire, integrate, potentials_to_deltas, read_out};
use super::stretch::{LONGEST, Stretch, carry, filter_dense};
use super::{Batch, Chunk, Layer, own, traces};

/// What the corrections of a stretch are made from.
#[derive(Default)]
pub struct Past {
    /// P of each step so far, `[step][trace plane]`.
    traces: Aligned,
    /// `P[s]·P[t]` and `P[s]·Q[t]` of each step s so far with the present t.
    with_membrane: Vec<f32>,
    with_synaptic: Vec<f32>,
    /// `P[s]·S[t]`.
    arrived: Vec<f32>,
    /// P and Q from before the stretch.
    membrane: Aligned,
    synaptic: Aligned,
}

impl Layer {
    /// Takes the learning steps `range` of the chunk, each with an update of its own. Gives the first that broke, where a
    /// potential or error was not finite.
    pub(super) fn online(&mut self, range: Range<usize>, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Option<usize> {
        let (level, rate, train) = (chunk.level, chunk.rate, input[0]);
        if !self.batch.carried {
            self.carry(level);
        }
        let Self { constants, weights, batch, past, rooms, .. } = self;
        let geometry = &constants.geometry;
        let stretch = Stretch::new(constants, weights, input, range.clone(), chunk);
        rooms.prepare(&stretch);
        let (room, initial) = rooms.only();
        let Some(dynamics) = &constants.carried else { return None };
        let width = geometry.block;
        let factors = postsynaptic::factors(constants, 1, false);
        past.start(&batch.membrane, &batch.synaptic);
        let mut arrived = [0.0f32; WIDEST_BLOCK];
        for (place, in_chunk) in range.clone().enumerate() {
            let step = chunk.step(in_chunk);
            let (indices, counts) = train.step(in_chunk);
            past.meet(dynamics, indices, counts);
            let sample = &mut batch.samples[0];
            sample.finite = true;
            sample.fired.clear();
            for (number, (state, room)) in sample.blocks.iter_mut().zip(&mut room.blocks).enumerate() {
                let parameters = weights.block(number);
                let arrived = &mut arrived[..width];
                arrived.fill(0.0);
                events::dense(level, &parameters.weights, indices, counts, arrived);
                let deltas = &room.potentials[..place * width];
                sample.finite &= dispatch!(level, simd => {
                    carry(constants, arrived, own::drive_bias(constants, &parameters.bias), state, &mut room.drive);
                    for (deltas, product) in deltas.chunks_exact(width).zip(&past.with_membrane) {
                        subtract(&mut room.drive, rate * (product + 1.0), deltas);
                    }
                    let finite = match constants.own_neuron() {
                        Some(neuron) => {
                            let bias = &parameters.bias;
                            own::integrate(constants, neuron, level, &mut room.tile.own, &[&room.drive], &[], bias, state)
                        }
                        None => integrate(constants, number, &room.drive, state),
                    };
                    fire(simd, constants, number, state.unit_potentials(), &mut sample.fired);
                    finite
                });
                if step.record_potential {
                    let moments = &mut sample.moments;
                    postsynaptic::record_moments(constants, number, state.unit_potentials(), moments);
                }
                room.potentials[place * width..][..width].copy_from_slice(state.unit_potentials());
            }
            if let Some(regularizer) = constants.regularizer {
                for (number, block) in sample.blocks.iter().enumerate() {
                    for (_, potentials) in postsynaptic::rows(constants, number, block.unit_potentials()) {
                        let sums = regularizer.sums(potentials);
                        batch.regularization += regularizer.value(sums, constants.units()).0;
                    }
                }
            }
            dispatch!(level, _simd => read_out(constants, &step, 1, 0, sample));
            if let Some(programs) = &constants.programs {
                own::judge(constants, programs, &step, 1, 0, sample);
                own::note_layer_cost(programs, sample);
            }
            if !sample.finite {
                return Some(in_chunk);
            }
            let (error, passes) = (&sample.error[..], &sample.passes[..]);
            for (number, room) in room.blocks.iter_mut().enumerate() {
                let potentials = &mut room.potentials[place * width..][..width];
                match &constants.programs {
                    Some(programs) => {
                        let room = &mut sample.own.judgement;
                        own::deltas(constants, programs, level, 1, number, error, passes, room, potentials);
                    }
                    None => dispatch!(level, _simd => {
                        potentials_to_deltas(constants, &factors, number, error, passes, potentials)
                    }),
                }
            }
            let Batch { membrane, synaptic, .. } = &mut *batch;
            dispatch!(level, _simd => traces::step(&constants.traces, geometry, indices, counts, synaptic, membrane));
            past.remember(level, &batch.membrane, &batch.synaptic);
        }
        // What is carried, from W₀ to the weights that the rule has now.
        for (state, room) in batch.samples[0].blocks.iter_mut().zip(&room.blocks) {
            dispatch!(level, _simd => {
                for (place, deltas) in room.potentials.chunks_exact(width).enumerate() {
                    subtract(&mut state.carried_potential, rate * past.with_membrane[place], deltas);
                    subtract(&mut state.carried_current, rate * past.with_synaptic[place], deltas);
                }
            });
        }
        filter_dense(&stretch, room, initial);
        let events: usize = range.clone().map(|step| train.step(step).0.len()).sum();
        self.operations.forward += (events as u64 * geometry.outputs as u64) as f64;
        batch.steps.events += range.len() as u64;
        // The gradient's dense terms belong to the traces from before the stretch.
        past.swap(&mut batch.membrane, &mut batch.synaptic);
        self.accumulate_stretch(&range, level, input);
        let updates = self.updates + range.len() as u64;
        self.update(rate, level);
        self.updates = updates;
        let Self { batch, past, .. } = self;
        past.swap(&mut batch.membrane, &mut batch.synaptic);
        batch.carried = true;
        None
    }
}

impl Past {
    /// Starts a stretch of at most `LONGEST` steps from these traces.
    fn start(&mut self, membrane: &[f32], synaptic: &[f32]) {
        self.traces.resize(LONGEST * membrane.len());
        self.with_membrane.clear();
        self.with_synaptic.clear();
        self.arrived.clear();
        self.membrane.resize(membrane.len());
        self.membrane.copy_from_slice(membrane);
        self.synaptic.resize(synaptic.len());
        self.synaptic.copy_from_slice(synaptic);
    }

    /// Moves all products on by a step in which these events arrive.
    fn meet(&mut self, dynamics: &CarriedDynamics, indices: &[u32], counts: &[f32]) {
        let plane = self.membrane.len();
        for (arrived, traces) in self.arrived.iter_mut().zip(self.traces.chunks_exact(plane)) {
            *arrived = 0.0;
            for (&index, &count) in indices.iter().zip(counts) {
                *arrived += traces[index as usize] * count;
            }
        }
        dynamics.advance(&self.arrived, &mut self.with_membrane, &mut self.with_synaptic);
    }

    /// Adds the step that just learned: its P, and the products of that with P and Q.
    fn remember(&mut self, level: Level, membrane: &[f32], synaptic: &[f32]) {
        let step = self.arrived.len();
        self.traces[step * membrane.len()..][..membrane.len()].copy_from_slice(membrane);
        self.with_membrane.push(inner_product(level, membrane, membrane));
        self.with_synaptic.push(inner_product(level, membrane, synaptic));
        self.arrived.push(0.0);
    }

    /// Exchanges the traces from before the stretch for these.
    fn swap(&mut self, membrane: &mut Aligned, synaptic: &mut Aligned) {
        std::mem::swap(&mut self.membrane, membrane);
        std::mem::swap(&mut self.synaptic, synaptic);
    }
}

/// values ← values − factor · deltas.
#[inline(always)]
fn subtract(values: &mut [f32], factor: f32, deltas: &[f32]) {
    for (value, delta) in values.iter_mut().zip(deltas) {
        *value -= factor * delta;
    }
}

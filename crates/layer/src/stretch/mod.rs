//! Some time steps by events, over which the weights stand still.
//!
//! A layer's potentials are carried from step to step (`decolle_neuron::CarriedDynamics`), so that weights meet spikes
//! only; errors are filtered backwards over the stretch, so that the gradient does too. Samples are independent until
//! their gradients are summed: a sample takes all steps while its state is in cache,
//!
//! 1. its blocks of outputs: W·S, V, X, R, U, S, pooling ([`live`]);
//! 2. the readout, cost and δ of each step ([`judge`]);
//! 3. the errors filtered, and what they make of the events ([`filter_convolution`], [`filter_dense`]).
//!
//! Then the gradients are summed, in a fixed number of parts and a fixed order, what the traces at the start of the
//! stretch add comes from the dense kernels, and the traces take in the events. Block by block only: with one sample,
//! the blocks share out the threads.

mod filter;
mod live;
mod own_tile;
mod room;
mod tile;

use std::ops::Range;

use decolle_synapse::events::{self, Plane};
use decolle_synapse::{
    Aligned, Level, Parameters, STRIP, SpikeTrain, TraceRun, Weights, add_stencils, gradient, pack_stencils,
};
use decolle_threads::{each, sum};
use fearless_simd::dispatch;

pub(crate) use filter::filter_dense;
pub(crate) use live::carry;
pub use room::{Rooms, rooms};

use super::learning::{Learner, convolution_gradient, dense_gradient};
use super::postsynaptic;
use super::state::Sample;
use super::stepwise::{DenseRoom, drive_all, gather};
use super::{Chunk, Constants, Layer, Step};
use filter::filter;
use live::{judge, live};
use room::{Initial, Room};

/// Most steps of a stretch: as many as let the dense terms of a gradient fall behind those of the events.
pub(crate) const LONGEST: usize = 64;
/// What is the same for all samples of a stretch.
pub(crate) struct Stretch<'a> {
    constants: &'a Constants,
    weights: &'a Weights,
    input: &'a [&'a SpikeTrain],
    plane: Option<Plane>,
    /// Steps within the chunk.
    range: Range<usize>,
    level: Level,
    /// Whether it learns, and in any case whether potentials are kept.
    learn: bool,
    keep: bool,
    samples: usize,
}

impl<'a> Stretch<'a> {
    /// The steps `range` of a chunk, all of which learn or none.
    pub(crate) fn new(
        constants: &'a Constants,
        weights: &'a Weights,
        input: &'a [&'a SpikeTrain],
        range: Range<usize>,
        chunk: &Chunk<'_>,
    ) -> Self {
        let step = chunk.step(range.start);
        let Step { learn, record_potential, .. } = step;
        let geometry = &constants.geometry;
        Self {
            constants,
            weights,
            input,
            plane: (!geometry.is_dense()).then(|| Plane::new(geometry)),
            range,
            level: chunk.level,
            learn,
            keep: learn || record_potential || step.is_judged() && constants.judges_units(),
            samples: input.len(),
        }
    }
}

impl Layer {
    /// Takes the steps `range` of the chunk, all of which learn or none. Gives the first that broke, where a potential or
    /// error was not finite.
    pub(crate) fn stretch(&mut self, range: Range<usize>, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Option<usize> {
        let level = chunk.level;
        self.pack_stencils();
        if !self.batch.carried {
            self.carry(level);
        }
        let Self { constants, weights, batch, rooms, .. } = self;
        let stretch = Stretch::new(constants, weights, input, range.clone(), chunk);
        let learn = stretch.learn;
        let per_room = rooms.prepare(&stretch);
        let factors = postsynaptic::factors(constants, stretch.samples, false);
        let length = constants.neuron_memory();
        let alive = |part: usize, within: usize, sample: &mut Sample, room: &mut Room| {
            let index = part * per_room + within;
            live(&stretch, index, sample, room);
            if !sample.starved {
                judge(&stretch, &factors, index, sample, room, chunk);
            }
        };
        let Rooms { rooms: all, initial, .. } = &mut *rooms;
        let parts = all.iter_mut().zip(batch.samples.chunks_mut(per_room));
        if learn {
            let parts = parts.zip(initial.runs(per_room, length)).enumerate();
            each(parts, |(part, ((room, samples), initial))| {
                for (within, (sample, initial)) in samples.iter_mut().zip(initial).enumerate() {
                    alive(part, within, sample, room);
                    if !sample.starved {
                        filter(&stretch, room, initial);
                    }
                }
            });
        } else {
            each(parts.enumerate(), |(part, (room, samples))| {
                for (within, sample) in samples.iter_mut().enumerate() {
                    alive(part, within, sample, room);
                }
            });
        }
        let broken = rooms.rooms.iter().filter_map(|room| room.broken).min();
        self.operations.forward += rooms.rooms.iter().map(|room| room.operations).sum::<u64>() as f64;
        batch.steps.events += range.len() as u64;
        if broken.is_some() {
            return broken;
        }
        if learn {
            batch.regularization += rooms.rooms.iter().map(|room| room.regularization).sum::<f64>();
            self.take_error_events();
            self.accumulate_stretch(&range, level, input);
        }
        self.settle(range, level, input, per_room);
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
        let Self { constants, weights, batch, dense_room: DenseRoom { drives, runs, .. }, .. } = self;
        drives.resize_with(1, Aligned::default);
        let drive = &mut drives[0];
        for of_membrane in [true, false] {
            let traces = if of_membrane { &batch.membrane } else { &batch.synaptic };
            gather(&constants.geometry, traces, false, runs);
            self.operations.forward += drive_all(constants, weights, level, false, traces, runs, drive) as f64;
            let drive = &drive[..];
            each(batch.samples.iter_mut().enumerate(), |(index, sample)| {
                for (number, block) in sample.blocks.iter_mut().enumerate() {
                    let to = if of_membrane { &mut block.carried_potential } else { &mut block.carried_current };
                    to.copy_from_slice(postsynaptic::drive_of(constants, drive, index, number));
                }
            });
        }
        batch.carried = true;
    }

    /// Adds the gradient of a stretch: what its events made of the errors, and what the traces from before did.
    pub(crate) fn accumulate_stretch(&mut self, range: &Range<usize>, level: Level, input: &[&SpikeTrain]) {
        let samples = self.batch.samples.len();
        let Self { constants, batch, learners, rooms, dense_room: DenseRoom { runs: of_membrane, .. }, .. } = self;
        let geometry = &constants.geometry;
        let first = self.accumulated == 0;
        let Rooms { rooms, initial, runs: of_synaptic } = rooms;
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
                let Learner { gradient: Parameters { weights, bias }, deltas: of_block, .. } = learner;
                for (room, train) in rooms.iter().zip(input) {
                    let room = &room.blocks[block];
                    let filtered = room.potentials.chunks_exact(geometry.block);
                    for (step, filtered) in range.clone().zip(filtered) {
                        let (indices, counts) = train.step(step);
                        events::dense_gradient(level, indices, counts, filtered, weights);
                    }
                    add(bias, &room.bias);
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
            let stencils: Vec<Vec<&[f32]>> =
                rooms.iter().map(|room| room.strips.iter().map(|strip| &strip.gradient[..]).collect()).collect();
            let plane = geometry.trace_plane;
            let positions = geometry.positions();
            let of_slices = sum(learners.iter_mut().enumerate(), |(slice, learner)| {
                learner.start(first);
                let output = slice * geometry.slice;
                let (strip, lane) = (output / STRIP, output % STRIP);
                let groups = geometry.slice_starts(output);
                for (room, stencils) in rooms.iter().zip(&stencils) {
                    add_stencils(geometry, stencils, output, &mut learner.gradient.weights);
                    add(&mut learner.gradient.bias, &room.strips[strip].bias[lane..lane + geometry.slice]);
                }
                let Learner { gradient, list, .. } = learner;
                let mut operations = 0;
                for (traces, of_membrane) in [(&batch.membrane, true), (&batch.synaptic, false)] {
                    let factors = if of_membrane { &*membrane } else { &*synaptic };
                    let factors = |sample: usize, position: usize| {
                        let place = (strip * positions + position) * STRIP + lane;
                        &factors[sample * constants.neuron_memory() + place..][..geometry.slice]
                    };
                    operations += convolution_gradient(
                        constants,
                        samples,
                        |list, first, last| {
                            for sample in first..last {
                                let start = decolle_number::index((sample - first) * plane);
                                for (position, patch) in geometry.starts().iter().enumerate() {
                                    list.push_row(factors(sample, position), |lane| start + groups[lane] + patch);
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
            of_slices + rooms.iter().map(|room| room.operations).sum::<u64>()
        };
        self.operations.gradient += operations as f64;
        self.accumulated += range.len();
    }

    /// Takes the events of the stretch into the traces.
    fn settle(&mut self, range: Range<usize>, level: Level, input: &[&SpikeTrain], per_room: usize) {
        let Self { constants, batch, rooms, .. } = self;
        let Constants { geometry, traces, .. } = constants;
        let plane = geometry.trace_plane;
        let planes = batch.membrane.chunks_mut(per_room * plane).zip(batch.synaptic.chunks_mut(per_room * plane));
        let parts = rooms.rooms.iter_mut().zip(planes).zip(input.chunks(per_room));
        each(parts, |((Room { by_row, .. }, (membrane, synaptic)), trains)| {
            let planes = membrane.chunks_exact_mut(plane).zip(synaptic.chunks_exact_mut(plane));
            for ((membrane, synaptic), train) in planes.zip(trains) {
                by_row.sort(geometry, train, range.clone());
                dispatch!(level, _simd => by_row.take_in(traces, geometry, range.len(), synaptic, membrane));
            }
        });
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

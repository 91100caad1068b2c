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

use std::ops::Range;

use decolle_neuron::CarriedDynamics;
use decolle_plasticity::NeuronFactors;
use decolle_synapse::events::{self, Arrivals, Plane};
use decolle_synapse::{Aligned, Level, Parameters, STRIP, SpikeTrain, Weights, add_stencils, gradient, pack_stencils};
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::learning::{Learner, convolution_gradient};
use super::postsynaptic::{self, fire, integrate, potentials_to_deltas, read_out};
use super::state::{Active, Block, Sample};
use super::stepwise::{drive, find_active, take_in};
use super::{Chunk, Constants, Layer, Step};

/// Most steps of a stretch: as many as let the dense terms of a gradient fall behind those of the events.
pub(super) const LONGEST: usize = 64;

/// Parts in which the gradients of a convolution's samples are summed, each with room for all weights.
const PARTS: usize = 4;

/// Most samples that are at work at a time where nothing is summed.
const AT_WORK: usize = 32;

/// Steps whose filtered errors lie in memory together: of a strip of 16×16 outputs, as many as a second-level cache holds.
const FILTERED: usize = 8;

/// Where the samples of a layer work.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: Vec<Room>,
    /// What P and Q from before the stretch have to be multiplied with: `[sample][strip or block][position][output]`.
    initial: Initial,
    /// Which inputs of a dense layer had a synaptic trace before it.
    active: Active,
}

/// Where one sample works at a time.
pub(super) struct Room {
    arrivals: Arrivals,
    pub(super) blocks: Vec<BlockRoom>,
    strips: Vec<StripRoom>,
    operations: u64,
    /// Summed over the samples of this room.
    regularization: f64,
    /// The first step in which a potential or an error was not finite.
    broken: Option<usize>,
}

/// Where a block of outputs works.
pub(super) struct BlockRoom {
    /// W·S, strip by strip as [`Plane`]s, or of a dense layer's block.
    arrived: Aligned,
    /// V + b, `[position][output]`.
    pub(super) drive: Aligned,
    /// Potentials after pooling, then δ, then of a dense layer the filtered δ: `[step][pooled position][output]`.
    pub(super) potentials: Aligned,
    /// Which positions won, laid out alike.
    winners: Vec<u16>,
    /// Places of units that fired, and where each step's end.
    fired: Vec<u32>,
    ends: Vec<usize>,
    broken: Option<usize>,
    /// Of a dense layer: Σ δ.
    bias: Aligned,
}

/// Where a strip of a convolution's outputs learns. Arrays are `[position][output of the strip]`.
struct StripRoom {
    delta: Aligned,
    membrane: Aligned,
    synaptic: Aligned,
    /// [`Plane`]s of filtered errors.
    filtered: Aligned,
    /// The gradient of this room's samples, laid out as stencils.
    gradient: Aligned,
    bias: [f32; STRIP],
}

/// Factors of the traces from before a stretch.
#[derive(Default)]
pub(super) struct Initial {
    membrane: Aligned,
    synaptic: Aligned,
}

/// Those of one sample.
pub(super) struct InitialOf<'a> {
    membrane: &'a mut [f32],
    synaptic: &'a mut [f32],
}

impl Initial {
    /// Those of the samples, in runs of `run`; `length` numbers each.
    fn runs(&mut self, run: usize, length: usize) -> impl IndexedParallelIterator<Item = Vec<InitialOf<'_>>> {
        let membrane = self.membrane.par_chunks_mut(run * length);
        membrane.zip(self.synaptic.par_chunks_mut(run * length)).map(move |(membrane, synaptic)| {
            let pairs = membrane.chunks_exact_mut(length).zip(synaptic.chunks_exact_mut(length));
            pairs.map(|(membrane, synaptic)| InitialOf { membrane, synaptic }).collect()
        })
    }
}

/// What is the same for all samples of a stretch.
pub(super) struct Stretch<'a> {
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
    pub(super) fn new(
        constants: &'a Constants,
        weights: &'a Weights,
        input: &'a [&'a SpikeTrain],
        range: Range<usize>,
        chunk: &Chunk<'_>,
    ) -> Self {
        let Step { learn, record_potential, .. } = chunk.step(range.start);
        let geometry = &constants.geometry;
        Self {
            constants,
            weights,
            input,
            plane: (!geometry.is_dense()).then(|| Plane::new(geometry)),
            range,
            level: chunk.level,
            learn,
            keep: learn || record_potential,
            samples: input.len(),
        }
    }
}

impl Layer {
    /// Takes the steps `range` of the chunk, all of which learn or none. Gives the first that broke, where a potential or
    /// error was not finite.
    pub(super) fn stretch(&mut self, range: Range<usize>, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Option<usize> {
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
            judge(&stretch, &factors, index, sample, room, chunk);
        };
        let Rooms { rooms: all, initial, .. } = &mut *rooms;
        let parts = all.par_iter_mut().zip(batch.samples.par_chunks_mut(per_room));
        if learn {
            parts.zip(initial.runs(per_room, length)).enumerate().for_each(|(part, ((room, samples), initial))| {
                for (within, (sample, initial)) in samples.iter_mut().zip(initial).enumerate() {
                    alive(part, within, sample, room);
                    filter(&stretch, room, initial);
                }
            });
        } else {
            parts.enumerate().for_each(|(part, (room, samples))| {
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
            self.accumulate_stretch(&range, level, input);
        }
        self.settle(range, level, input);
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
        stencils.par_iter_mut().enumerate().for_each(|(strip, stencil)| {
            pack_stencils(geometry, &panels[strip / per_block], strip % per_block, stencil);
        });
    }

    /// Makes W·P and W·Q anew, densely.
    pub(super) fn carry(&mut self, level: Level) {
        let Self { constants, weights, batch, .. } = self;
        for of_membrane in [true, false] {
            let traces = if of_membrane { &batch.membrane } else { &batch.synaptic };
            find_active(&constants.geometry, level, traces, &mut batch.active);
            self.operations.forward +=
                drive(constants, weights, level, false, traces, &batch.active, &mut batch.drive) as f64;
            let drive = &batch.drive[..];
            batch.samples.par_iter_mut().enumerate().for_each(|(index, sample)| {
                for (number, block) in sample.blocks.iter_mut().enumerate() {
                    let to = if of_membrane { &mut block.carried_potential } else { &mut block.carried_current };
                    to.copy_from_slice(postsynaptic::drive_of(constants, drive, index, number));
                }
            });
        }
        batch.carried = true;
    }

    /// Adds the gradient of a stretch: what its events made of the errors, and what the traces from before did.
    pub(super) fn accumulate_stretch(&mut self, range: &Range<usize>, level: Level, input: &[&SpikeTrain]) {
        let Self { constants, batch, learners, rooms, .. } = self;
        let geometry = &constants.geometry;
        let first = self.accumulated == 0;
        let Rooms { rooms, initial, active } = rooms;
        let Initial { membrane, synaptic } = initial;
        let operations: u64 = if geometry.is_dense() {
            find_active(geometry, level, &batch.membrane, &mut batch.active);
            find_active(geometry, level, &batch.synaptic, active);
            let terms = [(&batch.membrane, &batch.active, &*membrane), (&batch.synaptic, &*active, &*synaptic)];
            let events: usize =
                input.iter().map(|train| range.clone().map(|step| train.step(step).0.len()).sum::<usize>()).sum();
            // All of a block's gradient at once, while it is in cache.
            let dense = learners.par_iter_mut().enumerate().map(|(block, learner)| {
                learner.start(first);
                let Parameters { weights, bias } = &mut learner.gradient;
                for (room, train) in rooms.iter().zip(input) {
                    let room = &room.blocks[block];
                    let filtered = room.potentials.chunks_exact(geometry.block);
                    for (step, filtered) in range.clone().zip(filtered) {
                        let (indices, counts) = train.step(step);
                        events::dense_gradient(level, indices, counts, filtered, weights);
                    }
                    add(bias, &room.bias);
                }
                let term = |(traces, active, deltas): (&Aligned, &Active, &Aligned)| {
                    gradient::dense(level, geometry, traces, &active.groups, deltas, block, weights, &mut [])
                };
                terms.map(term).iter().sum::<u64>()
            });
            (events * geometry.outputs) as u64 + dense.sum::<u64>()
        } else {
            let stencils: Vec<Vec<&[f32]>> =
                rooms.iter().map(|room| room.strips.iter().map(|strip| &strip.gradient[..]).collect()).collect();
            let (samples, plane) = (batch.samples.len(), geometry.trace_plane);
            let positions = geometry.positions();
            learners
                .par_iter_mut()
                .enumerate()
                .map(|(slice, learner)| {
                    learner.start(first);
                    let output = slice * geometry.slice;
                    let (strip, lane) = (output / STRIP, output % STRIP);
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
                                    let start = ((sample - first) * plane) as u32;
                                    for (position, patch) in geometry.starts().iter().enumerate() {
                                        list.push_row(factors(sample, position), |_| start + patch);
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
                })
                .sum::<u64>()
                + rooms.iter().map(|room| room.operations).sum::<u64>()
        };
        self.operations.gradient += operations as f64;
        self.accumulated += range.len();
    }

    /// Takes the events of the stretch into the traces.
    fn settle(&mut self, range: Range<usize>, level: Level, input: &[&SpikeTrain]) {
        let Self { constants, batch, .. } = self;
        let geometry = &constants.geometry;
        let plane = geometry.trace_plane;
        batch.membrane.par_chunks_mut(plane).zip(batch.synaptic.par_chunks_mut(plane)).zip(input.par_iter()).for_each(
            |((membrane, synaptic), train)| {
                dispatch!(level, _simd => {
                    for step in range.clone() {
                        let (indices, counts) = train.step(step);
                        take_in(&constants.traces, geometry.places(), indices, counts, synaptic, membrane);
                    }
                });
            },
        );
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

impl Rooms {
    /// Where the only sample works, and its factors of the traces from before.
    pub(super) fn only(&mut self) -> (&mut Room, InitialOf<'_>) {
        let Initial { membrane, synaptic } = &mut self.initial;
        (&mut self.rooms[0], InitialOf { membrane, synaptic })
    }

    /// Makes room for a stretch and sets sums to zero; gives the samples of each room.
    pub(super) fn prepare(&mut self, stretch: &Stretch<'_>) -> usize {
        let constants = stretch.constants;
        let samples = stretch.samples;
        let count = match (constants.geometry.is_dense(), stretch.learn) {
            // The errors of all samples are kept until all are there.
            (true, true) => samples,
            (_, false) => samples.min(AT_WORK),
            (false, true) => samples.min(PARTS),
        };
        let per_room = samples.div_ceil(count);
        self.rooms.resize_with(samples.div_ceil(per_room), || Room::new(constants));
        if stretch.learn {
            let length = samples * constants.neuron_memory();
            self.initial.membrane.resize(length);
            self.initial.synaptic.resize(length);
            if constants.geometry.is_dense() && self.active.tiles.len() != samples.div_ceil(constants.geometry.tile) {
                self.active = Active::new(constants, samples);
            }
        }
        for room in &mut self.rooms {
            room.start(stretch);
        }
        per_room
    }
}

impl Room {
    fn new(constants: &Constants) -> Self {
        let geometry = &constants.geometry;
        let neurons = geometry.positions() * geometry.block;
        let arrived =
            if geometry.is_dense() { geometry.block } else { Plane::new(geometry).length() * (geometry.block / STRIP) };
        let block = || BlockRoom {
            arrived: Aligned::zeros(arrived),
            drive: Aligned::zeros(neurons),
            potentials: Aligned::default(),
            winners: Vec::new(),
            fired: Vec::new(),
            ends: Vec::new(),
            broken: None,
            bias: Aligned::zeros(geometry.block),
        };
        Self {
            arrivals: Arrivals::default(),
            blocks: (0..geometry.blocks()).map(|_| block()).collect(),
            strips: Vec::new(),
            operations: 0,
            regularization: 0.0,
            broken: None,
        }
    }

    fn start(&mut self, stretch: &Stretch<'_>) {
        let constants = stretch.constants;
        let geometry = &constants.geometry;
        self.operations = 0;
        self.regularization = 0.0;
        self.broken = None;
        if stretch.keep {
            let units = constants.pooled_positions() * geometry.block * stretch.range.len();
            for block in &mut self.blocks {
                block.potentials.resize(units);
                block.winners.resize(if constants.pool > 1 { units } else { 0 }, 0);
            }
        }
        if let (true, Some(plane)) = (stretch.learn, stretch.plane) {
            let neurons = geometry.positions() * STRIP;
            self.strips.resize_with(geometry.blocks() * geometry.block / STRIP, || StripRoom {
                delta: Aligned::zeros(neurons),
                membrane: Aligned::zeros(neurons),
                synaptic: Aligned::zeros(neurons),
                filtered: Aligned::zeros(FILTERED * plane.length()),
                gradient: Aligned::zeros(geometry.fan_in() * STRIP),
                bias: [0.0; STRIP],
            });
            self.strips.par_iter_mut().for_each(|strip| {
                strip.gradient.fill(0.0);
                strip.bias = [0.0; STRIP];
            });
        }
    }
}

/// All steps of one sample up to its spikes, block by block of outputs.
fn live(stretch: &Stretch<'_>, index: usize, sample: &mut Sample, room: &mut Room) {
    let Stretch { constants, weights, input, plane, range, level, keep, .. } = stretch;
    let train = input[index];
    let Room { arrivals, blocks, .. } = room;
    if plane.is_some() {
        arrivals.sort(&constants.geometry, train, range.clone());
        room.operations +=
            (0..range.len()).map(|step| arrivals.operations(step)).sum::<u64>() * constants.geometry.outputs as u64;
    } else {
        room.operations +=
            (range.clone().map(|step| train.step(step).0.len()).sum::<usize>() * constants.geometry.outputs) as u64;
    }
    let arrivals = &*arrivals;
    sample.blocks.par_iter_mut().zip(blocks.par_iter_mut()).enumerate().for_each(|(number, (state, room))| {
        let bias = &weights.block(number).bias[..];
        let units = state.unit_potentials().len();
        room.fired.clear();
        room.ends.clear();
        room.broken = None;
        for (place, step) in range.clone().enumerate() {
            if let Some(plane) = plane {
                let strips = constants.geometry.block / STRIP;
                for (strip, arrived) in room.arrived.chunks_exact_mut(plane.length()).enumerate() {
                    arrived.fill(0.0);
                    if arrivals.any(place) {
                        let stencil = weights.stencil(number * strips + strip);
                        events::convolution(*level, plane, arrivals, place, stencil, arrived);
                    }
                }
            } else {
                let (indices, counts) = train.step(step);
                room.arrived.fill(0.0);
                events::dense(*level, &weights.block(number).weights, indices, counts, &mut room.arrived);
            }
            let finite = dispatch!(*level, _simd => {
                carry(constants, plane.as_ref(), &room.arrived, bias, state, &mut room.drive);
                let finite = integrate(constants, number, &room.drive, state);
                fire(constants, number, state.unit_potentials(), &mut room.fired);
                finite
            });
            room.ends.push(room.fired.len());
            if !finite && room.broken.is_none() {
                room.broken = Some(place);
            }
            if *keep {
                room.potentials[place * units..][..units].copy_from_slice(state.unit_potentials());
                if constants.pool > 1 {
                    room.winners[place * units..][..units].copy_from_slice(&state.winners);
                }
            }
        }
    });
}

/// V and X of a block's neurons, and V + b.
#[inline(always)]
pub(super) fn carry(
    constants: &Constants,
    plane: Option<&Plane>,
    arrived: &[f32],
    bias: &[f32],
    state: &mut Block,
    drive: &mut [f32],
) {
    let Some(dynamics) = &constants.carried else { return };
    let Block { carried_potential: potential, carried_current: current, .. } = state;
    let strips = constants.geometry.block / STRIP;
    // Arrays of a fixed length are what the compiler turns into whole vectors.
    let (potential, current) = (potential.as_chunks_mut::<STRIP>().0, current.as_chunks_mut::<STRIP>().0);
    let drive = drive.as_chunks_mut::<STRIP>().0;
    let (arrived, bias) = (arrived.as_chunks::<STRIP>().0, bias.as_chunks::<STRIP>().0);
    let Some(plane) = plane else {
        for (place, (arrived, bias)) in arrived.iter().zip(bias).enumerate() {
            carry_lanes(dynamics, arrived, bias, &mut potential[place], &mut current[place], &mut drive[place]);
        }
        return;
    };
    let [rows, columns] = constants.geometry.output_plane;
    for (strip, (arrived, bias)) in arrived.chunks_exact(plane.length() / STRIP).zip(bias).enumerate() {
        for row in 0..rows {
            let first = row * columns;
            for (column, arrived) in arrived[plane.row(row).start / STRIP..][..columns].iter().enumerate() {
                let place = (first + column) * strips + strip;
                carry_lanes(dynamics, arrived, bias, &mut potential[place], &mut current[place], &mut drive[place]);
            }
        }
    }
}

/// V, X and V + b of the outputs of a strip at one position.
#[inline(always)]
fn carry_lanes(
    dynamics: &CarriedDynamics,
    arrived: &[f32; STRIP],
    bias: &[f32; STRIP],
    potential: &mut [f32; STRIP],
    current: &mut [f32; STRIP],
    drive: &mut [f32; STRIP],
) {
    dynamics.advance(arrived, potential, current);
    for lane in 0..STRIP {
        drive[lane] = potential[lane] + bias[lane];
    }
}

/// Readout, vote and cost of every step of one sample, and where it learns its δ.
fn judge(
    stretch: &Stretch<'_>,
    factors: &NeuronFactors<'_>,
    index: usize,
    sample: &mut Sample,
    room: &mut Room,
    chunk: &Chunk<'_>,
) {
    let Stretch { constants, range, level, samples, learn, keep, .. } = stretch;
    let units = constants.pooled_positions() * constants.geometry.block;
    let regularizer = constants.regularizer.filter(|_| *learn);
    let mut broken = room.blocks.iter().filter_map(|block| block.broken).min();
    for (place, in_chunk) in range.clone().enumerate() {
        let step = chunk.step(in_chunk);
        sample.fired.clear();
        for block in &room.blocks {
            let start = if place == 0 { 0 } else { block.ends[place - 1] };
            sample.fired.extend_from_slice(&block.fired[start..block.ends[place]]);
        }
        if *keep {
            for (number, block) in room.blocks.iter().enumerate() {
                let potentials = &block.potentials[place * units..][..units];
                if step.record_potential {
                    postsynaptic::record_moments(constants, number, potentials, &mut sample.moments);
                }
                if let Some(regularizer) = regularizer {
                    for (_, potentials) in postsynaptic::rows(constants, number, potentials) {
                        let sums = regularizer.sums(potentials);
                        room.regularization += regularizer.value(sums, samples * constants.units()).0;
                    }
                }
            }
        }
        sample.finite = true;
        dispatch!(*level, _simd => read_out(constants, &step, *samples, index, sample));
        if !sample.finite && broken.is_none_or(|first| first > place) {
            broken = Some(place);
        }
        if *learn {
            let (error, passes) = (&sample.error[..], &sample.passes[..]);
            for (number, block) in room.blocks.iter_mut().enumerate() {
                let potentials = &mut block.potentials[place * units..][..units];
                dispatch!(*level, _simd => {
                    potentials_to_deltas(constants, factors, number, error, passes, potentials)
                });
            }
        }
    }
    sample.finite = broken.is_none();
    if let Some(place) = broken {
        let step = range.start + place;
        room.broken = Some(room.broken.map_or(step, |first| first.min(step)));
    }
}

/// Filters the errors of one sample backwards over the stretch.
fn filter(stretch: &Stretch<'_>, room: &mut Room, initial: InitialOf<'_>) {
    if stretch.plane.is_some() {
        filter_convolution(stretch, room, initial);
    } else {
        filter_dense(stretch, room, initial);
    }
}

/// Filters the errors of one sample of a convolution backwards over the stretch, and adds what its events make of them to
/// the gradient of its room.
fn filter_convolution(stretch: &Stretch<'_>, room: &mut Room, initial: InitialOf<'_>) {
    let Stretch { constants, plane: Some(plane), range, level, .. } = stretch else { return };
    let Some(dynamics) = &constants.carried else { return };
    let geometry = &constants.geometry;
    let strips_per_block = geometry.block / STRIP;
    let neurons = geometry.positions() * STRIP;
    let Room { arrivals, blocks, strips, .. } = room;
    let (arrivals, blocks) = (&*arrivals, &blocks[..]);
    let (steps, length) = (range.len(), plane.length());
    strips
        .par_iter_mut()
        .zip(initial.membrane.par_chunks_mut(neurons))
        .zip(initial.synaptic.par_chunks_mut(neurons))
        .enumerate()
        .for_each(|(number, ((strip, initial_membrane), initial_synaptic))| {
            let block = &blocks[number / strips_per_block];
            let lane = number % strips_per_block * STRIP;
            strip.membrane.fill(0.0);
            strip.synaptic.fill(0.0);
            for first in (0..steps).step_by(FILTERED).rev() {
                let last = steps.min(first + FILTERED);
                for step in (first..last).rev() {
                    let filtered = &mut strip.filtered[(step - first) * length..][..length];
                    dispatch!(*level, _simd => {
                        spread(constants, block, step, lane, &mut strip.delta);
                        for delta in strip.delta.chunks_exact(STRIP) {
                            add(&mut strip.bias, delta);
                        }
                        let [rows, columns] = geometry.output_plane;
                        for row in 0..rows {
                            let neurons = row * columns * STRIP..(row + 1) * columns * STRIP;
                            dynamics.step_back(
                                &strip.delta[neurons.clone()],
                                &mut strip.membrane[neurons.clone()],
                                &mut strip.synaptic[neurons],
                                &mut filtered[plane.row(row)],
                            );
                        }
                    });
                }
                let filtered = &strip.filtered[..(last - first) * length];
                events::convolution_gradient(*level, plane, arrivals, first..last, filtered, &mut strip.gradient);
            }
            dynamics.step_before(&mut strip.membrane, &mut strip.synaptic);
            initial_membrane.copy_from_slice(&strip.membrane);
            initial_synaptic.copy_from_slice(&strip.synaptic);
        });
}

/// δ of a strip at one step, from the units that pooling left to the neurons that won.
#[inline(always)]
fn spread(constants: &Constants, room: &BlockRoom, step: usize, lane: usize, delta: &mut [f32]) {
    let width = constants.geometry.block;
    let units = constants.pooled_positions() * width;
    let deltas = room.potentials[step * units..][..units].chunks_exact(width);
    if constants.pool > 1 {
        delta.fill(0.0);
        let winners = room.winners[step * units..][..units].chunks_exact(width);
        for (deltas, winners) in deltas.zip(winners) {
            for within in 0..STRIP {
                delta[winners[lane + within] as usize * STRIP + within] = deltas[lane + within];
            }
        }
    } else {
        for (delta, deltas) in delta.chunks_exact_mut(STRIP).zip(deltas) {
            delta.copy_from_slice(&deltas[lane..lane + STRIP]);
        }
    }
}

/// Filters the errors of one sample of a dense layer backwards over the stretch, in place.
pub(super) fn filter_dense(stretch: &Stretch<'_>, room: &mut Room, initial: InitialOf<'_>) {
    let Stretch { constants, level, .. } = stretch;
    let Some(dynamics) = &constants.carried else { return };
    let width = constants.geometry.block;
    let initial = initial.membrane.chunks_exact_mut(width).zip(initial.synaptic.chunks_exact_mut(width));
    for (block, (membrane, synaptic)) in room.blocks.iter_mut().zip(initial) {
        block.bias.fill(0.0);
        membrane.fill(0.0);
        synaptic.fill(0.0);
        dispatch!(*level, _simd => {
            let mut delta = [0.0f32; 32];
            for filtered in block.potentials.chunks_exact_mut(width).rev() {
                let delta = &mut delta[..width];
                delta.copy_from_slice(filtered);
                add(&mut block.bias, delta);
                dynamics.step_back(delta, membrane, synaptic, filtered);
            }
            dynamics.step_before(membrane, synaptic);
        });
    }
}

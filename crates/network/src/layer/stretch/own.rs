//! Neurons of the user's in a convolution: some rows of a strip take all steps of a stretch while their state stays in
//! cache, as [`tile`](super::tile) has it for those that ship.

use std::ops::Range;

use decolle_plasticity::{Lanes, NeuronProgram, NeuronRoom};
use decolle_synapse::events::{self, Arrivals, Plane};
use decolle_synapse::{Aligned, Level, STRIP};
use fearless_simd::dispatch;

use super::Stretch;
use super::room::BlockRoom;
use crate::layer::Constants;
use crate::layer::own::drive_bias;
use crate::layer::postsynaptic::{list_fired, pool_strip, spikes};
use crate::layer::state::Block;

/// Numbers of one kind that a tile has at most, if a single row of windows has no more.
const LARGEST: usize = 4096;

/// Where a tile works.
#[derive(Default)]
pub(super) struct OwnTile {
    /// W·S of a step, a [`Plane`].
    arrived: Aligned,
    /// V and X, U and S, then state: `[position][output of the strip]`.
    neurons: Vec<Aligned>,
    /// V + b.
    drive: Aligned,
    /// U after pooling, and which positions won.
    pooled: Aligned,
    winners: Vec<u16>,
}

/// What all tiles of a strip have in common.
struct StripOf<'a> {
    constants: &'a Constants,
    own: &'a NeuronProgram,
    level: Level,
    bias: &'a [f32; STRIP],
    drive_bias: &'a [f32; STRIP],
    strip: usize,
}

/// All steps of a block of a convolution, tile by tile.
pub(super) fn own_convolution(
    stretch: &Stretch<'_>,
    plane: &Plane,
    arrivals: &Arrivals,
    number: usize,
    state: &mut Block,
    room: &mut BlockRoom,
) {
    let Stretch { constants, weights, range, level, keep, .. } = stretch;
    let Some(own) = constants.own_neuron() else { return };
    let biases = &weights.block(number).bias[..];
    let drive_biases = drive_bias(constants, biases).as_chunks::<STRIP>().0;
    let strips = constants.geometry.block / STRIP;
    let columns = constants.geometry.output_plane[1];
    let spikes_per_step = constants.pooled_positions() * strips;
    let BlockRoom { own_tile: tile, own: work, spikes: fired_units, potentials, winners, fired, ends, broken, .. } = room;
    fired_units.resize(range.len() * spikes_per_step, 0);
    for (strip, (bias, drive_bias)) in biases.as_chunks::<STRIP>().0.iter().zip(drive_biases).enumerate() {
        let of = StripOf { constants, own, level: *level, bias, drive_bias, strip };
        let stencil = weights.stencil(number * strips + strip);
        for rows in parts(constants) {
            let plane = plane.part(rows.clone());
            let positions = rows.start * columns..rows.end * columns;
            tile.load(&of, &plane, positions.clone(), state);
            let pooled = of.pooled(&rows);
            for step in 0..range.len() {
                tile.arrived.fill(0.0);
                if arrivals.any(step) {
                    events::convolution(*level, &plane, arrivals, step, stencil, &mut tile.arrived);
                }
                let finite = dispatch!(*level, _simd => tile.step(&of, &plane, rows.clone(), &mut work.neuron));
                if !finite && broken.is_none_or(|first| first > step) {
                    *broken = Some(step);
                }
                let places = pooled.clone().map(|unit| step * spikes_per_step + unit * strips + strip);
                let potentials_now = tile.unit_potentials(constants);
                for (place, potentials_of) in places.clone().zip(potentials_now.as_chunks::<STRIP>().0) {
                    fired_units[place] = spikes(constants.refractory.threshold, potentials_of);
                    if *keep {
                        potentials[place * STRIP..][..STRIP].copy_from_slice(potentials_of);
                    }
                }
                if *keep {
                    for (place, winners_of) in places.zip(tile.winners.chunks_exact(STRIP)) {
                        winners[place * STRIP..][..STRIP].copy_from_slice(winners_of);
                    }
                }
            }
            tile.store(&of, positions, pooled, state);
        }
    }
    for spikes in fired_units.chunks_exact(spikes_per_step) {
        list_fired(constants, number, spikes.iter().copied(), fired);
        ends.push(fired.len());
    }
}

/// The rows of outputs that the tiles of a strip have: whole pooling windows.
fn parts(constants: &Constants) -> impl Iterator<Item = Range<usize>> {
    let [rows, columns] = constants.geometry.output_plane;
    let step = (LARGEST / (columns * STRIP * constants.pool)).max(1) * constants.pool;
    (0..rows).step_by(step).map(move |first| first..rows.min(first + step))
}

impl StripOf<'_> {
    /// The units that the windows of some rows make.
    fn pooled(&self, rows: &Range<usize>) -> Range<usize> {
        let [pooled_rows, pooled_columns] = self.constants.pooled_plane;
        let row = |row: usize| (row / self.constants.pool).min(pooled_rows) * pooled_columns;
        row(rows.start)..row(rows.end)
    }

    /// Where the outputs of the strip lie among those of the block at each of `positions`.
    fn lanes(&self, positions: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let (width, lane) = (self.constants.geometry.block, self.strip * STRIP);
        positions.map(move |position| position * width + lane..position * width + lane + STRIP)
    }
}

impl OwnTile {
    /// Takes neurons over from their block.
    fn load(&mut self, of: &StripOf<'_>, plane: &Plane, positions: Range<usize>, block: &mut Block) {
        let neurons = positions.len() * STRIP;
        self.arrived.resize(plane.length());
        self.drive.resize(neurons);
        let arrays = arrays(block);
        self.neurons.resize_with(arrays.len(), Aligned::default);
        for (to, from) in self.neurons.iter_mut().zip(arrays) {
            to.resize(neurons);
            for (to, lanes) in to.chunks_exact_mut(STRIP).zip(of.lanes(positions.clone())) {
                to.copy_from_slice(&from[lanes]);
            }
        }
    }

    /// Gives neurons back to their block.
    fn store(&mut self, of: &StripOf<'_>, positions: Range<usize>, pooled: Range<usize>, block: &mut Block) {
        for (from, to) in self.neurons.iter().zip(arrays(block)) {
            for (from, lanes) in from.chunks_exact(STRIP).zip(of.lanes(positions.clone())) {
                to[lanes].copy_from_slice(from);
            }
        }
        for (from, lanes) in self.pooled.chunks_exact(STRIP).zip(of.lanes(pooled.clone())) {
            block.pooled[lanes].copy_from_slice(from);
        }
        for (from, lanes) in self.winners.chunks_exact(STRIP).zip(of.lanes(pooled)) {
            block.winners[lanes].copy_from_slice(from);
        }
    }

    fn unit_potentials(&self, constants: &Constants) -> &[f32] {
        if constants.pool > 1 { &self.pooled } else { &self.neurons[POTENTIAL] }
    }

    /// One step of all neurons, with pooling; false if something is not finite.
    #[inline(always)]
    fn step(&mut self, of: &StripOf<'_>, plane: &Plane, rows: Range<usize>, room: &mut NeuronRoom) -> bool {
        let Self { arrived, neurons, drive, pooled, winners } = self;
        let Some(dynamics) = &of.constants.carried else { return false };
        let columns = of.constants.geometry.output_plane[1];
        let (carried, rest) = neurons.split_at_mut(POTENTIAL);
        let (potential, rest) = rest.split_at_mut(1);
        let (spike, states) = rest.split_at_mut(1);
        let [v, x] = carried else { return false };
        let row = columns * STRIP;
        let carried = v.chunks_exact_mut(row).zip(x.chunks_exact_mut(row)).zip(drive.chunks_exact_mut(row));
        for (number, ((v, x), drive)) in carried.enumerate() {
            dynamics.advance(&arrived[plane.row(number)], v, x);
            for (drive, v) in drive.as_chunks_mut::<STRIP>().0.iter_mut().zip(v.as_chunks::<STRIP>().0) {
                for lane in 0..STRIP {
                    drive[lane] = v[lane] + of.drive_bias[lane];
                }
            }
        }
        let (potential, spike) = (&mut potential[0][..], &mut spike[0][..]);
        let finite = of.own.step(of.level, room, &mut Lanes { drive, bias: of.bias, states, potential, spike });
        if of.constants.pool > 1 {
            pool_strip(of.constants, rows, potential, pooled, winners);
        }
        finite
    }
}

/// Which of a tile's arrays is U.
const POTENTIAL: usize = 2;

/// What a step starts from and changes: V, X, U, S and state.
fn arrays(block: &mut Block) -> Vec<&mut Aligned> {
    let Block { carried_potential, carried_current, potential, spike, states, .. } = block;
    [carried_potential, carried_current, potential, spike].into_iter().chain(states).collect()
}

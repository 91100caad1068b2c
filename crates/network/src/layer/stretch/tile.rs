//! Some rows of a strip of a convolution's outputs, whose neurons take all steps of a stretch while their state stays in
//! the first-level cache.
//!
//! Given the events, neurons are independent of one another, so that any part of a plane may run ahead of the rest.

use std::ops::Range;

use decolle_neuron::{DecayRun, DecayValues};
use decolle_synapse::events::Plane;
use decolle_synapse::{Aligned, STRIP};

use super::live::carry_rows;
use crate::layer::Constants;
use crate::layer::postsynaptic::{Windows, integrate_run, spikes};
use crate::layer::state::Block;

/// Numbers of one kind that a tile has at most, if a single row of windows has no more: the four that change at every step
/// then take a mebibyte's 64th, a third of the smallest first-level cache there is to spare.
const LARGEST: usize = 4096;

/// Where a tile's neurons are while they run. Arrays are `[position][output of the strip]`.
#[derive(Default)]
pub(super) struct Tile {
    neurons: Block,
    /// W·S, a [`Plane`].
    pub(super) arrived: Aligned,
    drive: Aligned,
    /// γ, where neurons have their own.
    gammas: Vec<f32>,
    /// Which neurons spike after pooling, a bit for each output.
    pub(super) spikes: Vec<u16>,
}

/// Which neurons a tile holds.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Block of outputs, and strip within it.
    pub(super) block: usize,
    pub(super) strip: usize,
    /// First row of outputs, number of rows, and of those of pooled rows.
    first: usize,
    rows: usize,
    pooled_rows: usize,
}

/// The rows of outputs that the tiles of a strip have.
pub(super) fn parts(constants: &Constants) -> impl Iterator<Item = Range<usize>> {
    let [rows, columns] = constants.geometry.output_plane;
    let windows = (LARGEST / (columns * STRIP * constants.pool)).max(1);
    let step = windows * constants.pool;
    (0..rows).step_by(step).map(move |first| first..rows.min(first + step))
}

impl Place {
    pub(super) fn new(constants: &Constants, block: usize, strip: usize, rows: Range<usize>) -> Self {
        let pooled = |row: usize| (row / constants.pool).min(constants.pooled_plane[0]);
        Self { block, strip, first: rows.start, rows: rows.len(), pooled_rows: pooled(rows.end) - pooled(rows.start) }
    }

    fn windows(&self, constants: &Constants) -> Windows {
        Windows {
            width: STRIP,
            side: constants.pool,
            columns: constants.geometry.output_plane[1],
            pooled: [self.pooled_rows, constants.pooled_plane[1]],
            first: self.first * constants.geometry.output_plane[1],
        }
    }

    /// Its positions in the plane, and those after pooling.
    pub(super) fn positions(&self, constants: &Constants) -> [Range<usize>; 2] {
        let run = |first: usize, rows: usize, columns: usize| first * columns..(first + rows) * columns;
        [
            run(self.first, self.rows, constants.geometry.output_plane[1]),
            run(self.first / constants.pool, self.pooled_rows, constants.pooled_plane[1]),
        ]
    }

    /// Where the outputs of its strip lie among those of the block at each of `positions`.
    fn lanes(&self, constants: &Constants, positions: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let (width, lane) = (constants.geometry.block, self.strip * STRIP);
        positions.map(move |position| {
            let start = position * width + lane;
            start..start + STRIP
        })
    }
}

impl Tile {
    /// Takes neurons over from their block.
    pub(super) fn load(&mut self, constants: &Constants, place: &Place, plane: &Plane, block: &Block) {
        let [positions, pooled] = place.positions(constants);
        let neurons = positions.len() * STRIP;
        self.arrived.resize(plane.length());
        self.drive.resize(neurons);
        self.spikes.resize(pooled.len(), 0);
        let units = if constants.pool > 1 { pooled.len() * STRIP } else { 0 };
        self.neurons.pooled.resize(units);
        self.neurons.winners.resize(units, 0);
        for (to, from) in self.neurons.running().into_iter().zip(block.running_of()) {
            to.resize(neurons);
            for (to, lanes) in to.chunks_exact_mut(STRIP).zip(place.lanes(constants, positions.clone())) {
                to.copy_from_slice(&from[lanes]);
            }
        }
        self.gammas.clear();
        if let DecayValues::Each(values) = &constants.refractory.gamma {
            let values = &values[place.block * block.refractory.len()..];
            for lanes in place.lanes(constants, positions) {
                self.gammas.extend_from_slice(&values[lanes]);
            }
        }
    }

    /// Gives neurons back to their block.
    pub(super) fn store(&mut self, constants: &Constants, place: &Place, block: &mut Block) {
        let [positions, pooled] = place.positions(constants);
        for (from, to) in self.neurons.running().into_iter().zip(block.running()) {
            for (from, lanes) in from.chunks_exact(STRIP).zip(place.lanes(constants, positions.clone())) {
                to[lanes].copy_from_slice(from);
            }
        }
        if constants.pool > 1 {
            self.keep(constants, place, &mut block.pooled, &mut block.winners, pooled);
        }
    }

    /// Copies potentials after pooling, and which positions won, to where those of the block lie.
    pub(super) fn keep(
        &self,
        constants: &Constants,
        place: &Place,
        potentials: &mut [f32],
        winners: &mut [u16],
        pooled: Range<usize>,
    ) {
        let units = self.neurons.unit_potentials().chunks_exact(STRIP);
        for (from, lanes) in units.zip(place.lanes(constants, pooled.clone())) {
            potentials[lanes].copy_from_slice(from);
        }
        for (from, lanes) in self.neurons.winners.chunks_exact(STRIP).zip(place.lanes(constants, pooled)) {
            winners[lanes].copy_from_slice(from);
        }
    }

    /// One step of V, X, R, U and S, with pooling, and of the spikes; false if a potential is not finite.
    #[inline(always)]
    pub(super) fn step(&mut self, constants: &Constants, place: &Place, plane: &Plane, bias: &[f32; STRIP]) -> bool {
        let Self { neurons, arrived, drive, gammas, spikes: fired, .. } = self;
        carry_rows(constants, plane, place.rows, arrived, bias, neurons, drive);
        let gamma = match &constants.refractory.gamma {
            DecayValues::Shared(gamma) => DecayRun::Shared(*gamma),
            DecayValues::Each(_) => DecayRun::Each(gammas),
        };
        let finite = integrate_run(constants, gamma, &place.windows(constants), drive, neurons);
        for (fired, potentials) in fired.iter_mut().zip(neurons.unit_potentials().as_chunks::<STRIP>().0) {
            *fired = spikes(constants.refractory.threshold, potentials);
        }
        finite
    }
}

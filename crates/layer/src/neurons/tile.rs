//! Some rows of a strip of a convolution's outputs, over some steps.
//!
//! Given the events, neurons are independent of one another: first the events of all steps reach the tile, then its
//! neurons pass, a few at a time that go through all steps while their state stays in registers or next to them.

use std::ops::Range;

use decolle_number::low_16;
use decolle_program::{NeuronProgram, StripsScratch};
use decolle_synapse::events::{self, ArrivalsByColumn};
use decolle_synapse::{Aligned, Level, STRIP};
use fearless_simd::prelude::*;
use fearless_simd::{f32x16, u32x16};

use super::Neurons;
use super::spikes::spikes;
use crate::Constants;
use crate::state::Block;

/// Sums of weights that a tile has, if not a single row of windows has more, and steps that it takes at a time: they stay in
/// a first-level cache.
const LARGEST: usize = 8192;
pub(super) const STEPS: usize = 16;

/// Outputs of a strip at one position.
pub(super) type Lanes = [f32; STRIP];

/// Where tiles work.
pub(crate) struct Tile {
    /// W·S, `[step][row][column][output of the strip]`; of compiled neurons then U.
    pub(super) arrived: Aligned,
    /// U at each position of a window, step by step.
    pub(super) window: Vec<[Lanes; STEPS]>,
    /// Where compiled neurons work.
    pub(super) strips: StripsScratch,
}

impl Tile {
    pub(crate) fn new(constants: &Constants) -> Self {
        let strips = constants.neurons.program().map(NeuronProgram::strips_scratch).unwrap_or_default();
        Self { arrived: Aligned::default(), window: Vec::new(), strips }
    }
}

/// What becomes of the neurons of a block, step by step.
pub(crate) struct Kept<'a> {
    /// Which units spike, `[step][pooled position][strip]`.
    pub(crate) spikes: &'a mut [u16],
    /// Their potentials and which positions won, from a first step on, `[step][pooled position][output]`.
    pub(crate) first: usize,
    pub(crate) potentials: &'a mut [f32],
    pub(crate) winners: &'a mut [u16],
}

/// A strip of a convolution on its way through a stretch.
pub(crate) struct StripRun<'a> {
    pub(crate) constants: &'a Constants,
    pub(crate) level: Level,
    pub(crate) arrivals: &'a ArrivalsByColumn,
    pub(crate) stencil: &'a [f32],
    /// Biases as far as they enter the drive, and as a compiled neuron may look at them besides.
    pub(crate) bias: &'a Lanes,
    pub(crate) all_bias: &'a Lanes,
    /// Block of outputs, and strip within it.
    pub(crate) block: usize,
    pub(crate) strip: usize,
}

impl StripRun<'_> {
    /// Takes all of the strip through all steps. Gives the first in which a potential was not finite.
    pub(crate) fn take(&self, tile: &mut Tile, state: &mut Block, kept: &mut Kept<'_>) -> Option<usize> {
        let geometry = &self.constants.geometry;
        let [rows, columns] = geometry.output_plane;
        let [pool_rows, pool_columns] = self.constants.pool;
        let height = (LARGEST / (columns * STRIP * STEPS * pool_rows)).max(1) * pool_rows;
        tile.window.resize(pool_rows * pool_columns, [[0.0; STRIP]; STEPS]);
        let mut broken = None;
        for first in (0..rows).step_by(height) {
            let rows = first..rows.min(first + height);
            for first in (0..self.arrivals.steps()).step_by(STEPS) {
                let steps = first..self.arrivals.steps().min(first + STEPS);
                let arrived = &mut tile.arrived;
                arrived.resize(steps.len() * rows.len() * columns * STRIP);
                events::convolution(
                    self.level,
                    geometry,
                    self.block * (geometry.block / STRIP) + self.strip,
                    self.arrivals,
                    rows.clone(),
                    steps.clone(),
                    self.stencil,
                    arrived,
                );
                let pass = Pass { run: self, rows: rows.clone(), steps };
                broken = earlier(broken, pass.neurons(tile, state, kept));
            }
        }
        broken
    }
}

/// The earlier of two steps, if there are any. No iterator over both, of which the compiler makes hundreds of instructions.
#[inline(always)]
pub(crate) fn earlier(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

/// A tile's neurons, on their way through some steps whose events have arrived.
pub(super) struct Pass<'a> {
    pub(super) run: &'a StripRun<'a>,
    pub(super) rows: Range<usize>,
    pub(super) steps: Range<usize>,
}

impl Pass<'_> {
    /// All neurons. Gives the first step in which a potential was not finite.
    fn neurons(&self, tile: &mut Tile, state: &mut Block, kept: &mut Kept<'_>) -> Option<usize> {
        match &self.run.constants.neurons {
            Neurons::LeakyIntegrateAndFire(dynamics) => self.lif(dynamics, tile, state, kept),
            Neurons::Program(program) => self.program(program, tile, state, kept),
        }
    }

    /// The pooled potentials of a window, output by output; of the greatest the first in row-major order among equals.
    #[inline(always)]
    pub(super) fn pool<S: Simd>(
        &self,
        simd: S,
        unit: usize,
        step: usize,
        mut window: impl Iterator<Item = ([usize; 2], f32x16<S>)>,
        kept: &mut Kept<'_>,
    ) {
        let columns = self.run.constants.geometry.output_plane[1];
        let position = |[row, column]: [usize; 2]| u32x16::splat(simd, low_16((row * columns + column) as u64).into());
        let Some((first, mut best)) = window.next() else { return };
        if !self.run.constants.has_winners() {
            for (_, potentials) in window {
                best += potentials;
            }
            self.keep(unit, step, best * self.run.constants.pooling_gain(), kept);
            return;
        }
        let mut winners = position(first);
        for (at, candidates) in window {
            let wins = candidates.simd_gt(best);
            best = wins.select(candidates, best);
            winners = wins.select(position(at), winners);
        }
        let place = self.keep(unit, step, best, kept);
        if let Some(place) = place {
            for (kept, winner) in kept.winners[place].iter_mut().zip(*winners) {
                *kept = low_16(winner.into());
            }
        }
    }

    /// Keeps what a unit's potentials were; gives where, if they are to be kept.
    #[inline(always)]
    pub(super) fn keep<S: Simd>(
        &self,
        unit: usize,
        step: usize,
        potentials: f32x16<S>,
        kept: &mut Kept<'_>,
    ) -> Option<Range<usize>> {
        let StripRun { constants, strip, .. } = self.run;
        let geometry = &constants.geometry;
        let strips = geometry.block / STRIP;
        let units = constants.pooled_positions();
        let step = self.steps.start + step;
        kept.spikes[(step * units + unit) * strips + strip] = spikes(constants.threshold, potentials);
        let slot = if step < kept.first { return None } else { step - kept.first };
        let place = self.place(slot * units + unit);
        potentials.store_slice(&mut kept.potentials[place..place + STRIP]);
        Some(place..place + STRIP)
    }

    /// Where the outputs of the strip start among those of the block at a position.
    #[inline(always)]
    pub(super) fn place(&self, position: usize) -> usize {
        position * self.run.constants.geometry.block + self.run.strip * STRIP
    }
}

/// The outputs of a strip that start at some places. No closures here and below, for the compiler leaves those out of line
/// at some SIMD levels.
#[inline(always)]
pub(super) fn load<S: Simd, const N: usize>(simd: S, from: &[f32], places: [usize; N]) -> [f32x16<S>; N] {
    let mut to = [f32x16::splat(simd, 0.0); N];
    for (to, place) in to.iter_mut().zip(places) {
        *to = f32x16::from_slice(simd, &from[place..place + STRIP]);
    }
    to
}

/// Puts the outputs of a strip back to the places where they start.
#[inline(always)]
pub(super) fn store<S: Simd, const N: usize>(to: &mut [f32], places: [usize; N], from: [f32x16<S>; N]) {
    for (place, from) in places.into_iter().zip(from) {
        from.store_slice(&mut to[place..place + STRIP]);
    }
}

/// Has the outputs of a strip that start at some places on their way to the cache, where there are any.
#[inline(always)]
pub(super) fn prefetch<const N: usize>(from: &[f32], places: [usize; N]) {
    #[cfg(target_arch = "x86_64")]
    for from in places.into_iter().filter_map(|place| from.get(place)) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which all x86-64 processors take, and which changes nothing that a program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(from).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, places);
}

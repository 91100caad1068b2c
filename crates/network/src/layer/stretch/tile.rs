//! Some rows of a strip of a convolution's outputs, over some steps.
//!
//! Given the events, neurons are independent of one another: first the events of all steps reach the tile, then its
//! neurons pass, a few at a time that go through all steps while their state stays in registers or next to them.

use std::ops::Range;

use decolle_neuron::DecayValues;
use decolle_plasticity::{NeuronProgram, NeuronRoom};
use decolle_synapse::events::{self, Arrivals, Plane};
use decolle_synapse::{Aligned, Level, STRIP};
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16, u32x16};

use crate::layer::Constants;
use crate::layer::postsynaptic::spikes;
use crate::layer::state::Block;

/// Numbers of one kind that a tile has, if not a single row of windows has more, and steps that it takes at a time: the
/// events of all of them reach into a part of a second-level cache.
const LARGEST: usize = 4096;
const STEPS: usize = 16;

/// Neurons of a strip that run side by side, so that they do not wait for one another's operations.
const ABREAST: usize = 4;

/// Outputs of a strip at one position.
type Lanes = [f32; STRIP];

/// Where tiles work.
pub(in crate::layer) struct Tile {
    /// W·S, step by step a [`Plane`].
    arrived: Aligned,
    /// U at each position of a window, step by step.
    window: Vec<[Lanes; STEPS]>,
    /// Where a neuron of the user's works.
    pub(in crate::layer) own: NeuronRoom,
}

impl Tile {
    pub(super) fn new(constants: &Constants) -> Self {
        let own = constants.own_neuron().map(NeuronProgram::room).unwrap_or_default();
        Self { arrived: Aligned::default(), window: Vec::new(), own }
    }
}

/// What becomes of the neurons of a block, step by step.
pub(super) struct Kept<'a> {
    /// Which units spike, `[step][pooled position][strip]`.
    pub(super) spikes: &'a mut [u16],
    /// Their potentials and which positions won, from a first step on, `[step][pooled position][output]`.
    pub(super) first: usize,
    pub(super) potentials: &'a mut [f32],
    pub(super) winners: &'a mut [u16],
}

/// A strip of a convolution on its way through a stretch.
pub(super) struct StripRun<'a> {
    pub(super) constants: &'a Constants,
    pub(super) level: Level,
    pub(super) plane: &'a Plane,
    pub(super) arrivals: &'a Arrivals,
    pub(super) stencil: &'a [f32],
    /// Biases as they enter the drive, and as a neuron of the user's may see them besides.
    pub(super) bias: &'a Lanes,
    pub(super) own_bias: &'a Lanes,
    /// Block of outputs, and strip within it.
    pub(super) block: usize,
    pub(super) strip: usize,
}

impl StripRun<'_> {
    /// Takes all of the strip through all steps. Gives the first in which a potential was not finite.
    pub(super) fn take(&self, tile: &mut Tile, state: &mut Block, kept: &mut Kept<'_>) -> Option<usize> {
        let [rows, columns] = self.constants.geometry.output_plane;
        let pool = self.constants.pool;
        let height = (LARGEST / (columns * STRIP * pool)).max(1) * pool;
        tile.window.resize(pool * pool, [[0.0; STRIP]; STEPS]);
        let mut broken = None;
        for first in (0..rows).step_by(height) {
            let rows = first..rows.min(first + height);
            let plane = self.plane.part(rows.clone());
            for first in (0..self.arrivals.steps()).step_by(STEPS) {
                let steps = first..self.arrivals.steps().min(first + STEPS);
                tile.arrived.resize(steps.len() * plane.length());
                tile.arrived.fill(0.0);
                for (step, arrived) in steps.clone().zip(tile.arrived.chunks_exact_mut(plane.length())) {
                    if self.arrivals.any(step) {
                        events::convolution(self.level, &plane, self.arrivals, step, self.stencil, arrived);
                    }
                }
                let pass = Pass { run: self, plane, rows: rows.clone(), steps };
                // Each compiled by itself: together they would not keep their state in registers.
                let now = if self.constants.own_neuron().is_some() {
                    dispatch!(self.level, simd => pass.all::<_, true>(simd, tile, state, kept))
                } else {
                    dispatch!(self.level, simd => pass.all::<_, false>(simd, tile, state, kept))
                };
                broken = [broken, now].into_iter().flatten().min();
            }
        }
        broken
    }
}

/// A tile's neurons, on their way through some steps whose events have arrived.
struct Pass<'a> {
    run: &'a StripRun<'a>,
    /// The rows of the plane that belong to the tile.
    plane: Plane,
    rows: Range<usize>,
    steps: Range<usize>,
}

impl Pass<'_> {
    /// All neurons, window by window. Gives the first step in which a potential was not finite.
    #[inline(always)]
    fn all<S: Simd, const OWN: bool>(
        &self,
        simd: S,
        tile: &mut Tile,
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        let constants = self.run.constants;
        let columns = constants.geometry.output_plane[1];
        let [pooled_rows, pooled_columns] = constants.pooled_plane;
        let pool = constants.pool;
        let Tile { arrived, window, own } = tile;
        let arrived = &arrived[..];
        let mut broken = None;
        let mut note = |now: Option<usize>| broken = [broken, now].into_iter().flatten().min();
        for first in self.rows.clone().step_by(pool) {
            let (unit_row, rows) = (first / pool, first..self.rows.end.min(first + pool));
            if pool == 1 {
                let whole = columns - columns % ABREAST;
                for column in (0..whole).step_by(ABREAST) {
                    let positions = std::array::from_fn::<_, ABREAST, _>(|place| [first, column + place]);
                    note(self.advance::<_, _, OWN>(simd, positions, arrived, own, state, |step, potentials| {
                        for (place, potentials) in potentials.iter().enumerate() {
                            self.keep(first * columns + column + place, step, *potentials, kept);
                        }
                    }));
                }
                for column in whole..columns {
                    note(self.advance::<_, _, OWN>(
                        simd,
                        [[first, column]],
                        arrived,
                        own,
                        state,
                        |step, [potentials]| {
                            self.keep(first * columns + column, step, *potentials, kept);
                        },
                    ));
                }
                continue;
            }
            for unit_column in 0..columns.div_ceil(pool) {
                let window_columns = unit_column * pool..columns.min((unit_column + 1) * pool);
                let unit = unit_row * pooled_columns + unit_column;
                let pools = unit_row < pooled_rows && unit_column < pooled_columns;
                let places = rows.clone().flat_map(|row| window_columns.clone().map(move |column| [row, column]));
                if pools && pool == 2 {
                    let positions = std::array::from_fn::<_, 4, _>(|at| [first + at / 2, unit_column * 2 + at % 2]);
                    note(self.advance::<_, _, OWN>(simd, positions, arrived, own, state, |step, potentials| {
                        let window = potentials.iter().zip(positions).map(|(potentials, at)| (at, *potentials));
                        self.pool(simd, unit, step, window, kept);
                    }));
                } else {
                    for (place, potentials) in places.clone().zip(&mut *window) {
                        note(self.advance::<_, _, OWN>(simd, [place], arrived, own, state, |step, [now]| {
                            potentials[step] = **now
                        }));
                    }
                    if pools {
                        for step in 0..self.steps.len() {
                            let window = places.clone().zip(&*window);
                            let window =
                                window.map(|(at, potentials)| (at, f32x16::from_slice(simd, &potentials[step])));
                            self.pool(simd, unit, step, window, kept);
                        }
                    }
                }
            }
        }
        broken
    }

    /// V, X, R, U and S of the neurons at some positions, given as row and column, step by step; `each` is given the step,
    /// counted from the first, and U. Gives the first step in which a potential was not finite.
    #[inline(always)]
    fn advance<S: Simd, const N: usize, const OWN: bool>(
        &self,
        simd: S,
        positions: [[usize; 2]; N],
        arrived: &[f32],
        own: &mut NeuronRoom,
        state: &mut Block,
        mut each: impl FnMut(usize, &[f32x16<S>; N]),
    ) -> Option<usize> {
        let StripRun { constants, bias, block, .. } = self.run;
        let Some(dynamics) = &constants.carried else { return None };
        let columns = constants.geometry.output_plane[1];
        let lanes = positions.map(|[row, column]| self.lanes(row * columns + column));
        let starts = positions.map(|[row, column]| self.plane.row(row - self.rows.start).start + column * STRIP);
        if let Some(neuron) = constants.own_neuron().filter(|_| OWN) {
            return self.advance_own(simd, neuron, lanes, starts, arrived, own, state, each);
        }
        let first = block * state.refractory.len();
        let gamma = &constants.refractory.gamma;
        let load = |from: &[f32]| lanes.clone().map(|lanes| f32x16::from_slice(simd, &from[lanes]));
        let gammas = match gamma {
            DecayValues::Shared(gamma) => [f32x16::splat(simd, *gamma); N],
            DecayValues::Each(gammas) => load(&gammas[first..]),
        };
        let bias = f32x16::from_slice(simd, *bias);
        let (mut v, mut x) = (load(&state.carried_potential), load(&state.carried_current));
        let (mut r, mut u, mut s) = (load(&state.refractory), load(&state.potential), load(&state.spike));
        let mut broken = None;
        for (step, arrived) in arrived.chunks_exact(self.plane.length()).enumerate() {
            let mut finite = true;
            for place in 0..N {
                let arrived = f32x16::from_slice(simd, &arrived[starts[place]..][..STRIP]);
                dynamics.advance_lanes(simd, arrived, &mut v[place], &mut x[place]);
                let drive = v[place] + bias;
                let (r, u, s) = (&mut r[place], &mut u[place], &mut s[place]);
                constants.refractory.step_lanes(simd, gammas[place], drive, r, u, s);
                finite &= u.abs().simd_lt(f32::INFINITY).all_true();
            }
            if !finite && broken.is_none() {
                broken = Some(self.steps.start + step);
            }
            each(step, &u);
        }
        let store = |to: &mut [f32], from: [f32x16<S>; N]| {
            for (lanes, from) in lanes.iter().zip(from) {
                from.store_slice(&mut to[lanes.clone()]);
            }
        };
        store(&mut state.carried_potential, v);
        store(&mut state.carried_current, x);
        store(&mut state.refractory, r);
        store(&mut state.potential, u);
        store(&mut state.spike, s);
        broken
    }

    /// As [`Pass::advance`], of a neuron of the user's whose outputs lie at `lanes` in the block.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    fn advance_own<S: Simd, const N: usize>(
        &self,
        simd: S,
        neuron: &NeuronProgram,
        lanes: [Range<usize>; N],
        starts: [usize; N],
        arrived: &[f32],
        own: &mut NeuronRoom,
        state: &mut Block,
        mut each: impl FnMut(usize, &[f32x16<S>; N]),
    ) -> Option<usize> {
        let StripRun { constants, bias, own_bias, .. } = self.run;
        let Some(dynamics) = &constants.carried else { return None };
        let Block { carried_potential, carried_current, potential, spike, states, .. } = state;
        let load = |from: &[f32]| lanes.clone().map(|lanes| f32x16::from_slice(simd, &from[lanes]));
        let (mut v, mut x) = (load(carried_potential), load(carried_current));
        let bias = f32x16::from_slice(simd, *bias);
        for (strip, lanes) in lanes.iter().enumerate() {
            neuron.load_strip(own, strip, lanes.start, own_bias, states, potential, spike);
        }
        let mut broken = None;
        let mut drive = [[0.0; STRIP]; N];
        for (step, arrived) in arrived.chunks_exact(self.plane.length()).enumerate() {
            for place in 0..N {
                let arrived = f32x16::from_slice(simd, &arrived[starts[place]..][..STRIP]);
                dynamics.advance_lanes(simd, arrived, &mut v[place], &mut x[place]);
                (v[place] + bias).store_slice(&mut drive[place]);
            }
            if !neuron.advance(own, &drive) && broken.is_none() {
                broken = Some(self.steps.start + step);
            }
            let potentials = neuron.potentials(own);
            each(step, &std::array::from_fn(|place| f32x16::from_slice(simd, &potentials[place])));
        }
        for (place, lanes) in lanes.into_iter().enumerate() {
            neuron.store_strip(own, place, lanes.start, states, potential, spike);
            v[place].store_slice(&mut carried_potential[lanes.clone()]);
            x[place].store_slice(&mut carried_current[lanes]);
        }
        broken
    }

    /// The greatest potentials of a window, the first in row-major order among equals, output by output.
    #[inline(always)]
    fn pool<S: Simd>(
        &self,
        simd: S,
        unit: usize,
        step: usize,
        mut window: impl Iterator<Item = ([usize; 2], f32x16<S>)>,
        kept: &mut Kept<'_>,
    ) {
        let columns = self.run.constants.geometry.output_plane[1];
        let position = |[row, column]: [usize; 2]| u32x16::splat(simd, (row * columns + column) as u32);
        let Some((first, mut best)) = window.next() else { return };
        let mut winners = position(first);
        for (at, candidates) in window {
            let wins = candidates.simd_gt(best);
            best = wins.select(candidates, best);
            winners = wins.select(position(at), winners);
        }
        let place = self.keep(unit, step, best, kept);
        if let Some(place) = place {
            for (kept, winner) in kept.winners[place].iter_mut().zip(*winners) {
                *kept = winner as u16;
            }
        }
    }

    /// Keeps what a unit's potentials were; gives where, if they are to be kept.
    #[inline(always)]
    fn keep<S: Simd>(
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
        kept.spikes[(step * units + unit) * strips + strip] = spikes(constants.refractory.threshold, potentials);
        let slot = if step < kept.first { return None } else { step - kept.first };
        let lanes = self.lanes(slot * units + unit);
        potentials.store_slice(&mut kept.potentials[lanes.clone()]);
        Some(lanes)
    }

    /// Where the outputs of the strip lie among those of the block at a position.
    #[inline(always)]
    fn lanes(&self, position: usize) -> Range<usize> {
        let start = position * self.run.constants.geometry.block + self.run.strip * STRIP;
        start..start + STRIP
    }
}

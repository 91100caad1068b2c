//! Some rows of a strip of a convolution's outputs, over some steps.
//!
//! Given the events, neurons are independent of one another: first the events of all steps reach the tile, then its
//! neurons pass, a few at a time that go through all steps while their state stays in registers or next to them.

use std::ops::Range;

use decolle_neuron::{DecayValues, TraceOrder, order, recovery};
use decolle_number::low_16;
use decolle_program::{NeuronProgram, NeuronRoom, StripsRoom};
use decolle_synapse::events::{self, ArrivalsByColumn};
use decolle_synapse::{Aligned, Level, STRIP};
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16, u32x16};

use crate::Constants;
use crate::postsynaptic::{all_finite, spikes};
use crate::state::Block;

/// Sums of weights that a tile has, if not a single row of windows has more, and steps that it takes at a time: they stay in
/// a first-level cache.
const LARGEST: usize = 8192;
const STEPS: usize = 16;

/// Neurons of a strip that run side by side, so that they do not wait for one another's operations.
const ABREAST: usize = 4;

/// Outputs of a strip at one position.
type Lanes = [f32; STRIP];

/// Where tiles work.
pub(crate) struct Tile {
    /// W·S, `[step][row][column][output of the strip]`; of neurons of the user's then U.
    pub(super) arrived: Aligned,
    /// U at each position of a window, step by step.
    window: Vec<[Lanes; STEPS]>,
    /// Where neurons of the user's work: those of a dense layer, and those of a convolution.
    pub(crate) own: NeuronRoom,
    pub(super) strips: StripsRoom,
}

impl Tile {
    pub(super) fn new(constants: &Constants) -> Self {
        let own = constants.own_neuron().map(NeuronProgram::room).unwrap_or_default();
        let strips = constants.own_neuron().map(NeuronProgram::strips_room).unwrap_or_default();
        Self { arrived: Aligned::default(), window: Vec::new(), own, strips }
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
    pub(super) arrivals: &'a ArrivalsByColumn,
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
        let geometry = &self.constants.geometry;
        let [rows, columns] = geometry.output_plane;
        let pool = self.constants.pool;
        let height = (LARGEST / (columns * STRIP * STEPS * pool)).max(1) * pool;
        tile.window.resize(pool * pool, [[0.0; STRIP]; STEPS]);
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
                let now = pass.any(tile, state, kept);
                broken = [broken, now].into_iter().flatten().min();
            }
        }
        broken
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
    fn any(&self, tile: &mut Tile, state: &mut Block, kept: &mut Kept<'_>) -> Option<usize> {
        let constants = self.run.constants;
        let current = constants.carried.is_some_and(|dynamics| dynamics.order() == TraceOrder::Current);
        if let Some(neuron) = constants.own_neuron() {
            return self.own(neuron, tile, state, kept);
        }
        // The form of the paper and that of the authors' network for gestures know beforehand what happens in a step.
        match (current, recovery::of(constants.refractory.form)) {
            (false, recovery::LEAKY) => self.one::<{ order::PREVIOUS }, { recovery::LEAKY }>(tile, state, kept),
            (false, recovery::DECAYED) => self.one::<{ order::PREVIOUS }, { recovery::DECAYED }>(tile, state, kept),
            _ => self.one::<{ order::ANY }, { recovery::ANY }>(tile, state, kept),
        }
    }

    /// All neurons of one kind. Compiled by itself: with the other kinds its state would not stay in registers, and the
    /// compiler's time grows faster than a function's length.
    #[inline(never)]
    fn one<const ORDER: u8, const RECOVERY: u8>(
        &self,
        tile: &mut Tile,
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        dispatch!(self.run.level, simd => self.all::<_, ORDER, RECOVERY>(simd, tile, state, kept))
    }

    /// All neurons, window by window. Gives the first step in which a potential was not finite.
    #[inline(always)]
    fn all<S: Simd, const ORDER: u8, const RECOVERY: u8>(
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
        let Tile { arrived, window, .. } = tile;
        let arrived = &arrived[..];
        let mut broken = None;
        let mut note = |now: Option<usize>| broken = [broken, now].into_iter().flatten().min();
        for first in self.rows.clone().step_by(pool) {
            let (unit_row, rows) = (first / pool, first..self.rows.end.min(first + pool));
            // Neurons that pass together: some of a row, or those of a window. The rest, and larger windows, one by one.
            let groups = match pool {
                1 => columns / ABREAST,
                2 if unit_row < pooled_rows => pooled_columns,
                _ => 0,
            };
            for group in 0..groups {
                let positions: [[usize; 2]; ABREAST] = std::array::from_fn(|at| {
                    if pool == 1 { [first, group * ABREAST + at] } else { [first + at / 2, group * 2 + at % 2] }
                });
                let unit = unit_row * pooled_columns + if pool == 1 { group * ABREAST } else { group };
                note(self.advance::<_, _, ORDER, RECOVERY>(simd, positions, arrived, state, |step, potentials| {
                    if pool == 1 {
                        for (place, potentials) in potentials.iter().enumerate() {
                            self.keep(unit + place, step, *potentials, kept);
                        }
                    } else {
                        let window = potentials.iter().zip(positions).map(|(potentials, at)| (at, *potentials));
                        self.pool(simd, unit, step, window, kept);
                    }
                }));
            }
            let taken = if pool == 1 { groups * ABREAST } else { groups };
            for unit_column in taken..columns.div_ceil(pool) {
                let window_columns = unit_column * pool..columns.min((unit_column + 1) * pool);
                let unit = unit_row * pooled_columns + unit_column;
                let places = rows.clone().flat_map(|row| window_columns.clone().map(move |column| [row, column]));
                for (place, potentials) in places.clone().zip(&mut *window) {
                    note(self.advance_alone(place, arrived, state, potentials));
                }
                if unit_row >= pooled_rows || unit_column >= pooled_columns {
                    continue;
                }
                for step in 0..self.steps.len() {
                    let of = |potentials: &[Lanes; STEPS]| f32x16::from_slice(simd, &potentials[step]);
                    if pool == 1 {
                        self.keep(unit, step, of(&window[0]), kept);
                    } else {
                        let window = places.clone().zip(window.iter().map(of));
                        self.pool(simd, unit, step, window, kept);
                    }
                }
            }
        }
        broken
    }

    /// The neurons at one position, whose potentials go to `potentials`, step by step. Compiled once, for neurons of all kinds:
    /// few pass alone. Gives the first step in which a potential was not finite.
    #[inline(never)]
    fn advance_alone(
        &self,
        position: [usize; 2],
        arrived: &[f32],
        state: &mut Block,
        potentials: &mut [Lanes; STEPS],
    ) -> Option<usize> {
        dispatch!(self.run.level, simd => {
            self.advance::<_, _, { order::ANY }, { recovery::ANY }>(simd, [position], arrived, state, |step, [now]| {
                potentials[step] = **now
            })
        })
    }

    /// V, X, R, U and S of the neurons at some positions, given as row and column, step by step; `each` is given the step,
    /// counted from the first, and U. Gives the first step in which a potential was not finite.
    #[inline(always)]
    fn advance<S: Simd, const N: usize, const ORDER: u8, const RECOVERY: u8>(
        &self,
        simd: S,
        positions: [[usize; 2]; N],
        arrived: &[f32],
        state: &mut Block,
        mut each: impl FnMut(usize, &[f32x16<S>; N]),
    ) -> Option<usize> {
        let StripRun { constants, bias, block, .. } = self.run;
        let dynamics = constants.carried?;
        let columns = constants.geometry.output_plane[1];
        let places = positions.map(|[row, column]| self.place(row * columns + column));
        let starts = positions.map(|[row, column]| ((row - self.rows.start) * columns + column) * STRIP);
        let per_step = self.rows.len() * columns * STRIP;
        let gammas = match &constants.refractory.gamma {
            DecayValues::Shared(gamma) => [f32x16::splat(simd, *gamma); N],
            DecayValues::Each(gammas) => load(simd, &gammas[block * state.refractory.len()..], places),
        };
        let mut refractory = [constants.refractory.lanes(simd, gammas[0]); N];
        for (refractory, gamma) in refractory.iter_mut().zip(gammas) {
            *refractory = constants.refractory.lanes(simd, gamma);
        }
        let bias = f32x16::from_slice(simd, *bias);
        let mut v = load(simd, &state.carried_potential, places);
        let mut x = load(simd, &state.carried_current, places);
        let mut r = load(simd, &state.refractory, places);
        let mut u = load(simd, &state.potential, places);
        let before = load(simd, &state.spike, places);
        let mut s = [before[0].simd_gt(0.0); N];
        for (s, before) in s.iter_mut().zip(before) {
            *s = before.simd_gt(0.0);
        }
        // Zero as long as all potentials are finite: infinity · 0 is NaN.
        let mut broken = f32x16::splat(simd, 0.0);
        for (step, arrived) in arrived.chunks_exact(per_step).enumerate() {
            for place in 0..N {
                let arrived = f32x16::from_slice(simd, &arrived[starts[place]..][..STRIP]);
                dynamics.advance_lanes::<_, ORDER>(simd, arrived, &mut v[place], &mut x[place]);
                let drive = v[place] + bias;
                let (r, u, s) = (&mut r[place], &mut u[place], &mut s[place]);
                refractory[place].step::<RECOVERY>(simd, drive, r, u, s);
                broken += *u * 0.0;
            }
            each(step, &u);
        }
        if !broken.simd_eq(0.0).all_true() {
            return self.first_broken(places, starts, arrived.chunks_exact(per_step), state);
        }
        store(&mut state.carried_potential, places, v);
        store(&mut state.carried_current, places, x);
        store(&mut state.refractory, places, r);
        store(&mut state.potential, places, u);
        let (zero, one) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 1.0));
        for (place, s) in places.into_iter().zip(s) {
            s.select(one, zero).store_slice(&mut state.spike[place..place + STRIP]);
        }
        None
    }

    /// The first step in which a potential is not finite, of neurons that start from `state` and of which there is one.
    #[cold]
    fn first_broken<'b, const N: usize>(
        &self,
        places: [usize; N],
        starts: [usize; N],
        arrived: impl Iterator<Item = &'b [f32]> + Clone,
        state: &Block,
    ) -> Option<usize> {
        let StripRun { constants, bias, block, .. } = self.run;
        let dynamics = constants.carried?;
        let first = block * state.refractory.len();
        let broken = places.into_iter().zip(starts).filter_map(|(place, start)| {
            let of = |from: &[f32]| -> Lanes { std::array::from_fn(|lane| from[place + lane]) };
            let (mut v, mut x) = (of(&state.carried_potential), of(&state.carried_current));
            let (mut r, mut u, mut s) = (of(&state.refractory), of(&state.potential), of(&state.spike));
            arrived.clone().position(|arrived| {
                dynamics.advance(&arrived[start..start + STRIP], &mut v, &mut x);
                let drive: Lanes = std::array::from_fn(|lane| v[lane] + bias[lane]);
                let gamma = constants.refractory.gamma.run(first + place, STRIP);
                constants.refractory.step(gamma, &drive, &mut r, &mut u, &mut s);
                !all_finite(&u)
            })
        });
        broken.min().map(|step| self.steps.start + step)
    }

    /// The greatest potentials of a window, the first in row-major order among equals, output by output.
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
        kept.spikes[(step * units + unit) * strips + strip] = spikes(constants.refractory.threshold, potentials);
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

//! A tile of leaky integrate-and-fire neurons: a few at a time go through all steps while their state stays in registers,
//! and what they leave is pooled at once.

use std::ops::Range;

use decolle_neuron::{DecayValues, RefractoryDynamics, TraceOrder, order, recovery};
use decolle_number::low_16;
use decolle_synapse::STRIP;
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16, mask32x16};

use super::lif::all_finite;
use super::tile::{Kept, Lanes, Pass, STEPS, StripRun, Tile, earlier, load, prefetch, store};
use crate::state::Block;

/// Neurons of a strip that run side by side, so that they do not wait for one another's operations.
const ABREAST: usize = 4;

impl Pass<'_> {
    /// All neurons. Gives the first step in which a potential was not finite.
    pub(super) fn lif(
        &self,
        lif: &RefractoryDynamics,
        tile: &mut Tile,
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        let current = self.run.constants.carried.is_some_and(|dynamics| dynamics.order() == TraceOrder::Current);
        let pass = LifPass { pass: self, lif };
        // The form of the paper and that of the authors' network for gestures know beforehand what happens in a step.
        match (current, recovery::of(lif.form)) {
            (false, recovery::LEAKY) => pass.one::<{ order::PREVIOUS }, { recovery::LEAKY }>(tile, state, kept),
            (false, recovery::DECAYED) => pass.one::<{ order::PREVIOUS }, { recovery::DECAYED }>(tile, state, kept),
            _ => pass.one::<{ order::ANY }, { recovery::ANY }>(tile, state, kept),
        }
    }
}

/// A pass of neurons of these dynamics.
struct LifPass<'a, 'b> {
    pass: &'a Pass<'b>,
    lif: &'a RefractoryDynamics,
}

impl LifPass<'_, '_> {
    /// All neurons of one kind. Compiled by itself: with the other kinds its state would not stay in registers, and the
    /// compiler's time grows faster than a function's length.
    #[inline(never)]
    fn one<const ORDER: u8, const RECOVERY: u8>(
        &self,
        tile: &mut Tile,
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        dispatch!(self.pass.run.level, simd => self.all::<_, ORDER, RECOVERY>(simd, tile, state, kept))
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
        let constants = self.pass.run.constants;
        let columns = constants.geometry.output_plane[1];
        let [pooled_rows, pooled_columns] = constants.pooled_plane;
        let pool_rows = constants.pool[0];
        let alone = !constants.is_pooled();
        let positions_of =
            |row: usize, group: usize| -> [[usize; 2]; ABREAST] {
                std::array::from_fn(|at| {
                    if alone { [row, group * ABREAST + at] } else { [row + at / 2, group * 2 + at % 2] }
                })
            };
        let Tile { arrived, window, .. } = tile;
        let arrived = &arrived[..];
        let mut broken = None;
        let mut note = |now: Option<usize>| broken = earlier(broken, now);
        let (units, strips) = (constants.pooled_positions(), constants.geometry.block / STRIP);
        let (start, stride) = (self.pass.steps.start, units * strips);
        let pools_spikes = constants.has_winners();
        for first in self.pass.rows.clone().step_by(pool_rows) {
            let (unit_row, rows) = (first / pool_rows, first..self.pass.rows.end.min(first + pool_rows));
            // Neurons that pass together: some of a row, or those of a window. The rest, and larger windows, one by one.
            let groups = match constants.pool {
                [1, 1] => columns / ABREAST,
                [2, 2] if unit_row < pooled_rows => pooled_columns,
                _ => 0,
            };
            for group in 0..groups {
                let positions = positions_of(first, group);
                // While these pass, those that follow come to the cache.
                let next = if group + 1 < groups { [first, group + 1] } else { [first + pool_rows, 0] };
                self.prefetch(positions_of(next[0], next[1]), state);
                let unit = unit_row * pooled_columns + if alone { group * ABREAST } else { group };
                let at = start * stride + unit * strips + self.pass.run.strip;
                let finite = self.advance::<_, _, ORDER, RECOVERY>(
                    simd,
                    positions,
                    arrived,
                    state,
                    |step, potentials, spikes| {
                        let kept_too = start + step >= kept.first;
                        let at = at + step * stride;
                        if alone {
                            for (place, (potentials, spikes)) in potentials.iter().zip(spikes).enumerate() {
                                kept.spikes[at + place * strips] = low_16(spikes.to_bitmask());
                                if kept_too {
                                    self.pass.keep(unit + place, step, *potentials, kept);
                                }
                            }
                        } else if pools_spikes && !kept_too {
                            // The greatest is above the threshold where any is.
                            let [a, b, c, d] = *spikes;
                            kept.spikes[at] = low_16((a | b | (c | d)).to_bitmask());
                        } else {
                            let window = potentials.iter().zip(positions).map(|(potentials, at)| (at, *potentials));
                            self.pass.pool(simd, unit, step, window, kept);
                        }
                    },
                );
                if !finite {
                    // One by one, to find the step.
                    for place in positions {
                        note(self.advance_alone(place, arrived, state, &mut window[0]));
                    }
                }
            }
            let taken = if alone { groups * ABREAST } else { groups };
            note(self.rest(rows, taken, arrived, window, state, kept));
        }
        broken
    }

    /// The neurons of a row of windows from a column of windows on, one by one. Compiled once, as they are few. Gives the first step
    /// in which a potential was not finite.
    #[inline(never)]
    fn rest(
        &self,
        rows: Range<usize>,
        taken: usize,
        arrived: &[f32],
        window: &mut [[Lanes; STEPS]],
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        let constants = self.pass.run.constants;
        let columns = constants.geometry.output_plane[1];
        let ([pool_rows, pool_columns], [pooled_rows, pooled_columns]) = (constants.pool, constants.pooled_plane);
        let unit_row = rows.start / pool_rows;
        let mut broken = None;
        for unit_column in taken..columns.div_ceil(pool_columns) {
            let window_columns = unit_column * pool_columns..columns.min((unit_column + 1) * pool_columns);
            let unit = unit_row * pooled_columns + unit_column;
            let places = rows.clone().flat_map(|row| window_columns.clone().map(move |column| [row, column]));
            for (place, potentials) in places.clone().zip(&mut *window) {
                broken = earlier(broken, self.advance_alone(place, arrived, state, potentials));
            }
            if unit_row >= pooled_rows || unit_column >= pooled_columns {
                continue;
            }
            dispatch!(self.pass.run.level, simd => {
                for step in 0..self.pass.steps.len() {
                    let of = |potentials: &[Lanes; STEPS]| f32x16::from_slice(simd, &potentials[step]);
                    if constants.is_pooled() {
                        let window = places.clone().zip(window.iter().map(of));
                        self.pass.pool(simd, unit, step, window, kept);
                    } else {
                        self.pass.keep(unit, step, of(&window[0]), kept);
                    }
                }
            });
        }
        broken
    }

    /// Has the state of the neurons at some positions, if there are any, on its way to the cache.
    #[inline(always)]
    fn prefetch(&self, positions: [[usize; 2]; ABREAST], state: &Block) {
        let columns = self.pass.run.constants.geometry.output_plane[1];
        let places = positions.map(|[row, column]| self.pass.place(row * columns + column));
        let Block { carried_potential, carried_current, potential, spike, states, .. } = state;
        for values in [carried_potential, carried_current, potential, spike, &states[0]] {
            prefetch(values, places);
        }
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
        let finite = dispatch!(self.pass.run.level, simd => {
            self.advance::<_, _, { order::ANY }, { recovery::ANY }>(simd, [position], arrived, state, |step, [now], _| {
                potentials[step] = **now
            })
        });
        let broken = potentials.iter().take(self.pass.steps.len()).position(|potentials| !all_finite(potentials));
        broken.filter(|_| !finite).map(|step| self.pass.steps.start + step)
    }

    /// V, X, R, U and S of the neurons at some positions, given as row and column, step by step; `each` is given the step,
    /// counted from the first, U and S. False if a potential was not finite, and the state is then as it was.
    #[inline(always)]
    fn advance<S: Simd, const N: usize, const ORDER: u8, const RECOVERY: u8>(
        &self,
        simd: S,
        positions: [[usize; 2]; N],
        arrived: &[f32],
        state: &mut Block,
        mut each: impl FnMut(usize, &[f32x16<S>; N], &[mask32x16<S>; N]),
    ) -> bool {
        let StripRun { constants, bias, block, .. } = *self.pass.run;
        let Some(dynamics) = constants.carried else { return true };
        let columns = constants.geometry.output_plane[1];
        let places = positions.map(|[row, column]| self.pass.place(row * columns + column));
        let starts = positions.map(|[row, column]| ((row - self.pass.rows.start) * columns + column) * STRIP);
        let per_step = self.pass.rows.len() * columns * STRIP;
        let gammas = match &self.lif.gamma {
            DecayValues::Shared(gamma) => [f32x16::splat(simd, *gamma); N],
            DecayValues::Each(gammas) => load(simd, &gammas[block * state.states[0].len()..], places),
        };
        let mut refractory = [self.lif.lanes(simd, gammas[0]); N];
        for (refractory, gamma) in refractory.iter_mut().zip(gammas) {
            *refractory = self.lif.lanes(simd, gamma);
        }
        let bias = f32x16::from_slice(simd, bias);
        let mut v = load(simd, &state.carried_potential, places);
        let mut x = load(simd, &state.carried_current, places);
        let mut r = load(simd, &state.states[0], places);
        // U of the step before only enters where R takes it in.
        let mut u = [f32x16::splat(simd, 0.0); N];
        if !matches!(RECOVERY, recovery::LEAKY | recovery::DECAYED) {
            u = load(simd, &state.potential, places);
        }
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
            each(step, &u, &s);
        }
        if !broken.simd_eq(0.0).all_true() {
            return false;
        }
        store(&mut state.carried_potential, places, v);
        store(&mut state.carried_current, places, x);
        store(&mut state.states[0], places, r);
        store(&mut state.potential, places, u);
        let (zero, one) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 1.0));
        for (place, s) in places.into_iter().zip(s) {
            s.select(one, zero).store_slice(&mut state.spike[place..place + STRIP]);
        }
        true
    }
}

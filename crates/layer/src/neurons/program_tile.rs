//! A tile of compiled neurons: first all pass, a row at a time, then windows pool.

use decolle_neuron::order;
use decolle_program::{NeuronProgram, STRIPS_ABREAST};
use decolle_synapse::STRIP;
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16};

use super::tile::{Kept, Pass, Tile, earlier, load, store};
use crate::state::Block;

/// Strips that run side by side where a row has no more than this left.
const FEW: usize = 4;

impl Pass<'_> {
    /// All neurons. Gives the first step in which a potential or a state variable was not finite.
    #[inline(never)]
    pub(super) fn program(
        &self,
        program: &NeuronProgram,
        tile: &mut Tile,
        state: &mut Block,
        kept: &mut Kept<'_>,
    ) -> Option<usize> {
        dispatch!(self.run.level, simd => {
            let mut broken = None;
            let columns = self.run.constants.geometry.output_plane[1];
            for row in self.rows.clone() {
                let mut column = 0;
                while column < columns {
                    let (taken, now) = match columns - column {
                        STRIPS_ABREAST.. => {
                            let now = self.advance_program::<_, STRIPS_ABREAST>(simd, program, row, column, tile, state);
                            (STRIPS_ABREAST, now)
                        }
                        FEW.. => (FEW, self.advance_program::<_, FEW>(simd, program, row, column, tile, state)),
                        _ => (1, self.advance_program::<_, 1>(simd, program, row, column, tile, state)),
                    };
                    column += taken;
                    broken = earlier(broken, now);
                }
            }
            self.pool_windows(simd, &tile.arrived, kept);
            broken
        })
    }

    /// Neurons of some columns of a row, from `column` on, step by step; what arrived at them makes way for U. Gives the first
    /// step in which a potential or a state variable was not finite.
    #[inline(always)]
    fn advance_program<S: Simd, const N: usize>(
        &self,
        simd: S,
        program: &NeuronProgram,
        row: usize,
        column: usize,
        tile: &mut Tile,
        state: &mut Block,
    ) -> Option<usize> {
        let constants = self.run.constants;
        let dynamics = constants.carried?;
        let columns = constants.geometry.output_plane[1];
        let places: [usize; N] = std::array::from_fn(|place| self.place(row * columns + column + place));
        let start = ((row - self.rows.start) * columns + column) * STRIP;
        let Block { carried_potential, carried_current, potential, spike, states, .. } = state;
        let (mut v, mut x) = (load(simd, carried_potential, places), load(simd, carried_current, places));
        let bias = f32x16::from_slice(simd, self.run.bias);
        let Tile { arrived, strips, .. } = tile;
        for (strip, &place) in places.iter().enumerate() {
            program.load_strip(strips, strip, place, self.run.all_bias, states, potential, spike);
        }
        let mut broken = None;
        for (step, arrived) in arrived.chunks_exact_mut(self.rows.len() * columns * STRIP).enumerate() {
            let arrived = arrived[start..start + N * STRIP].as_chunks_mut::<STRIP>().0;
            let drive = strips.drive();
            for place in 0..N {
                let arrived = f32x16::from_slice(simd, &arrived[place]);
                dynamics.advance_lanes::<_, { order::ANY }>(simd, arrived, &mut v[place], &mut x[place]);
                (v[place] + bias).store_slice(&mut drive[place]);
            }
            if !program.advance::<N>(self.run.level, strips) && broken.is_none() {
                broken = Some(self.steps.start + step);
            }
            arrived.copy_from_slice(&program.potentials(strips)[..N]);
        }
        for (strip, &place) in places.iter().enumerate() {
            program.store_strip(strips, strip, place, states, potential, spike);
        }
        store(carried_potential, places, v);
        store(carried_current, places, x);
        broken
    }

    /// Pools the potentials that the neurons left.
    #[inline(always)]
    fn pool_windows<S: Simd>(&self, simd: S, potentials: &[f32], kept: &mut Kept<'_>) {
        let constants = self.run.constants;
        let columns = constants.geometry.output_plane[1];
        let [pooled_rows, pooled_columns] = constants.pooled_plane;
        let [pool_rows, pool_columns] = constants.pool;
        for (step, potentials) in potentials.chunks_exact(self.rows.len() * columns * STRIP).enumerate() {
            let potential = |[row, column]: [usize; 2]| {
                let start = ((row - self.rows.start) * columns + column) * STRIP;
                f32x16::from_slice(simd, &potentials[start..start + STRIP])
            };
            for unit_row in self.rows.start / pool_rows..pooled_rows.min(self.rows.end / pool_rows) {
                for unit_column in 0..pooled_columns {
                    let unit = unit_row * pooled_columns + unit_column;
                    let [row, column] = [unit_row * pool_rows, unit_column * pool_columns];
                    if !constants.is_pooled() {
                        self.keep(unit, step, potential([row, column]), kept);
                    } else {
                        let window = (0..pool_rows * pool_columns).map(|at| {
                            let place = [row + at / pool_columns, column + at % pool_columns];
                            (place, potential(place))
                        });
                        self.pool(simd, unit, step, window, kept);
                    }
                }
            }
        }
    }
}

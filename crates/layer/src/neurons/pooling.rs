//! Pooling of potentials, and the pooled potentials row by row.

use decolle_number::low_16;
use decolle_synapse::STRIP;

use crate::Constants;
use crate::state::Block;

/// The positions of the window of a pooled unit, in row-major order.
#[inline(always)]
pub(crate) fn window(constants: &Constants, unit: usize) -> impl Iterator<Item = usize> + Clone {
    window_at(constants, unit / constants.pooled_plane[1], unit % constants.pooled_plane[1])
}

/// As [`window`], of the unit in a row and column.
#[inline(always)]
fn window_at(constants: &Constants, row: usize, column: usize) -> impl Iterator<Item = usize> + Clone {
    let [pool_rows, pool_columns] = constants.pool;
    let columns = constants.geometry.output_plane[1];
    let corner = row * pool_rows * columns + column * pool_columns;
    (0..pool_rows * pool_columns).map(move |at| corner + at / pool_columns * columns + at % pool_columns)
}

/// The pooled potential of each window.
#[inline(always)]
pub(super) fn pool(constants: &Constants, state: &mut Block) {
    let strips = constants.geometry.block / STRIP;
    let [pooled_rows, pooled_columns] = constants.pooled_plane;
    let (has_winners, gain) = (constants.has_winners(), constants.pooling_gain());
    let potentials = state.potential.as_chunks::<STRIP>().0;
    let pooled = state.pooled.as_chunks_mut::<STRIP>().0;
    let mut cells = pooled.iter_mut().zip(state.winners.as_chunks_mut::<STRIP>().0);
    for row in 0..pooled_rows {
        for column in 0..pooled_columns {
            let positions = window_at(constants, row, column);
            for strip in 0..strips {
                let (pooled, winners) = cells.next().expect("a cell for each window and strip");
                let candidates = positions.clone().map(|at| (low_16(at as u64), &potentials[at * strips + strip]));
                if has_winners {
                    (*pooled, *winners) = greatest(candidates);
                } else {
                    *pooled = total(candidates.map(|(_, potentials)| potentials), gain);
                }
            }
        }
    }
}

/// The sum of the potentials at some positions, one after the other, times a gain.
#[inline(always)]
fn total<'a>(mut positions: impl Iterator<Item = &'a [f32; STRIP]>, gain: f32) -> [f32; STRIP] {
    let Some(first) = positions.next() else { return Default::default() };
    let mut sum = *first;
    for potentials in positions {
        for (sum, potential) in sum.iter_mut().zip(potentials) {
            *sum += potential;
        }
    }
    sum.map(|sum| sum * gain)
}

/// The greatest potentials among those of some positions, output by output, and where they are: first among equals.
#[inline(always)]
fn greatest<'a>(mut positions: impl Iterator<Item = (u16, &'a [f32; STRIP])>) -> ([f32; STRIP], [u16; STRIP]) {
    let Some((first, potentials)) = positions.next() else { return Default::default() };
    // In arrays of one width of number, which the compiler keeps in vectors.
    let (mut best, mut winners) = (*potentials, [u32::from(first); STRIP]);
    for (position, candidates) in positions {
        for lane in 0..STRIP {
            let wins = candidates[lane] > best[lane];
            best[lane] = if wins { candidates[lane] } else { best[lane] };
            winners[lane] = if wins { u32::from(position) } else { winners[lane] };
        }
    }
    (best, winners.map(|position| low_16(position.into())))
}

/// The pooled potentials of a block row by row: where the row lies among all units, and the potentials of real outputs.
#[inline(always)]
pub(crate) fn rows<'a>(
    constants: &Constants,
    block: usize,
    potentials: &'a [f32],
) -> impl Iterator<Item = (usize, &'a [f32])> {
    let geometry = &constants.geometry;
    let (width, first) = (geometry.block, block * potentials.len());
    let real = width.min(geometry.outputs - block * width);
    potentials.chunks_exact(width).enumerate().map(move |(row, potentials)| (first + row * width, &potentials[..real]))
}

/// Adds sum and sum of squares of a block's pooled potentials.
#[inline(always)]
pub(crate) fn record_moments(constants: &Constants, block: usize, potentials: &[f32], moments: &mut [f64; 2]) {
    for (_, potentials) in rows(constants, block, potentials) {
        for &u in potentials {
            *moments = [moments[0] + f64::from(u), moments[1] + f64::from(u) * f64::from(u)];
        }
    }
}

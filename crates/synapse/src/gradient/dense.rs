//! The gradient kernel of dense layers: a few inputs by a strip of outputs stay in registers while the samples stream by.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::Geometry;
use crate::geometry::INPUT_GROUP;

/// Adds Σ δ·P over the samples to the gradients of block `block` of a dense layer, for whole groups of [`INPUT_GROUP`]
/// inputs from group `first` on; returns the multiply-adds done.
///
/// `traces` holds the planes of all samples. `active` says, for each tile of samples and each group of inputs, whether any
/// of them has a trace. `deltas` is `[sample][block][output]`, `gradient` the weights of the block and these inputs
/// (`[input, padded][output]`), `bias` the block's bias gradients, empty where not wanted.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
pub fn dense(
    level: Level,
    geometry: &Geometry,
    traces: &[f32],
    active: &[bool],
    deltas: &[f32],
    block: usize,
    first: usize,
    gradient: &mut [f32],
    bias: &mut [f32],
) -> u64 {
    let (tile, outputs) = (geometry.tile, geometry.block);
    let samples = traces.len() / geometry.trace_plane;
    let tiles = samples.div_ceil(tile);
    assert!(geometry.is_dense() && block < geometry.blocks() && gradient.len().is_multiple_of(INPUT_GROUP * outputs));
    assert!(first * INPUT_GROUP * outputs + gradient.len() <= geometry.weights_per_slice());
    assert_eq!(active.len(), tiles * geometry.trace_plane / INPUT_GROUP);
    assert_eq!(deltas.len(), samples * geometry.blocks() * outputs);
    for sample in 0..samples {
        let row = (sample * geometry.blocks() + block) * outputs;
        for (sum, delta) in bias.iter_mut().zip(&deltas[row..row + outputs]) {
            *sum += delta;
        }
    }
    dispatch!(level, simd => groups(simd, geometry, traces, active, deltas, block, first, gradient))
}

/// Vectors in a strip of outputs.
const STRIP: usize = 2;

#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn groups<S: Simd>(
    simd: S,
    geometry: &Geometry,
    traces: &[f32],
    active: &[bool],
    deltas: &[f32],
    block: usize,
    first: usize,
    gradient: &mut [f32],
) -> u64 {
    let mut operations = 0;
    for (within, gradient) in gradient.chunks_exact_mut(INPUT_GROUP * geometry.block).enumerate() {
        let group = first + within;
        // Eight inputs by two vectors of 16 lanes fill half of 32 registers; narrower machines take four at a time.
        operations += if S::f32s::LEN == 16 {
            inputs::<S, 8>(simd, geometry, traces, active, deltas, block, group, 0, gradient)
        } else {
            let (first, second) = gradient.split_at_mut(4 * geometry.block);
            inputs::<S, 4>(simd, geometry, traces, active, deltas, block, group, 0, first)
                + inputs::<S, 4>(simd, geometry, traces, active, deltas, block, group, 4, second)
        };
    }
    operations
}

#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn inputs<S: Simd, const J: usize>(
    simd: S,
    geometry: &Geometry,
    traces: &[f32],
    active: &[bool],
    deltas: &[f32],
    block: usize,
    group: usize,
    within: usize,
    gradient: &mut [f32],
) -> u64 {
    let mut strip = 0;
    let mut operations = 0;
    while strip < geometry.block {
        if geometry.block - strip >= STRIP * S::f32s::LEN {
            operations +=
                strips::<S, J, STRIP>(simd, geometry, traces, active, deltas, block, group, within, strip, gradient);
            strip += STRIP * S::f32s::LEN;
        } else {
            operations +=
                strips::<S, J, 1>(simd, geometry, traces, active, deltas, block, group, within, strip, gradient);
            strip += S::f32s::LEN;
        }
    }
    operations
}

#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn strips<S: Simd, const J: usize, const N: usize>(
    simd: S,
    geometry: &Geometry,
    traces: &[f32],
    active: &[bool],
    deltas: &[f32],
    block: usize,
    group: usize,
    within: usize,
    strip: usize,
    gradient: &mut [f32],
) -> u64 {
    let (plane, tile, outputs) = (geometry.trace_plane, geometry.tile, geometry.block);
    let samples = traces.len() / plane;
    let row = geometry.blocks() * outputs;
    let groups = plane / INPUT_GROUP;
    let first = group * INPUT_GROUP + within;
    assert!(first + J <= plane && strip + N * S::f32s::LEN <= outputs && gradient.len() >= J * outputs);
    let mut sums: [[S::f32s; N]; J] = std::array::from_fn(|j| {
        std::array::from_fn(|n| {
            let place = j * outputs + strip + n * S::f32s::LEN;
            S::f32s::from_slice(simd, &gradient[place..place + S::f32s::LEN])
        })
    });
    let mut taken = 0;
    for (index, active) in active[group..].iter().step_by(groups).enumerate() {
        if !active {
            continue;
        }
        let in_tile = tile.min(samples - index * tile);
        taken += in_tile;
        let deltas = &deltas[index * tile * row..][..in_tile * row];
        let traces = &traces[index * tile * plane..][..in_tile * plane];
        for sample in 0..in_tile {
            // SAFETY: strip + N vectors ≤ outputs, block < blocks, and `deltas` holds in_tile rows of all blocks.
            let delta: [S::f32s; N] = std::array::from_fn(|n| unsafe {
                let place = sample * row + block * outputs + strip + n * S::f32s::LEN;
                S::f32s::from_slice(simd, deltas.get_unchecked(place..place + S::f32s::LEN))
            });
            for (j, sums) in sums.iter_mut().enumerate() {
                // SAFETY: first + J ≤ plane, and `traces` holds in_tile planes.
                let trace = S::f32s::splat(simd, unsafe { *traces.get_unchecked(sample * plane + first + j) });
                for (sum, delta) in sums.iter_mut().zip(delta) {
                    *sum += delta * trace;
                }
            }
        }
    }
    for (j, sums) in sums.iter().enumerate() {
        for (n, sum) in sums.iter().enumerate() {
            let place = j * outputs + strip + n * S::f32s::LEN;
            sum.store_slice(&mut gradient[place..place + S::f32s::LEN]);
        }
    }
    (taken * J * N * S::f32s::LEN) as u64
}

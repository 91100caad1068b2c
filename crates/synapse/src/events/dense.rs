//! Events of a dense layer: each adds a row of weights to a block of outputs, or the outputs to the row's gradient.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// Adds W·S of one step to a block of outputs: `weights` are the block's (`[input][output]`), `outputs` its sums.
///
/// `indices` and `counts` are the events; an output adds them in that order.
pub fn dense(level: Level, weights: &[f32], indices: &[u32], counts: &[f32], outputs: &mut [f32]) {
    dispatch!(level, simd => {
        match outputs.len() / S_LANES {
            1 => rows::<_, 1>(simd, weights, indices, counts, outputs),
            _ => rows::<_, 2>(simd, weights, indices, counts, outputs),
        }
    });
}

/// Adds q·Sᵀ of one step to the gradient of a block (`[input][output]`): to the row of each event, `filtered` times its
/// count.
pub fn dense_gradient(level: Level, indices: &[u32], counts: &[f32], filtered: &[f32], gradient: &mut [f32]) {
    dispatch!(level, simd => {
        match filtered.len() / S_LANES {
            1 => row_gradients::<_, 1>(simd, indices, counts, filtered, gradient),
            _ => row_gradients::<_, 2>(simd, indices, counts, filtered, gradient),
        }
    });
}

/// Blocks are 16 or 32 outputs wide.
const S_LANES: usize = 16;

/// The outputs of a block of `H` times sixteen stay in registers while the events stream by.
#[inline(always)]
fn rows<S: Simd, const H: usize>(simd: S, weights: &[f32], indices: &[u32], counts: &[f32], outputs: &mut [f32]) {
    match S::f32s::LEN {
        16 => sums::<S, H>(simd, weights, indices, counts, outputs, H * S_LANES),
        8 if H == 1 => sums::<S, 2>(simd, weights, indices, counts, outputs, H * S_LANES),
        8 => sums::<S, 4>(simd, weights, indices, counts, outputs, H * S_LANES),
        _ if H == 1 => sums::<S, 4>(simd, weights, indices, counts, outputs, H * S_LANES),
        _ => sums::<S, 8>(simd, weights, indices, counts, outputs, H * S_LANES),
    }
}

#[inline(always)]
fn sums<S: Simd, const N: usize>(
    simd: S,
    weights: &[f32],
    indices: &[u32],
    counts: &[f32],
    outputs: &mut [f32],
    width: usize,
) {
    assert_eq!(N * S::f32s::LEN, width);
    let outputs = &mut outputs[..width];
    let mut sums: [S::f32s; N] =
        std::array::from_fn(|n| S::f32s::from_slice(simd, &outputs[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]));
    for (&index, &count) in indices.iter().zip(counts) {
        let row = &weights[index as usize * width..][..width];
        let count = S::f32s::splat(simd, count);
        for (n, sum) in sums.iter_mut().enumerate() {
            *sum += S::f32s::from_slice(simd, &row[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]) * count;
        }
    }
    for (sum, outputs) in sums.iter().zip(outputs.chunks_exact_mut(S::f32s::LEN)) {
        sum.store_slice(outputs);
    }
}

#[inline(always)]
fn row_gradients<S: Simd, const H: usize>(
    simd: S,
    indices: &[u32],
    counts: &[f32],
    filtered: &[f32],
    gradient: &mut [f32],
) {
    let width = H * S_LANES;
    let filtered = &filtered[..width];
    for (&index, &count) in indices.iter().zip(counts) {
        let row = &mut gradient[index as usize * width..][..width];
        let count = S::f32s::splat(simd, count);
        for (to, from) in row.chunks_exact_mut(S::f32s::LEN).zip(filtered.chunks_exact(S::f32s::LEN)) {
            (S::f32s::from_slice(simd, to) + S::f32s::from_slice(simd, from) * count).store_slice(to);
        }
    }
}

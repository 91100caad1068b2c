//! Events of a dense layer: each adds a row of weights to a block of outputs, or the outputs to the row's gradient.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// Adds W·S of one step to a block of outputs: `weights` are the block's (`[input][output]`), `outputs` its sums.
///
/// `indices` and `counts` are the events; an output adds them in that order.
pub fn dense(level: Level, weights: &[f32], indices: &[u32], counts: &[f32], outputs: &mut [f32]) {
    dispatch!(level, simd => rows(simd, weights, indices, counts, outputs));
}

/// Adds q·Sᵀ of one step to the gradient of a block (`[input][output]`): to the row of each event, `filtered` times its
/// count.
pub fn dense_gradient(level: Level, indices: &[u32], counts: &[f32], filtered: &[f32], gradient: &mut [f32]) {
    dispatch!(level, simd => row_gradients(simd, indices, counts, filtered, gradient));
}

/// Vectors in the next strip of a dense layer's outputs, of which `left` are left: as many as have sums in registers beside
/// what is added to them, and four at least, where there are so many, since each sum waits for itself.
#[inline(always)]
pub(crate) fn strip_of<S: Simd>(left: usize) -> usize {
    match left / S::f32s::LEN {
        8.. => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

#[inline(always)]
fn rows<S: Simd>(simd: S, weights: &[f32], indices: &[u32], counts: &[f32], outputs: &mut [f32]) {
    let width = outputs.len();
    let mut lane = 0;
    while lane < width {
        let vectors = strip_of::<S>(width - lane);
        match vectors {
            8 => sums::<S, 8>(simd, weights, indices, counts, outputs, lane),
            4 => sums::<S, 4>(simd, weights, indices, counts, outputs, lane),
            2 => sums::<S, 2>(simd, weights, indices, counts, outputs, lane),
            _ => sums::<S, 1>(simd, weights, indices, counts, outputs, lane),
        }
        lane += vectors * S::f32s::LEN;
    }
}

/// `N` vectors of outputs from `lane` on stay in registers while the events stream by.
#[inline(always)]
fn sums<S: Simd, const N: usize>(
    simd: S,
    weights: &[f32],
    indices: &[u32],
    counts: &[f32],
    outputs: &mut [f32],
    lane: usize,
) {
    let width = outputs.len();
    let outputs = &mut outputs[lane..lane + N * S::f32s::LEN];
    let mut sums: [S::f32s; N] =
        std::array::from_fn(|n| S::f32s::from_slice(simd, &outputs[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]));
    for (&index, &count) in indices.iter().zip(counts) {
        let row = &weights[index as usize * width + lane..][..N * S::f32s::LEN];
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
fn row_gradients<S: Simd>(simd: S, indices: &[u32], counts: &[f32], filtered: &[f32], gradient: &mut [f32]) {
    match filtered.len() {
        16 => rows_of::<S, 16>(simd, indices, counts, filtered, gradient),
        32 => rows_of::<S, 32>(simd, indices, counts, filtered, gradient),
        _ => rows_of::<S, 64>(simd, indices, counts, filtered, gradient),
    }
}

/// Rows of `W` outputs.
#[inline(always)]
fn rows_of<S: Simd, const W: usize>(simd: S, indices: &[u32], counts: &[f32], filtered: &[f32], gradient: &mut [f32]) {
    assert_eq!(filtered.len(), W);
    for (&index, &count) in indices.iter().zip(counts) {
        let row = &mut gradient[index as usize * W..][..W];
        let count = S::f32s::splat(simd, count);
        // By places, not by chunks of both sides, whose iterator the compiler may leave out of line.
        for first in (0..W).step_by(S::f32s::LEN) {
            let lanes = first..first + S::f32s::LEN;
            let sum = S::f32s::from_slice(simd, &row[lanes.clone()])
                + S::f32s::from_slice(simd, &filtered[lanes.clone()]) * count;
            sum.store_slice(&mut row[lanes]);
        }
    }
}

//! The gradient kernel of convolutions: up to 28 vectors of one output's gradient stay in registers while the patches of its non-zero
//! δ stream by.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::DeltaList;
use crate::Geometry;

/// Adds Σ δ·P over the listed patches to the gradients of a slice of channels; returns the multiply-adds done.
///
/// `traces` is what the list's starts point into, `gradient` the slice's rows (`[output][kernel row][padded column]`),
/// `bias` its bias gradients, empty where they are not wanted. Padding stays zero.
pub fn convolution(
    level: Level,
    geometry: &Geometry,
    traces: &[f32],
    list: &DeltaList,
    gradient: &mut [f32],
    bias: &mut [f32],
) -> u64 {
    dispatch!(level, simd => outputs(simd, geometry, traces, list, gradient, bias))
}

#[inline(always)]
fn outputs<S: Simd>(
    simd: S,
    geometry: &Geometry,
    traces: &[f32],
    list: &DeltaList,
    gradient: &mut [f32],
    bias: &mut [f32],
) -> u64 {
    let mut patches = 0;
    let reach = (geometry.rows - 1) * geometry.row_stride + geometry.row_padded;
    for (output, gradient) in gradient.chunks_exact_mut(geometry.weights_per_output()).enumerate() {
        let (starts, deltas) = list.output(output);
        let last = starts.iter().max().map_or(0, |&start| start as usize + reach);
        assert!(last <= traces.len() && starts.len() == deltas.len());
        if let Some(bias) = bias.get_mut(output) {
            for &delta in deltas {
                *bias += delta;
            }
        }
        patches += starts.len();
        // SAFETY: `last` bounds every vector that a patch's rows can touch.
        unsafe { rows(simd, geometry, traces, starts, deltas, gradient) };
    }
    (patches * geometry.fan_in()) as u64
}

/// All kernel rows of one output.
///
/// # Safety
/// Every start plus the reach of a patch, rows padded to whole vectors, lies in `traces`.
#[inline(always)]
unsafe fn rows<S: Simd>(
    simd: S,
    geometry: &Geometry,
    traces: &[f32],
    starts: &[u32],
    deltas: &[f32],
    gradient: &mut [f32],
) {
    let vectors = geometry.row_length.div_ceil(S::f32s::LEN);
    let (stride, padded) = (geometry.row_stride, geometry.row_padded);
    // Kernels of few channels have rows of one or two vectors: several rows at a time fill the registers.
    if vectors <= 2 && geometry.rows > 1 {
        let mut row = 0;
        while row < geometry.rows {
            let left = geometry.rows - row;
            let gradient = &mut gradient[row * padded..];
            let offset = row * stride;
            // SAFETY: the caller's promise.
            unsafe {
                match (left, vectors) {
                    (7.., 1) => strip::<S, 7, 1>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                    (7.., _) => strip::<S, 7, 2>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                    (3.., 1) => strip::<S, 3, 1>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                    (3.., _) => strip::<S, 3, 2>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                    (_, 1) => strip::<S, 1, 1>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                    (_, _) => strip::<S, 1, 2>(simd, traces, starts, deltas, offset, stride, padded, gradient),
                }
            }
            row += match left {
                7.. => 7,
                3.. => 3,
                _ => 1,
            };
        }
    } else {
        for row in 0..geometry.rows {
            let mut vector = 0;
            while vector < vectors {
                let left = vectors - vector;
                let column = vector * S::f32s::LEN;
                let offset = row * stride + column;
                let gradient = &mut gradient[row * padded + column..];
                // With 32 registers of 16 lanes up to 28 hold the gradient, else up to 14.
                let wide = S::f32s::LEN == 16;
                // SAFETY: the caller's promise.
                unsafe {
                    vector += match left {
                        28.. if wide => {
                            strip::<S, 1, 28>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            28
                        }
                        14.. => {
                            strip::<S, 1, 14>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            14
                        }
                        7.. => {
                            strip::<S, 1, 7>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            7
                        }
                        4.. => {
                            strip::<S, 1, 4>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            4
                        }
                        2.. => {
                            strip::<S, 1, 2>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            2
                        }
                        _ => {
                            strip::<S, 1, 1>(simd, traces, starts, deltas, offset, stride, padded, gradient);
                            1
                        }
                    };
                }
            }
        }
    }
    for row in gradient.chunks_exact_mut(padded) {
        row[geometry.row_length..].fill(0.0);
    }
}

/// `R` rows by `V` vectors of one output's gradient.
///
/// # Safety
/// Every start + offset + (R − 1)·stride + V vectors lies in `traces`.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
unsafe fn strip<S: Simd, const R: usize, const V: usize>(
    simd: S,
    traces: &[f32],
    starts: &[u32],
    deltas: &[f32],
    offset: usize,
    stride: usize,
    padded: usize,
    gradient: &mut [f32],
) {
    assert!(gradient.len() >= (R - 1) * padded + V * S::f32s::LEN);
    let mut sums: [[S::f32s; V]; R] = std::array::from_fn(|r| {
        std::array::from_fn(|v| {
            let place = r * padded + v * S::f32s::LEN;
            S::f32s::from_slice(simd, &gradient[place..place + S::f32s::LEN])
        })
    });
    for (&start, &delta) in starts.iter().zip(deltas) {
        let delta = S::f32s::splat(simd, delta);
        let start = start as usize + offset;
        for (r, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                let place = start + r * stride + v * S::f32s::LEN;
                // SAFETY: the caller's promise.
                let trace = unsafe { traces.get_unchecked(place..place + S::f32s::LEN) };
                *sum += delta * S::f32s::from_slice(simd, trace);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        for (v, sum) in sums.iter().enumerate() {
            let place = r * padded + v * S::f32s::LEN;
            sum.store_slice(&mut gradient[place..place + S::f32s::LEN]);
        }
    }
}

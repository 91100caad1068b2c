//! The gradient kernel of dense layers: the gradients of an input stay in registers while the samples in which it has a
//! trace stream by, whose δ stay in a first-level cache.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::events::strip_of;
use crate::{Aligned, Geometry, TraceRun};

/// Adds Σ δ·P over the samples to the gradients of a block of outputs of a dense layer, for a run of inputs; returns the
/// multiply-adds done.
///
/// `run` lists traces input by input ([`TraceRun::turn`]), `deltas` is `[sample][output]` ([`block_deltas`]), `gradient` the
/// weights between the run and the block (`[input][output]`).
pub fn dense(level: Level, run: &TraceRun, deltas: &[f32], gradient: &mut [f32]) -> u64 {
    dispatch!(level, simd => inputs(simd, run, deltas, gradient))
}

/// Takes the δ of block `block` of a dense layer out of those of all outputs, `[sample][block][output]`. In these they lie a
/// power of two apart, in few sets of the cache.
pub fn block_deltas(geometry: &Geometry, all: &[f32], block: usize, deltas: &mut Aligned) {
    deltas.resize(all.len() / geometry.blocks());
    let rows = all.chunks_exact(geometry.blocks() * geometry.block);
    for (deltas, all) in deltas.chunks_exact_mut(geometry.block).zip(rows) {
        deltas.copy_from_slice(&all[block * geometry.block..(block + 1) * geometry.block]);
    }
}

#[inline(always)]
fn inputs<S: Simd>(simd: S, run: &TraceRun, deltas: &[f32], gradient: &mut [f32]) -> u64 {
    let width = gradient.len() / run.width();
    let mut lane = 0;
    while lane < width {
        let vectors = strip_of::<S>(width - lane);
        match vectors {
            8 => strip::<S, 8>(simd, run, deltas, width, lane, gradient),
            4 => strip::<S, 4>(simd, run, deltas, width, lane, gradient),
            2 => strip::<S, 2>(simd, run, deltas, width, lane, gradient),
            _ => strip::<S, 1>(simd, run, deltas, width, lane, gradient),
        }
        lane += vectors * S::f32s::LEN;
    }
    (0..run.width()).map(|input| run.of_input(input).0.len() as u64).sum::<u64>() * width as u64
}

/// The gradients of `N` vectors of outputs from `lane` on.
#[inline(always)]
fn strip<S: Simd, const N: usize>(
    simd: S,
    run: &TraceRun,
    deltas: &[f32],
    width: usize,
    lane: usize,
    gradient: &mut [f32],
) {
    assert!(gradient.len() == run.width() * width && deltas.len() == run.samples() * width);
    assert!(lane + N * S::f32s::LEN <= width);
    for (input, gradient) in gradient.chunks_exact_mut(width).enumerate() {
        let gradient = &mut gradient[lane..lane + N * S::f32s::LEN];
        let mut sums: [S::f32s; N] =
            std::array::from_fn(|n| S::f32s::from_slice(simd, &gradient[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]));
        let (samples, traces) = run.of_input(input);
        for (&sample, &trace) in samples.iter().zip(traces) {
            let start = sample as usize * width + lane;
            // SAFETY: the samples of a run are below `run.samples()`, and `deltas` has a row for each of these, whose end
            // the strip does not pass.
            let deltas = unsafe { deltas.get_unchecked(start..start + N * S::f32s::LEN) };
            let trace = S::f32s::splat(simd, trace);
            // By places, not by an iterator of both sides, which the compiler may leave out of line.
            for (n, sum) in sums.iter_mut().enumerate() {
                *sum += S::f32s::from_slice(simd, &deltas[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]) * trace;
            }
        }
        for (sum, gradient) in sums.iter().zip(gradient.chunks_exact_mut(S::f32s::LEN)) {
            sum.store_slice(gradient);
        }
    }
}

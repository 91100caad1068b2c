//! The potential kernel of dense layers: the weights of a run of inputs stay in a first-level cache while the samples
//! stream by, each with its potentials in registers and the inputs that have a trace.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::events::strip_of;
use crate::{RUN, TraceRun};

/// W·P + b of a block of outputs of a dense layer, for the samples from `first` on; returns the multiply-adds done.
///
/// `weights` are the block's (`[input, padded][output]`), `bias` its biases, `runs` all traces. `potentials`
/// (`[sample][output]`) says how many samples.
pub fn dense(
    level: Level,
    weights: &[f32],
    bias: &[f32],
    runs: &[TraceRun],
    first: usize,
    potentials: &mut [f32],
) -> u64 {
    let inputs: usize = runs.iter().map(TraceRun::width).sum();
    assert_eq!(weights.len(), inputs * bias.len());
    assert!(potentials.len().is_multiple_of(bias.len()));
    dispatch!(level, simd => block(simd, weights, bias, runs, first, potentials))
}

#[inline(always)]
fn block<S: Simd>(
    simd: S,
    weights: &[f32],
    bias: &[f32],
    runs: &[TraceRun],
    first: usize,
    potentials: &mut [f32],
) -> u64 {
    let width = bias.len();
    potentials.fill(0.0);
    let mut operations = 0;
    for (run, weights) in runs.iter().zip(weights.chunks(RUN * width)) {
        let mut lane = 0;
        while lane < width {
            let vectors = strip_of::<S>(width - lane);
            match vectors {
                8 => strip::<S, 8>(simd, weights, width, lane, run, first, potentials),
                4 => strip::<S, 4>(simd, weights, width, lane, run, first, potentials),
                2 => strip::<S, 2>(simd, weights, width, lane, run, first, potentials),
                _ => strip::<S, 1>(simd, weights, width, lane, run, first, potentials),
            }
            lane += vectors * S::f32s::LEN;
        }
        let samples = first..first + potentials.len() / width;
        operations += samples.map(|sample| run.of(sample).0.len() as u64).sum::<u64>() * width as u64;
    }
    for potentials in potentials.chunks_exact_mut(width) {
        for (potential, bias) in potentials.iter_mut().zip(bias) {
            *potential += bias;
        }
    }
    operations
}

/// Adds the traces of one run to the potentials of `N` vectors of outputs from `lane` on.
#[inline(always)]
fn strip<S: Simd, const N: usize>(
    simd: S,
    weights: &[f32],
    width: usize,
    lane: usize,
    run: &TraceRun,
    first: usize,
    potentials: &mut [f32],
) {
    assert!(weights.len() == run.width() * width && lane + N * S::f32s::LEN <= width);
    for (sample, potentials) in potentials.chunks_exact_mut(width).enumerate() {
        let potentials = &mut potentials[lane..lane + N * S::f32s::LEN];
        let mut sums: [S::f32s; N] =
            std::array::from_fn(|n| S::f32s::from_slice(simd, &potentials[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]));
        let (inputs, traces) = run.of(first + sample);
        for (&input, &trace) in inputs.iter().zip(traces) {
            let start = input as usize * width + lane;
            // SAFETY: inputs are below the width of their run, and `weights` has a row for each of these, whose end the
            // strip does not pass.
            let row = unsafe { weights.get_unchecked(start..start + N * S::f32s::LEN) };
            let trace = S::f32s::splat(simd, trace);
            // By places, not by an iterator of both sides, which the compiler may leave out of line.
            for (n, sum) in sums.iter_mut().enumerate() {
                *sum += trace * S::f32s::from_slice(simd, &row[n * S::f32s::LEN..(n + 1) * S::f32s::LEN]);
            }
        }
        for (sum, potentials) in sums.iter().zip(potentials.chunks_exact_mut(S::f32s::LEN)) {
            sum.store_slice(potentials);
        }
    }
}

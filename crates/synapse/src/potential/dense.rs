//! The potential kernel of dense layers: the weights of a run of inputs stay in a first-level cache while the samples
//! stream by, each with its potentials in registers and the inputs that have a trace.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::{RUN, TraceRun};

/// Weights and biases of a block of outputs, and where its potentials go.
pub struct DenseBlock<'a> {
    /// `[input, padded][output]`.
    pub weights: &'a [f32],
    /// One an output: 16 or 32 of them.
    pub bias: &'a [f32],
    /// `[sample][output]`.
    pub potentials: &'a mut [f32],
}

/// W·P + b of one or two blocks of outputs of a dense layer, for the samples from `first` on, as many as the potentials are
/// for; returns the multiply-adds done. `runs` are all traces.
///
/// Two blocks of two wide vectors each make four sums that do not wait for each other.
pub fn dense(level: Level, blocks: &mut [DenseBlock<'_>], runs: &[TraceRun], first: usize) -> u64 {
    dispatch!(level, simd => groups(simd, blocks, runs, first))
}

#[inline(always)]
fn groups<S: Simd>(simd: S, blocks: &mut [DenseBlock<'_>], runs: &[TraceRun], first: usize) -> u64 {
    if let [one, other] = blocks
        && S::f32s::LEN == 16
        && one.bias.len() == 32
        && other.bias.len() == 32
    {
        return rows::<S, 2, 2>(simd, [one, other], runs, first);
    }
    let mut operations = 0;
    for block in blocks {
        operations += match block.bias.len() / S::f32s::LEN {
            1 => rows::<S, 1, 1>(simd, [block], runs, first),
            2 => rows::<S, 2, 1>(simd, [block], runs, first),
            4 => rows::<S, 4, 1>(simd, [block], runs, first),
            _ => rows::<S, 8, 1>(simd, [block], runs, first),
        };
    }
    operations
}

/// `B` blocks of `N` vectors.
#[inline(always)]
fn rows<S: Simd, const N: usize, const B: usize>(
    simd: S,
    mut blocks: [&mut DenseBlock<'_>; B],
    runs: &[TraceRun],
    first: usize,
) -> u64 {
    let width = N * S::f32s::LEN;
    let samples = blocks[0].potentials.len() / width;
    let inputs: usize = runs.iter().map(TraceRun::width).sum();
    for block in &mut blocks {
        assert!(block.bias.len() == width && block.weights.len() == inputs * width);
        assert_eq!(block.potentials.len(), samples * width);
        block.potentials.fill(0.0);
    }
    let mut operations = 0;
    for (number, run) in runs.iter().enumerate() {
        let start = number * RUN * width;
        let weights: [&[f32]; B] = std::array::from_fn(|b| &blocks[b].weights[start..start + run.width() * width]);
        for sample in 0..samples {
            let place = sample * width;
            let mut sums: [[S::f32s; N]; B] = std::array::from_fn(|b| {
                std::array::from_fn(|n| {
                    let place = place + n * S::f32s::LEN;
                    S::f32s::from_slice(simd, &blocks[b].potentials[place..place + S::f32s::LEN])
                })
            });
            let (inputs, traces) = run.of(first + sample);
            for (&input, &trace) in inputs.iter().zip(traces) {
                let row = input as usize * width;
                let trace = S::f32s::splat(simd, trace);
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    // SAFETY: inputs are below the width of their run, and `weights` has a row for each of these.
                    let row = unsafe { weights.get_unchecked(row..row + width) };
                    for (sum, weights) in sums.iter_mut().zip(row.chunks_exact(S::f32s::LEN)) {
                        *sum += trace * S::f32s::from_slice(simd, weights);
                    }
                }
            }
            for (block, sums) in blocks.iter_mut().zip(&sums) {
                let potentials = &mut block.potentials[place..place + width];
                for (sum, potentials) in sums.iter().zip(potentials.chunks_exact_mut(S::f32s::LEN)) {
                    sum.store_slice(potentials);
                }
            }
            operations += inputs.len() * width * B;
        }
    }
    for block in &mut blocks {
        for potentials in block.potentials.chunks_exact_mut(width) {
            for (potential, bias) in potentials.iter_mut().zip(block.bias) {
                *potential += bias;
            }
        }
    }
    operations as u64
}

//! One time step with the dense kernels. Its phases are each shared out among the threads in pieces that do not depend
//! on their number:
//!
//! 1. spikes enter the traces Q and P, tile of samples by tile;
//! 2. the drive W·P + b, tile by block of outputs;
//! 3. [`postsynaptic`]: R, U, S, pooling, readout, cost and δ, sample by sample;
//! 4. [`learning`]: the gradient, slice of outputs by slice.

use decolle_neuron::TraceDynamics;
use decolle_synapse::{Geometry, INPUT_GROUP, Level, SpikeTrain, Weights, potential};
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::state::Active;
use super::{Constants, Layer, Step, learning, postsynaptic};

impl Layer {
    /// One time step; `input` holds one train per sample. True if all potentials and errors are finite.
    pub(super) fn step(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) -> bool {
        self.arrive(step, input);
        let Self { constants, weights, batch, .. } = self;
        self.operations.forward +=
            drive(constants, weights, step.level, true, &batch.membrane, &batch.active, &mut batch.drive) as f64;
        batch.carried = false;
        batch.steps.dense += 1;
        let finite = postsynaptic::advance(constants, batch, step);
        if finite && step.learn {
            let first = self.accumulated == 0;
            self.operations.gradient +=
                learning::accumulate(&self.constants, &self.batch, &mut self.learners, first, step.level) as f64;
            self.accumulated += 1;
        }
        finite
    }

    fn arrive(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) {
        let geometry = &self.constants.geometry;
        let traces = &self.constants.traces;
        let (plane, level) = (geometry.trace_plane, step.level);
        let batch = &mut self.batch;
        batch.membrane.par_chunks_mut(plane).zip(batch.synaptic.par_chunks_mut(plane)).enumerate().for_each(
            |(index, (membrane, synaptic))| {
                dispatch!(level, _simd => {
                    let (indices, counts) = input[index].step(step.in_chunk);
                    take_in(traces, geometry.places(), indices, counts, synaptic, membrane);
                });
            },
        );
        find_active(geometry, level, &batch.membrane, &mut batch.active);
    }
}

/// Advances Q and P of one sample by one step with its input.
#[inline(always)]
pub(super) fn take_in(
    traces: &TraceDynamics,
    places: &[u32],
    indices: &[u32],
    counts: &[f32],
    synaptic: &mut [f32],
    membrane: &mut [f32],
) {
    traces.decay(synaptic, membrane);
    for (&index, &count) in indices.iter().zip(counts) {
        traces.arrive(synaptic, places[index as usize] as usize, count);
    }
    traces.settle(synaptic, membrane);
}

/// For a dense layer, lists the inputs that have a trace in any sample of a tile, and says which groups hold one.
pub(super) fn find_active(geometry: &Geometry, level: Level, planes: &[f32], active: &mut Active) {
    if !geometry.is_dense() {
        return;
    }
    let plane = geometry.trace_plane;
    planes
        .par_chunks(geometry.tile * plane)
        .zip(active.tiles.par_iter_mut())
        .zip(active.groups.par_chunks_mut(plane / INPUT_GROUP))
        .for_each(|((planes, active), groups)| {
            dispatch!(level, _simd => {
                find_in_tile(planes, plane, geometry.inputs, &mut active.peaks, &mut active.inputs, groups)
            });
        });
}

#[inline(always)]
fn find_in_tile(
    planes: &[f32],
    plane: usize,
    inputs: usize,
    peaks: &mut [f32],
    active: &mut Vec<u32>,
    groups: &mut [bool],
) {
    peaks.copy_from_slice(&planes[..plane]);
    for membrane in planes.chunks_exact(plane).skip(1) {
        for (peak, &p) in peaks.iter_mut().zip(membrane) {
            *peak = if p > *peak { p } else { *peak };
        }
    }
    active.clear();
    for (group, (flag, peaks)) in groups.iter_mut().zip(peaks.chunks_exact(INPUT_GROUP)).enumerate() {
        *flag = peaks.iter().any(|&peak| peak > 0.0);
        if *flag {
            for (place, &peak) in peaks.iter().enumerate() {
                let input = group * INPUT_GROUP + place;
                if peak > 0.0 && input < inputs {
                    active.push(input as u32);
                }
            }
        }
    }
}

/// W·traces, with the bias added where asked, of all samples and outputs; `traces` are planes of P or Q, `active` what
/// [`find_active`] found in them. Returns the multiply-adds done.
pub(super) fn drive(
    constants: &Constants,
    weights: &Weights,
    level: Level,
    with_bias: bool,
    traces: &[f32],
    active: &Active,
    drive: &mut [f32],
) -> u64 {
    const NO_BIAS: [f32; 32] = [0.0; 32];
    let geometry = &constants.geometry;
    let (plane, block, blocks) = (geometry.trace_plane, geometry.block, geometry.blocks());
    let per_tile = geometry.tile * geometry.positions() * block;
    let line = geometry.output_plane[1] * block;
    // Few samples leave few planes to share out: then lines of a plane are shared out too.
    let lines = if traces.len() / plane >= 8 { geometry.output_plane[0] } else { geometry.output_plane[0].div_ceil(4) };
    drive
        .par_chunks_mut(per_tile)
        .enumerate()
        .map(|(index, drive)| {
            let (tile, block) = (index / blocks, index % blocks);
            let parameters = weights.block(block);
            let bias = if with_bias { &parameters.bias[..] } else { &NO_BIAS[..geometry.block] };
            if geometry.is_dense() {
                let traces = &traces[tile * geometry.tile * plane..];
                let traces = &traces[..traces.len().min(geometry.tile * plane)];
                let inputs = &active.tiles[tile].inputs;
                potential::dense_tile(level, geometry, &parameters.weights, bias, traces, inputs, drive)
            } else {
                let traces = &traces[tile * plane..(tile + 1) * plane];
                drive
                    .par_chunks_mut(lines * line)
                    .enumerate()
                    .map(|(part, drive)| {
                        let row = part * lines;
                        potential::convolution_rows(level, geometry, &parameters.weights, bias, traces, row, drive)
                    })
                    .sum::<u64>()
            }
        })
        .sum()
}

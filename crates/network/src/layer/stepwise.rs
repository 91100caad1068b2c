//! One time step with the dense kernels. Its phases are each shared out among the threads in pieces that do not depend
//! on their number:
//!
//! 1. spikes enter the traces Q and P, tile of samples by tile;
//! 2. the drive W·P + b, tile by block of outputs;
//! 3. [`postsynaptic`]: R, U, S, pooling, readout, cost and δ, sample by sample;
//! 4. [`learning`]: the gradient, slice of outputs by slice.

use decolle_neuron::TraceDynamics;
use decolle_synapse::{Aligned, Geometry, INPUT_GROUP, Level, SpikeTrain, Weights, potential};
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::learning::{Descent, Gradient};
use super::{Batch, Constants, Layer, Step, postsynaptic};

/// Where dense steps work; everything in it is made anew in every step.
#[derive(Default)]
pub(crate) struct DenseRoom {
    /// W·P + b, `[block][tile][sample of the tile or position][output of the block]`.
    pub drive: Aligned,
    /// δ, `[sample][block][pooled position][output of the block]`.
    pub deltas: Aligned,
    /// Inputs of a dense layer that have a trace.
    pub active: Active,
}

impl DenseRoom {
    /// Makes room for a step of so many samples.
    pub(super) fn prepare(&mut self, constants: &Constants, samples: usize) {
        let tiles = samples.div_ceil(constants.geometry.tile);
        self.drive.resize(tiles * constants.geometry.tile * constants.neuron_memory());
        self.active.prepare(constants, samples);
    }
}

/// Which inputs of a dense layer have a trace in some sample of a tile.
#[derive(Default)]
pub(crate) struct Active {
    /// Their numbers, tile by tile, each with room to find them.
    pub tiles: Vec<ActiveInputs>,
    /// Whether a group of inputs holds one, `[tile][group]`.
    pub groups: Vec<bool>,
}

/// Inputs with a trace in some sample of a tile.
#[derive(Clone)]
pub(crate) struct ActiveInputs {
    pub inputs: Vec<u32>,
    pub peaks: Vec<f32>,
}

impl Active {
    /// Makes room for the inputs of a layer.
    pub(super) fn prepare(&mut self, constants: &Constants, samples: usize) {
        let geometry = &constants.geometry;
        let tiles = samples.div_ceil(geometry.tile);
        if self.tiles.len() != tiles {
            let peaks = if geometry.is_dense() { geometry.trace_plane } else { 0 };
            self.tiles = vec![ActiveInputs { inputs: Vec::with_capacity(peaks), peaks: vec![0.0; peaks] }; tiles];
            self.groups = vec![false; tiles * geometry.trace_plane / INPUT_GROUP];
        }
    }
}

impl Layer {
    /// One time step; `input` holds one train per sample, `due` the learning rate if an update follows. True if all
    /// potentials and errors are finite.
    pub(super) fn step(&mut self, step: &Step<'_>, input: &[&SpikeTrain], due: Option<f32>) -> bool {
        self.dense_room.prepare(&self.constants, input.len());
        self.arrive(step, input);
        let Self { constants, weights, learners, batch, dense_room, .. } = self;
        let DenseRoom { drive, deltas, active } = dense_room;
        let level = step.level;
        self.operations.forward += drive_all(constants, weights, level, true, &batch.membrane, active, drive) as f64;
        batch.carried = false;
        batch.steps.dense += 1;
        deltas.resize(if step.learn { input.len() * constants.unit_memory() } else { 0 });
        let finite = postsynaptic::advance(constants, batch, drive, deltas, step);
        if finite && step.learn {
            let (first, kept) = (self.accumulated == 0, step.last);
            let gradient = Gradient { constants, batch, active, deltas, first, kept, level };
            if let Some(rate) = due {
                let descent = Descent { constants, rate, update: self.updates + 1, level };
                self.operations.gradient += gradient.accumulate_and_update(learners, weights, &descent) as f64;
                self.updated();
            } else {
                self.operations.gradient += gradient.accumulate(learners) as f64;
                self.accumulated += 1;
            }
        }
        finite
    }

    /// Takes the input of a step into the traces and finds out which of them are not zero.
    fn arrive(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) {
        let Constants { geometry, traces, .. } = &self.constants;
        let level = step.level;
        let Batch { membrane, synaptic, .. } = &mut self.batch;
        let (plane, tile) = (geometry.trace_plane, geometry.tile * geometry.trace_plane);
        let take_in_tile = |membrane: &mut [f32], synaptic: &mut [f32], input: &[&SpikeTrain]| {
            let planes = membrane.chunks_exact_mut(plane).zip(synaptic.chunks_exact_mut(plane));
            for ((membrane, synaptic), train) in planes.zip(input) {
                let (indices, counts) = train.step(step.in_chunk);
                dispatch!(level, _simd => take_in(traces, geometry.places(), indices, counts, synaptic, membrane));
            }
        };
        let planes =
            membrane.par_chunks_mut(tile).zip(synaptic.par_chunks_mut(tile)).zip(input.par_chunks(geometry.tile));
        if geometry.is_dense() {
            let Active { tiles, groups } = &mut self.dense_room.active;
            let active = tiles.par_iter_mut().zip(groups.par_chunks_mut(plane / INPUT_GROUP));
            planes.zip(active).for_each(|(((membrane, synaptic), input), (active, groups))| {
                take_in_tile(membrane, synaptic, input);
                active.find(level, membrane, geometry, groups);
            });
        } else {
            planes.for_each(|((membrane, synaptic), input)| take_in_tile(membrane, synaptic, input));
        }
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
        .for_each(|((planes, active), groups)| active.find(level, planes, geometry, groups));
}

impl ActiveInputs {
    fn find(&mut self, level: Level, planes: &[f32], geometry: &Geometry, groups: &mut [bool]) {
        let Self { inputs, peaks } = self;
        dispatch!(level, _simd => find_in_tile(planes, geometry.trace_plane, geometry.inputs, peaks, inputs, groups));
    }
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
pub(super) fn drive_all(
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
    let (plane, block) = (geometry.trace_plane, geometry.block);
    let tiles = (traces.len() / plane).div_ceil(geometry.tile);
    let per_tile = geometry.tile * geometry.positions() * block;
    let line = geometry.output_plane[1] * block;
    // Few samples leave few planes to share out: then lines of a plane are shared out too.
    let lines = if traces.len() / plane >= 8 { geometry.output_plane[0] } else { geometry.output_plane[0].div_ceil(4) };
    drive
        .par_chunks_mut(per_tile)
        .enumerate()
        .map(|(index, drive)| {
            // A block's weights stay in cache while the samples pass.
            let (block, tile) = (index / tiles, index % tiles);
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

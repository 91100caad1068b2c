//! One layer: its constants, its state for a batch of samples, and one time step of both.
//!
//! A step has four phases, each shared out among the threads in pieces that do not depend on their number:
//!
//! 1. [`arrive`](Layer::step): spikes enter the traces Q and P, tile of samples by tile;
//! 2. the drive W·P + b, tile by block of outputs;
//! 3. [`postsynaptic`]: R, U, S, pooling, readout, cost and δ, sample by sample;
//! 4. [`learning`]: gradient and update, slice of outputs by slice.

mod constants;
mod learning;
mod postsynaptic;
mod state;

pub(crate) use constants::{Constants, place, spread_inputs, spread_neurons};
pub(crate) use learning::Learner;
pub(crate) use state::{Batch, Sample};

use decolle_neuron::TraceDynamics;
use decolle_synapse::{INPUT_GROUP, Level, SpikeTrain, Weights, potential};
use fearless_simd::dispatch;
use rayon::prelude::*;

use crate::process::Operations;

/// What a layer must know about the step it takes.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    /// SIMD level.
    pub level: Level,
    /// Step within the chunk: where in the input trains to read.
    pub in_chunk: usize,
    /// Whether weights change in this step.
    pub learn: bool,
    /// Whether this step votes and its cost counts.
    pub counted: bool,
    /// Where the draws of dropout for this step are.
    pub draw: u64,
    /// The target of each sample, if there is one.
    pub targets: Targets<'a>,
    /// Whether readouts are kept.
    pub record_readout: bool,
    /// Whether moments of the potential are kept.
    pub record_potential: bool,
}

/// Targets of one layer at one step.
#[derive(Clone, Copy)]
pub(crate) enum Targets<'a> {
    /// None: only predict.
    None,
    /// One class per sample, and the rows of the identity matrix.
    Classes { classes: &'a [u32], one_hot: &'a [f32] },
    /// `data[sample · stride + offset ..]`.
    Values { data: &'a [f32], stride: usize, offset: usize },
}

impl<'a> Targets<'a> {
    fn of(&self, sample: usize, units: usize) -> Option<&'a [f32]> {
        match *self {
            Self::None => None,
            Self::Classes { classes, one_hot } => Some(&one_hot[classes[sample] as usize * units..][..units]),
            Self::Values { data, stride, offset } => Some(&data[sample * stride + offset..][..units]),
        }
    }
}

/// A layer of a network.
pub(crate) struct Layer {
    pub constants: Constants,
    pub weights: Weights,
    pub learners: Vec<Learner>,
    /// Learning steps whose gradients wait for an update.
    pub accumulated: usize,
    /// Updates so far.
    pub updates: u64,
    pub batch: Batch,
    pub operations: Operations,
}

/// What a batch can change of a layer.
#[derive(Clone)]
pub(crate) struct Memory {
    weights: Option<(Vec<decolle_synapse::Parameters>, Vec<Learner>)>,
    accumulated: usize,
    updates: u64,
    batch: Batch,
}

impl Layer {
    /// What there is to go back to; weights only where the batch will change them.
    pub(crate) fn remember(&self, with_weights: bool) -> Memory {
        Memory {
            weights: with_weights.then(|| (self.weights.slices.clone(), self.learners.clone())),
            accumulated: self.accumulated,
            updates: self.updates,
            batch: self.batch.clone(),
        }
    }

    /// Goes back.
    pub(crate) fn restore(&mut self, memory: Memory, level: Level) {
        if let Some((slices, learners)) = memory.weights {
            self.weights.slices = slices;
            self.learners = learners;
            self.weights.pack(level, &self.constants.geometry);
        }
        self.accumulated = memory.accumulated;
        self.updates = memory.updates;
        self.batch = memory.batch;
    }

    /// One time step; `input` holds one train per sample. True if all potentials and errors are finite.
    pub(crate) fn step(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) -> bool {
        self.arrive(step, input);
        self.drive(step.level);
        let finite = postsynaptic::advance(&self.constants, &mut self.batch, step);
        if finite && step.learn {
            let first = self.accumulated == 0;
            self.operations.gradient +=
                learning::accumulate(&self.constants, &self.batch, &mut self.learners, first, step.level) as f64;
            self.accumulated += 1;
        }
        finite
    }

    /// Applies what has accumulated.
    pub(crate) fn update(&mut self, rate: f32, level: Level) {
        self.updates += 1;
        learning::update(&self.constants, &mut self.weights, &mut self.learners, rate, self.updates, level);
        self.accumulated = 0;
    }

    fn arrive(&mut self, step: &Step<'_>, input: &[&SpikeTrain]) {
        let geometry = &self.constants.geometry;
        let traces = &self.constants.traces;
        let (plane, tile, level) = (geometry.trace_plane, geometry.tile, step.level);
        let batch = &mut self.batch;
        batch
            .membrane
            .par_chunks_mut(tile * plane)
            .zip(batch.samples.par_chunks_mut(tile))
            .zip(batch.active.par_iter_mut())
            .zip(batch.active_groups.par_chunks_mut(plane / INPUT_GROUP))
            .enumerate()
            .for_each(|(index, (((planes, samples), active), groups))| {
                dispatch!(level, _simd => {
                    for (place, (membrane, sample)) in planes.chunks_exact_mut(plane).zip(samples).enumerate() {
                        let (indices, counts) = input[index * tile + place].step(step.in_chunk);
                        take_in(traces, geometry.places(), indices, counts, &mut sample.synaptic, membrane);
                    }
                    if geometry.is_dense() {
                        find_active(planes, plane, geometry.inputs, &mut active.peaks, &mut active.inputs, groups);
                    }
                });
            });
    }

    fn drive(&mut self, level: Level) {
        let geometry = &self.constants.geometry;
        let (plane, block, blocks) = (geometry.trace_plane, geometry.block, geometry.blocks());
        let batch = &mut self.batch;
        let (membrane, active, weights) = (&batch.membrane, &batch.active, &self.weights);
        let per_tile = geometry.tile * geometry.positions() * block;
        let line = geometry.output_plane[1] * block;
        // Few samples leave few planes to share out: then lines of a plane are shared out too.
        let lines =
            if batch.samples.len() >= 8 { geometry.output_plane[0] } else { geometry.output_plane[0].div_ceil(4) };
        let operations: u64 = batch
            .drive
            .par_chunks_mut(per_tile)
            .enumerate()
            .map(|(index, drive)| {
                let (tile, block) = (index / blocks, index % blocks);
                let parameters = weights.block(block);
                if geometry.is_dense() {
                    let traces = &membrane[tile * geometry.tile * plane..];
                    let traces = &traces[..traces.len().min(geometry.tile * plane)];
                    let inputs = &active[tile].inputs;
                    potential::dense_tile(level, geometry, &parameters.weights, &parameters.bias, traces, inputs, drive)
                } else {
                    let traces = &membrane[tile * plane..(tile + 1) * plane];
                    drive
                        .par_chunks_mut(lines * line)
                        .enumerate()
                        .map(|(part, drive)| {
                            potential::convolution_rows(
                                level,
                                geometry,
                                &parameters.weights,
                                &parameters.bias,
                                traces,
                                part * lines,
                                drive,
                            )
                        })
                        .sum::<u64>()
                }
            })
            .sum();
        self.operations.forward += operations as f64;
    }
}

/// Advances Q and P of one sample by one step with its input.
#[inline(always)]
fn take_in(
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

/// Lists the inputs that have a trace in any sample of a tile, and says which groups hold one.
#[inline(always)]
fn find_active(
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

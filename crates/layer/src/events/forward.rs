//! A sample's way through a stretch: its neurons block by block, then readout, cost and δ step by step.

use decolle_neuron::CarriedDynamics;
use decolle_synapse::events::{self, ArrivalsByColumn};
use decolle_synapse::{Parameters, STRIP, SpikeTrain};
use decolle_threads::each;
use fearless_simd::dispatch;

use super::scratch::{BlockScratch, StretchScratch, Waiting};
use super::stretch::Stretch;
use crate::inputs::recurrent::add_step;
use crate::judgement::{DeltaStep, Together, judge, judged, note_counts, note_layer_loss, read_out};
use crate::neurons::{Drive, Kept, StripRun, advance, earlier, fire, list_fired, record_moments, rows};
use crate::state::Block;
use crate::{Chunk, Constants, Sample};

/// All steps of one sample up to its spikes, block by block of outputs.
pub(super) fn forward(stretch: &Stretch<'_>, index: usize, sample: &mut Sample, scratch: &mut StretchScratch) {
    let Stretch { constants, input, plane, range, .. } = stretch;
    let train = input[index];
    scratch.blocks.iter_mut().for_each(BlockScratch::start);
    if constants.own_inputs > 0 {
        return recurrent(stretch, train, sample, scratch);
    }
    let StretchScratch { by_column: arrivals, by_channel, by_row, blocks, broken, operations, .. } = scratch;
    let events = range.clone().map(|step| train.step(step).0.len()).sum();
    let by_channels = plane.is_none() || !stretch.learn || by_channel.make_room(events);
    let by_columns = plane.is_none() || arrivals.make_room(events);
    sample.out_of_memory |= !(by_channels && by_columns && by_row.make_room(events));
    if sample.out_of_memory {
        *broken = Some(range.start);
        return;
    }
    if plane.is_some() {
        if stretch.learn {
            by_channel.sort(&constants.geometry, train, range.clone());
        }
        arrivals.sort(&constants.geometry, train, range.clone());
        *operations += (0..range.len()).map(|step| arrivals.operations(step)).sum::<u64>()
            * constants.geometry.outputs_of_channel() as u64;
    } else {
        *operations +=
            range.clone().map(|step| train.step(step).0.len() as u64).sum::<u64>() * constants.geometry.outputs as u64;
    }
    let arrivals = &*arrivals;
    each(sample.blocks.iter_mut().zip(&mut *blocks).enumerate(), |(number, (state, scratch))| match plane {
        Some(_) => convolution(stretch, arrivals, number, state, scratch),
        None => {
            for (place, step) in range.clone().enumerate() {
                dense(stretch, train.step(step), number, place, state, scratch);
            }
        }
    });
    sample.out_of_memory |= blocks.iter().any(|block| block.out_of_memory);
    if sample.out_of_memory {
        *broken = Some(range.start);
    }
}

/// All steps of one sample of a recurrent layer: of each step all blocks, since their spikes arrive in the next.
fn recurrent(stretch: &Stretch<'_>, below: &SpikeTrain, sample: &mut Sample, scratch: &mut StretchScratch) {
    let Stretch { constants, range, .. } = stretch;
    let Sample { blocks, arriving, out_of_memory, .. } = sample;
    let mut events = 0;
    for (place, in_chunk) in range.clone().enumerate() {
        if !add_step(constants, below, in_chunk, blocks, arriving) {
            *out_of_memory = true;
            break;
        }
        let step = arriving.step(in_chunk);
        events += step.0.len();
        for (number, (state, scratch)) in blocks.iter_mut().zip(&mut scratch.blocks).enumerate() {
            dense(stretch, step, number, place, state, scratch);
        }
    }
    scratch.operations += (events * constants.geometry.outputs) as u64;
    *out_of_memory |= !scratch.by_row.make_room(events) || scratch.blocks.iter().any(|block| block.out_of_memory);
    if *out_of_memory {
        scratch.broken = Some(range.start);
    }
}

/// One step of a block of a dense layer, at which these events arrive; `place` counts the steps of the stretch.
fn dense(
    stretch: &Stretch<'_>,
    (indices, counts): (&[u32], &[f32]),
    number: usize,
    place: usize,
    state: &mut Block,
    scratch: &mut BlockScratch,
) {
    let Stretch { constants, weights, level, keep, .. } = stretch;
    let Parameters { weights, bias } = weights.block(number);
    let units = state.unit_potentials().len();
    scratch.arrived.fill(0.0);
    events::dense(*level, weights, indices, counts, &mut scratch.arrived);
    dispatch!(*level, _simd => {
        carry(constants, &scratch.arrived, constants.drive_bias(bias), state, &mut scratch.drive);
    });
    let drive = Drive::of_one(&scratch.drive, bias);
    let finite = advance(constants, *level, number, &mut scratch.neurons, &drive, state);
    if scratch.fired.try_reserve(units).is_ok() {
        dispatch!(*level, simd => fire(simd, constants, number, state.unit_potentials(), &mut scratch.fired));
    } else {
        scratch.out_of_memory = true;
    }
    scratch.ends.push(scratch.fired.len());
    if !finite && scratch.broken.is_none() {
        scratch.broken = Some(place);
    }
    if *keep {
        scratch.potentials[place * units..][..units].copy_from_slice(state.unit_potentials());
    }
}

/// All steps of a block of a convolution, strip by strip.
fn convolution(
    stretch: &Stretch<'_>,
    arrivals: &ArrivalsByColumn,
    number: usize,
    state: &mut Block,
    scratch: &mut BlockScratch,
) {
    let Stretch { constants, weights, level, keep, .. } = stretch;
    let strips = constants.geometry.block / STRIP;
    let spikes_per_step = constants.pooled_positions() * strips;
    let BlockScratch { tile, spikes, potentials, winners, fired, ends, broken, out_of_memory, .. } = scratch;
    spikes.resize(arrivals.steps() * spikes_per_step, 0);
    let first = if *keep { 0 } else { arrivals.steps() - 1 };
    let mut kept = Kept { spikes, first, potentials, winners };
    let biases = &weights.block(number).bias[..];
    let with_drive = constants.drive_bias(biases).as_chunks::<STRIP>().0;
    for (strip, (bias, all_bias)) in with_drive.iter().zip(biases.as_chunks::<STRIP>().0).enumerate() {
        let stencil = weights.stencil(number * strips + strip);
        let run = StripRun { constants, level: *level, arrivals, stencil, bias, all_bias, block: number, strip };
        *broken = earlier(*broken, run.take(tile, state, &mut kept));
    }
    if constants.is_pooled() {
        let units = spikes_per_step * STRIP;
        let last = (arrivals.steps() - 1 - first) * units..;
        state.pooled.copy_from_slice(&potentials[last.clone()]);
        state.winners.copy_from_slice(&winners[last]);
    }
    for spikes in spikes.chunks_exact(spikes_per_step) {
        *out_of_memory |= !list_fired(constants, number, spikes, fired);
        ends.push(fired.len());
    }
}

/// V and X of the neurons of a dense layer's block, and V + b.
#[inline(always)]
pub(crate) fn carry(constants: &Constants, arrived: &[f32], bias: &[f32], state: &mut Block, drive: &mut [f32]) {
    let Some(dynamics) = &constants.carried else { return };
    let Block { carried_potential: potential, carried_current: current, .. } = state;
    // Arrays of a fixed length are what the compiler turns into whole vectors.
    let (potential, current) = (potential.as_chunks_mut::<STRIP>().0, current.as_chunks_mut::<STRIP>().0);
    let drive = drive.as_chunks_mut::<STRIP>().0;
    let (arrived, bias) = (arrived.as_chunks::<STRIP>().0, bias.as_chunks::<STRIP>().0);
    for (place, (arrived, bias)) in arrived.iter().zip(bias).enumerate() {
        carry_lanes(dynamics, arrived, bias, &mut potential[place], &mut current[place], &mut drive[place]);
    }
}

/// V, X and V + b of the outputs of a strip at one position.
#[inline(always)]
fn carry_lanes(
    dynamics: &CarriedDynamics,
    arrived: &[f32; STRIP],
    bias: &[f32; STRIP],
    potential: &mut [f32; STRIP],
    current: &mut [f32; STRIP],
    drive: &mut [f32; STRIP],
) {
    dynamics.advance(arrived, potential, current);
    for lane in 0..STRIP {
        drive[lane] = potential[lane] + bias[lane];
    }
}

/// Readout, vote and cost of every step of one sample, and where it learns its δ.
pub(super) fn judge_all(
    stretch: &Stretch<'_>,
    index: usize,
    sample: &mut Sample,
    scratch: &mut StretchScratch,
    chunk: &Chunk<'_>,
) {
    let Stretch { constants, controlled, range, level, samples, learn, keep, .. } = stretch;
    let units = constants.pooled_positions() * constants.geometry.block;
    let regularizer = controlled.regularizer.filter(|_| *learn);
    let delta_step = DeltaStep::new(constants, *level, *controlled, *samples, false);
    let together = delta_step.most_together();
    // Steps that are judged and whose δ wait for those of others.
    let mut waiting = 0;
    let mut broken = scratch.blocks.iter().filter_map(|block| block.broken).min();
    for (place, in_chunk) in range.clone().enumerate() {
        let step = chunk.step(in_chunk);
        sample.fired.clear();
        for block in &scratch.blocks {
            let start = if place == 0 { 0 } else { block.ends[place - 1] };
            sample.fired.extend_from_slice(&block.fired[start..block.ends[place]]);
        }
        if *keep {
            for (number, block) in scratch.blocks.iter().enumerate() {
                let potentials = &block.potentials[place * units..][..units];
                if step.record_potential {
                    record_moments(constants, number, potentials, &mut sample.moments);
                }
                if let Some(recorder) = &mut sample.recorder {
                    recorder.note_potentials(constants, step.of_batch, number, potentials);
                }
                if let Some(regularizer) = regularizer {
                    for (_, potentials) in rows(constants, number, potentials) {
                        let sums = regularizer.sums(potentials);
                        scratch.regularization += regularizer.value(sums, samples * constants.units()).0;
                    }
                }
            }
        }
        sample.finite = true;
        dispatch!(*level, _simd => read_out(constants, &step, index, sample));
        let kept = |block: usize| &scratch.blocks[block].potentials[place * units..][..units];
        judge(constants, controlled.trigger, &step, *samples, index, sample, Some(&kept));
        note_layer_loss(constants, &step, (index == 0).then_some(&mut *sample));
        if !sample.finite && broken.is_none_or(|first| first > place) {
            broken = Some(place);
        }
        if !*learn {
            continue;
        }
        note_counts(constants, controlled, sample);
        scratch.waiting[waiting].take(sample);
        waiting += 1;
        if waiting < together && place + 1 < range.len() {
            continue;
        }
        let first = place + 1 - waiting;
        let Sample { dropout, scratch: of_sample, recorder, .. } = &mut *sample;
        for (number, block) in scratch.blocks.iter_mut().enumerate() {
            let potentials = &mut block.potentials[first * units..(place + 1) * units];
            let mut together = Together::default();
            let slots = together.iter_mut().zip(&scratch.waiting).zip(potentials.chunks_exact_mut(units));
            for ((slot, Waiting { error, draws }), potentials) in slots {
                *slot = (judged(error, dropout.as_ref(), draws), potentials);
            }
            delta_step.of_block(number, &mut together[..waiting], &mut of_sample.judgement, None, &mut []);
            if let Some(recorder) = recorder {
                for (step, deltas) in (first..).zip(potentials.chunks_exact(units)) {
                    let step = chunk.step(range.start + step);
                    recorder.note_gradients(constants, step.of_batch, number, deltas);
                }
            }
        }
        waiting = 0;
    }
    sample.finite = broken.is_none();
    if let Some(place) = broken {
        let step = range.start + place;
        scratch.broken = Some(scratch.broken.map_or(step, |first| first.min(step)));
    }
}

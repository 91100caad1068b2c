//! A sample's way through a stretch: its neurons block by block, then readout, cost and δ step by step.

use decolle_neuron::CarriedDynamics;
use decolle_plasticity::NeuronFactors;
use decolle_synapse::events::{self, ArrivalsByColumn};
use decolle_synapse::{Parameters, STRIP, SpikeTrain};
use decolle_threads::each;
use fearless_simd::dispatch;

use super::Stretch;
use super::room::{BlockRoom, Room};
use super::tile::{Kept, StripRun};
use crate::own::{self, drive_bias};
use crate::postsynaptic::{self, count_error_events, fire, integrate, list_fired, potentials_to_deltas, read_out};
use crate::state::{Block, Sample};
use crate::{Chunk, Constants};

/// All steps of one sample up to its spikes, block by block of outputs.
pub(super) fn live(stretch: &Stretch<'_>, index: usize, sample: &mut Sample, room: &mut Room) {
    let Stretch { constants, input, plane, range, .. } = stretch;
    let train = input[index];
    let Room { by_column: arrivals, by_channel, by_row, blocks, broken, .. } = room;
    let events = range.clone().map(|step| train.step(step).0.len()).sum();
    let by_channels = plane.is_none() || !stretch.learn || by_channel.make_room(events);
    let by_columns = plane.is_none() || arrivals.make_room(events);
    sample.starved |= !(by_channels && by_columns && by_row.make_room(events));
    if sample.starved {
        *broken = Some(range.start);
        return;
    }
    if plane.is_some() {
        if stretch.learn {
            by_channel.sort(&constants.geometry, train, range.clone());
        }
        arrivals.sort(&constants.geometry, train, range.clone());
        room.operations += (0..range.len()).map(|step| arrivals.operations(step)).sum::<u64>()
            * constants.geometry.outputs_of_channel() as u64;
    } else {
        room.operations +=
            range.clone().map(|step| train.step(step).0.len() as u64).sum::<u64>() * constants.geometry.outputs as u64;
    }
    let arrivals = &*arrivals;
    each(sample.blocks.iter_mut().zip(&mut *blocks).enumerate(), |(number, (state, room))| {
        room.fired.clear();
        room.ends.clear();
        (room.broken, room.starved) = (None, false);
        match plane {
            Some(_) => live_convolution(stretch, arrivals, number, state, room),
            None => live_dense(stretch, train, number, state, room),
        }
    });
    sample.starved |= blocks.iter().any(|block| block.starved);
    if sample.starved {
        *broken = Some(range.start);
    }
}

/// All steps of a block of a dense layer.
fn live_dense(stretch: &Stretch<'_>, train: &SpikeTrain, number: usize, state: &mut Block, room: &mut BlockRoom) {
    let Stretch { constants, weights, range, level, keep, .. } = stretch;
    let Parameters { weights, bias } = weights.block(number);
    let units = state.unit_potentials().len();
    for (place, step) in range.clone().enumerate() {
        let (indices, counts) = train.step(step);
        room.arrived.fill(0.0);
        events::dense(*level, weights, indices, counts, &mut room.arrived);
        let finite = dispatch!(*level, simd => {
            carry(constants, &room.arrived, drive_bias(constants, bias), state, &mut room.drive);
            let finite = match constants.own_neuron() {
                Some(own) => own::integrate(constants, own, *level, &mut room.tile.own, &[&room.drive], &[], bias, state),
                None => integrate(constants, number, &room.drive, state),
            };
            if room.fired.try_reserve(units).is_ok() {
                fire(simd, constants, number, state.unit_potentials(), &mut room.fired);
            } else {
                room.starved = true;
            }
            finite
        });
        room.ends.push(room.fired.len());
        if !finite && room.broken.is_none() {
            room.broken = Some(place);
        }
        if *keep {
            room.potentials[place * units..][..units].copy_from_slice(state.unit_potentials());
        }
    }
}

/// All steps of a block of a convolution, strip by strip.
fn live_convolution(
    stretch: &Stretch<'_>,
    arrivals: &ArrivalsByColumn,
    number: usize,
    state: &mut Block,
    room: &mut BlockRoom,
) {
    let Stretch { constants, weights, level, keep, .. } = stretch;
    let strips = constants.geometry.block / STRIP;
    let spikes_per_step = constants.pooled_positions() * strips;
    let BlockRoom { tile, spikes, potentials, winners, fired, ends, broken, starved, .. } = room;
    spikes.resize(arrivals.steps() * spikes_per_step, 0);
    let first = if *keep { 0 } else { arrivals.steps() - 1 };
    let mut kept = Kept { spikes, first, potentials, winners };
    let biases = &weights.block(number).bias[..];
    let with_drive = drive_bias(constants, biases).as_chunks::<STRIP>().0;
    for (strip, (bias, own_bias)) in with_drive.iter().zip(biases.as_chunks::<STRIP>().0).enumerate() {
        let stencil = weights.stencil(number * strips + strip);
        let run = StripRun { constants, level: *level, arrivals, stencil, bias, own_bias, block: number, strip };
        *broken = [*broken, run.take(tile, state, &mut kept)].into_iter().flatten().min();
    }
    if constants.pool > 1 {
        let units = spikes_per_step * STRIP;
        let last = (arrivals.steps() - 1 - first) * units..;
        state.pooled.copy_from_slice(&potentials[last.clone()]);
        state.winners.copy_from_slice(&winners[last]);
    }
    for spikes in spikes.chunks_exact(spikes_per_step) {
        let count = spikes.iter().map(|spikes| spikes.count_ones() as usize).sum();
        if fired.try_reserve(count).is_ok() {
            list_fired(constants, number, spikes.iter().copied(), fired);
        } else {
            *starved = true;
        }
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
pub(super) fn judge(
    stretch: &Stretch<'_>,
    factors: &NeuronFactors<'_>,
    index: usize,
    sample: &mut Sample,
    room: &mut Room,
    chunk: &Chunk<'_>,
) {
    let Stretch { constants, range, level, samples, learn, keep, .. } = stretch;
    let units = constants.pooled_positions() * constants.geometry.block;
    let regularizer = constants.regularizer.filter(|_| *learn);
    let mut broken = room.blocks.iter().filter_map(|block| block.broken).min();
    for (place, in_chunk) in range.clone().enumerate() {
        let step = chunk.step(in_chunk);
        sample.fired.clear();
        for block in &room.blocks {
            let start = if place == 0 { 0 } else { block.ends[place - 1] };
            sample.fired.extend_from_slice(&block.fired[start..block.ends[place]]);
        }
        if *keep {
            for (number, block) in room.blocks.iter().enumerate() {
                let potentials = &block.potentials[place * units..][..units];
                if step.record_potential {
                    postsynaptic::record_moments(constants, number, potentials, &mut sample.moments);
                }
                if let Some(regularizer) = regularizer {
                    for (_, potentials) in postsynaptic::rows(constants, number, potentials) {
                        let sums = regularizer.sums(potentials);
                        room.regularization += regularizer.value(sums, samples * constants.units()).0;
                    }
                }
            }
        }
        sample.finite = true;
        dispatch!(*level, _simd => read_out(constants, &step, *samples, index, sample));
        if let Some(programs) = &constants.programs {
            own::judge_kept(constants, programs, &step, *samples, index, sample, |block| {
                &room.blocks[block].potentials[place * units..][..units]
            });
        }
        if !sample.finite && broken.is_none_or(|first| first > place) {
            broken = Some(place);
        }
        if *learn {
            count_error_events(constants, sample);
            let (error, passes) = (&sample.error[..], &sample.passes[..]);
            for (number, block) in room.blocks.iter_mut().enumerate() {
                let potentials = &mut block.potentials[place * units..][..units];
                match &constants.programs {
                    Some(programs) => {
                        let room = &mut sample.own.judgement;
                        own::deltas(constants, programs, *level, *samples, number, error, passes, room, potentials);
                    }
                    None => dispatch!(*level, _simd => {
                        potentials_to_deltas(constants, factors, number, error, passes, potentials)
                    }),
                }
            }
        }
    }
    sample.finite = broken.is_none();
    if let Some(place) = broken {
        let step = range.start + place;
        room.broken = Some(room.broken.map_or(step, |first| first.min(step)));
    }
}

//! What follows the drive, sample by sample: refractoriness, potential, spikes, pooling, readout, cost, δ.

use decolle_neuron::Threshold;
use decolle_plasticity::NeuronFactors;
use decolle_synapse::Geometry;
use fearless_simd::dispatch;
use rayon::prelude::*;

use super::{Batch, Constants, Sample, Step};

/// Advances all samples by one step; false if a potential or an error is not finite.
pub(super) fn advance(constants: &Constants, batch: &mut Batch, step: &Step<'_>) -> bool {
    let Batch { samples, deltas, drive, regularization, .. } = batch;
    let count = samples.len();
    let drive = &drive[..];
    let regularizer = constants.regularizer.filter(|_| step.learn);
    if let Some(regularizer) = regularizer {
        samples.par_iter_mut().enumerate().for_each(|(index, sample)| {
            dispatch!(step.level, _simd => spike(constants, step, count, index, sample, drive));
            sample.regularizer_sums = unit_potentials(constants, sample)
                .map(|(_, _, potentials)| regularizer.sums(potentials))
                .fold([0.0; 2], |sums, more| [sums[0] + more[0], sums[1] + more[1]]);
        });
        let regularized = count * constants.units();
        let sums = samples.iter().fold([0.0; 2], |sums, sample| {
            [sums[0] + sample.regularizer_sums[0], sums[1] + sample.regularizer_sums[1]]
        });
        let (value, lower_active) = regularizer.value(sums, regularized);
        *regularization += value;
        let factors = factors(constants, count, lower_active);
        samples.par_iter_mut().zip(deltas.par_chunks_mut(constants.unit_memory())).for_each(|(sample, deltas)| {
            dispatch!(step.level, _simd => delta(constants, &factors, sample, deltas));
        });
    } else if step.learn {
        let factors = factors(constants, count, false);
        samples.par_iter_mut().zip(deltas.par_chunks_mut(constants.unit_memory())).enumerate().for_each(
            |(index, (sample, deltas))| {
                dispatch!(step.level, _simd => {
                    spike(constants, step, count, index, sample, drive);
                    delta(constants, &factors, sample, deltas);
                });
            },
        );
    } else {
        samples.par_iter_mut().enumerate().for_each(|(index, sample)| {
            dispatch!(step.level, _simd => spike(constants, step, count, index, sample, drive));
        });
    }
    samples.iter().all(|sample| sample.finite)
}

fn factors(constants: &Constants, samples: usize, lower_active: bool) -> NeuronFactors<'_> {
    NeuronFactors {
        readout: &constants.readout,
        surrogate: constants.surrogate,
        trigger: constants.trigger,
        regularizer: constants.regularizer,
        regularized: samples * constants.units(),
        lower_active,
    }
}

/// One sample's step up to its error.
#[inline(always)]
fn spike(constants: &Constants, step: &Step<'_>, samples: usize, index: usize, sample: &mut Sample, drive: &[f32]) {
    integrate(constants, index, sample, drive);
    if constants.pool > 1 {
        pool(constants, sample);
    }
    if let Some(dropout) = &mut sample.dropout {
        dropout.draw(step.draw, index, &mut sample.passes);
    }
    read_out(constants, sample);
    let spikes = sample.train.steps();
    let sent = sample.train.step(spikes - 1).0.len() as u64;
    sample.spikes += sent;
    if step.record_readout {
        sample.recorded.extend_from_slice(&sample.readout);
    }
    if step.record_potential {
        let moments = unit_potentials(constants, sample)
            .flat_map(|(_, _, potentials)| potentials)
            .fold([0.0f64; 2], |[sum, squares], &u| [sum + f64::from(u), squares + f64::from(u) * f64::from(u)]);
        sample.moments = [sample.moments[0] + moments[0], sample.moments[1] + moments[1]];
    }
    let target = step.targets.of(index, sample.readout.len());
    if step.counted {
        sample.counted_spikes += sent;
        sample.votes[vote(&sample.readout)] += 1;
        if let Some(target) = target {
            let loss = constants.cost.evaluate(&sample.readout, target, samples, &mut sample.error);
            sample.loss += f64::from(loss);
            sample.finite &= loss.is_finite() && sample.error.iter().all(|error| error.is_finite());
        }
    }
}

/// The class of the greatest readout, the lower one on ties.
fn vote(readout: &[f32]) -> usize {
    let mut best = 0;
    for (class, &y) in readout.iter().enumerate() {
        if y > readout[best] {
            best = class;
        }
    }
    best
}

/// The run of drives of one sample and one block of outputs, `[position][output]`.
#[inline(always)]
fn drive_of<'a>(geometry: &Geometry, drive: &'a [f32], sample: usize, block: usize) -> &'a [f32] {
    let length = geometry.positions() * geometry.block;
    let (tile, within) = (sample / geometry.tile, sample % geometry.tile);
    let start = ((tile * geometry.blocks() + block) * geometry.tile + within) * length;
    &drive[start..start + length]
}

/// R, U and S of all neurons.
#[inline(always)]
fn integrate(constants: &Constants, index: usize, sample: &mut Sample, drive: &[f32]) {
    let geometry = &constants.geometry;
    let length = geometry.positions() * geometry.block;
    let mut exponents = 0u32;
    for block in 0..geometry.blocks() {
        let range = block * length..(block + 1) * length;
        let potential = &mut sample.potential[range.clone()];
        constants.refractory.step(
            range.start,
            drive_of(geometry, drive, index, block),
            &mut sample.refractory[range.clone()],
            potential,
            &mut sample.spike[range],
        );
        // An infinity or NaN has all exponent bits set.
        for u in potential.iter() {
            exponents |= u32::from(u.to_bits() & 0x7f80_0000 == 0x7f80_0000);
        }
    }
    sample.finite = exponents == 0;
}

/// The greatest potential of each window, the first in row-major order among equals.
#[inline(always)]
fn pool(constants: &Constants, sample: &mut Sample) {
    let geometry = &constants.geometry;
    let (block, pool) = (geometry.block, constants.pool);
    let [_, columns] = geometry.output_plane;
    let [pooled_rows, pooled_columns] = constants.pooled_plane;
    let plane = geometry.positions() * block;
    let mut cells = sample.pooled.chunks_exact_mut(block).zip(sample.winners.chunks_exact_mut(block));
    for potentials in sample.potential.chunks_exact(plane) {
        for row in 0..pooled_rows {
            for column in 0..pooled_columns {
                let (best, winners) = cells.next().expect("one cell per pooled position");
                let first = row * pool * columns + column * pool;
                best.copy_from_slice(&potentials[first * block..][..block]);
                winners.fill(first as u16);
                for place in 1..pool * pool {
                    let position = first + place / pool * columns + place % pool;
                    let candidates = &potentials[position * block..][..block];
                    for ((best, winner), &u) in best.iter_mut().zip(winners.iter_mut()).zip(candidates) {
                        let wins = u > *best;
                        *best = if wins { u } else { *best };
                        *winner = if wins { position as u16 } else { *winner };
                    }
                }
            }
        }
    }
}

/// The pooled potentials row by row: block, pooled position, and the potentials of the block's real outputs.
#[inline(always)]
fn unit_potentials<'a>(
    constants: &'a Constants,
    sample: &'a Sample,
) -> impl Iterator<Item = (usize, usize, &'a [f32])> {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let potentials = if constants.pool > 1 { &sample.pooled } else { &sample.potential };
    potentials.chunks_exact(block).enumerate().map(move |(row, potentials)| {
        let index = row / positions;
        let real = block.min(geometry.outputs - index * block);
        (index, row % positions, &potentials[..real])
    })
}

/// Spikes of the units, on to the next layer and through the readout.
#[inline(always)]
fn read_out(constants: &Constants, sample: &mut Sample) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    let at_zero = constants.refractory.threshold == Threshold::At;
    let Sample { readout, train, passes, potential, pooled, .. } = sample;
    let potentials = if constants.pool > 1 { &pooled[..] } else { &potential[..] };
    readout.fill(0.0);
    for (row, potentials) in potentials.chunks_exact(block).enumerate() {
        let index = row / positions;
        let real = block.min(geometry.outputs - index * block);
        let mut spikes = 0u32;
        for (lane, &u) in potentials.iter().enumerate() {
            let spike = if at_zero { u >= 0.0 } else { u > 0.0 };
            spikes |= u32::from(spike) << lane;
        }
        if real < 32 {
            spikes &= (1 << real) - 1;
        }
        while spikes != 0 {
            let lane = spikes.trailing_zeros() as usize;
            spikes &= spikes - 1;
            let unit = (index * block + lane) * positions + row % positions;
            train.push(unit as u32, 1.0);
            if passes.is_empty() {
                constants.readout.add_spike(unit, 1.0, readout);
            } else if passes[row * block + lane] != 0.0 {
                constants.readout.add_spike(unit, passes[row * block + lane], readout);
            }
        }
    }
    train.end_step();
    for (y, bias) in readout.iter_mut().zip(constants.readout.bias()) {
        *y += bias;
    }
}

/// δ of all units of one sample.
#[inline(always)]
fn delta(constants: &Constants, factors: &NeuronFactors<'_>, sample: &Sample, deltas: &mut [f32]) {
    let geometry = &constants.geometry;
    let (block, positions) = (geometry.block, constants.pooled_positions());
    for (row, (_, _, potentials)) in unit_potentials(constants, sample).enumerate() {
        let first = row * block;
        let passes = if sample.passes.is_empty() { &[][..] } else { &sample.passes[first..first + potentials.len()] };
        let deltas = &mut deltas[first..first + block];
        let real = potentials.len();
        factors.delta(&sample.error, first, potentials, passes, &mut deltas[..real]);
        deltas[real..].fill(0.0);
        debug_assert!(row / positions < geometry.blocks());
    }
}

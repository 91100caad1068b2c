//! What follows the drive: refractoriness, potential, spikes and pooling, block by block; readout, cost and δ, sample by
//! sample.

use decolle_learning::{ErrorTrigger, Regularizer};
use decolle_neuron::Threshold;
use decolle_number::{index, low_16};
use decolle_plasticity::NeuronFactors;
use decolle_synapse::{STRIP, WIDEST_BLOCK};
use decolle_threads::each;
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16};

use super::state::Block;
use super::{Batch, Constants, Sample, Step};

/// Advances all samples by one step with its drive and writes δ where it learns; false if a potential or an error is not
/// finite.
pub(super) fn advance(
    constants: &Constants,
    batch: &mut Batch,
    drive: &[f32],
    deltas: &mut [f32],
    step: &Step<'_>,
) -> bool {
    let Batch { samples, regularization, .. } = batch;
    let count = samples.len();
    let regularizer = constants.regularizer.filter(|_| step.learn);
    if let Some(regularizer) = regularizer {
        each(samples.iter_mut().enumerate(), |(index, sample)| {
            respond(constants, step, count, index, sample, drive);
            sum_for_regularizer(constants, &regularizer, sample);
        });
        let (value, lower_active) = regularizer_value(constants, &regularizer, samples);
        *regularization += value;
        let factors = factors(constants, count, lower_active);
        each(samples.iter_mut().zip(deltas.chunks_mut(constants.unit_memory())), |(sample, deltas)| {
            count_error_events(constants, sample);
            dispatch!(step.level, _simd => all_deltas(constants, &factors, sample, deltas));
        });
    } else if step.learn {
        let factors = factors(constants, count, false);
        let parts = samples.iter_mut().zip(deltas.chunks_mut(constants.unit_memory()));
        each(parts.enumerate(), |(index, (sample, deltas))| {
            respond(constants, step, count, index, sample, drive);
            count_error_events(constants, sample);
            dispatch!(step.level, _simd => all_deltas(constants, &factors, sample, deltas));
        });
    } else {
        each(samples.iter_mut().enumerate(), |(index, sample)| {
            respond(constants, step, count, index, sample, drive);
        });
    }
    samples.iter().all(|sample| sample.finite)
}

/// Sums up what the regulariser's means are made of, for one sample.
pub(super) fn sum_for_regularizer(constants: &Constants, regularizer: &Regularizer, sample: &mut Sample) {
    sample.regularizer_sums = [0.0; 2];
    for (index, block) in sample.blocks.iter().enumerate() {
        for (_, potentials) in rows(constants, index, block.unit_potentials()) {
            let sums = regularizer.sums(potentials);
            sample.regularizer_sums = [sample.regularizer_sums[0] + sums[0], sample.regularizer_sums[1] + sums[1]];
        }
    }
}

/// The regulariser's value, and whether its second term is active, from the sums of all samples.
pub(super) fn regularizer_value(constants: &Constants, regularizer: &Regularizer, samples: &[Sample]) -> (f64, bool) {
    let sums = samples
        .iter()
        .fold([0.0; 2], |sums, sample| [sums[0] + sample.regularizer_sums[0], sums[1] + sample.regularizer_sums[1]]);
    regularizer.value(sums, samples.len() * constants.units())
}

/// What makes δ of a layer's neurons.
pub(super) fn factors(constants: &Constants, samples: usize, lower_active: bool) -> NeuronFactors<'_> {
    NeuronFactors {
        readout: &constants.readout,
        surrogate: constants.surrogate,
        trigger: constants.trigger,
        regularizer: constants.regularizer,
        regularized: samples * constants.units(),
        lower_active,
    }
}

/// One sample's step up to its error. Not part of its callers' code, which would each hold it for every SIMD level.
#[inline(never)]
fn respond(constants: &Constants, step: &Step<'_>, samples: usize, index: usize, sample: &mut Sample, drive: &[f32]) {
    dispatch!(step.level, simd => respond_in_vectors(simd, constants, step, samples, index, sample, drive));
}

#[inline(always)]
fn respond_in_vectors<S: Simd>(
    simd: S,
    constants: &Constants,
    step: &Step<'_>,
    samples: usize,
    index: usize,
    sample: &mut Sample,
    drive: &[f32],
) {
    sample.finite = true;
    sample.fired.clear();
    for (block, state) in sample.blocks.iter_mut().enumerate() {
        sample.finite &= integrate(constants, block, drive_of(constants, drive, index, block), state);
        fire(simd, constants, block, state.unit_potentials(), &mut sample.fired);
    }
    if step.record_potential {
        for block in 0..sample.blocks.len() {
            record_moments(constants, block, sample.blocks[block].unit_potentials(), &mut sample.moments);
        }
    }
    read_out(constants, step, samples, index, sample);
}

/// The drives of one sample and one block of outputs, `[position][output]`.
#[inline(always)]
pub(super) fn drive_of<'a>(constants: &Constants, drive: &'a [f32], sample: usize, block: usize) -> &'a [f32] {
    let geometry = &constants.geometry;
    let length = geometry.positions() * geometry.block;
    let samples = drive.len() / (geometry.blocks() * length);
    let start = (block * samples + sample) * length;
    &drive[start..start + length]
}

/// R, U and S of a block's neurons, and U after pooling; false if a potential is not finite.
#[inline(always)]
pub(super) fn integrate(constants: &Constants, block: usize, drive: &[f32], state: &mut Block) -> bool {
    let gamma = constants.refractory.gamma.run(block * drive.len(), drive.len());
    constants.refractory.step(gamma, drive, &mut state.refractory, &mut state.potential, &mut state.spike);
    if constants.pool > 1 {
        pool(constants, state);
    }
    all_finite(&state.potential)
}

/// Whether no number is an infinity or NaN.
#[inline(always)]
pub(super) fn all_finite(numbers: &[f32]) -> bool {
    let mut exponents = 0u32;
    // An infinity or NaN has all exponent bits set.
    for number in numbers {
        exponents |= u32::from(number.to_bits() & 0x7f80_0000 == 0x7f80_0000);
    }
    exponents == 0
}

/// The greatest potential of each window, the first in row-major order among equals.
#[inline(always)]
pub(super) fn pool(constants: &Constants, state: &mut Block) {
    let pool = constants.pool;
    let strips = constants.geometry.block / STRIP;
    let [_, columns] = constants.geometry.output_plane;
    let [pooled_rows, pooled_columns] = constants.pooled_plane;
    let potentials = state.potential.as_chunks::<STRIP>().0;
    let pooled = state.pooled.as_chunks_mut::<STRIP>().0;
    let mut cells = pooled.iter_mut().zip(state.winners.as_chunks_mut::<STRIP>().0);
    for row in 0..pooled_rows {
        for column in 0..pooled_columns {
            let corner = row * pool * columns + column * pool;
            for strip in 0..strips {
                let (pooled, winners) = cells.next().expect("a cell for each window and strip");
                let positions = (0..pool * pool).map(|at| corner + at / pool * columns + at % pool);
                (*pooled, *winners) =
                    greatest(positions.map(|at| (low_16(at as u64), &potentials[at * strips + strip])));
            }
        }
    }
}

/// The greatest potentials among those of some positions, output by output, and where they are: first among equals.
#[inline(always)]
pub(super) fn greatest<'a>(
    mut positions: impl Iterator<Item = (u16, &'a [f32; STRIP])>,
) -> ([f32; STRIP], [u16; STRIP]) {
    let Some((first, potentials)) = positions.next() else { return Default::default() };
    // In arrays of one width of number, which the compiler keeps in vectors.
    let (mut best, mut winners) = (*potentials, [u32::from(first); STRIP]);
    for (position, candidates) in positions {
        for lane in 0..STRIP {
            let wins = candidates[lane] > best[lane];
            best[lane] = if wins { candidates[lane] } else { best[lane] };
            winners[lane] = if wins { u32::from(position) } else { winners[lane] };
        }
    }
    (best, winners.map(|position| low_16(position.into())))
}

/// The pooled potentials of a block row by row: where the row lies among all units, and the potentials of real outputs.
#[inline(always)]
pub(super) fn rows<'a>(
    constants: &Constants,
    block: usize,
    potentials: &'a [f32],
) -> impl Iterator<Item = (usize, &'a [f32])> {
    let geometry = &constants.geometry;
    let (width, first) = (geometry.block, block * potentials.len());
    let real = width.min(geometry.outputs - block * width);
    potentials.chunks_exact(width).enumerate().map(move |(row, potentials)| (first + row * width, &potentials[..real]))
}

/// Which of a strip's neurons spike, a bit for each.
#[inline(always)]
pub(super) fn spikes<S: Simd>(threshold: Threshold, potentials: f32x16<S>) -> u16 {
    let spikes = match threshold {
        Threshold::Above => potentials.simd_gt(0.0),
        Threshold::At => potentials.simd_ge(0.0),
    };
    low_16(spikes.to_bitmask())
}

/// Adds the places of a block's units that spike.
#[inline(always)]
pub(super) fn fire<S: Simd>(simd: S, constants: &Constants, block: usize, potentials: &[f32], fired: &mut Vec<u32>) {
    let threshold = constants.refractory.threshold;
    let strips = potentials.chunks_exact(STRIP);
    let strips = strips.map(|potentials| spikes(threshold, f32x16::from_slice(simd, potentials)));
    list_fired(constants, block, strips, fired);
}

/// Adds the places of a block's units that spike; `spikes` has those of each strip, position by position.
#[inline(always)]
pub(super) fn list_fired(constants: &Constants, block: usize, spikes: impl Iterator<Item = u16>, fired: &mut Vec<u32>) {
    let geometry = &constants.geometry;
    let strips = geometry.block / STRIP;
    let first = index(block * constants.pooled_positions() * geometry.block);
    let outputs = geometry.outputs - block * geometry.block;
    for ((number, spikes), start) in spikes.enumerate().zip((first..).step_by(STRIP)) {
        if spikes == 0 {
            continue;
        }
        // Outputs that only fill up the block do not spike.
        let real = (outputs - (number % strips * STRIP).min(outputs)).min(STRIP);
        let mut left = u32::from(spikes) & ((1 << real) - 1);
        while left != 0 {
            let lane = left.trailing_zeros();
            left &= left - 1;
            fired.push(start + lane);
        }
    }
}

/// Adds sum and sum of squares of a block's pooled potentials.
#[inline(always)]
pub(super) fn record_moments(constants: &Constants, block: usize, potentials: &[f32], moments: &mut [f64; 2]) {
    for (_, potentials) in rows(constants, block, potentials) {
        for &u in potentials {
            *moments = [moments[0] + f64::from(u), moments[1] + f64::from(u) * f64::from(u)];
        }
    }
}

/// The spikes that fired, on to the next layer and through the readout; vote, cost and ∂L/∂Y.
#[inline(always)]
pub(super) fn read_out(constants: &Constants, step: &Step<'_>, samples: usize, number: usize, sample: &mut Sample) {
    let (width, positions) = (constants.geometry.block, constants.pooled_positions());
    let Sample { readout, train, passes, fired, .. } = sample;
    if let Some(dropout) = &mut sample.dropout {
        dropout.draw(step.draw, number, passes);
    }
    readout.fill(0.0);
    if !train.make_room(fired.len()) {
        (sample.finite, sample.starved) = (false, true);
        fired.clear();
    }
    for &place in fired.iter() {
        let place = place as usize;
        let (row, lane) = (place / width, place % width);
        let unit = (row / positions * width + lane) * positions + row % positions;
        train.push(index(unit), 1.0);
        if passes.is_empty() {
            constants.readout.add_spike(unit, 1.0, readout);
        } else if passes[place] != 0.0 {
            constants.readout.add_spike(unit, passes[place], readout);
        }
    }
    train.end_step();
    for (y, bias) in readout.iter_mut().zip(constants.readout.bias()) {
        *y += bias;
    }
    let sent = fired.len() as u64;
    sample.spikes += sent;
    if step.record_readout {
        sample.recorded.extend_from_slice(&sample.readout);
    }
    if step.counted {
        sample.counted_spikes += sent;
        sample.votes[vote(&sample.readout)] += 1;
        if let Some(target) = step.targets.of(number, sample.readout.len())
            && !constants.judges_cost()
        {
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

/// Counts the error events of a sample's units in the step at hand, where the error trigger's threshold depends on them.
pub(super) fn count_error_events(constants: &Constants, sample: &mut Sample) {
    let Some(trigger) = constants.trigger.filter(ErrorTrigger::moves) else { return };
    let mut back = [0.0f32; STRIP];
    // Memory is whole strips; the error that comes back to what only fills it up is zero.
    for first in (0..constants.unit_memory()).step_by(STRIP) {
        constants.readout.back(&sample.error, first, &mut back);
        for (error, pass) in back.iter_mut().zip(sample.passes.get(first..first + STRIP).unwrap_or_default()) {
            *error *= pass;
        }
        sample.error_events.events = sample.error_events.events.saturating_add(trigger.events(&back));
    }
    sample.error_events.chances += constants.units() as u64;
}

/// δ of all units of one sample.
#[inline(always)]
fn all_deltas(constants: &Constants, factors: &NeuronFactors<'_>, sample: &Sample, deltas: &mut [f32]) {
    let per_block = constants.pooled_positions() * constants.geometry.block;
    for ((index, block), deltas) in sample.blocks.iter().enumerate().zip(deltas.chunks_exact_mut(per_block)) {
        deltas.copy_from_slice(block.unit_potentials());
        potentials_to_deltas(constants, factors, index, &sample.error, &sample.passes, deltas);
    }
}

/// Turns the pooled potentials of a block into its δ.
#[inline(always)]
pub(super) fn potentials_to_deltas(
    constants: &Constants,
    factors: &NeuronFactors<'_>,
    block: usize,
    error: &[f32],
    passes: &[f32],
    potentials: &mut [f32],
) {
    let width = constants.geometry.block;
    let real = width.min(constants.geometry.outputs - block * width);
    let first = block * potentials.len();
    let mut copy = [0.0f32; WIDEST_BLOCK];
    for (row, values) in potentials.chunks_exact_mut(width).enumerate() {
        let place = first + row * width;
        let (copy, passes) =
            (&mut copy[..real], if passes.is_empty() { &[][..] } else { &passes[place..place + real] });
        copy.copy_from_slice(&values[..real]);
        factors.delta(error, place, copy, passes, &mut values[..real]);
        values[real..].fill(0.0);
    }
}

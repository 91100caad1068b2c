//! The readout: Y = G·S and the vote.

use decolle_number::index;

use super::passes;
use crate::{Constants, Sample, Step};

/// The spikes that fired, on to the next layer and through the readout; and the vote.
#[inline(always)]
pub(crate) fn read_out(constants: &Constants, step: &Step<'_>, number: usize, sample: &mut Sample) {
    let (width, positions) = (constants.geometry.block, constants.pooled_positions());
    let Sample { readout, train, draws, fired, .. } = sample;
    if let Some(dropout) = &sample.dropout {
        dropout.draw(step.level, step.draw, number, draws);
    }
    let passes = passes(sample.dropout.as_ref(), draws);
    readout.fill(0.0);
    if !train.make_room(fired.len()) {
        (sample.finite, sample.out_of_memory) = (false, true);
        fired.clear();
    }
    for &place in fired.iter() {
        let place = place as usize;
        let (row, lane) = (place / width, place % width);
        let unit = (row / positions * width + lane) * positions + row % positions;
        train.push(index(unit), 1.0);
        let count = passes.of(place);
        if count != 0.0 {
            constants.readout.add_spike(unit, count, readout);
        }
    }
    train.end_step();
    for (y, bias) in readout.iter_mut().zip(constants.readout.bias()) {
        *y += bias;
    }
    let sent = fired.len() as u64;
    sample.spikes += sent;
    if let Some(recorder) = &mut sample.recorder {
        recorder.note_response(step.of_batch, sample.train.step(step.in_chunk).0, &sample.readout);
    }
    if step.counted {
        sample.counted_spikes += sent;
        sample.votes[vote(&sample.readout)] += 1;
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

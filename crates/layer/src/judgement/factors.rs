//! δ of built-in neurons with built-in costs: three factors, fused (eq. 7).

use decolle_learning::STRIP;
use decolle_plasticity::NeuronFactors;

use super::Judged;
use crate::Constants;

/// Most steps or samples whose δ are made together, while the weights of the readout are in registers.
pub const TOGETHER: usize = 4;

const _: () = assert!(STRIP == decolle_synapse::STRIP);

/// Turns the pooled potentials of a block into its δ, in at most [`TOGETHER`] steps or samples.
#[inline(always)]
pub(super) fn potentials_to_deltas(
    constants: &Constants,
    factors: &NeuronFactors<'_>,
    block: usize,
    judged: &mut [(Judged<'_>, &mut [f32])],
) {
    let width = constants.geometry.block;
    let real = width.min(constants.geometry.outputs - block * width);
    let units = constants.pooled_positions() * width;
    for strip in (0..units).step_by(STRIP) {
        let place = block * units + strip;
        let mut back = [[0.0f32; STRIP]; TOGETHER];
        if let [(first, _), (second, _), (third, _), (fourth, _)] = &*judged {
            let errors = [first.error, second.error, third.error, fourth.error];
            back = factors.readout.back_together::<TOGETHER>(errors, place);
        } else {
            for (back, (judged, _)) in back.iter_mut().zip(&*judged) {
                [*back] = factors.readout.back_together([judged.error], place);
            }
        }
        let real = real.saturating_sub(strip % width);
        for (back, (judged, values)) in back.iter().zip(&mut *judged) {
            let values = &mut values.as_chunks_mut::<STRIP>().0[strip / STRIP];
            factors.delta(back, place, judged.passes, values);
            values[real.min(STRIP)..].fill(0.0);
        }
    }
}

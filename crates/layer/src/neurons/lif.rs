//! The leaky integrate-and-fire neuron (eqs. 3 and 4), fused.

use decolle_neuron::RefractoryDynamics;
use decolle_synapse::Level;
use fearless_simd::dispatch;

use crate::state::Block;

/// R, U and S of a block's neurons; false if a potential is not finite.
pub(super) fn advance(
    dynamics: &RefractoryDynamics,
    level: Level,
    block: usize,
    drive: &[f32],
    state: &mut Block,
) -> bool {
    let Block { states, potential, spike, .. } = state;
    let [refractory] = &mut states[..] else { return false };
    dispatch!(level, _simd => {
        let gamma = dynamics.gamma.run(block * drive.len(), drive.len());
        dynamics.step(gamma, drive, refractory, potential, spike);
        all_finite(potential)
    })
}

/// Whether no number is an infinity or NaN.
#[inline(always)]
pub(crate) fn all_finite(numbers: &[f32]) -> bool {
    let mut exponents = 0u32;
    // An infinity or NaN has all exponent bits set.
    for number in numbers {
        exponents |= u32::from(number.to_bits() & 0x7f80_0000 == 0x7f80_0000);
    }
    exponents == 0
}

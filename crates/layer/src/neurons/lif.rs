//! The leaky integrate-and-fire neuron (eqs. 3 and 4), fused.

use decolle_neuron::RefractoryDynamics;
use decolle_synapse::Level;
use fearless_simd::dispatch;

use crate::state::Block;

/// Neurons at a time: their state stays in a first-level cache from R to U.
const AT_ONCE: usize = 1024;

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
    let first = block * drive.len();
    let states = refractory.chunks_mut(AT_ONCE).zip(potential.chunks_mut(AT_ONCE)).zip(spike.chunks_mut(AT_ONCE));
    let mut finite = true;
    for (part, (drive, ((refractory, potential), spike))) in drive.chunks(AT_ONCE).zip(states).enumerate() {
        let gamma = dynamics.gamma.run(first + part * AT_ONCE, drive.len());
        dispatch!(level, _simd => {
            dynamics.step(gamma, drive, refractory, potential, spike);
            finite &= all_finite(potential);
        });
    }
    finite
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

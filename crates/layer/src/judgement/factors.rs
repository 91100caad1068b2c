//! δ of built-in neurons with built-in costs: three factors, fused (eq. 7).

use decolle_plasticity::NeuronFactors;
use decolle_synapse::WIDEST_BLOCK;

use crate::Constants;

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

//! Which units spike.

use decolle_neuron::Threshold;
use decolle_number::{index, low_16};
use decolle_synapse::STRIP;
use fearless_simd::f32x16;
use fearless_simd::prelude::*;

use crate::Constants;

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
pub(crate) fn fire<S: Simd>(simd: S, constants: &Constants, block: usize, potentials: &[f32], fired: &mut Vec<u32>) {
    let threshold = constants.threshold;
    let strips = potentials.chunks_exact(STRIP);
    let strips = strips.map(|potentials| spikes(threshold, f32x16::from_slice(simd, potentials)));
    list_fired(constants, block, strips, fired);
}

/// Adds the places of a block's units that spike; `spikes` has those of each strip, position by position.
#[inline(always)]
pub(crate) fn list_fired(constants: &Constants, block: usize, spikes: impl Iterator<Item = u16>, fired: &mut Vec<u32>) {
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

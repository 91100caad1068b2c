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

/// Strips of outputs whose spikes fill a word.
const STRIPS: usize = 4;

/// Adds the places of a block's units that spike.
#[inline(always)]
pub(crate) fn fire<S: Simd>(simd: S, constants: &Constants, block: usize, potentials: &[f32], fired: &mut Vec<u32>) {
    let threshold = constants.threshold;
    let words = potentials.chunks(STRIPS * STRIP).map(|potentials| {
        let mut word = 0;
        for potentials in potentials.rchunks_exact(STRIP) {
            word = word << STRIP | u64::from(spikes(threshold, f32x16::from_slice(simd, potentials)));
        }
        word
    });
    list_words(constants, block, words, fired);
}

/// Adds the places of a block's units that spike; `spikes` has those of each strip, position by position. False if there is no
/// memory for them.
#[must_use]
pub(crate) fn list_fired(constants: &Constants, block: usize, spikes: &[u16], fired: &mut Vec<u32>) -> bool {
    let (words, rest) = spikes.as_chunks::<STRIPS>();
    let mut last = [0; STRIPS];
    last[..rest.len()].copy_from_slice(rest);
    let word = |[a, b, c, d]: [u16; STRIPS]| {
        u64::from(a) | u64::from(b) << STRIP | u64::from(c) << (2 * STRIP) | u64::from(d) << (3 * STRIP)
    };
    let words = words.iter().copied().chain([last]).map(word);
    let count = words.clone().map(|word| word.count_ones() as usize).sum();
    let room = fired.try_reserve(count).is_ok();
    if room {
        list_words(constants, block, words, fired);
    }
    room
}

/// Adds the places of a block's units that spike, 64 of which are bits of a word. Most words are zero.
#[inline(always)]
fn list_words(constants: &Constants, block: usize, words: impl Iterator<Item = u64>, fired: &mut Vec<u32>) {
    let geometry = &constants.geometry;
    let first = index(block * constants.pooled_positions() * geometry.block);
    // Outputs that only fill up the block do not spike.
    let outputs = geometry.outputs - block * geometry.block;
    let strips = geometry.block / STRIP;
    let real = (0..STRIPS).fold(0u64, |word, strip| {
        let real = outputs.saturating_sub(strip % strips * STRIP).min(STRIP);
        word | ((1u64 << real) - 1) << (strip * STRIP)
    });
    for (word, start) in words.zip((first..).step_by(STRIPS * STRIP)) {
        let mut left = word & real;
        while left != 0 {
            fired.push(start + left.trailing_zeros());
            left &= left - 1;
        }
    }
}

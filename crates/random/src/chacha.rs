//! The block function of ChaCha with 8 rounds (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008), for as many blocks abreast as
//! a vector has lanes: word i of all of them is one vector, so that no step but the last moves words across lanes.
//!
//! Dropout draws 16 bits for every unit, sample and step, and `rand_chacha`, which tests compare with, has no vectors for WebAssembly.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// Words of a block.
pub(crate) const WORDS: usize = 16;

/// The words that a block begins with: "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Double rounds.
const DOUBLE_ROUNDS: usize = 4;

/// Most lanes of a vector.
const MOST_LANES: usize = 16;

/// Writes the words of successive blocks from `block` on; the last one need not be whole.
#[inline(never)]
pub(crate) fn fill(level: Level, key: &[u32; 8], stream: u64, block: u64, words: &mut [u32]) {
    dispatch!(level, simd => fill_at(simd, key, stream, block, words));
}

#[inline(always)]
fn fill_at<S: Simd>(simd: S, key: &[u32; 8], stream: u64, block: u64, words: &mut [u32]) {
    let lanes = S::u32s::LEN;
    for (first, words) in (block..).step_by(lanes).zip(words.chunks_mut(lanes * WORDS)) {
        let state = blocks(simd, key, stream, first);
        for (lane, words) in words.chunks_mut(WORDS).enumerate() {
            for (word, of_blocks) in words.iter_mut().zip(&state) {
                *word = of_blocks.as_slice()[lane];
            }
        }
    }
}

/// As many blocks as there are lanes.
#[inline(always)]
fn blocks<S: Simd>(simd: S, key: &[u32; 8], stream: u64, first: u64) -> [S::u32s; WORDS] {
    let [mut low, mut high] = [[0u32; MOST_LANES]; 2];
    for (counter, (low, high)) in (0..).zip(low.iter_mut().zip(&mut high)) {
        [*low, *high] = halves(first.wrapping_add(counter));
    }
    let counters = [low, high];
    let streams = halves(stream);
    let start: [S::u32s; WORDS] = std::array::from_fn(|word| match word {
        0..4 => S::u32s::splat(simd, CONSTANTS[word]),
        4..12 => S::u32s::splat(simd, key[word - 4]),
        12..14 => S::u32s::from_slice(simd, &counters[word - 12][..S::u32s::LEN]),
        _ => S::u32s::splat(simd, streams[word - 14]),
    });
    let mut state = start;
    for _ in 0..DOUBLE_ROUNDS {
        for column in 0..4 {
            quarter_round::<S>(&mut state, [column, column + 4, column + 8, column + 12]);
        }
        for column in 0..4 {
            let diagonal = |row: usize| 4 * row + (column + row) % 4;
            quarter_round::<S>(&mut state, [column, diagonal(1), diagonal(2), diagonal(3)]);
        }
    }
    std::array::from_fn(|word| state[word] + start[word])
}

#[inline(always)]
fn quarter_round<S: Simd>(state: &mut [S::u32s; WORDS], [a, b, c, d]: [usize; 4]) {
    let rotate = |value: S::u32s, by: u32| (value << by) | (value >> (32 - by));
    for (to, with, turned, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        state[to] += state[with];
        state[turned] = rotate(state[turned] ^ state[to], by);
    }
}

/// The lower half, then the upper.
pub(crate) fn halves(number: u64) -> [u32; 2] {
    let bytes = number.to_le_bytes();
    let half = |first: usize| u32::from_le_bytes([bytes[first], bytes[first + 1], bytes[first + 2], bytes[first + 3]]);
    [half(0), half(4)]
}

//! The one generator behind everything random in decolle: initialisation, readouts, dropout, shuffling, synthetic data.
//!
//! It is ChaCha with 8 rounds (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008) in counter mode. The 256-bit key
//! is the user's seed (8 bytes, little endian), the 64-bit FNV-1a hash of a **purpose** such as `weights.0` or
//! `shuffle` (8 bytes, little endian), and 16 zero bytes. Each purpose has a sequence of its own, so adding a layer
//! does not change the order in which data are shown. A draw can be addressed by stream and position, so that threads
//! may draw in any order and still draw the same.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod chacha;

use decolle_error::{Code, Fault, Result};
use fearless_simd::Level;

use chacha::WORDS;

/// Words that are made at a time.
const BUFFER: usize = 4 * WORDS;

/// A sequence of random numbers for one seed and one purpose.
///
/// ```
/// use decolle_random::Generator;
/// let mut weights = Generator::new(1, "weights.0");
/// let mut again = Generator::new(1, "weights.0");
/// assert_eq!(weights.uniform().to_bits(), again.uniform().to_bits());
/// assert_ne!(weights.uniform(), Generator::new(1, "weights.1").uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    key: [u32; 8],
    stream: u64,
    /// The block that is made next, and how many words of it are passed over.
    block: u64,
    skipped: usize,
    /// Words that were made, of which those from `place` on are still to come.
    buffer: [u32; BUFFER],
    place: usize,
}

impl Generator {
    /// The sequence for `seed` and `purpose`, from its start.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let [seed, purpose] = [seed, fnv1a(purpose.as_bytes())].map(chacha::halves);
        let key = [seed[0], seed[1], purpose[0], purpose[1], 0, 0, 0, 0];
        Self { key, stream: 0, block: 0, skipped: 0, buffer: [0; BUFFER], place: BUFFER }
    }

    /// Moves to 32-bit word `word` of sub-sequence `stream`.
    pub fn seek(&mut self, stream: u64, word: u64) {
        self.stream = stream;
        (self.block, self.skipped) = block_of(word);
        self.place = BUFFER;
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.place == BUFFER {
            chacha::fill(Level::baseline(), &self.key, self.stream, self.block, &mut self.buffer);
            self.block = self.block.wrapping_add((BUFFER / WORDS) as u64);
            self.place = std::mem::take(&mut self.skipped);
        }
        let word = self.buffer[self.place];
        self.place += 1;
        word
    }

    /// Fills `bytes` with the words from `word` on of sub-sequence `stream`, little endian. It moves nothing.
    pub fn draw(&self, level: Level, stream: u64, word: u64, bytes: &mut [u8]) {
        let mut words = [0u32; 4 * BUFFER];
        let (mut block, mut skipped) = block_of(word);
        let mut rest = bytes;
        while !rest.is_empty() {
            let here = rest.len().min(4 * (words.len() - skipped));
            let (bytes, later) = rest.split_at_mut(here);
            let words = &mut words[..skipped + here.div_ceil(4)];
            chacha::fill(level, &self.key, stream, block, words);
            let (whole, last) = bytes.as_chunks_mut();
            let mut words = words[skipped..].iter();
            for (bytes, word) in whole.iter_mut().zip(&mut words) {
                *bytes = word.to_le_bytes();
            }
            for (byte, of_word) in last.iter_mut().zip(words.flat_map(|word| word.to_le_bytes())) {
                *byte = of_word;
            }
            block = block.wrapping_add((4 * BUFFER / WORDS) as u64);
            (skipped, rest) = (0, later);
        }
    }

    /// A number in `[0, 1)`: the upper 24 bits of the next word, so every value is exact in float32.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A number in `[low, high)`.
    pub fn uniform_between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// A whole number in `0..bound` without bias (rejection); `bound` is at least 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        let limit = u32::MAX - (u32::MAX % bound + 1) % bound;
        loop {
            let word = self.next_u32();
            if word <= limit {
                return word % bound;
            }
        }
    }

    /// The numbers `0..length` in random order (Fisher-Yates, from the end).
    pub fn permutation(&mut self, length: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..length).collect();
        for last in (1..length).rev() {
            let other = self.below(last + 1);
            order.swap(last as usize, other as usize);
        }
        order
    }
}

/// The block that holds a word, and its place there.
fn block_of(word: u64) -> (u64, usize) {
    (word / WORDS as u64, decolle_number::saturated(word % WORDS as u64))
}

/// Converts a seed that crossed the language border as a float64.
///
/// # Errors
/// `range` where it is not a whole number from 0 to 2⁵³ − 1.
pub fn seed_from_number(seed: f64) -> Result<u64> {
    decolle_number::whole(seed)
        .and_then(|seed| u64::try_from(seed).ok())
        .ok_or_else(|| Fault::unfit(Code::Range, &"seed", &"a whole number from 0 to 2^53 - 1", &seed))
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo; offset basis and prime of the published parameters).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn purposes_and_seeds_have_sequences_of_their_own() {
        let first = |seed, purpose: &str| Generator::new(seed, purpose).next_u32();
        assert_ne!(first(1, "weights.0"), first(2, "weights.0"));
        assert_ne!(first(1, "weights.0"), first(1, "weights.1"));
    }

    #[test]
    fn a_draw_can_be_addressed() {
        let mut straight = Generator::new(7, "dropout.0");
        straight.seek(3, 0);
        let words: Vec<u32> = (0..40).map(|_| straight.next_u32()).collect();
        let mut jumping = Generator::new(7, "dropout.0");
        jumping.seek(3, 33);
        assert_eq!(jumping.next_u32(), words[33]);
    }

    /// What a well-kept implementation draws.
    fn reference(seed: u64, purpose: &str, stream: u64, word: u64, words: usize) -> Vec<u32> {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a(purpose.as_bytes()).to_le_bytes());
        let mut chacha = ChaCha8Rng::from_seed(key);
        chacha.set_stream(stream);
        chacha.set_word_pos(u128::from(word));
        (0..words).map(|_| chacha.next_u32()).collect()
    }

    #[test]
    fn the_sequence_is_that_of_chacha_from_any_place_at_every_level() {
        let best = Level::new();
        let mut levels = vec![Level::fallback(), Level::baseline(), best];
        #[cfg(target_arch = "x86_64")]
        levels.extend([best.as_sse4_2().map(Level::Sse4_2), best.as_avx2().map(Level::Avx2)].into_iter().flatten());
        for (stream, word) in [(0, 0), (3, 1), (u64::MAX, 15), (1 << 40, (1 << 36) - 40), (7, (1 << 60) + 5)] {
            let expected = reference(9, "dropout.2", stream, word, 1200);
            let mut generator = Generator::new(9, "dropout.2");
            generator.seek(stream, word);
            assert!(expected.iter().all(|&word| generator.next_u32() == word), "{stream}, {word}");
            for &level in &levels {
                for length in [0, 1, 4, 63, 64, 66, 1024, 1030, 4799, 4800] {
                    let mut bytes = vec![0; length];
                    generator.draw(level, stream, word, &mut bytes);
                    let expected: Vec<u8> = expected.iter().flat_map(|word| word.to_le_bytes()).take(length).collect();
                    assert!(bytes == expected, "{stream}, {word}, {length} bytes, {level:?}");
                }
            }
        }
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = Generator::new(1, "shuffle").permutation(1000);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(place, &value)| place as u32 == value));
    }

    #[test]
    fn the_sequence_never_changes_between_versions() {
        let mut generator = Generator::new(1, "weights.0");
        let drawn: Vec<u32> = (0..4).map(|_| generator.next_u32()).collect();
        assert_eq!(drawn, [1_069_477_317, 3_314_879_111, 1_691_305_913, 3_625_207_531]);
    }

    #[test]
    fn numbers_that_are_no_seed_are_refused() {
        for bad in [-1.0, 0.5, f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0] {
            assert_eq!(seed_from_number(bad).unwrap_err().code, Code::Range);
        }
    }
}

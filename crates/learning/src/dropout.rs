//! Dropout on the spikes that go to a readout (Srivastava et al. 2014): a spike passes with probability 1 − p and then
//! counts 1/(1 − p).

use decolle_number::counted;
use decolle_random::Generator;
use fearless_simd::Level;

use crate::STRIP;

/// Bytes of a draw.
const DRAW: usize = 2;

/// Draws which units of a layer pass, for any step and sample in any order.
#[derive(Clone, Debug)]
pub struct Dropout {
    generator: Generator,
    threshold: u32,
    scale: f32,
    units: usize,
}

impl Dropout {
    /// Dropout with `probability` in `[0, 1)`, resolved to 1/65536, for a layer of `units` units.
    pub fn new(seed: u64, purpose: &str, probability: f32, units: usize) -> Self {
        let threshold = u32::try_from(counted(probability * 65536.0)).unwrap_or(u32::MAX);
        Self { generator: Generator::new(seed, purpose), threshold, scale: 1.0 / (1.0 - probability), units }
    }

    /// Bytes that the draws of a step and sample take.
    pub fn bytes(&self) -> usize {
        DRAW * self.units
    }

    /// Draws for `sample` at `step`; `draws` has as many bytes as [`Dropout::bytes`] says.
    ///
    /// The draw is addressed, not taken in turn: the same for any number of threads.
    pub fn draw(&self, level: Level, step: u64, sample: usize, draws: &mut [u8]) {
        let words = draws.len().div_ceil(4) as u64;
        self.generator.draw(level, sample as u64, step * words, draws);
    }

    /// What spikes count by these draws.
    pub fn passes<'a>(&self, draws: &'a [u8]) -> Passes<'a> {
        Passes { draws: draws.as_chunks().0, threshold: self.threshold, scale: self.scale }
    }
}

/// What the spike of each unit counts in a step of a sample: 0 or 1/(1 − p), and 1 without dropout.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passes<'a> {
    draws: &'a [[u8; DRAW]],
    threshold: u32,
    scale: f32,
}

impl Passes<'_> {
    /// Whether there is no dropout.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.draws.is_empty()
    }

    /// What a spike of the unit in memory at `place` counts.
    #[inline(always)]
    pub fn of(&self, place: usize) -> f32 {
        if self.is_empty() { 1.0 } else { self.counts(self.draws[place]) }
    }

    /// Writes what spikes count of the units in memory from `place` on.
    // Compiled for the caller's SIMD level, where there are several; else once.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub fn copy(&self, place: usize, counts: &mut [f32]) {
        if self.is_empty() {
            counts.fill(1.0);
            return;
        }
        for (count, &draw) in counts.iter_mut().zip(&self.draws[place..]) {
            *count = self.counts(draw);
        }
    }

    /// Multiplies what comes back to units in memory from `place` on by what their spikes count.
    #[inline(always)]
    pub fn apply(&self, place: usize, back: &mut [f32; STRIP]) {
        if self.is_empty() {
            return;
        }
        for (back, &draw) in back.iter_mut().zip(&self.draws[place..place + STRIP]) {
            *back *= self.counts(draw);
        }
    }

    #[inline(always)]
    fn counts(&self, draw: [u8; DRAW]) -> f32 {
        if u32::from(u16::from_le_bytes(draw)) >= self.threshold { self.scale } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(dropout: &Dropout, step: u64, sample: usize) -> Vec<f32> {
        let mut draws = vec![0; dropout.bytes()];
        dropout.draw(Level::new(), step, sample, &mut draws);
        let passes = dropout.passes(&draws);
        (0..draws.len() / 2).map(|place| passes.of(place)).collect()
    }

    #[test]
    fn the_share_that_passes_is_one_minus_the_probability() {
        for probability in [0.1f32, 0.5, 0.9] {
            let passes = drawn(&Dropout::new(1, "dropout.0", probability, 10_000), 3, 2);
            let mean = passes.iter().sum::<f32>() / 10_000.0;
            assert!((mean - 1.0).abs() < 0.1, "{probability}: {mean}");
        }
    }

    #[test]
    fn draws_depend_on_step_and_sample_only() {
        let dropout = Dropout::new(1, "dropout.0", 0.5, 33);
        let draw = |step, sample| drawn(&dropout, step, sample);
        let (first, other_step, other_sample) = (draw(5, 1), draw(6, 1), draw(5, 2));
        assert_eq!(draw(5, 1), first);
        assert_ne!(other_step, first);
        assert_ne!(other_sample, first);
    }

    #[test]
    fn a_spike_counts_the_same_however_it_is_asked_for() {
        let dropout = Dropout::new(1, "dropout.0", 0.5, 48);
        let mut draws = vec![0; dropout.bytes()];
        dropout.draw(Level::new(), 2, 0, &mut draws);
        let passes = dropout.passes(&draws);
        let one_by_one: Vec<f32> = (16..32).map(|place| passes.of(place)).collect();
        let (mut copied, mut applied) = ([0.0; STRIP], [3.0; STRIP]);
        passes.copy(16, &mut copied);
        passes.apply(16, &mut applied);
        assert_eq!(copied.to_vec(), one_by_one);
        assert_eq!(applied, copied.map(|count| 3.0 * count));
        let (none, mut copied, mut applied) = (Passes::default(), [0.0; STRIP], [3.0; STRIP]);
        none.copy(16, &mut copied);
        none.apply(16, &mut applied);
        assert_eq!((none.of(7), copied, applied), (1.0, [1.0; STRIP], [3.0; STRIP]));
    }
}

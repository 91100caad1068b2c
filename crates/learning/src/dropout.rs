//! Dropout on the spikes that go to a readout (Srivastava et al. 2014): a spike passes with probability 1 − p and then
//! counts 1/(1 − p).

use decolle_number::counted;
use decolle_random::Generator;

/// Draws which units of a layer pass, for any step and sample in any order.
#[derive(Clone, Debug)]
pub struct Dropout {
    generator: Generator,
    probability: f32,
    bytes: Vec<u8>,
}

impl Dropout {
    /// Dropout with `probability` in `[0, 1)`, resolved to 1/65536, for a layer of `units` units.
    pub fn new(seed: u64, purpose: &str, probability: f32, units: usize) -> Self {
        Self { generator: Generator::new(seed, purpose), probability, bytes: vec![0; 2 * units] }
    }

    /// Writes for each unit what its spike counts: 0 or 1/(1 − p).
    ///
    /// The draw for `sample` at `step` is addressed, not taken in turn: the same for any number of threads.
    pub fn draw(&mut self, step: u64, sample: usize, passes: &mut [f32]) {
        let words = self.bytes.len().div_ceil(4) as u64;
        self.generator.seek(sample as u64, step * words);
        self.generator.fill(&mut self.bytes);
        let threshold = u32::try_from(counted(self.probability * 65536.0)).unwrap_or(u32::MAX);
        let scale = 1.0 / (1.0 - self.probability);
        for (pass, pair) in passes.iter_mut().zip(self.bytes.chunks_exact(2)) {
            let draw = u32::from(u16::from_le_bytes([pair[0], pair[1]]));
            *pass = if draw >= threshold { scale } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_passes_is_one_minus_the_probability() {
        for probability in [0.1f32, 0.5, 0.9] {
            let mut dropout = Dropout::new(1, "dropout.0", probability, 10_000);
            let mut passes = vec![0.0; 10_000];
            dropout.draw(3, 2, &mut passes);
            let mean = passes.iter().sum::<f32>() / 10_000.0;
            assert!((mean - 1.0).abs() < 0.1, "{probability}: {mean}");
        }
    }

    #[test]
    fn draws_depend_on_step_and_sample_only() {
        let mut dropout = Dropout::new(1, "dropout.0", 0.5, 33);
        let mut draw = |step, sample| {
            let mut passes = vec![0.0; 33];
            dropout.draw(step, sample, &mut passes);
            passes
        };
        let (first, other_step, other_sample) = (draw(5, 1), draw(6, 1), draw(5, 2));
        assert_eq!(draw(5, 1), first);
        assert_ne!(other_step, first);
        assert_ne!(other_sample, first);
    }
}

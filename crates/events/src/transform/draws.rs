//! Random numbers of kinds that the generator does not give.

use decolle_random::Generator;

/// A number in `[0, 1)` with 53 random bits.
pub(super) fn uniform(generator: &mut Generator) -> f64 {
    let (high, low) = (generator.next_u32() >> 5, generator.next_u32() >> 6);
    (f64::from(high) * f64::from(1u32 << 26) + f64::from(low)) / (1u64 << 53) as f64
}

/// Whether something of this probability happens: always for 1, never for 0.
pub(super) fn happens(generator: &mut Generator, probability: f64) -> bool {
    uniform(generator) < probability
}

/// A whole number in `0..bound` without bias (rejection); `bound` is at least 1.
pub(super) fn below(generator: &mut Generator, bound: u64) -> u64 {
    let limit = u64::MAX - (u64::MAX % bound + 1) % bound;
    loop {
        let word = u64::from(generator.next_u32()) << 32 | u64::from(generator.next_u32());
        if word <= limit {
            return word % bound;
        }
    }
}

/// Two independent numbers of a normal distribution of mean 0 and variance 1 (Box & Muller 1958).
pub(super) fn two_normal(generator: &mut Generator) -> [f64; 2] {
    // Of (0, 1], so that the logarithm is finite.
    let radius = (-2.0 * libm::log(1.0 - uniform(generator))).sqrt();
    let angle = std::f64::consts::TAU * uniform(generator);
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 20_000;

    fn moments(mut draw: impl FnMut(&mut Generator) -> f64) -> (f64, f64) {
        let mut generator = Generator::new(7, "moments");
        let drawn: Vec<f64> = (0..COUNT).map(|_| draw(&mut generator)).collect();
        let mean = drawn.iter().sum::<f64>() / COUNT as f64;
        (mean, drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / COUNT as f64)
    }

    #[test]
    fn numbers_have_the_moments_of_their_distributions() {
        let near = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            // Five standard errors of the mean, and somewhat more of the variance.
            assert!((mean - expected.0).abs() < 5.0 * (expected.1 / COUNT as f64).sqrt(), "{mean}");
            assert!((variance / expected.1 - 1.0).abs() < 0.06, "{variance}");
        };
        near(moments(uniform), (0.5, 1.0 / 12.0));
        near(moments(|generator| two_normal(generator)[0]), (0.0, 1.0));
        near(moments(|generator| two_normal(generator)[1]), (0.0, 1.0));
        near(moments(|generator| below(generator, 7) as f64), (3.0, 4.0));
    }

    #[test]
    fn every_bound_is_kept() {
        let mut generator = Generator::new(1, "bounds");
        for bound in [1, 2, 3, (1 << 32) + 1, (1 << 63) + 1, u64::MAX] {
            assert!((0..100).all(|_| below(&mut generator, bound) < bound), "{bound}");
        }
    }
}

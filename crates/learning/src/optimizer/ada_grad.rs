//! AdaGrad (Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12,
//! 2121–2159, figure 1 with a diagonal matrix): s ← (1−φ)s + g², W ← W − η · g/(√s + ε).
//!
//! The rate of a synapse falls with all that it has learned. With φ = 0, as in the paper, it falls for ever, which keeps what
//! has been learned; φ > 0 is ours and keeps rates from falling below what a changing input needs.

use super::{MOMENT_FLOOR, RateDrop, averaged};

/// Constants of AdaGrad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaGrad {
    /// η, at least 0.
    pub learning_rate: f32,
    /// φ, share of the sum of squares that an update forgets, in `[0, 1)`.
    pub forgetting: f32,
    /// ε, above 0.
    pub epsilon: f32,
    /// Updates that an average of the weights reaches back over, at least 1; no average where there is none.
    pub window: Option<u32>,
    /// How η falls.
    pub drop: Option<RateDrop>,
}

decolle_json::object! { AdaGrad { learning_rate, forgetting = 0.0, epsilon = 1e-8, window = None, drop = None } }

impl AdaGrad {
    #[inline(always)]
    pub(super) fn update(
        &self,
        rate: f32,
        update: u64,
        gradient: &[f32],
        parameters: &mut [f32],
        squares: &mut [f32],
        average: &mut [f32],
    ) {
        let (kept, epsilon) = (1.0 - self.forgetting, self.epsilon);
        for ((w, &g), s) in parameters.iter_mut().zip(gradient).zip(squares) {
            let square = kept * *s + g * g;
            *s = if square < MOMENT_FLOOR { 0.0 } else { square };
            *w -= rate * (g / (s.sqrt() + epsilon));
        }
        if self.window.is_some() {
            averaged::follow(averaged::share(self.window, update), parameters, average);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synapse_slows_down_with_all_that_it_has_learned_and_no_other_does() {
        let ada_grad = AdaGrad { learning_rate: 1.0, forgetting: 0.0, epsilon: 1e-8, window: None, drop: None };
        let (mut w, mut s) = ([0.0f32; 2], [0.0f32; 2]);
        for n in 1..=100 {
            let before = w[0];
            ada_grad.update(1.0, 2, &[3.0, 0.0], &mut w, &mut s, &mut []);
            let expected = 1.0 / (n as f32).sqrt();
            assert!((before - w[0] - expected).abs() < 1e-4, "{n}: {}", before - w[0]);
        }
        assert_eq!([w[1], s[1]], [0.0, 0.0]);
        ada_grad.update(1.0, 2, &[0.0, -0.01], &mut w, &mut s, &mut []);
        assert!((w[1] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn what_is_forgotten_keeps_the_rate_from_falling_for_ever() {
        let ada_grad = AdaGrad { learning_rate: 1.0, forgetting: 0.25, epsilon: 1e-8, window: None, drop: None };
        let (mut w, mut s) = ([0.0f32], [0.0f32]);
        (0..200).for_each(|_| ada_grad.update(1.0, 2, &[2.0], &mut w, &mut s, &mut []));
        let before = w[0];
        ada_grad.update(1.0, 2, &[2.0], &mut w, &mut s, &mut []);
        assert!((before - w[0] - 0.5).abs() < 1e-4, "{}", before - w[0]);
    }
}

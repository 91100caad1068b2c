//! AdaMax (Kingma & Ba 2015, arXiv:1412.6980, algorithm 2), with ε inside the maximum as PyTorch has it:
//! m ← β₁m + (1−β₁)g, u ← max(β₂u, |g| + ε), W ← W − η/(1−β₁ⁿ) · m/u.

use super::{MOMENT_FLOOR, RateDrop, power};

/// Constants of AdaMax; the defaults are the authors', β₁ = 0 and β₂ = 0.95.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaMax {
    /// η, at least 0.
    pub learning_rate: f32,
    /// Decay of the average, in `[0, 1)`.
    pub beta1: f32,
    /// Decay of the infinity norm, in `[0, 1)`.
    pub beta2: f32,
    /// ε, above 0.
    pub epsilon: f32,
    /// How η falls.
    pub drop: Option<RateDrop>,
}

decolle_json::object! { AdaMax { learning_rate, beta1 = 0.0, beta2 = 0.95, epsilon = 1e-8, drop = None } }

impl AdaMax {
    #[inline(always)]
    pub(super) fn update(
        &self,
        rate: f32,
        update: u64,
        gradient: &[f32],
        parameters: &mut [f32],
        infinity: &mut [f32],
        average: &mut [f32],
    ) {
        let (beta1, beta2, epsilon) = (self.beta1, self.beta2, self.epsilon);
        if beta1 == 0.0 {
            for ((w, &g), u) in parameters.iter_mut().zip(gradient).zip(infinity) {
                let (old, new) = (beta2 * *u, g.abs() + epsilon);
                *u = if old > new { old } else { new };
                *w -= rate * (g / *u);
            }
        } else {
            let rate = rate / (1.0 - power(beta1, update));
            for (((w, &g), u), m) in parameters.iter_mut().zip(gradient).zip(infinity).zip(average) {
                let mean = beta1 * *m + (1.0 - beta1) * g;
                *m = if mean.abs() < MOMENT_FLOOR { 0.0 } else { mean };
                let (old, new) = (beta2 * *u, g.abs() + epsilon);
                *u = if old > new { old } else { new };
                *w -= rate * (*m / *u);
            }
        }
    }
}

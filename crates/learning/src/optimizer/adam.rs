//! Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1).

use super::{MOMENT_FLOOR, RateDrop, power};

/// Constants of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// η, at least 0.
    pub learning_rate: f32,
    /// Decay of the average, in `[0, 1)`.
    pub beta1: f32,
    /// Decay of the variance, in `[0, 1)`.
    pub beta2: f32,
    /// ε, above 0.
    pub epsilon: f32,
    /// How η falls.
    pub drop: Option<RateDrop>,
}

decolle_json::object! { Adam { learning_rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, drop = None } }

impl Adam {
    #[inline(always)]
    pub(super) fn update(
        &self,
        rate: f32,
        update: u64,
        gradient: &[f32],
        parameters: &mut [f32],
        average: &mut [f32],
        variance: &mut [f32],
    ) {
        let rate = rate / (1.0 - power(self.beta1, update));
        let correction = (1.0 - power(self.beta2, update)).sqrt();
        let (beta1, beta2, epsilon) = (self.beta1, self.beta2, self.epsilon);
        for (((w, &g), m), v) in parameters.iter_mut().zip(gradient).zip(average).zip(variance) {
            let mean = beta1 * *m + (1.0 - beta1) * g;
            *m = if mean.abs() < MOMENT_FLOOR { 0.0 } else { mean };
            let square = beta2 * *v + (1.0 - beta2) * (g * g);
            *v = if square < MOMENT_FLOOR { 0.0 } else { square };
            *w -= rate * (*m / (v.sqrt() / correction + epsilon));
        }
    }
}

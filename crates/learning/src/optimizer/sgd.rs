//! Stochastic gradient descent: W ← W − η g, or with momentum μ: v ← μv + g, W ← W − η v (as PyTorch does it).

use serde::{Deserialize, Serialize};

use super::RateDrop;

/// Constants of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sgd {
    /// η, at least 0.
    pub learning_rate: f32,
    /// μ, in `[0, 1)`.
    #[serde(default)]
    pub momentum: f32,
    /// How η falls.
    #[serde(default)]
    pub drop: Option<RateDrop>,
}

impl Sgd {
    #[inline(always)]
    pub(super) fn update(&self, rate: f32, gradient: &[f32], parameters: &mut [f32], velocity: &mut [f32]) {
        if self.momentum == 0.0 {
            for (w, g) in parameters.iter_mut().zip(gradient) {
                *w -= rate * g;
            }
        } else {
            for ((w, g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
                let moved = self.momentum * *v + g;
                *v = if moved.abs() < super::MOMENT_FLOOR { 0.0 } else { moved };
                *w -= rate * *v;
            }
        }
    }
}

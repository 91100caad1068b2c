//! Stochastic gradient descent: W ← W − η g, or with momentum μ: v ← μv + g, W ← W − η v (as PyTorch does it).

use super::RateDrop;

/// Constants of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// η, at least 0.
    pub learning_rate: f32,
    /// μ, in `[0, 1)`.
    pub momentum: f32,
    /// How η falls.
    pub drop: Option<RateDrop>,
}

decolle_json::object! { Sgd { learning_rate, momentum = 0.0, drop = None } }

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

//! The regulariser of the paper: λ₁⟨[U + 0.01]₊⟩ + λ₂[0.1 − ⟨a(U)⟩]₊ per layer, means over samples and neurons.
//!
//! The first term pushes potentials that spike down, the second wakes a layer whose mean activity a is below 0.1. The
//! authors' code takes a(U) = sigmoid(U), the paper a(U) = U.

use decolle_error::{Code, Fault, Result};
use decolle_neuron::exponential::sigmoid;

/// The margin below the threshold at which the first term sets in (the authors' code).
const MARGIN: f32 = 0.01;

/// The mean activity below which the second term sets in (the authors' code).
const LEAST_ACTIVITY: f32 = 0.1;

/// What the second term takes for activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LowerActivity {
    /// sigmoid(U), as in the authors' code.
    #[default]
    Sigmoid,
    /// U, as in the paper.
    Potential,
}

decolle_json::names! { LowerActivity { Sigmoid, Potential } }

/// Strengths of the two terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regularizer {
    /// λ₁, at least 0.
    pub upper: f32,
    /// λ₂, at least 0.
    pub lower: f32,
    /// a(U).
    pub lower_activity: LowerActivity,
}

decolle_json::object! { Regularizer { upper, lower, lower_activity } or Self::default() }

impl Default for Regularizer {
    fn default() -> Self {
        Self { upper: 0.0, lower: 0.0, lower_activity: LowerActivity::Sigmoid }
    }
}

impl Regularizer {
    /// Checks the strengths.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        for (name, value) in [("upper", self.upper), ("lower", self.lower)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Fault::unfit(
                    Code::Range,
                    &format_args!("{path}.{name}"),
                    &"a number of at least 0",
                    &value,
                ));
            }
        }
        Ok(())
    }

    /// Sums over some potentials: of [U + 0.01]₊, and of the activity.
    pub fn sums(&self, potentials: &[f32]) -> [f64; 2] {
        let (mut upper, mut activity) = (0.0f64, 0.0f64);
        for &u in potentials {
            let above = u + MARGIN;
            upper += f64::from(if above > 0.0 { above } else { 0.0 });
        }
        if self.lower > 0.0 {
            for &u in potentials {
                activity += f64::from(match self.lower_activity {
                    LowerActivity::Sigmoid => sigmoid(u),
                    LowerActivity::Potential => u,
                });
            }
        }
        [upper, activity]
    }

    /// The regulariser's value, and whether the second term is active, from the sums over `count` potentials.
    pub fn value(&self, sums: [f64; 2], count: usize) -> (f64, bool) {
        let lacking = f64::from(LEAST_ACTIVITY) - sums[1] / count as f64;
        let active = self.lower > 0.0 && lacking > 0.0;
        let lower = if active { f64::from(self.lower) * lacking } else { 0.0 };
        (f64::from(self.upper) * sums[0] / count as f64 + lower, active)
    }

    /// Adds the derivative with respect to each of `count` potentials in all to `delta`.
    #[inline(always)]
    pub fn add_derivative(&self, potentials: &[f32], count: usize, lower_active: bool, delta: &mut [f32]) {
        let upper = self.upper / count as f32;
        for (delta, &u) in delta.iter_mut().zip(potentials) {
            *delta += if u + MARGIN > 0.0 { upper } else { 0.0 };
        }
        if lower_active {
            // The division by the count comes last, as in the derived rule.
            let (lower, count) = (self.lower, count as f32);
            for (delta, &u) in delta.iter_mut().zip(potentials) {
                *delta -= match self.lower_activity {
                    LowerActivity::Sigmoid => {
                        let s = sigmoid(u);
                        lower * (s * (1.0 - s)) / count
                    }
                    LowerActivity::Potential => lower / count,
                };
            }
        }
    }
}

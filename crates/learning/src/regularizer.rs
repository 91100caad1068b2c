//! The regulariser of the paper: λ₁⟨[U + 0.01]₊⟩ + λ₂[0.1 − ⟨a(U)⟩]₊ per layer, means over samples and neurons.
//!
//! The first term pushes potentials that spike down, the second wakes a layer whose mean activity a is below 0.1. The
//! authors' code takes a(U) = sigmoid(U), the paper a(U) = U. Under a budget of spikes λ₁ is what a controller makes of it.

use decolle_error::{Code, Fault, Result};
use decolle_neuron::exponential::sigmoid;
use decolle_number::nearest;

use crate::Occurrences;

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

/// Spikes that a layer may have: an integrating controller of λ₁, up where there are more, down where there are fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeBudget {
    /// Spikes a neuron and step, above 0 and at most 1.
    pub density: f64,
    /// What share of itself λ₁ rises by with an update whose spikes were twice the budget, above 0 and below 1.
    pub gain: f64,
}

decolle_json::object! { SpikeBudget { density, gain = GAIN } }

/// Default of [`SpikeBudget::gain`]: λ₁ follows some hundred updates, more than the steps of a recording hide the mean in.
const GAIN: f64 = 0.01;

/// Strengths of the two terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regularizer {
    /// λ₁, at least 0; under a budget above 0, where it begins and what it never falls below.
    pub upper: f32,
    /// λ₂, at least 0.
    pub lower: f32,
    /// a(U).
    pub lower_activity: LowerActivity,
    /// Moves λ₁ with every update, if asked.
    pub budget: Option<SpikeBudget>,
}

decolle_json::object! {
    Regularizer { upper = 0.0, lower = 0.0, lower_activity = LowerActivity::Sigmoid, budget = None => omitted }
}

impl Regularizer {
    /// Checks the strengths.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        let demand = |name: &str, value: f64, fits: bool, expected: &str| {
            if fits {
                Ok(())
            } else {
                Err(Fault::unfit(Code::Range, &format_args!("{path}.{name}"), &expected, &value))
            }
        };
        for (name, value) in [("upper", self.upper), ("lower", self.lower)] {
            demand(name, f64::from(value), value >= 0.0 && value.is_finite(), "a number of at least 0")?;
        }
        let Some(SpikeBudget { density, gain }) = self.budget else { return Ok(()) };
        let upper = f64::from(self.upper);
        demand("upper", upper, upper > 0.0, "a number above 0 where there is a budget")?;
        demand("budget.density", density, density > 0.0 && density <= 1.0, "a number above 0 and at most 1")?;
        demand("budget.gain", gain, gain > 0.0 && gain < 1.0, "a number above 0 and below 1")
    }

    /// Whether λ₁ moves.
    pub fn moves(&self) -> bool {
        self.budget.is_some()
    }

    /// λ₁ after these spikes, of a regulariser whose first λ₁ was `first`: λ₁ (1 + gain · s), at least `first`, with the surplus
    /// s = density / budget − 1, of which no more than 1 counts.
    pub fn moved(&self, first: f32, spikes: Occurrences) -> f32 {
        let (Some(budget), Some(density)) = (self.budget, spikes.rate()) else { return self.upper };
        let surplus = (density / budget.density - 1.0).min(1.0);
        nearest((f64::from(self.upper) * (1.0 + budget.gain * surplus)).clamp(f64::from(first), f64::from(f32::MAX)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_above_its_budget_pays_more_and_one_below_it_less_but_never_less_than_at_first() {
        let budget = Some(SpikeBudget { density: 0.25, gain: 0.5 });
        let regularizer = Regularizer { upper: 2.0, lower: 0.0, lower_activity: LowerActivity::Sigmoid, budget };
        let moved = |events, first| regularizer.moved(first, Occurrences { events, chances: 8 });
        assert_eq!([moved(0, 0.1), moved(1, 0.1), moved(2, 0.1), moved(3, 0.1)], [1.0, 1.5, 2.0, 2.5]);
        assert_eq!([moved(4, 0.1), moved(8, 0.1)], [3.0, 3.0]);
        assert_eq!(moved(0, 1.25), 1.25);
        assert_eq!(regularizer.moved(0.1, Occurrences::default()), 2.0);
        assert_eq!(Regularizer { budget: None, ..regularizer }.moved(0.1, Occurrences { events: 8, chances: 8 }), 2.0);
    }
}

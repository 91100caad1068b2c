//! Error-triggered learning: an error counts only in whole multiples of a threshold (Payvand, Fouda, Kurdahi, Eltawil &
//! Neftci 2020, "On-chip error-triggered learning of multi-layer memristive spiking neural networks",
//! doi:10.1109/JETCAS.2020.3040248, arXiv:2011.10852; before that arXiv:1910.06152).

use decolle_error::{Code, Fault, Result};
use serde::{Deserialize, Serialize};

/// Replaces an error e by sign(e)·⌊|e|/θ⌋·θ.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorTrigger {
    /// θ, above 0, in units of ∂L/∂S.
    pub threshold: f32,
}

impl ErrorTrigger {
    /// Checks the threshold.
    ///
    /// # Errors
    /// `range`.
    pub fn check(&self, path: &str) -> Result<()> {
        if self.threshold > 0.0 && self.threshold.is_finite() {
            Ok(())
        } else {
            Err(Fault::new(
                Code::Range,
                format!("{path}.threshold: expected a number above 0, found {}", self.threshold),
            ))
        }
    }

    /// The error that is passed on.
    #[inline(always)]
    pub fn quantize(&self, error: f32) -> f32 {
        let whole = (error.abs() / self.threshold).floor() * self.threshold;
        if error < 0.0 { -whole } else { whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_below_the_threshold_pass_nothing() {
        let trigger = ErrorTrigger { threshold: 0.25 };
        assert_eq!(trigger.quantize(0.2), 0.0);
        assert_eq!(trigger.quantize(0.6), 0.5);
        assert_eq!(trigger.quantize(-0.6), -0.5);
    }
}

//! Error-triggered learning: an error counts only in whole multiples of a threshold (Payvand, Fouda, Kurdahi, Eltawil &
//! Neftci 2020, "On-chip error-triggered learning of multi-layer memristive spiking neural networks",
//! doi:10.1109/JETCAS.2020.3040248, arXiv:2011.10852; before that arXiv:1910.06152).

use decolle_error::{Code, Fault, Result};
use decolle_number::{counted, nearest};

use crate::Occurrences;

/// Replaces an error e by sign(e)·⌊|e|/θ⌋·θ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorTrigger {
    /// θ, above 0, in units of ∂L/∂S; where it is under control, θ at first.
    pub threshold: f32,
    /// Moves θ with every update, if asked.
    pub control: Option<ErrorTriggerControl>,
}

decolle_json::object! { ErrorTrigger { threshold, control = None => omitted } }

/// A proportional controller of θ: up where there are more error events than there should be, down where there are fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorTriggerControl {
    /// Events a neuron and step that there should be, at least 0.
    pub rate: f64,
    /// How far θ moves for an event a neuron and step too many, above 0; a twentieth of the first θ by default.
    pub gain: Option<f64>,
    /// Least θ, above 0; 1e−16 by default.
    pub least: f64,
}

decolle_json::object! { ErrorTriggerControl { rate, gain = None => omitted, least = LEAST => omitted } }

/// Default of [`ErrorTriggerControl::least`], as in the authors' code (nmi-lab/decolle-public).
const LEAST: f64 = 1e-16;

impl ErrorTrigger {
    /// Checks the threshold and its control.
    ///
    /// # Errors
    /// `range`.
    pub fn check(&self, path: &str) -> Result<()> {
        let positive = |name: &str, value: f64| {
            if value > 0.0 && value <= f64::from(f32::MAX) {
                return Ok(());
            }
            Err(Fault::unfit(Code::Range, &format_args!("{path}.{name}"), &"a number above 0", &value))
        };
        positive("threshold", f64::from(self.threshold))?;
        let Some(ErrorTriggerControl { rate, gain, least }) = self.control else { return Ok(()) };
        if !(0.0..=f64::from(f32::MAX)).contains(&rate) {
            return Err(Fault::unfit(
                Code::Range,
                &format_args!("{path}.control.rate"),
                &"a number of at least 0",
                &rate,
            ));
        }
        positive("control.least", least)?;
        gain.map_or(Ok(()), |gain| positive("control.gain", gain))
    }

    /// Whether θ moves.
    pub fn moves(&self) -> bool {
        self.control.is_some()
    }

    /// θ after these events, of a trigger whose first θ was `first`: max(θ + gain · (rate − rate to keep), least).
    pub fn moved(&self, first: f32, events: Occurrences) -> f32 {
        let (Some(control), Some(rate)) = (self.control, events.rate()) else { return self.threshold };
        let gain = control.gain.unwrap_or(f64::from(first) / 20.0);
        let moved = f64::from(self.threshold) + gain * (rate - control.rate);
        // A least θ below all numbers of single precision is the smallest of these.
        nearest(moved.max(control.least).clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX)))
    }

    /// ⌊|e|/θ⌋ of all errors.
    pub fn events(&self, errors: &[f32]) -> u64 {
        errors.iter().fold(0, |events, error| events.saturating_add(counted((error.abs() / self.threshold).floor())))
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
        let trigger = ErrorTrigger { threshold: 0.25, control: None };
        assert_eq!(trigger.quantize(0.2), 0.0);
        assert_eq!(trigger.quantize(0.6), 0.5);
        assert_eq!(trigger.quantize(-0.6), -0.5);
    }

    #[test]
    fn more_events_than_asked_for_raise_the_threshold_and_fewer_lower_it_to_the_least() {
        let control = ErrorTriggerControl { rate: 0.5, gain: Some(0.1), least: 0.2 };
        let trigger = ErrorTrigger { threshold: 0.25, control: Some(control) };
        assert_eq!(trigger.events(&[0.6, -0.3, 0.1]), 3);
        let moved = |events| trigger.moved(0.25, Occurrences { events, chances: 4 });
        assert_eq!(moved(4), 0.3);
        assert_eq!(moved(2), 0.25);
        assert_eq!(moved(0), 0.2);
        assert_eq!(trigger.moved(0.25, Occurrences::default()), 0.25);
    }
}

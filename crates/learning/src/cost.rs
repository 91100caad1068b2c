//! Local costs: what a layer's readout Y should have been (L in the paper, its choice the user's).

use decolle_neuron::exponential::{exp, ln};

/// The built-in costs; a new one is one variant and one arm of [`Cost::evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// d²/2 where |d| < 1, else |d| − ½, d = Y − Ŷ; mean over samples and readout units (the authors' choice).
    SmoothL1 {},
    /// d², mean over samples and readout units.
    MeanSquared {},
    /// −Σ Ŷ log softmax(Y), mean over samples.
    CrossEntropy {},
}

decolle_json::tagged! { Cost { SmoothL1 {}, MeanSquared {}, CrossEntropy {} } as ALL }

impl Default for Cost {
    fn default() -> Self {
        Self::SmoothL1 {}
    }
}

impl Cost {
    /// The cost of one sample's `readout` against its `target`, its share of the mean over `samples` samples, and in
    /// `error` the derivative ∂L/∂Y of that share. All three slices have one entry per readout unit.
    pub fn evaluate(&self, readout: &[f32], target: &[f32], samples: usize, error: &mut [f32]) -> f32 {
        let terms = match self {
            Self::CrossEntropy {} => samples,
            _ => samples * readout.len(),
        } as f32;
        let mut sum = 0.0f32;
        match self {
            Self::SmoothL1 {} => {
                for ((e, &y), &t) in error.iter_mut().zip(readout).zip(target) {
                    let d = y - t;
                    sum += if d.abs() < 1.0 { 0.5 * d * d } else { d.abs() - 0.5 };
                    *e = d.clamp(-1.0, 1.0) / terms;
                }
            }
            Self::MeanSquared {} => {
                for ((e, &y), &t) in error.iter_mut().zip(readout).zip(target) {
                    let d = y - t;
                    sum += d * d;
                    *e = 2.0 * d / terms;
                }
            }
            Self::CrossEntropy {} => {
                let greatest = readout.iter().fold(f32::MIN, |greatest, &y| if y > greatest { y } else { greatest });
                let mut total = 0.0f32;
                for (e, &y) in error.iter_mut().zip(readout) {
                    *e = exp(y - greatest);
                    total += *e;
                }
                let log_total = ln(total);
                let mut mass = 0.0f32;
                for (&y, &t) in readout.iter().zip(target) {
                    sum += t * (log_total - (y - greatest));
                    mass += t;
                }
                for (e, &t) in error.iter_mut().zip(target) {
                    *e = (mass * (*e / total) - t) / terms;
                }
            }
        }
        sum / terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derivative against central differences, at points away from the corner of smooth L1.
    #[test]
    fn errors_are_the_derivatives_of_the_costs() {
        let (readout, target) = ([0.3f32, -1.7, 0.9], [0.0f32, 1.0, 0.0]);
        for cost in Cost::ALL {
            let mut error = [0.0; 3];
            cost.evaluate(&readout, &target, 2, &mut error);
            for unit in 0..3 {
                let at = |shift: f32| {
                    let mut moved = readout;
                    moved[unit] += shift;
                    cost.evaluate(&moved, &target, 2, &mut [0.0; 3])
                };
                let slope = (at(1e-2) - at(-1e-2)) / 2e-2;
                assert!((slope - error[unit]).abs() < 2e-4, "{cost:?} unit {unit}: {slope} {}", error[unit]);
            }
        }
    }

    #[test]
    fn a_readout_on_target_costs_nothing() {
        for cost in [Cost::SmoothL1 {}, Cost::MeanSquared {}] {
            let mut error = [1.0; 2];
            assert_eq!(cost.evaluate(&[0.0, 1.0], &[0.0, 1.0], 1, &mut error), 0.0);
            assert_eq!(error, [0.0, 0.0]);
        }
    }
}

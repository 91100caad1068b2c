//! Surrogate derivatives σ'(U) of the threshold Θ(U) (Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595).

use decolle_error::{Code, Fault, Result};

use crate::exponential::sigmoid;

/// What stands in for the derivative of the threshold; a new one is one variant and one arm of each function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surrogate {
    /// 1 where |U| ≤ width, else 0 (the paper, with width ½).
    Boxcar {
        /// Half width, above 0.
        width: f32,
    },
    /// 1 / (slope·|U| + 1)² (the authors' code, with slope 10; Zenke & Ganguli 2018).
    FastSigmoid {
        /// Slope, above 0.
        slope: f32,
    },
    /// Derivative of the logistic function of slope·U: slope · s(1 − s).
    Sigmoid {
        /// Slope, above 0.
        slope: f32,
    },
}

decolle_json::tagged! {
    Surrogate { Boxcar { width = 0.5 }, FastSigmoid { slope = 10.0 }, Sigmoid { slope = 1.0 } } as ALL
}

impl Default for Surrogate {
    fn default() -> Self {
        Self::FastSigmoid { slope: 10.0 }
    }
}

impl Surrogate {
    /// Checks its constant.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        let (name, value) = match *self {
            Self::Boxcar { width } => ("width", width),
            Self::FastSigmoid { slope } | Self::Sigmoid { slope } => ("slope", slope),
        };
        if value > 0.0 && value <= 1e6 {
            Ok(())
        } else {
            Err(Fault::unfit(Code::Range, &format_args!("{path}.{name}"), &"a number above 0, at most 1e6", &value))
        }
    }

    /// Writes σ'(U) of every potential into `derivative`; the slices have the same length.
    #[inline(always)]
    pub fn derivatives(&self, potentials: &[f32], derivative: &mut [f32]) {
        match *self {
            Self::Boxcar { width } => {
                for (out, &u) in derivative.iter_mut().zip(potentials) {
                    *out = if u.abs() <= width { 1.0 } else { 0.0 };
                }
            }
            Self::FastSigmoid { slope } => {
                for (out, &u) in derivative.iter_mut().zip(potentials) {
                    let base = slope * u.abs() + 1.0;
                    *out = 1.0 / (base * base);
                }
            }
            Self::Sigmoid { slope } => {
                for (out, &u) in derivative.iter_mut().zip(potentials) {
                    let s = sigmoid(slope * u);
                    *out = slope * (s * (1.0 - s));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(surrogate: Surrogate, potential: f32) -> f32 {
        let mut out = [0.0];
        surrogate.derivatives(&[potential], &mut out);
        out[0]
    }

    #[test]
    fn each_surrogate_is_greatest_at_the_threshold() {
        for &surrogate in Surrogate::ALL {
            assert!(at(surrogate, 0.0) >= at(surrogate, 0.3));
            assert!(at(surrogate, 0.3) > at(surrogate, 2.0));
            assert_eq!(at(surrogate, 0.3).to_bits(), at(surrogate, -0.3).to_bits());
        }
    }
}

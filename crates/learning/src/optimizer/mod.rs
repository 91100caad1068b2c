//! Optimisers: how a gradient becomes a change of weights, element by element.

mod ada_grad;
mod ada_max;
mod adam;
mod averaged;
mod sgd;

use decolle_error::{Code, Fault, Result};

pub use ada_grad::AdaGrad;
pub use ada_max::AdaMax;
pub use adam::Adam;
pub use averaged::Averaged;
pub use sgd::Sgd;

/// Moments below this size are zero: it keeps the decaying averages clear of denormal numbers, see
/// `decolle_neuron::TRACE_FLOOR`. 2⁻¹⁰⁰ ≈ 8e−31; its root, 9e−16, is far below any ε in use.
pub(crate) const MOMENT_FLOOR: f32 = 7.888_609e-31;

/// The built-in optimisers; a new one is one file and one variant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent, with momentum if asked.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
    /// AdaMax, the authors' choice.
    AdaMax(AdaMax),
    /// AdaGrad, whose rates fall with all that has been learned.
    AdaGrad(AdaGrad),
    /// Gradient descent whose weights are averaged for predictions.
    Averaged(Averaged),
}

decolle_json::tagged! { Optimizer { Sgd, Adam, AdaMax, AdaGrad, Averaged } }

/// A learning rate that falls: rate / factor^⌊epoch/every⌋.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateDrop {
    /// Epochs between drops, at least 1.
    pub every: u32,
    /// What the rate is divided by at each drop, at least 1.
    pub factor: f32,
}

decolle_json::object! { RateDrop { every, factor } }

/// The learning rate and its schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Rate of epoch 0.
    pub initial: f32,
    /// How it falls.
    pub drop: Option<RateDrop>,
}

impl Rate {
    /// The rate in `epoch`, counted from 0.
    pub fn at(&self, epoch: u32) -> f32 {
        match self.drop {
            None => self.initial,
            Some(RateDrop { every, factor }) => self.initial / power(factor, u64::from(epoch / every)),
        }
    }
}

/// One decaying average for weights and biases: its name in checkpoints.
pub type Moments = &'static [&'static str];

impl Optimizer {
    /// Checks every constant.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        let within = |name: &str, value: f32, low: f32, high: f32| {
            if value >= low && value < high {
                Ok(())
            } else {
                Err(Fault::unfit(
                    Code::Range,
                    &format_args!("{path}.{name}"),
                    &format_args!("at least {low} and below {high}"),
                    &value,
                ))
            }
        };
        let rate = self.rate();
        within("learningRate", rate.initial, 0.0, 1e6)?;
        if let Some(drop) = rate.drop {
            within("drop.factor", drop.factor, 1.0, 1e6)?;
            if drop.every == 0 {
                return Err(Fault::unfit(Code::Range, &format_args!("{path}.drop.every"), &"at least 1", &"0"));
            }
        }
        match self {
            Self::Sgd(sgd) => within("momentum", sgd.momentum, 0.0, 1.0),
            Self::Adam(Adam { beta1, beta2, epsilon, .. }) | Self::AdaMax(AdaMax { beta1, beta2, epsilon, .. }) => {
                within("beta1", *beta1, 0.0, 1.0)?;
                within("beta2", *beta2, 0.0, 1.0)?;
                within("epsilon", *epsilon, f32::MIN_POSITIVE, 1.0)
            }
            Self::AdaGrad(AdaGrad { forgetting, epsilon, window, .. }) => {
                within("forgetting", *forgetting, 0.0, 1.0)?;
                within("epsilon", *epsilon, f32::MIN_POSITIVE, 1.0)?;
                check_window(path, *window)
            }
            Self::Averaged(Averaged { beta, window, .. }) => {
                within("beta", *beta, 0.0, 1.0)?;
                check_window(path, *window)
            }
        }
    }

    /// The learning rate and its schedule.
    pub fn rate(&self) -> Rate {
        match *self {
            Self::Sgd(Sgd { learning_rate: initial, drop, .. })
            | Self::Adam(Adam { learning_rate: initial, drop, .. })
            | Self::AdaMax(AdaMax { learning_rate: initial, drop, .. })
            | Self::AdaGrad(AdaGrad { learning_rate: initial, drop, .. })
            | Self::Averaged(Averaged { learning_rate: initial, drop, .. }) => Rate { initial, drop },
        }
    }

    /// Whether an update is W ← W − η·gradient and nothing else.
    pub fn is_plain_descent(&self) -> bool {
        matches!(self, Self::Sgd(sgd) if sgd.momentum == 0.0)
    }

    /// Which of its moments is what predictions are made with in place of the weights that learn, if one is.
    pub fn average(&self) -> Option<usize> {
        match self {
            Self::Averaged(_) => Some(0),
            Self::AdaGrad(ada_grad) => ada_grad.window.map(|_| 1),
            _ => None,
        }
    }

    /// Names of the moments it keeps for each weight and bias; at most two.
    pub fn moments(&self) -> Moments {
        match self {
            Self::Sgd(sgd) if sgd.momentum == 0.0 => &[],
            Self::Sgd(_) => &["momentum"],
            Self::Adam(_) => &["average", "variance"],
            Self::AdaMax(ada_max) if ada_max.beta1 == 0.0 => &["infinity"],
            Self::AdaMax(_) => &["infinity", "average"],
            Self::AdaGrad(ada_grad) if ada_grad.window.is_none() => &["squares"],
            Self::AdaGrad(_) => &["squares", "average"],
            Self::Averaged(_) => &["average"],
        }
    }

    /// Changes `parameters` by one update with `gradient`; `update` counts from 1, `moments` are those named by
    /// [`Optimizer::moments`], each as long as the parameters or, where not kept, empty.
    #[inline(always)]
    pub fn update(&self, rate: f32, update: u64, gradient: &[f32], parameters: &mut [f32], moments: [&mut [f32]; 2]) {
        let [first, second] = moments;
        match self {
            Self::Sgd(sgd) => sgd.update(rate, gradient, parameters, first),
            Self::Adam(adam) => adam.update(rate, update, gradient, parameters, first, second),
            Self::AdaMax(ada_max) => ada_max.update(rate, update, gradient, parameters, first, second),
            Self::AdaGrad(ada_grad) => ada_grad.update(rate, update, gradient, parameters, first, second),
            Self::Averaged(averaged) => averaged.update(rate, update, gradient, parameters, first),
        }
    }
}

/// An average reaches back over one update or more.
fn check_window(path: &str, window: Option<u32>) -> Result<()> {
    if window == Some(0) {
        return Err(Fault::unfit(Code::Range, &format_args!("{path}.window"), &"at least 1", &"0"));
    }
    Ok(())
}

/// base^exponent by squaring: the platform's own differ in the last bits.
pub(crate) fn power(base: f32, mut exponent: u64) -> f32 {
    let (mut result, mut square) = (1.0f64, f64::from(base));
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    decolle_number::nearest(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropping_rate_is_divided_by_powers_of_its_factor() {
        let rate = Rate { initial: 1.0, drop: Some(RateDrop { every: 30, factor: 5.0 }) };
        assert_eq!([0, 29, 30, 59, 60].map(|epoch| rate.at(epoch)), [1.0, 1.0, 0.2, 0.2, 0.04]);
    }

    #[test]
    fn every_optimiser_descends_a_parabola() {
        for text in [
            r#"{"type":"sgd","learningRate":0.1}"#,
            r#"{"type":"sgd","learningRate":0.02,"momentum":0.9}"#,
            r#"{"type":"adam","learningRate":0.05}"#,
            r#"{"type":"adaMax","learningRate":0.05}"#,
            r#"{"type":"adaMax","learningRate":0.05,"beta1":0.9}"#,
            r#"{"type":"adaGrad","learningRate":1}"#,
            r#"{"type":"adaGrad","learningRate":1,"window":10}"#,
            r#"{"type":"averaged","learningRate":0.1}"#,
            r#"{"type":"averaged","learningRate":0.1,"beta":0.9,"window":10}"#,
        ] {
            let optimizer: Optimizer = decolle_json::read("optimizer", text).unwrap();
            let mut x = [3.0f32, -2.0];
            let kept = optimizer.moments().len();
            let mut moments = [0, 1].map(|index| vec![0.0; if index < kept { 2 } else { 0 }]);
            for update in 1..=400 {
                let gradient = x.map(|x| 2.0 * x);
                let moments = moments.each_mut().map(|moment| &mut moment[..]);
                optimizer.update(optimizer.rate().at(0), update, &gradient, &mut x, moments);
            }
            assert!(x.iter().all(|x| x.abs() < 0.1), "{text}: {x:?}");
        }
    }
}

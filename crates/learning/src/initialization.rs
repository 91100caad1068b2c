//! Initial weights and biases, and decay factors drawn per neuron.

use decolle_error::{Code, Fault, Result};
use decolle_neuron::{Decay, DecayValues};
use decolle_random::Generator;

/// The built-in initialisations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initialization {
    /// Uniform weights and biases.
    Uniform(Uniform),
}

decolle_json::tagged! { Initialization { Uniform } }

impl Initialization {
    /// The uniform initialisation's gains.
    pub fn uniform(&self) -> &Uniform {
        let Self::Uniform(uniform) = self;
        uniform
    }
}

/// Weights from U(±gain/√fan_in), biases from U(±bias/√fan_in)·(1−α)(1−β).
///
/// The defaults are those of the authors' code: PyTorch's own ranges, dense weights times 0.05.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform {
    /// Gain of dense layers, at least 0.
    pub dense: f32,
    /// Gain of convolutions, at least 0.
    pub conv: f32,
    /// Gain of biases, at least 0.
    pub bias: f32,
}

decolle_json::object! { Uniform { dense, conv, bias } or Self::default() }

impl Default for Uniform {
    fn default() -> Self {
        Self { dense: 0.05, conv: 1.0, bias: 1.0 }
    }
}

impl Uniform {
    /// Checks the gains.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        for (name, value) in [("dense", self.dense), ("conv", self.conv), ("bias", self.bias)] {
            if !(0.0..=1e6).contains(&value) {
                return Err(Fault::unfit(
                    Code::Range,
                    &format_args!("{path}.{name}"),
                    &"a number from 0 to 1e6",
                    &value,
                ));
            }
        }
        Ok(())
    }

    /// Draws the weights (`outputs · fan_in`, canonical order) and biases of layer `layer`.
    ///
    /// `bias_scale` is (1−α)(1−β).
    pub fn draw(
        &self,
        seed: u64,
        layer: usize,
        dense: bool,
        outputs: usize,
        fan_in: usize,
        bias_scale: f32,
    ) -> (Vec<f32>, Vec<f32>) {
        let root = (fan_in as f32).sqrt();
        let draw = |purpose: &str, width: f32, count: usize| -> Vec<f32> {
            let mut generator = Generator::new(seed, &format!("{purpose}.{layer}"));
            (0..count).map(|_| generator.uniform_between(-width, width)).collect()
        };
        let gain = if dense { self.dense } else { self.conv };
        let weights = draw("weights", gain / root, outputs * fan_in);
        let bias = draw("bias", self.bias / root * bias_scale, outputs);
        (weights, bias)
    }
}

/// Decay factors for `count` elements of state: shared, or drawn for each.
pub fn draw_decays(decay: &Decay, seed: u64, purpose: &str, count: usize) -> DecayValues {
    match *decay {
        Decay::Shared(value) => DecayValues::Shared(value),
        Decay::Drawn { low, high } => {
            let mut generator = Generator::new(seed, purpose);
            DecayValues::Each((0..count).map(|_| generator.uniform_between(low, high)).collect())
        }
    }
}

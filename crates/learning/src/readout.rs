//! The local readout Y = G S + g: fixed, random, one behind every layer; and the path by which its error comes back.

use decolle_error::{Code, Fault, Result};
use decolle_random::Generator;

/// Neurons that an error comes back to together. Memory is whole strips of them.
pub const STRIP: usize = 16;

/// Neurons whose sums over the classes stay in registers while several errors come back: two vectors of the narrowest level.
const AT_ONCE: usize = 8;

/// Which weights carry the error ∂L/∂Y back to the neurons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feedback {
    /// The readout's own, G.
    #[default]
    Readout,
    /// Others of the same signs, G·n with n ~ U(0, 2) drawn once (Liao, Leibo & Poggio 2016, arXiv:1510.05067).
    Alignment,
}

decolle_json::names! { Feedback { Readout, Alignment } }

/// How readouts are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadoutSettings {
    /// Readout units K: classes, or outputs of a regression; at least 1.
    pub units: usize,
    /// Weights and biases are drawn from U(±scale/√n), n being the layer's units.
    pub scale: f32,
    /// Whether there is a (fixed) bias g.
    pub bias: bool,
    /// Probability with which a spike is dropped on its way to the readout, in `[0, 1)`.
    pub dropout: f32,
    /// Whether spikes are dropped when the network does not learn, too.
    pub dropout_in_evaluation: bool,
    /// How the error comes back.
    pub feedback: Feedback,
}

decolle_json::object! {
    ReadoutSettings {
        units,
        scale = 0.5,
        bias = true,
        dropout = 0.0,
        dropout_in_evaluation = false,
        feedback = Feedback::default(),
    }
}

impl ReadoutSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// `range`, naming the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        let fault = |name: &str, expected: &str, found: String| {
            Err(Fault::unfit(Code::Range, &format_args!("{path}.{name}"), &expected, &found))
        };
        if !(1..=65536).contains(&self.units) {
            return fault("units", "1 to 65536", self.units.to_string());
        }
        if !(0.0..=1e6).contains(&self.scale) {
            return fault("scale", "a number from 0 to 1e6", self.scale.to_string());
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return fault("dropout", "a probability of at least 0 and below 1", self.dropout.to_string());
        }
        Ok(())
    }
}

/// The readout of one layer, in the two layouts that its directions read.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    units: usize,
    classes: usize,
    /// G by unit: `[unit][class]`, for the way from spikes to readout.
    by_unit: Vec<f32>,
    /// g, one per class.
    bias: Vec<f32>,
    /// Feedback weights by class, `[class][neuron in memory order]`, for the way back.
    by_class: Vec<f32>,
    /// Where each unit lies in memory order.
    places: Vec<u32>,
    memory: usize,
}

impl Readout {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        4 * (self.by_unit.len() + self.by_class.len() + self.bias.len() + self.places.len())
    }

    /// Draws a readout for `places.len()` units; `places` says where each unit lies in `memory` places of the layer.
    pub fn draw(
        settings: &ReadoutSettings,
        seed: u64,
        layer: usize,
        scale: f32,
        places: Vec<u32>,
        memory: usize,
    ) -> Self {
        let (units, classes) = (places.len(), settings.units);
        let width = scale / (units as f32).sqrt();
        let mut generator = Generator::new(seed, &format!("readout.{layer}"));
        let weights: Vec<f32> = (0..classes * units).map(|_| generator.uniform_between(-width, width)).collect();
        let bias =
            (0..classes).map(|_| if settings.bias { generator.uniform_between(-width, width) } else { 0.0 }).collect();
        let mut readout = Self {
            units,
            classes,
            by_unit: vec![0.0; units * classes],
            bias,
            by_class: vec![0.0; classes * memory],
            places,
            memory,
        };
        readout.set_weights(&weights);
        match settings.feedback {
            Feedback::Readout => readout.set_feedback(&weights),
            Feedback::Alignment => {
                let mut generator = Generator::new(seed, &format!("feedback.{layer}"));
                let feedback: Vec<f32> = weights.iter().map(|g| g * generator.uniform_between(0.0, 2.0)).collect();
                readout.set_feedback(&feedback);
            }
        }
        readout
    }

    /// Readout units.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// G as `[class, unit]`.
    pub fn weights(&self) -> Vec<f32> {
        (0..self.classes * self.units).map(|i| self.by_unit[i % self.units * self.classes + i / self.units]).collect()
    }

    /// Replaces G, given as `[class, unit]`; the feedback weights stay.
    pub fn set_weights(&mut self, weights: &[f32]) {
        for (i, &weight) in weights.iter().enumerate() {
            self.by_unit[i % self.units * self.classes + i / self.units] = weight;
        }
    }

    /// g, one per class.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Replaces g.
    pub fn set_bias(&mut self, bias: &[f32]) {
        self.bias.copy_from_slice(bias);
    }

    /// Feedback weights as `[class, unit]`.
    pub fn feedback(&self) -> Vec<f32> {
        (0..self.classes * self.units)
            .map(|i| self.by_class[i / self.units * self.memory + self.places[i % self.units] as usize])
            .collect()
    }

    /// Replaces the feedback weights, given as `[class, unit]`.
    pub fn set_feedback(&mut self, weights: &[f32]) {
        for (i, &weight) in weights.iter().enumerate() {
            self.by_class[i / self.units * self.memory + self.places[i % self.units] as usize] = weight;
        }
    }

    /// Adds the weights of a spike of `unit` that counts `count` to the readout.
    #[inline(always)]
    pub fn add_spike(&self, unit: usize, count: f32, readout: &mut [f32]) {
        let weights = &self.by_unit[unit * self.classes..][..self.classes];
        for (y, weight) in readout.iter_mut().zip(weights) {
            *y += weight * count;
        }
    }

    /// Σ_k F_ki e_k for the neurons in memory from `first` on, one per entry of `back`.
    // Compiled for the caller's SIMD level, where there are several; else once.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub fn back(&self, error: &[f32], first: usize, back: &mut [f32]) {
        for (strip, back) in back.chunks_mut(STRIP).enumerate() {
            let [sums] = self.back_together([error], first + strip * STRIP);
            back.copy_from_slice(&sums[..back.len()]);
        }
    }

    /// Σ_k F_ki e_k for the strip of neurons in memory from `place` on, of several errors. Its weights are read once for all of
    /// them: those of a layer do not fit into a second-level cache.
    #[inline(always)]
    pub fn back_together<const N: usize>(&self, errors: [&[f32]; N], place: usize) -> [[f32; STRIP]; N] {
        let mut back = [[0.0f32; STRIP]; N];
        // As many at a time as have their sums in registers at the narrowest level, too.
        for first in (0..STRIP).step_by(AT_ONCE) {
            let mut sums = [[0.0f32; AT_ONCE]; N];
            for (class, weights) in self.by_class.chunks_exact(self.memory).enumerate() {
                let weights = &weights[place + first..][..AT_ONCE];
                for (sums, error) in sums.iter_mut().zip(&errors) {
                    let e = error[class];
                    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += e * weight);
                }
            }
            for (back, sums) in back.iter_mut().zip(&sums) {
                back[first..first + AT_ONCE].copy_from_slice(sums);
            }
        }
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(feedback: Feedback) -> ReadoutSettings {
        ReadoutSettings { units: 3, scale: 0.5, bias: true, dropout: 0.0, dropout_in_evaluation: false, feedback }
    }

    #[test]
    fn weights_go_in_and_come_out_in_the_same_order() {
        let mut readout = Readout::draw(&settings(Feedback::Readout), 1, 0, 0.5, vec![0, 1, 16, 17], 32);
        let weights: Vec<f32> = (0..12).map(|i| i as f32).collect();
        readout.set_weights(&weights);
        readout.set_feedback(&weights);
        assert_eq!((readout.weights(), readout.feedback()), (weights.clone(), weights));
        let mut y = [0.0; 3];
        readout.add_spike(2, 2.0, &mut y);
        assert_eq!(y, [4.0, 12.0, 20.0]);
        let mut back = [0.0; 4];
        readout.back(&[1.0, 0.0, 10.0], 16, &mut back);
        assert_eq!(back, [102.0, 113.0, 0.0, 0.0]);
    }

    #[test]
    fn errors_come_back_together_as_they_do_alone() {
        let readout = Readout::draw(&settings(Feedback::Readout), 1, 0, 0.5, (0..48).collect(), 48);
        let errors = [[0.1, -0.7, 0.3], [1e-9, 2.0, -0.4], [0.0, 0.0, 1.0], [-3.0, 0.2, 0.7]];
        let together = readout.back_together(errors.each_ref().map(|error| &error[..]), 16);
        for (error, together) in errors.iter().zip(&together) {
            let mut alone = [0.0; STRIP];
            readout.back(error, 16, &mut alone);
            assert_eq!(alone.map(f32::to_bits), together.map(f32::to_bits));
            let feedback = readout.feedback();
            for (lane, back) in alone.iter().enumerate() {
                let sum = (0..3).fold(0.0, |sum, class| sum + error[class] * feedback[class * 48 + 16 + lane]);
                assert_eq!(*back, sum);
            }
        }
    }

    #[test]
    fn aligned_feedback_has_the_signs_of_the_readout() {
        let readout = Readout::draw(&settings(Feedback::Alignment), 1, 0, 0.5, (0..50).collect(), 64);
        for (g, f) in readout.weights().iter().zip(readout.feedback()) {
            assert!(g * f >= 0.0 && *g != f);
        }
    }
}

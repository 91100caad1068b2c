//! The plasticity rule of DECOLLE (eq. 7), as the engine runs it: ΔW_ij = −η · (Σ_k G_ki ∂L/∂Y_k) · σ'(U_i) · P_j.
//!
//! The first two factors belong to the neuron and make its δ ([`NeuronFactors`]); the third is the presynaptic trace,
//! which the gradient kernels of `decolle-synapse` multiply in. Nothing flows to the layer below, into the refractory
//! trace, or back in time.

use decolle_learning::{ErrorTrigger, Passes, Readout, Regularizer, STRIP};
use decolle_neuron::Surrogate;

/// What turns a readout's error into the δ of its neurons.
#[derive(Clone, Copy, Debug)]
pub struct NeuronFactors<'a> {
    /// Carries the error back.
    pub readout: &'a Readout,
    /// σ'.
    pub surrogate: Surrogate,
    /// Quantises the error that came back, if asked.
    pub trigger: Option<ErrorTrigger>,
    /// Adds its own derivative, if asked.
    pub regularizer: Option<Regularizer>,
    /// Samples times units of the layer: what the regulariser's means run over.
    pub regularized: usize,
    /// Whether the regulariser's second term is active in this step.
    pub lower_active: bool,
}

impl NeuronFactors<'_> {
    /// Turns the potentials of the strip of neurons in memory from `place` on into their δ: (Σ_k F_ki e_k) · pass · σ'(U) +
    /// regulariser. `back` is the sum over the readout's errors, before dropout.
    #[inline(always)]
    pub fn delta(&self, back: &[f32; STRIP], place: usize, passes: Passes<'_>, values: &mut [f32; STRIP]) {
        let (potential, mut delta, mut derivative) = (*values, *back, [0.0f32; STRIP]);
        passes.apply(place, &mut delta);
        if let Some(trigger) = &self.trigger {
            for delta in &mut delta {
                *delta = trigger.quantize(*delta);
            }
        }
        self.surrogate.derivatives(&potential, &mut derivative);
        for (delta, derivative) in delta.iter_mut().zip(&derivative) {
            *delta *= derivative;
        }
        if let Some(regularizer) = &self.regularizer {
            regularizer.add_derivative(&potential, self.regularized, self.lower_active, &mut delta);
        }
        *values = delta;
    }
}

//! The plasticity rule of DECOLLE (eq. 7), as the engine runs it: ΔW_ij = −η · (Σ_k G_ki ∂L/∂Y_k) · σ'(U_i) · P_j.
//!
//! The first two factors belong to the neuron and make its δ ([`NeuronFactors`]); the third is the presynaptic trace,
//! which the gradient kernels of `decolle-synapse` multiply in. Nothing flows to the layer below, into the refractory
//! trace, or back in time.

use decolle_learning::{ErrorTrigger, Readout, Regularizer};
use decolle_neuron::Surrogate;

/// Most neurons whose δ is made at a time: those of the widest block of outputs.
const MOST_NEURONS: usize = 64;

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
    /// δ of the neurons in memory from `first` on: (Σ_k F_ki e_k) · pass · σ'(U) + regulariser.
    ///
    /// `error` is ∂L/∂Y, one per class; `potential` and `delta` have one entry per neuron, at most 64; `passes` says
    /// what each neuron's spike counts after dropout, or is empty without dropout.
    #[inline(always)]
    pub fn delta(&self, error: &[f32], first: usize, potential: &[f32], passes: &[f32], delta: &mut [f32]) {
        let mut surrogate = [0.0f32; MOST_NEURONS];
        let surrogate = &mut surrogate[..potential.len()];
        self.readout.back(error, first, delta);
        for (delta, pass) in delta.iter_mut().zip(passes) {
            *delta *= pass;
        }
        if let Some(trigger) = &self.trigger {
            for delta in delta.iter_mut() {
                *delta = trigger.quantize(*delta);
            }
        }
        self.surrogate.derivatives(potential, surrogate);
        for (delta, derivative) in delta.iter_mut().zip(surrogate.iter()) {
            *delta *= derivative;
        }
        if let Some(regularizer) = &self.regularizer {
            regularizer.add_derivative(potential, self.regularized, self.lower_active, delta);
        }
    }
}

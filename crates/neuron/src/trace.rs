//! The two traces of every input: the synaptic trace Q and the membrane trace P (eqs. 1 and 2).

use crate::{Decay, DecayRun, DecayValues, Lif, TraceGain, TraceOrder};

/// A trace below this size **is** zero, on every backend. It keeps the decaying traces, and their products with weights
/// and errors, clear of denormal numbers, which cost a hundred cycles each and which WebAssembly cannot flush; it is
/// 2⁻⁶⁴ ≈ 5e−20, far below the rounding of any potential (a unit in the last place of the threshold's margin is 1e−9).
pub const TRACE_FLOOR: f32 = 1.0 / 18_446_744_073_709_551_616.0;

/// Gain with which an input enters a trace in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gain {
    /// As its decay factor has it.
    Of(TraceGain),
    /// This one.
    Fixed(f32),
}

impl Gain {
    /// The gain for decay factor `decay`.
    #[inline(always)]
    pub fn of(self, decay: f32) -> f32 {
        match self {
            Self::Of(gain) => gain.of(decay),
            Self::Fixed(gain) => gain,
        }
    }
}

/// Dynamics of Q and P.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceDynamics {
    /// α, decay of P, shared or one for each input.
    pub alpha: DecayValues,
    /// β, decay of Q, shared or one for each input.
    pub beta: DecayValues,
    /// Gain of P.
    pub membrane_gain: Gain,
    /// Gain of Q.
    pub synaptic_gain: Gain,
    /// Which Q enters P.
    pub order: TraceOrder,
}

impl TraceDynamics {
    /// The dynamics of `neuron` with shared decay factors; drawn ones start at the middle of their range until
    /// [`TraceDynamics::alpha`] and [`TraceDynamics::beta`] are replaced.
    pub fn new(neuron: &Lif) -> Self {
        let shared = |decay: &Decay| DecayValues::Shared(decay.mean());
        let gain = Gain::Of(neuron.trace_gain);
        Self {
            alpha: shared(&neuron.alpha),
            beta: shared(&neuron.beta),
            membrane_gain: gain,
            synaptic_gain: gain,
            order: neuron.trace,
        }
    }

    /// Advances both traces of inputs from `first` on by one step, without this step's input: decays Q, and P with the
    /// old Q.
    ///
    /// With [`TraceOrder::Previous`] this is all of P; [`TraceDynamics::arrive`] then adds the input to Q.
    #[inline(always)]
    pub fn decay(&self, first: usize, synaptic: &mut [f32], membrane: &mut [f32]) {
        if self.order == TraceOrder::Previous {
            self.pass_on(first, synaptic, membrane);
        }
        match self.beta.run(first, synaptic.len()) {
            DecayRun::Shared(beta) => {
                for q in synaptic.iter_mut() {
                    *q = floored(beta * *q);
                }
            }
            DecayRun::Each(betas) => {
                for (q, beta) in synaptic.iter_mut().zip(betas) {
                    *q = floored(beta * *q);
                }
            }
        }
    }

    /// Adds `count` events to the synaptic trace of an input, which `place` places after the input `first`:
    /// Q ← Q + (1−β)·count.
    #[inline(always)]
    pub fn arrive(&self, first: usize, synaptic: &mut [f32], place: usize, count: f32) {
        let beta = match &self.beta {
            DecayValues::Shared(beta) => *beta,
            DecayValues::Each(betas) => betas[first + place],
        };
        synaptic[place] += self.synaptic_gain.of(beta) * count;
    }

    /// What follows the input: with [`TraceOrder::Current`] the membrane trace takes in the new Q.
    #[inline(always)]
    pub fn settle(&self, first: usize, synaptic: &[f32], membrane: &mut [f32]) {
        if self.order == TraceOrder::Current {
            self.pass_on(first, synaptic, membrane);
        }
    }

    /// P ← αP + (1−α)Q.
    #[inline(always)]
    fn pass_on(&self, first: usize, synaptic: &[f32], membrane: &mut [f32]) {
        match self.alpha.run(first, membrane.len()) {
            DecayRun::Shared(alpha) => {
                let gain = self.membrane_gain.of(alpha);
                for (p, q) in membrane.iter_mut().zip(synaptic) {
                    *p = floored(alpha * *p + gain * q);
                }
            }
            DecayRun::Each(alphas) => {
                for ((p, q), alpha) in membrane.iter_mut().zip(synaptic).zip(alphas) {
                    *p = floored(alpha * *p + self.membrane_gain.of(*alpha) * q);
                }
            }
        }
    }
}

/// The trace itself, or zero below [`TRACE_FLOOR`].
#[inline(always)]
fn floored(trace: f32) -> f32 {
    if trace < TRACE_FLOOR { 0.0 } else { trace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_input_settles_at_its_own_size() {
        let dynamics = TraceDynamics::new(&Lif::default());
        let (mut q, mut p) = ([0.0], [0.0]);
        for _ in 0..2000 {
            dynamics.decay(0, &mut q, &mut p);
            dynamics.arrive(0, &mut q, 0, 3.0);
            dynamics.settle(0, &q, &mut p);
        }
        assert!((q[0] - 3.0).abs() < 1e-4 && (p[0] - 3.0).abs() < 1e-3, "{q:?} {p:?}");
    }

    #[test]
    fn an_input_reaches_the_membrane_one_step_later_with_the_previous_trace_and_at_once_with_the_current() {
        let mut lif = Lif::default();
        for (order, expected) in [(TraceOrder::Previous, 0.0), (TraceOrder::Current, 0.03 * 0.08)] {
            lif.trace = order;
            let dynamics = TraceDynamics::new(&lif);
            let (mut q, mut p) = ([0.0], [0.0]);
            dynamics.decay(0, &mut q, &mut p);
            dynamics.arrive(0, &mut q, 0, 1.0);
            dynamics.settle(0, &q, &mut p);
            assert!((p[0] - expected).abs() < 1e-8, "{p:?}");
        }
    }

    #[test]
    fn a_trace_that_decays_ends_at_exactly_zero_without_denormals() {
        let dynamics = TraceDynamics::new(&Lif::default());
        let (mut q, mut p) = ([1.0], [1.0]);
        for _ in 0..2000 {
            dynamics.decay(0, &mut q, &mut p);
            assert!(q[0] == 0.0 || q[0].is_normal());
            assert!(p[0] == 0.0 || p[0].is_normal());
        }
        assert_eq!((q[0], p[0]), (0.0, 0.0));
    }
}

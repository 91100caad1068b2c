//! The refractory trace R, the membrane potential U and the threshold (eqs. 3 and 4).

use fearless_simd::f32x16;
use fearless_simd::prelude::*;

use crate::{DecayRun, DecayValues, Lif, Refractory, TRACE_FLOOR};

/// Where the threshold lies: U > 0, or U ≥ 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// A potential above zero spikes.
    Above,
    /// A potential of exactly zero spikes too.
    At,
}

impl Threshold {
    /// Θ(U) as 0 or 1.
    #[inline(always)]
    pub fn spike(self, potential: f32) -> f32 {
        let spikes = match self {
            Self::Above => potential > 0.0,
            Self::At => potential >= 0.0,
        };
        if spikes { 1.0 } else { 0.0 }
    }
}

/// Dynamics of the refractory trace and the potential.
#[derive(Clone, Debug, PartialEq)]
pub struct RefractoryDynamics {
    /// γ, decay of R, shared or one for each neuron.
    pub gamma: DecayValues,
    /// ρ, weight of R in the potential.
    pub rho: f32,
    /// How a spike enters R.
    pub form: Refractory,
    /// Where the threshold lies.
    pub threshold: Threshold,
}

impl RefractoryDynamics {
    /// The dynamics of `neuron`; drawn decay factors start at the middle of their range.
    pub fn new(neuron: &Lif) -> Self {
        Self {
            gamma: DecayValues::Shared(neuron.gamma.mean()),
            rho: if neuron.refractory == Refractory::Potential { 1.0 } else { neuron.rho },
            form: neuron.refractory,
            threshold: if neuron.spike_at_threshold { Threshold::At } else { Threshold::Above },
        }
    }

    /// One step of a run of neurons, whose decay factors γ are `gamma`.
    ///
    /// On entry `synaptic` is W·P + b of this step and `spike` and `potential` are S and U of the step before; on
    /// return `refractory`, `potential` and `spike` are those of this step:
    /// R ← γR + gain·S, U = W·P + b − ρR, S = Θ(U).
    #[inline(always)]
    pub fn step(
        &self,
        gamma: DecayRun<'_>,
        synaptic: &[f32],
        refractory: &mut [f32],
        potential: &mut [f32],
        spike: &mut [f32],
    ) {
        let count = synaptic.len();
        let (refractory, potential, spike) = (&mut refractory[..count], &mut potential[..count], &mut spike[..count]);
        match gamma {
            DecayRun::Shared(gamma) => {
                self.recover(|_| gamma, refractory, potential, spike);
            }
            DecayRun::Each(gammas) => {
                let gammas = &gammas[..count];
                self.recover(|place| gammas[place], refractory, potential, spike);
            }
        }
        let rho = self.rho;
        match self.threshold {
            Threshold::Above => {
                for place in 0..count {
                    let u = synaptic[place] - rho * refractory[place];
                    potential[place] = u;
                    spike[place] = if u > 0.0 { 1.0 } else { 0.0 };
                }
            }
            Threshold::At => {
                for place in 0..count {
                    let u = synaptic[place] - rho * refractory[place];
                    potential[place] = u;
                    spike[place] = if u >= 0.0 { 1.0 } else { 0.0 };
                }
            }
        }
    }

    /// As [`RefractoryDynamics::step`] for sixteen neurons, in vectors: their state may then stay in registers over steps.
    #[inline(always)]
    pub fn step_lanes<S: Simd>(
        &self,
        simd: S,
        gamma: f32x16<S>,
        synaptic: f32x16<S>,
        refractory: &mut f32x16<S>,
        potential: &mut f32x16<S>,
        spike: &mut f32x16<S>,
    ) {
        let (zero, one) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 1.0));
        let floored = |trace: f32x16<S>| trace.simd_lt(TRACE_FLOOR).select(zero, trace);
        *refractory = match self.form {
            Refractory::Normalized => floored(gamma * *refractory + (one - gamma) * *spike),
            Refractory::Additive => floored(gamma * *refractory + *spike),
            Refractory::Decayed => floored(gamma * (*refractory + *spike)),
            Refractory::Potential => {
                let taken = *spike * (*potential + *refractory);
                let trace = gamma * *refractory + taken;
                trace.abs().simd_lt(TRACE_FLOOR).select(zero, trace)
            }
        };
        *potential = synaptic - *refractory * self.rho;
        let spikes = match self.threshold {
            Threshold::Above => potential.simd_gt(zero),
            Threshold::At => potential.simd_ge(zero),
        };
        *spike = spikes.select(one, zero);
    }

    /// R of this step from R, U and S of the step before.
    #[inline(always)]
    fn recover(&self, gamma: impl Fn(usize) -> f32, refractory: &mut [f32], potential: &[f32], spike: &[f32]) {
        let count = refractory.len();
        let (potential, spike) = (&potential[..count], &spike[..count]);
        match self.form {
            Refractory::Normalized => {
                for place in 0..count {
                    let g = gamma(place);
                    refractory[place] = floored(g * refractory[place] + (1.0 - g) * spike[place]);
                }
            }
            Refractory::Additive => {
                for place in 0..count {
                    refractory[place] = floored(gamma(place) * refractory[place] + spike[place]);
                }
            }
            Refractory::Decayed => {
                for place in 0..count {
                    refractory[place] = floored(gamma(place) * (refractory[place] + spike[place]));
                }
            }
            Refractory::Potential => {
                // U + R of the step before is the potential without its refractory part, V.
                for place in 0..count {
                    let taken = spike[place] * (potential[place] + refractory[place]);
                    let r = gamma(place) * refractory[place] + taken;
                    refractory[place] = if r.abs() < TRACE_FLOOR { 0.0 } else { r };
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

    fn run(form: Refractory, steps: usize, drive: f32) -> usize {
        let dynamics = RefractoryDynamics::new(&Lif { refractory: form, rho: 2.0, ..Lif::default() });
        let (mut r, mut u, mut s) = ([0.0], [0.0], [0.0]);
        (0..steps)
            .filter(|_| {
                dynamics.step(dynamics.gamma.run(0, 1), &[drive], &mut r, &mut u, &mut s);
                s[0] == 1.0
            })
            .count()
    }

    #[test]
    fn refractoriness_thins_out_the_spikes_of_a_constant_drive() {
        for form in [Refractory::Normalized, Refractory::Additive, Refractory::Decayed] {
            let spikes = run(form, 100, 0.3);
            assert!(spikes > 0 && spikes < 60, "{form:?}: {spikes}");
        }
    }

    #[test]
    fn a_potential_of_zero_spikes_only_where_asked() {
        assert_eq!(Threshold::Above.spike(0.0), 0.0);
        assert_eq!(Threshold::At.spike(0.0), 1.0);
    }
}

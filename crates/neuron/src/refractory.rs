//! The refractory trace R, the membrane potential U and the threshold (eqs. 3 and 4).

use fearless_simd::prelude::*;
use fearless_simd::{f32x16, mask32x16};

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

    /// The constants of sixteen neurons in vectors, whose decay factors γ are `gamma`.
    #[inline(always)]
    pub fn lanes<S: Simd>(&self, simd: S, gamma: f32x16<S>) -> RefractoryLanes<S> {
        let one = f32x16::splat(simd, 1.0);
        let gain = if self.form == Refractory::Normalized { one - gamma } else { one };
        let above = match self.threshold {
            Threshold::Above => 0.0,
            // U ≥ 0 where U is above the greatest number below zero.
            Threshold::At => -f32::from_bits(1),
        };
        let recovery = recovery::of(self.form);
        RefractoryLanes { recovery, gamma, gain, rho: f32x16::splat(simd, self.rho), above: f32x16::splat(simd, above) }
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

/// How R follows spikes, known beforehand so that nothing is decided at each step.
pub mod recovery {
    use crate::Refractory;

    /// R ← γR + gain·S: [`Refractory::Normalized`] and [`Refractory::Additive`].
    pub const LEAKY: u8 = 0;
    /// R ← γ(R + S): [`Refractory::Decayed`].
    pub const DECAYED: u8 = 1;
    /// R ← γR + S·(U + R): [`Refractory::Potential`].
    pub const OF_POTENTIAL: u8 = 2;
    /// Any of them, decided at each step.
    pub const ANY: u8 = 3;

    /// That of a form of refractoriness.
    pub fn of(form: Refractory) -> u8 {
        match form {
            Refractory::Normalized | Refractory::Additive => LEAKY,
            Refractory::Decayed => DECAYED,
            Refractory::Potential => OF_POTENTIAL,
        }
    }
}

/// Constants of the refractory dynamics of sixteen neurons.
#[derive(Clone, Copy)]
pub struct RefractoryLanes<S: Simd> {
    recovery: u8,
    gamma: f32x16<S>,
    /// What a spike adds to a leaky trace.
    gain: f32x16<S>,
    rho: f32x16<S>,
    /// Potentials above it spike.
    above: f32x16<S>,
}

impl<S: Simd> RefractoryLanes<S> {
    /// As [`RefractoryDynamics::step`] for sixteen neurons, in vectors: their state may then stay in registers over steps.
    /// `RECOVERY` is the [`recovery`] of their form, or [`recovery::ANY`].
    #[inline(always)]
    pub fn step<const RECOVERY: u8>(
        &self,
        simd: S,
        synaptic: f32x16<S>,
        refractory: &mut f32x16<S>,
        potential: &mut f32x16<S>,
        spike: &mut mask32x16<S>,
    ) {
        let (zero, one) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 1.0));
        let recovery = if RECOVERY == recovery::ANY { self.recovery } else { RECOVERY };
        // S is 0 or 1, so that choosing gives the bits of the products.
        let trace = match recovery {
            // Where a vector holds them all, the mask comes with the addition. A sum of −0 is below the floor.
            recovery::LEAKY if S::f32s::LEN == 16 => {
                let trace = self.gamma * *refractory;
                spike.select(trace + self.gain, trace)
            }
            recovery::LEAKY => self.gamma * *refractory + spike.select(self.gain, zero),
            recovery::DECAYED => self.gamma * (*refractory + spike.select(one, zero)),
            _ => self.gamma * *refractory + spike.select(*potential + *refractory, zero),
        };
        let size = if recovery == recovery::OF_POTENTIAL { trace.abs() } else { trace };
        *refractory = size.simd_lt(TRACE_FLOOR).select(zero, trace);
        *potential = synaptic - *refractory * self.rho;
        *spike = potential.simd_gt(self.above);
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

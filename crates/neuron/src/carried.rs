//! The trace filters moved behind the weights, and run backwards.
//!
//! Q and P (eqs. 1 and 2) are linear filters that all inputs of a layer share, so while the weights W stand still they
//! may as well run on the neurons' side: with V = W·P and X = W·Q,
//!
//! ```text
//! V ← αV + (1−α)X        X ← βX + (1−β)·W·S
//! ```
//!
//! and W meets only the spikes S. For the gradient `Σ_t δ[t]·P[t]` over such a stretch the same filters run backwards in
//! time over δ: with `p[t] = δ[t] + αp[t+1]` and `q[t] = (1−α)p[t+1] + βq[t+1]`,
//!
//! ```text
//! Σ_t δ[t]·P[t] = (1−β) Σ_t q[t]·S[t]  +  αp[1]·P[0]  +  ((1−α)p[1] + βq[1])·Q[0]
//! ```
//!
//! where index 0 is the state before the stretch. Both are exact; only roundings differ from the traces themselves. With
//! [`TraceOrder::Current`] a new Q enters P at once: `q[t] = (1−α)p[t] + βq[t+1]`, and the last factor is `βq[1]`.

use fearless_simd::prelude::*;
use fearless_simd::{f32x16, i32x16};

use crate::{DecayValues, TRACE_FLOOR, TraceDynamics, TraceOrder};

/// The filters of a layer whose inputs share their decay factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CarriedDynamics {
    alpha: f32,
    beta: f32,
    membrane_gain: f32,
    synaptic_gain: f32,
    order: TraceOrder,
}

impl CarriedDynamics {
    /// The filters of `traces`, or none where inputs have decay factors of their own.
    pub fn new(traces: &TraceDynamics) -> Option<Self> {
        let (DecayValues::Shared(alpha), DecayValues::Shared(beta)) = (&traces.alpha, &traces.beta) else {
            return None;
        };
        Some(Self {
            alpha: *alpha,
            beta: *beta,
            membrane_gain: traces.membrane_gain.of(*alpha),
            synaptic_gain: traces.synaptic_gain.of(*beta),
            order: traces.order,
        })
    }

    /// One step of V and X of some neurons, to which W·S = `arrived` came in; slices of one length.
    #[inline(always)]
    pub fn advance(&self, arrived: &[f32], potential: &mut [f32], current: &mut [f32]) {
        let Self { alpha, beta, membrane_gain, synaptic_gain, .. } = *self;
        match self.order {
            TraceOrder::Previous => {
                for ((v, x), a) in potential.iter_mut().zip(current).zip(arrived) {
                    *v = floored(alpha * *v + membrane_gain * *x);
                    *x = floored(beta * *x + synaptic_gain * a);
                }
            }
            TraceOrder::Current => {
                for ((v, x), a) in potential.iter_mut().zip(current).zip(arrived) {
                    *x = floored(beta * *x + synaptic_gain * a);
                    *v = floored(alpha * *v + membrane_gain * *x);
                }
            }
        }
    }

    /// When Q enters P.
    pub fn order(&self) -> TraceOrder {
        self.order
    }

    /// As [`CarriedDynamics::advance`] for sixteen neurons, in vectors: their state may then stay in registers over steps.
    /// `ORDER` is their [`order`] where that is known beforehand, so that nothing is decided at each step.
    #[inline(always)]
    pub fn advance_lanes<S: Simd, const ORDER: u8>(
        &self,
        simd: S,
        arrived: f32x16<S>,
        potential: &mut f32x16<S>,
        current: &mut f32x16<S>,
    ) {
        let Self { alpha, beta, membrane_gain, synaptic_gain, .. } = *self;
        if ORDER == order::ANY && self.order == TraceOrder::Current {
            *current = follow_lanes(simd, *current, beta, arrived, synaptic_gain);
            *potential = follow_lanes(simd, *potential, alpha, *current, membrane_gain);
        } else {
            *potential = follow_lanes(simd, *potential, alpha, *current, membrane_gain);
            *current = follow_lanes(simd, *current, beta, arrived, synaptic_gain);
        }
    }

    /// One step back in time of the filtered errors p (`membrane`) and q (`synaptic`) of some neurons whose error is
    /// `delta`; what an event of this step has to be multiplied with, (1−β)q, goes to `filtered`. Slices of one length.
    #[inline(always)]
    pub fn step_back(&self, delta: &[f32], membrane: &mut [f32], synaptic: &mut [f32], filtered: &mut [f32]) {
        let Self { alpha, beta, membrane_gain, synaptic_gain, .. } = *self;
        match self.order {
            TraceOrder::Previous => {
                for (((p, q), d), out) in membrane.iter_mut().zip(synaptic).zip(delta).zip(filtered) {
                    *q = floored(membrane_gain * *p + beta * *q);
                    *p = floored(d + alpha * *p);
                    *out = synaptic_gain * *q;
                }
            }
            TraceOrder::Current => {
                for (((p, q), d), out) in membrane.iter_mut().zip(synaptic).zip(delta).zip(filtered) {
                    *p = floored(d + alpha * *p);
                    *q = floored(membrane_gain * *p + beta * *q);
                    *out = synaptic_gain * *q;
                }
            }
        }
    }

    /// Turns p and q of the first step into what P and Q from before it have to be multiplied with.
    #[inline(always)]
    pub fn step_before(&self, membrane: &mut [f32], synaptic: &mut [f32]) {
        let Self { alpha, beta, membrane_gain, .. } = *self;
        for (p, q) in membrane.iter_mut().zip(synaptic) {
            *q = floored(match self.order {
                TraceOrder::Previous => membrane_gain * *p + beta * *q,
                TraceOrder::Current => beta * *q,
            });
            *p = floored(alpha * *p);
        }
    }
}

/// The number itself, or zero where it is smaller than [`TRACE_FLOOR`] in size.
#[inline(always)]
fn floored(value: f32) -> f32 {
    if value.abs() < TRACE_FLOOR { 0.0 } else { value }
}

/// value · decay + input · gain, floored. No closure, for the compiler leaves those out of line at some SIMD levels.
#[inline(always)]
fn follow_lanes<S: Simd>(simd: S, value: f32x16<S>, decay: f32, input: f32x16<S>, gain: f32) -> f32x16<S> {
    let value = value * decay + input * gain;
    // Sizes are in the order of their bits, NaN above all; a comparison of floats would take one operation more, to turn it around.
    let size = value.abs().bitcast::<i32x16<S>>();
    size.simd_gt(TRACE_FLOOR.to_bits().cast_signed() - 1).select(value, f32x16::splat(simd, 0.0))
}

/// When Q enters P, for code that is compiled for one order.
pub mod order {
    /// [`TraceOrder::Previous`](crate::TraceOrder::Previous).
    pub const PREVIOUS: u8 = 0;
    /// Either, decided at each step.
    pub const ANY: u8 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lif;

    const WEIGHTS: [f32; 3] = [0.7, -1.3, 0.4];
    const STEPS: usize = 50;

    /// Events of three inputs over some steps: input, step and count all vary.
    fn counts(step: usize) -> [f32; 3] {
        std::array::from_fn(|input| if (step * 7 + input * 5) % 11 < 2 { 1.0 + (step % 2) as f32 } else { 0.0 })
    }

    fn orders() -> [TraceDynamics; 2] {
        [TraceOrder::Previous, TraceOrder::Current].map(|trace| TraceDynamics::new(&Lif { trace, ..Lif::default() }))
    }

    fn step(traces: &TraceDynamics, step: usize, q: &mut [f32], p: &mut [f32]) {
        traces.decay(0, q, p);
        for (input, count) in counts(step).into_iter().enumerate().filter(|(_, count)| *count > 0.0) {
            traces.arrive(0, q, input, count);
        }
        traces.settle(0, q, p);
    }

    #[test]
    fn carried_potentials_are_weights_times_traces() {
        for traces in orders() {
            let carried = CarriedDynamics::new(&traces).unwrap();
            let (mut q, mut p, mut v, mut x) = ([0.0; 3], [0.0; 3], [0.0], [0.0]);
            for now in 0..2000 {
                step(&traces, now, &mut q, &mut p);
                let arrived = counts(now).iter().zip(WEIGHTS).map(|(s, w)| s * w).sum();
                carried.advance(&[arrived], &mut v, &mut x);
                let expected: f32 = p.iter().zip(WEIGHTS).map(|(p, w)| p * w).sum();
                assert!((v[0] - expected).abs() < 2e-6, "step {now}: {} {expected}", v[0]);
            }
        }
    }

    #[test]
    fn errors_filtered_backwards_meet_events_as_errors_meet_traces() {
        for traces in orders() {
            let carried = CarriedDynamics::new(&traces).unwrap();
            let (mut q, mut p) = ([0.5, 0.0, 0.2], [0.3, 0.4, 0.0]);
            let (first_q, first_p) = (q, p);
            let delta = |now: usize| ((now * 13) % 7) as f32 - 3.0;
            let mut expected = [0.0f32; 3];
            for now in 0..STEPS {
                step(&traces, now, &mut q, &mut p);
                for (sum, p) in expected.iter_mut().zip(p) {
                    *sum += delta(now) * p;
                }
            }
            let (mut membrane, mut synaptic, mut filtered, mut found) = ([0.0], [0.0], [0.0], [0.0f32; 3]);
            for now in (0..STEPS).rev() {
                carried.step_back(&[delta(now)], &mut membrane, &mut synaptic, &mut filtered);
                for (sum, count) in found.iter_mut().zip(counts(now)) {
                    *sum += filtered[0] * count;
                }
            }
            carried.step_before(&mut membrane, &mut synaptic);
            for input in 0..3 {
                found[input] += membrane[0] * first_p[input] + synaptic[0] * first_q[input];
                assert!((found[input] - expected[input]).abs() < 1e-5, "{found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn inputs_with_decay_factors_of_their_own_cannot_be_carried() {
        let mut traces = TraceDynamics::new(&Lif::default());
        traces.alpha = DecayValues::Each(vec![0.9, 0.8]);
        assert_eq!(CarriedDynamics::new(&traces), None);
    }
}

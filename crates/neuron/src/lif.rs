//! The leaky integrate-and-fire neuron of DECOLLE and its published variants.

use decolle_error::{Code, Fault, Result};

use crate::{Decay, Surrogate};

/// Constants of the leaky integrate-and-fire neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lif {
    /// α = exp(−Δt/τ_mem), decay of the membrane trace P.
    pub alpha: Decay,
    /// β = exp(−Δt/τ_syn), decay of the synaptic trace Q.
    pub beta: Decay,
    /// γ = exp(−Δt/τ_ref), decay of the refractory trace R.
    pub gamma: Decay,
    /// ρ, weight of the refractory trace in the membrane potential; at least 0.
    pub rho: f32,
    /// σ', what stands in for the derivative of the threshold.
    pub surrogate: Surrogate,
    /// Which Q the membrane trace takes in.
    pub trace: TraceOrder,
    /// Gain of the two input traces.
    pub trace_gain: TraceGain,
    /// How a spike enters the refractory trace.
    pub refractory: Refractory,
    /// Whether U = 0 already spikes (Θ(0) = 1).
    pub spike_at_threshold: bool,
}

decolle_json::object! {
    Lif {
        alpha,
        beta,
        gamma,
        rho,
        surrogate,
        trace,
        trace_gain,
        refractory,
        spike_at_threshold,
    } or Self::default()
}

impl Default for Lif {
    /// The constants of the authors' presets (`decolle-public`): α .97, β .92, γ .65, ρ 1, fast sigmoid.
    fn default() -> Self {
        Self {
            alpha: Decay::Shared(0.97),
            beta: Decay::Shared(0.92),
            gamma: Decay::Shared(0.65),
            rho: 1.0,
            surrogate: Surrogate::default(),
            trace: TraceOrder::Previous,
            trace_gain: TraceGain::Unit,
            refractory: Refractory::Normalized,
            spike_at_threshold: false,
        }
    }
}

impl Lif {
    /// Checks every constant.
    ///
    /// # Errors
    /// `range` with the path of the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        self.alpha.check(&format!("{path}.alpha"))?;
        self.beta.check(&format!("{path}.beta"))?;
        self.gamma.check(&format!("{path}.gamma"))?;
        if !(0.0..=1e6).contains(&self.rho) {
            return Err(Fault::unfit(Code::Range, &format_args!("{path}.rho"), &"a number from 0 to 1e6", &self.rho));
        }
        self.surrogate.check(&format!("{path}.surrogate"))
    }
}

/// Which synaptic trace the membrane trace takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceOrder {
    /// Q before this step's input, as in the paper of 2020.
    Previous,
    /// Q after this step's input, as in the code of 2018.
    Current,
}

decolle_json::names! { TraceOrder { Previous, Current } }

/// Gain with which an input enters a trace of decay factor d.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceGain {
    /// 1 − d: a constant input gives a trace of its own size.
    Unit,
    /// 1.
    One,
    /// 1 / (1 − d), as in the authors' `BaseLIFLayer` and in the code of 2018.
    Reciprocal,
}

decolle_json::names! { TraceGain { Unit, One, Reciprocal } }

impl TraceGain {
    /// The gain for decay factor `decay`.
    pub fn of(self, decay: f32) -> f32 {
        match self {
            Self::Unit => 1.0 - decay,
            Self::One => 1.0,
            Self::Reciprocal => 1.0 / (1.0 - decay),
        }
    }
}

/// How a spike S[t−1] enters the refractory trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refractory {
    /// R ← γR + (1−γ)S (2020).
    Normalized,
    /// R ← γR + S.
    Additive,
    /// R ← γ(R + S) (2018: the potential sees the trace one decay later).
    Decayed,
    /// R ← γR + S·(U + ρR): a spike takes away the potential that caused it; ρ counts as 1.
    Potential,
}

decolle_json::names! { Refractory { Normalized, Additive, Decayed, Potential } }

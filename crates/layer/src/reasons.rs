//! Why parts of a layer run as programs.

use decolle_program::Inputs;

use crate::compile::Compiled;
use crate::judgement::Deltas;
use crate::neurons::Neurons;

/// Why each part of a layer runs as a program that is compiled from its rule; none for what runs in its fused form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramReasons {
    /// Traces of inputs.
    pub inputs: Option<&'static str>,
    /// State, potential and spikes of neurons.
    pub neurons: Option<&'static str>,
    /// The cost and ∂L/∂Y.
    pub cost: Option<&'static str>,
    /// δ.
    pub delta: Option<&'static str>,
    /// The gradient of each synapse.
    pub gradient: Option<&'static str>,
}

impl ProgramReasons {
    /// Those of what was compiled.
    pub(crate) fn of(compiled: &Compiled) -> Self {
        const OWN: &str = "one's own: compiled, even where it computes what a built-in one does";
        const OTHER_TRACES: &str = "weights meet something else than one trace, of one leak or two that do not learn";
        let Compiled { inputs, neurons, judgement, eligibility, learned, .. } = compiled;
        let inputs = matches!(inputs, Inputs::Program(_)).then_some(OTHER_TRACES);
        let neurons = matches!(neurons, Neurons::Program(_)).then_some(OWN);
        let cost = judgement.cost.is_none().then_some(OWN);
        let delta = matches!(judgement.deltas, Deltas::Program(_)).then_some("neuron or cost is one's own");
        let gradient = eligibility.as_ref().map(|_| match inputs {
            _ if !learned.is_empty() => "constants learn",
            Some(other) => other,
            None => "state that does not factorise has a trace for each synapse",
        });
        Self { inputs, neurons, cost, delta, gradient }
    }
}

//! What a layer learns by, as it is derived, printed and checked.

use decolle_error::{Code, Fault, Result};
use decolle_learning::{ErrorTrigger, Feedback, Regularizer};
use decolle_plasticity::{AnyCost, AnyNeuron};

use crate::network::Network;

/// A request to derive the rule of a layer.
struct RuleRequest {
    alignment: bool,
    costs: Vec<AnyCost>,
    dropout: bool,
    error_trigger: Option<ErrorTrigger>,
    neuron: AnyNeuron,
    recurrent: bool,
    regularizer: Option<Regularizer>,
    time_step: u64,
}

decolle_json::written! {
    RuleRequest { alignment, costs, dropout, error_trigger, neuron, recurrent, regularizer, time_step }
}

impl Network {
    /// JSON: neuron, cost and all else that the rule of a layer is derived from, its own where it has them, else the network's;
    /// what [`decolle_plasticity::derive_rule`] takes.
    ///
    /// # Errors
    /// `range` for a layer that is not there.
    pub fn rule_request(&self, layer: usize) -> Result<String> {
        let specification = &self.specification;
        if layer >= specification.layers.len() {
            let expected = format!("0 to {}", specification.layers.len() - 1);
            return Err(Fault::unfit(Code::Range, &"layer", &expected, &layer));
        }
        let settings = specification.settings(layer);
        Ok(decolle_json::write(&RuleRequest {
            alignment: specification.readout.feedback == Feedback::Alignment,
            costs: vec![settings.cost.clone()],
            dropout: specification.readout.dropout > 0.0,
            error_trigger: specification.error_trigger,
            neuron: settings.neuron.clone(),
            recurrent: specification.layers[layer].own_inputs() > 0,
            // With λ₁ as it is now.
            regularizer: self.layers[layer].controlled.regularizer,
            time_step: specification.time_step,
        }))
    }
}

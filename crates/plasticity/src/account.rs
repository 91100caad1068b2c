//! What a rule stores and computes, for a synapse, an input and a neuron.

use crate::Space;
use crate::expression::Node;
use crate::rule::Rule;

/// Bytes and operations of one layer's rule, per sample and step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Bytes of state for each synapse, other than its weight and what the optimiser keeps.
    pub bytes_per_synapse: usize,
    /// Bytes of state for each input.
    pub bytes_per_input: usize,
    /// Bytes of state for each neuron: state variables, U and S.
    pub bytes_per_neuron: usize,
    /// Operations for each synapse: weighted sums, eligibility traces, gradient.
    pub operations_per_synapse: usize,
    /// Operations for each input: traces.
    pub operations_per_input: usize,
    /// Operations for each neuron: state, surrogate, δ; without the sum over classes that brings the error back.
    pub operations_per_neuron: usize,
    /// Operations for each readout unit: cost and its derivative; without the sum over neurons that is the readout.
    pub operations_per_class: usize,
}

decolle_json::written! {
    Account {
        bytes_per_synapse,
        bytes_per_input,
        bytes_per_neuron,
        operations_per_synapse,
        operations_per_input,
        operations_per_neuron,
        operations_per_class,
    }
}

/// Bytes of a float32.
const FLOAT: usize = 4;

/// Counts bytes and operations.
pub fn account(rule: &Rule) -> Account {
    let graph = &rule.model.graph;
    let mut account = Account::default();
    for id in rule.evaluated() {
        let Node::Apply(op, arguments) = graph.node(id) else { continue };
        match op {
            crate::Op::Stop => {}
            crate::Op::Weighted => account.operations_per_synapse += 2,
            crate::Op::Feedback => {}
            _ => {
                // A sum costs an addition for each of what it sums up.
                let space = arguments.iter().map(|&argument| graph.space(argument)).max().unwrap_or(Space::Layer);
                match space.max(graph.space(id)) {
                    Space::Synapse => account.operations_per_synapse += 1,
                    Space::Input => account.operations_per_input += 1,
                    Space::Neuron => account.operations_per_neuron += 1,
                    Space::Class => account.operations_per_class += 1,
                    Space::Layer | Space::Sample => {}
                }
            }
        }
    }
    account.operations_per_synapse += 2 * (rule.factors.len() + rule.synapse_factors.len());
    for carried in &rule.carried {
        match carried.space {
            Space::Synapse => account.bytes_per_synapse += FLOAT,
            Space::Input => account.bytes_per_input += FLOAT,
            _ => account.bytes_per_neuron += FLOAT,
        }
    }
    account
}

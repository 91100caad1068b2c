//! What a rule stores and computes, for a synapse, an input and a neuron.

use crate::Space;
use crate::expression::{Id, Node, Symbol};
use crate::factorization::Treatment;
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

/// Nodes that are evaluated in a step, of a rule as it runs.
pub fn evaluated(rule: &Rule) -> Vec<Id> {
    let model = &rule.model;
    let mut roots: Vec<Id> = model.traces.iter().map(|trace| trace.next).collect();
    roots.extend(kept_states(rule).into_iter().map(|state| model.states[state].next));
    roots.extend([model.potential, rule.error, rule.delta]);
    roots.extend(rule.readout_error);
    roots.extend(rule.bias);
    for factor in &rule.factors {
        roots.extend([factor.post, factor.pre]);
    }
    roots.extend(rule.synapse_factors.iter().map(|factor| factor.post));
    for trace in &rule.eligibilities {
        roots.extend([trace.next, trace.next_bias]);
    }
    for gradient in &rule.constants {
        roots.push(gradient.gradient);
        roots.extend(gradient.traces.iter().map(|&(_, id)| id));
        roots.extend(gradient.states.iter().map(|&(_, id)| id));
    }
    model.graph.reachable(&roots, &|_| false)
}

/// State variables of which something is kept for each neuron.
pub fn kept_states(rule: &Rule) -> Vec<usize> {
    (0..rule.model.states.len())
        .filter(|&state| !matches!(rule.treatments[state], Treatment::Factorized { remainder: false, .. }))
        .collect()
}

/// Counts bytes and operations.
pub fn account(rule: &Rule) -> Account {
    let graph = &rule.model.graph;
    let mut account = Account::default();
    for id in evaluated(rule) {
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
    account.bytes_per_input = FLOAT * rule.model.traces.len();
    // U and S are kept, too.
    account.bytes_per_neuron = FLOAT * (kept_states(rule).len() + 2);
    account.bytes_per_synapse = FLOAT * rule.eligibilities.len();
    let zero = |id: Id| graph.as_number(id) == Some(0.0);
    account.bytes_per_neuron += FLOAT * rule.eligibilities.iter().filter(|trace| !zero(trace.next_bias)).count();
    if evaluated(rule).iter().any(|&id| *graph.node(id) == Node::Symbol(Symbol::PastSurrogate)) {
        account.bytes_per_neuron += FLOAT;
    }
    for gradient in &rule.constants {
        account.bytes_per_input += FLOAT * gradient.traces.len();
        account.bytes_per_neuron += FLOAT * (gradient.states.len() + usize::from(gradient.potential.is_some()));
    }
    account
}

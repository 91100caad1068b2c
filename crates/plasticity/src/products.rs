//! The products that make a gradient: what belongs to the neuron times what belongs to the input, or to the synapse.

use decolle_error::{Code, Fault, Result};

use crate::derivative::reverse;
use crate::eligibility::EligibilityTrace;
use crate::expression::{Id, Symbol, weighted_sums};
use crate::model::Model;
use crate::numbered::{Map, Set};
use crate::operation::Op;

/// One product of the gradient: what belongs to the neuron times what belongs to the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Of the neuron, over [`Symbol::Delta`].
    pub post: Id,
    /// Of the input.
    pub pre: Id,
}

/// A product of the gradient with an eligibility trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynapseFactor {
    /// Of the neuron, over [`Symbol::Delta`].
    pub post: Id,
    /// The trace, as [`Rule::eligibilities`](crate::Rule::eligibilities) counts.
    pub trace: usize,
    /// Whether it is the trace before the step, because the gradient goes through the value before the step.
    pub before: bool,
}

/// The gradients of weights and biases.
pub(crate) struct Products {
    pub(crate) factors: Vec<Factor>,
    pub(crate) synapse_factors: Vec<SynapseFactor>,
    pub(crate) bias: Option<Id>,
}

impl Products {
    /// What comes of δ at U and of what the cost asks of state.
    pub(crate) fn new(model: &mut Model, traces: &[EligibilityTrace], states: &Map<usize, Id>) -> Result<Self> {
        let graph = &mut model.graph;
        let delta = graph.leaf(Symbol::Delta);
        let mut seeds = vec![(model.potential, delta)];
        seeds.extend(states.iter().map(|(state, &seed)| (model.values[state], seed)));
        let bias = graph.leaf(Symbol::Bias);
        let mut leaves: Set<Id> = weighted_sums(graph).into_iter().collect();
        leaves.insert(bias);
        // Values after the step come first in a path; one that only looks at the step before ends at the values before it.
        let (mut after, mut before): (Map<Id, usize>, _) = (Map::new(), Vec::new());
        for (index, eligibility) in traces.iter().enumerate() {
            match eligibility.state {
                Some(state) => {
                    after.entry(model.values[state]).get_or_insert(index);
                    before.push((graph.leaf(Symbol::State(state)), index));
                }
                None => {
                    before.extend([Symbol::PastPotential, Symbol::PastSpike].map(|symbol| (graph.leaf(symbol), index)));
                }
            }
        }
        leaves.extend(after.keys().chain(before.iter().map(|&(leaf, _)| leaf)));
        let derivatives = reverse(graph, &seeds, &leaves, true, "membrane")?;
        let (mut factors, mut synapse_factors) = (Vec::new(), Vec::new());
        for (trace, eligibility) in traces.iter().enumerate() {
            let Some(value) = eligibility.state.map(|state| model.values[state]) else { continue };
            // Of those with the same value it is the first.
            if let Some(&post) = derivatives.get(value).filter(|_| after[value] == trace) {
                synapse_factors.push(SynapseFactor { post, trace, before: false });
            }
        }
        let past_spike = graph.leaf(Symbol::PastSpike);
        for &(leaf, trace) in before.iter().filter(|(leaf, _)| !after.contains(*leaf)) {
            if let Some(&post) = derivatives.get(leaf) {
                let slope = graph.leaf(Symbol::PastSurrogate);
                let post = if leaf == past_spike { graph.mul(post, slope) } else { post };
                synapse_factors.push(SynapseFactor { post, trace, before: true });
            }
        }
        for (leaf, &post) in derivatives.iter().filter(|(leaf, _)| !after.contains(*leaf)) {
            if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
                factors.push(Factor { post, pre });
            }
        }
        if factors.is_empty() && synapse_factors.is_empty() {
            return Err(Fault::at(
                Code::Config,
                &"membrane",
                &"expected a potential that depends on the weights, by input or weighted(), other than through stops",
            ));
        }
        let bias = bias_gradient(model, traces, &synapse_factors, derivatives.get(bias).copied());
        Ok(Self { factors, synapse_factors, bias })
    }
}

/// ∂L/∂b_i: what comes of δ in this step, and through what is carried on of the bias beside eligibility traces.
fn bias_gradient(
    model: &mut Model,
    traces: &[EligibilityTrace],
    factors: &[SynapseFactor],
    of_this_step: Option<Id>,
) -> Option<Id> {
    let graph = &mut model.graph;
    let mut gradient = of_this_step;
    for &SynapseFactor { post, trace, before } in factors {
        let zero = graph.number(0.0);
        let EligibilityTrace { next_bias, .. } = traces[trace];
        let carried = if before && next_bias != zero { graph.leaf(traces[trace].symbols()[1]) } else { next_bias };
        if carried != zero {
            let part = graph.mul(post, carried);
            gradient = Some(match gradient {
                Some(sum) => graph.add(sum, part),
                None => part,
            });
        }
    }
    gradient
}

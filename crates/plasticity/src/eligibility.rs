//! Eligibility traces: what each synapse carries forward where the weights cannot be moved out of the dynamics.

use decolle_error::Result;

use crate::derivative::reverse;
use crate::expression::{Graph, Id, Symbol, weighted_sums};
use crate::model::Model;
use crate::numbered::{Map, Set};
use crate::operation::Op;

/// An eligibility trace: ∂z_i/∂W_ij, and ∂z_i/∂b_i beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EligibilityTrace {
    /// The state variable z; `None` for the membrane potential.
    pub(crate) state: Option<usize>,
    /// ∂z_i/∂W_ij after the step.
    pub(crate) next: Id,
    /// ∂z_i/∂b_i after the step.
    pub(crate) next_bias: Id,
}

impl EligibilityTrace {
    /// ∂z_i/∂W_ij and ∂z_i/∂b_i before the step.
    pub(crate) fn symbols(&self) -> [Symbol; 2] {
        match self.state {
            Some(state) => [Symbol::Eligibility(state), Symbol::BiasEligibility(state)],
            None => [Symbol::PotentialEligibility, Symbol::PotentialBiasEligibility],
        }
    }
}

/// Eligibility traces of the given states, and whether past potentials or spikes carry gradient.
pub(crate) fn eligibilities(model: &mut Model, states: &Set<usize>) -> Result<(Vec<EligibilityTrace>, bool)> {
    if states.is_empty() {
        return Ok((Vec::new(), false));
    }
    let graph = &mut model.graph;
    let output = [Symbol::PastSpike, Symbol::PastPotential].map(|symbol| graph.leaf(symbol));
    let read: Vec<Id> = model.values.iter().copied().chain([model.potential]).collect();
    let unstopped = graph.reachable(&read, &|id| graph.matches(id, Op::Stop).is_some());
    let past = output.iter().any(|leaf| unstopped.contains(leaf));
    // Values that are part of others come first.
    let mut order: Vec<usize> = Vec::new();
    for state in states.iter() {
        let is_part = |&other: &usize| model.values[other] <= model.values[state];
        let place = order.iter().rposition(is_part).map_or(0, |place| place + 1);
        order.insert(place, state);
    }
    let mut traces: Vec<EligibilityTrace> = Vec::new();
    for state in order.into_iter().map(Some).chain(past.then_some(None)) {
        let trace = eligibility(model, states, &traces, state)?;
        traces.push(trace);
    }
    let zero = model.graph.number(0.0);
    if !past {
        // The bias enters at the membrane only, so without a way back no state depends on it.
        for trace in &mut traces {
            trace.next_bias = zero;
        }
    }
    drop_zero_biases(&mut model.graph, &mut traces, zero)?;
    Ok((traces, past))
}

/// The eligibility trace of a state variable or the potential, given those of values that are part of it.
fn eligibility(
    model: &mut Model,
    states: &Set<usize>,
    parts: &[EligibilityTrace],
    state: Option<usize>,
) -> Result<EligibilityTrace> {
    let graph = &mut model.graph;
    let [past_spike, past_potential, bias] =
        [Symbol::PastSpike, Symbol::PastPotential, Symbol::Bias].map(|symbol| graph.leaf(symbol));
    let node = state.map_or(model.potential, |state| model.values[state]);
    let mut leaves: Set<Id> = weighted_sums(graph).into_iter().collect();
    leaves.extend([past_spike, past_potential, bias]);
    let mut old: Map<Id, usize> = Map::new();
    for state in states.iter() {
        let leaf = graph.leaf(Symbol::State(state));
        leaves.insert(leaf);
        old.insert(leaf, state);
    }
    let known: Map<Id, [Id; 2]> = parts
        .iter()
        .filter_map(|trace| Some((model.values[trace.state?], [trace.next, trace.next_bias])))
        .filter(|&(value, _)| value != node)
        .collect();
    leaves.extend(known.keys());
    let one = graph.number(1.0);
    let at = state.map_or("membrane".to_string(), |state| format!("step.{}", model.states[state].name));
    let partials = reverse(graph, &[(node, one)], &leaves, true, &at)?;
    let (mut next, mut next_bias) = (graph.number(0.0), graph.number(0.0));
    for (leaf, &partial) in partials.iter() {
        let [of_weight, of_bias] = if let Some(&known) = known.get(leaf) {
            known
        } else if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
            [pre, graph.number(0.0)]
        } else if let Some(&state) = old.get(leaf) {
            [Symbol::Eligibility(state), Symbol::BiasEligibility(state)].map(|symbol| graph.leaf(symbol))
        } else if leaf == bias {
            [graph.number(0.0), graph.number(1.0)]
        } else {
            let of_potential =
                [Symbol::PotentialEligibility, Symbol::PotentialBiasEligibility].map(|symbol| graph.leaf(symbol));
            if leaf == past_spike {
                let slope = graph.leaf(Symbol::PastSurrogate);
                of_potential.map(|eligibility| graph.mul(slope, eligibility))
            } else {
                of_potential
            }
        };
        let part = graph.mul(partial, of_weight);
        next = graph.add(next, part);
        let part = graph.mul(partial, of_bias);
        next_bias = graph.add(next_bias, part);
    }
    Ok(EligibilityTrace { state, next, next_bias })
}

/// Leaves out what derivatives by biases carry on that is always zero, until nothing refers to it.
fn drop_zero_biases(graph: &mut Graph, traces: &mut [EligibilityTrace], zero: Id) -> Result<()> {
    loop {
        let gone: Map<Id, Id> = traces
            .iter()
            .filter(|trace| trace.next_bias == zero)
            .map(|trace| (graph.leaf(trace.symbols()[1]), zero))
            .collect();
        let biases: Vec<Id> = traces.iter().map(|trace| trace.next_bias).collect();
        let left = graph.substitute(&biases, &gone, "step")?;
        if left == biases {
            return Ok(());
        }
        for (trace, left) in traces.iter_mut().zip(left) {
            trace.next_bias = left;
        }
    }
}

//! Gradients of constants that learn, and the sensitivities by which traces and state carry them forward in time.

use decolle_error::{Code, Fault, Result};

use crate::carried::{Carried, CarriedKind, letters_of_state};
use crate::derivative::{depends, reverse};
use crate::document::ConstantOf;
use crate::expression::{Graph, Id, Symbol, weighted_sums};
use crate::factorization::Treatment;
use crate::model::Model;
use crate::numbered::{Map, Set};
use crate::operation::Op;

/// The gradient of a learnable constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConstantGradient {
    /// The constant, as [`Symbol::Constant`] counts.
    pub constant: usize,
    /// Each neuron's share, over [`Symbol::Delta`].
    pub gradient: Id,
}

/// Forward derivatives by one constant.
struct Sensitivity {
    /// Its leaf, and its number.
    constant: Id,
    index: usize,
    /// Traces and state variables that depend on it.
    traces: Set<usize>,
    states: Set<usize>,
    /// Whether past potentials or spikes carry gradient.
    past: bool,
}

impl Sensitivity {
    /// Derivative of `root` by the constant, of each input or neuron.
    fn of(&self, graph: &mut Graph, root: Id, at: &str) -> Result<Id> {
        let mut leaves: Set<Id> = [self.constant].into_iter().collect();
        let mut tangents: Map<Id, Id> = Map::new();
        let one = graph.number(1.0);
        tangents.insert(self.constant, one);
        for trace in self.traces.iter() {
            let leaf = graph.leaf(Symbol::Trace(trace));
            leaves.insert(leaf);
            tangents.insert(leaf, graph.leaf(Symbol::TraceSensitivity(trace, self.index)));
        }
        for state in self.states.iter() {
            let leaf = graph.leaf(Symbol::State(state));
            leaves.insert(leaf);
            tangents.insert(leaf, graph.leaf(Symbol::StateSensitivity(state, self.index)));
        }
        if self.past {
            let past = graph.leaf(Symbol::PotentialSensitivity(self.index));
            let potential = graph.leaf(Symbol::PastPotential);
            tangents.insert(potential, past);
            let (spike, slope) = (graph.leaf(Symbol::PastSpike), graph.leaf(Symbol::PastSurrogate));
            tangents.insert(spike, graph.mul(slope, past));
            leaves.extend([potential, spike]);
        }
        let inputs = leaves.clone();
        leaves.extend(weighted_sums(graph));
        let partials = reverse(graph, &[(root, one)], &leaves, true, at)?;
        let mut sum = graph.number(0.0);
        for (leaf, &partial) in partials.iter() {
            let tangent = if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
                let mut inner = graph.number(0.0);
                for (leaf, &partial) in reverse(graph, &[(pre, one)], &inputs, true, at)?.iter() {
                    let part = graph.mul(partial, tangents[leaf]);
                    inner = graph.add(inner, part);
                }
                graph.apply(Op::Weighted, &[inner])
            } else {
                tangents[leaf]
            };
            let part = graph.mul(partial, tangent);
            sum = graph.add(sum, part);
        }
        Ok(sum)
    }

    /// By the constant of this number; finds what depends on it, directly or through what it carries on, past potentials and
    /// spikes included.
    fn new(model: &mut Model, constant: Id, index: usize, past: bool) -> Self {
        let mut found = Self { constant, index, traces: Set::new(), states: Set::new(), past };
        let mut by_output = false;
        loop {
            let mut leaves: Set<Id> = [constant].into_iter().collect();
            if by_output {
                leaves.extend([Symbol::PastPotential, Symbol::PastSpike].map(|symbol| model.graph.leaf(symbol)));
            }
            leaves.extend(found.traces.iter().map(|trace| model.graph.leaf(Symbol::Trace(trace))));
            leaves.extend(found.states.iter().map(|state| model.graph.leaf(Symbol::State(state))));
            let depends = depends(&model.graph, &leaves);
            let traces: Set<usize> =
                (0..model.traces.len()).filter(|&trace| depends[model.traces[trace].next.index()]).collect();
            let states: Set<usize> =
                (0..model.states.len()).filter(|&state| depends[model.states[state].next.index()]).collect();
            let now = past && depends[model.potential.index()];
            if traces == found.traces && states == found.states && now == by_output {
                return found;
            }
            (found.traces, found.states, by_output) = (traces, states, now);
        }
    }
}

/// The gradients of all constants that learn, and what they carry forward; `states` is what the cost asks of state, `past` says
/// whether past potentials or spikes carry gradient.
pub(crate) fn constant_gradients(
    model: &mut Model,
    treatments: &[Treatment],
    states: &Map<usize, Id>,
    past: bool,
) -> Result<(Vec<ConstantGradient>, Vec<Carried>)> {
    let (mut gradients, mut carried) = (Vec::new(), Vec::new());
    let learnable: Vec<usize> = (0..model.constants.len()).filter(|&index| model.constants[index].learn).collect();
    for index in learnable {
        let document = &model.constants[index];
        let (name, of) = (document.name.clone(), document.of);
        let letters = document.symbol.clone().unwrap_or_else(|| name.clone());
        let at = format!("constants.{name}");
        if of == ConstantOf::Input {
            let expected = "a learnable constant of the layer or of each neuron";
            return Err(Fault::unfit(Code::Unsupported, &at, &expected, &"one of each input"));
        }
        let constant = model.graph.symbol(Symbol::Constant(index), of.space());
        let sensitivity = Sensitivity::new(model, constant, index, past);
        let mut carry = |kind: CarriedKind, symbol: Symbol, next: Id, of: &str, of_letters: &str| {
            let (name, letters) = (format!("{of}.by.{name}"), format!("{of_letters}_{letters}"));
            carried.push(Carried::at_rest(kind, symbol, next, name, letters));
        };
        let graph = &mut model.graph;
        for trace in sensitivity.traces.iter() {
            let variable = &model.traces[trace];
            let next = sensitivity.of(graph, variable.next, &at)?;
            let symbol = Symbol::TraceSensitivity(trace, index);
            carry(CarriedKind::Sensitivity, symbol, next, &variable.name, &variable.symbol);
        }
        for state in sensitivity.states.iter() {
            let next = sensitivity.of(&mut model.graph, model.states[state].next, &at)?;
            let letters = letters_of_state(model, treatments, state);
            let symbol = Symbol::StateSensitivity(state, index);
            carry(CarriedKind::Sensitivity, symbol, next, &model.states[state].name, &letters);
        }
        let by_potential = sensitivity.of(&mut model.graph, model.potential, &at)?;
        if past {
            let symbol = Symbol::PotentialSensitivity(index);
            carry(CarriedKind::PotentialSensitivity, symbol, by_potential, "membrane", "U");
        }
        let graph = &mut model.graph;
        let delta = graph.leaf(Symbol::Delta);
        let mut gradient = graph.mul(delta, by_potential);
        for (state, &seed) in states.iter() {
            let by_state = sensitivity.of(graph, model.values[state], &at)?;
            let part = graph.mul(seed, by_state);
            gradient = graph.add(gradient, part);
        }
        gradients.push(ConstantGradient { constant: index, gradient });
    }
    Ok((gradients, carried))
}

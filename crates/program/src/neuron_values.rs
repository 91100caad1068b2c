//! Values of a neuron, beside its potential and its spike, that a cost, δ and eligibility traces look at.

use decolle_error::{Code, Fault, Result};
use decolle_plasticity::{Carried, Id, Map, Node, Op, Rule, Space, Symbol};

use crate::Fixed;

/// Values of a neuron beside U and S that are looked at: by node, the index of the value.
#[derive(Clone, Debug)]
pub(crate) struct NeuronValues {
    indices: Map<Id, usize>,
    extra: Vec<Id>,
}

impl NeuronValues {
    /// Of a rule whose neurons store what is `carried`, by a program if they are `compiled`.
    pub(crate) fn new(rule: &Rule, fixed: &Fixed, carried: &[&Carried], compiled: bool) -> Result<Self> {
        let stored = carried.len();
        let model = &rule.model;
        let graph = &model.graph;
        let mut neuron_values = Self { indices: Map::new(), extra: Vec::new() };
        let mut roots: Vec<Id> = vec![model.cost, rule.error, rule.delta];
        roots.extend(rule.readout_error);
        let mut posts = rule.posts();
        posts.extend(rule.bias);
        roots.extend(&posts);
        for id in graph.reachable(&roots, &|_| false) {
            let Node::Symbol(Symbol::NextState(state)) = graph.node(id) else { continue };
            let place = carried.iter().position(|carried| carried.symbol == Symbol::State(*state));
            match place.filter(|_| model.values[*state] == model.states[*state].next) {
                Some(place) => {
                    neuron_values.indices.insert(id, place);
                }
                None => neuron_values.add(id, model.values[*state], stored),
            }
        }
        // What the dynamics computed on the way, as large a part at a time as δ has no part in.
        let learns = |node: &Node| matches!(node, Node::Symbol(Symbol::Constant(_))) && fixed.leaf(node).is_none();
        let dynamic = |node: &Node| is_of_dynamics(rule, node) || learns(node);
        let [dynamic, judged] = [&dynamic as &dyn Fn(&Node) -> bool, &is_of_judgement].map(|is| {
            let mut flags = vec![false; graph.len()];
            for id in graph.ids() {
                flags[id.index()] =
                    is(graph.node(id)) || graph.arguments(id).iter().any(|argument| flags[argument.index()]);
            }
            flags
        });
        let whole = |id: Id| dynamic[id.index()] && !judged[id.index()];
        posts.push(rule.delta);
        for id in graph.reachable(&posts, &whole) {
            if whole(id) {
                neuron_values.add(id, id, stored);
            }
        }
        // What eligibility traces are made of on the neuron's side.
        let numbers = fixed.numbers(graph);
        let traces: Vec<Id> = rule.eligibilities().map(|(_, trace)| trace.next).collect();
        let of_neuron = |id: Id| graph.space(id) == Space::Neuron;
        for id in graph.reachable(&traces, &of_neuron) {
            if of_neuron(id) && numbers[id.index()].is_none() {
                neuron_values.add(id, id, stored);
            }
        }
        if !compiled && !neuron_values.extra.is_empty() {
            let expected = "state variables that this neuron keeps for each neuron";
            return Err(Fault::unfit(Code::Config, &"cost", &expected, &"one that it does not"));
        }
        Ok(neuron_values)
    }

    fn add(&mut self, leaf: Id, value: Id, kept: usize) {
        let place = self.extra.iter().position(|&extra| extra == value).unwrap_or_else(|| {
            self.extra.push(value);
            self.extra.len() - 1
        });
        self.indices.insert(leaf, kept + place);
    }

    /// Values beside state variables.
    pub(crate) fn extra(&self) -> &[Id] {
        &self.extra
    }

    /// The index of the value that a node stands for.
    pub(crate) fn index(&self, id: Id) -> Option<usize> {
        self.indices.get(id).copied()
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        !self.indices.is_empty()
    }
}

fn is_of_dynamics(rule: &Rule, node: &Node) -> bool {
    match node {
        Node::Symbol(Symbol::Bias) | Node::Apply(Op::Weighted, _) => true,
        Node::Symbol(symbol) => {
            rule.carried.iter().any(|carried| carried.space == Space::Neuron && carried.symbol == *symbol)
        }
        _ => false,
    }
}

fn is_of_judgement(node: &Node) -> bool {
    matches!(
        node,
        Node::Symbol(
            Symbol::Delta
                | Symbol::Readout
                | Symbol::Target
                | Symbol::Spike
                | Symbol::Potential
                | Symbol::NextState(_)
                | Symbol::Pass
                | Symbol::ReadoutError
                | Symbol::Error
                | Symbol::Time
                | Symbol::ErrorThreshold
                | Symbol::Count(Space::Sample)
        ) | Node::Apply(Op::Feedback | Op::Sum | Op::BatchSum, _)
    )
}

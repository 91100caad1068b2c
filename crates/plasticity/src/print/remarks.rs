//! What is said of a rule beside its equations: what the gradient does at each state variable, stops, constants.

use super::formula::{LARGEST_IN_PLACE, Printer, index_of_constant, letters_of_constant};
use super::notation::Form;
use crate::carried;
use crate::document::ConstantKind;
use crate::expression::{Id, Node, Symbol};
use crate::factorization::Treatment;
use crate::numbered::Map;
use crate::operation::Op;
use crate::rule::Rule;

/// The lines that say what the gradient does at each state variable.
pub(crate) fn treatments(rule: &Rule) -> Vec<String> {
    let names = |state: usize| &rule.original.states[state].name;
    rule.treatments
        .iter()
        .enumerate()
        .map(|(state, treatment)| match treatment {
            Treatment::Independent => {
                format!("{}: no gradient, it depends on the weights through stops only", names(state))
            }
            Treatment::Instantaneous => format!("{}: gradient within the step, nothing is carried on", names(state)),
            Treatment::Factorized { remainder: false, .. } => {
                format!("{}: linear, weights moved out: 4 bytes per input, 0 per synapse", names(state))
            }
            Treatment::Factorized { remainder: true, .. } => format!(
                "{}: linear, weights moved out: 4 bytes per input, 4 per neuron for the rest, 0 per synapse",
                names(state)
            ),
            Treatment::Eligibility(obstacle) => format!(
                "{}: {}; eligibility trace: 4 bytes per synapse (stop: 0, and no gradient through its past)",
                names(state),
                obstacle.reason
            ),
            Treatment::Stopped(obstacle) => format!(
                "{}: {}; stopped: 0 bytes per synapse (eligibility: 4, and exact)",
                names(state),
                obstacle.reason
            ),
        })
        .collect()
}

/// Every stop within the dynamics, as text, with where it stands.
pub(crate) fn stops(rule: &Rule) -> Vec<String> {
    let mut model = rule.original.clone();
    let carried = carried::of_neuron(&mut model, &vec![Treatment::Independent; rule.treatments.len()]);
    let model = &model;
    let printer = Printer { names: Map::new(), ..Printer::new(Form::Text, model, &carried, "G") };
    let roots = model
        .states
        .iter()
        .map(|state| (format!("step.{}", state.name), state.next))
        .chain([("membrane".to_string(), model.potential)]);
    // The membrane is made of states after their step, whose stops are told there.
    let values: Vec<Id> = model.values.clone();
    let mut places: Map<Id, Vec<String>> = Map::new();
    for (place, root) in roots {
        let membrane = place == "membrane";
        for id in model.graph.reachable(&[root], &|id| membrane && values.contains(&id)) {
            if model.graph.matches(id, Op::Stop).is_some() {
                places.entry(id).get_or_insert_default().push(place.clone());
            }
        }
    }
    // How many nodes each expression has where it is written out.
    let mut sizes: Vec<usize> = Vec::with_capacity(model.graph.len());
    for id in model.graph.ids() {
        let parts = model.graph.arguments(id).iter().map(|argument| sizes[argument.index()]);
        sizes.push(parts.fold(1, usize::saturating_add));
    }
    let shown = |id: Id| {
        let inner = model.graph.arguments(id)[0];
        let small = sizes[inner.index()] <= 8 * LARGEST_IN_PLACE
            && model.graph.reachable(&[inner], &|_| false).len() <= LARGEST_IN_PLACE;
        if small { printer.formula(inner, false).text } else { "an expression".into() }
    };
    places.iter().map(|(id, places)| format!("{} in {}", shown(id), places.join(", "))).collect()
}

/// What tells inputs apart, where the rule does.
pub(crate) fn inputs(rule: &Rule) -> Vec<String> {
    let graph = &rule.model.graph;
    let tells = |id: &Id| *graph.node(*id) == Node::Symbol(Symbol::IsRecurrent);
    let symbol = rule.evaluated().into_iter().find(tells);
    let remark = "rec_j = 1 where x_j[t] is a spike of the layer itself, S_j[t−1], behind a recurrent weight, and 0 where x_j[t] \
                  comes from below";
    symbol.map(|_| remark.to_string()).into_iter().collect()
}

/// The constants with their values, such as `α = 0.97`.
pub(crate) fn constants(rule: &Rule) -> Vec<String> {
    rule.model
        .constants
        .iter()
        .map(|constant| {
            let symbol = letters_of_constant(constant);
            let index = index_of_constant(constant.of);
            let symbol = if index.is_empty() { symbol.to_string() } else { format!("{symbol}_{index}") };
            let about = if index.is_empty() { "=" } else { "≈" };
            let learned = if constant.learn { ", learned" } else { "" };
            match constant.kind {
                ConstantKind::Time => {
                    format!("{symbol} {about} exp(−Δt / {} ms){learned}", constant.value / 1000.0)
                }
                _ => format!("{symbol} {about} {}{learned}", constant.value),
            }
        })
        .collect()
}

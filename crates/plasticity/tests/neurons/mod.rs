//! Neurons whose gradient goes through the step before.

use decolle_plasticity::{Model, NeuronDocument, Rule, RuleOptions, cost_document};

/// A neuron of these state variables, each with its step, and this potential: over nodes 0 to 12 and what follows.
pub(crate) fn neuron(
    states: &[(&str, usize)],
    nodes: &[&str],
    membrane: usize,
    derivative: Option<usize>,
) -> NeuronDocument {
    let states: Vec<String> =
        states.iter().map(|(name, next)| format!(r#"{{"name":"{name}","next":{next}}}"#)).collect();
    let derivative = derivative.map_or(String::new(), |node| format!(r#","derivative":{node}"#));
    let text = format!(
        r#"{{"type":"neuron","name":"n","state":[{}],"nodes":[{}],"membrane":{membrane},
        "surrogate":{{"primitive":1{derivative}}},"remainder":"eligibility"}}"#,
        states.join(","),
        nodes.join(",")
    );
    decolle_json::read("neuron", &text).expect("a neuron")
}

/// Its rule with the built-in cost.
pub(crate) fn derive(neuron: &NeuronDocument) -> Rule {
    let cost = cost_document(&decolle_learning::Cost::SmoothL1 {});
    Model::new(neuron, &[cost], None).and_then(|model| Rule::derive(model, RuleOptions::default())).expect("a rule")
}

/// Nodes that all of them begin with: a surrogate of U, and the weighted input.
pub(crate) const START: [&str; 4] =
    [r#"{"op":"potential"}"#, r#"{"op":"sigmoid","args":[0]}"#, r#"{"op":"event"}"#, r#"{"op":"weighted","args":[2]}"#];

/// u = tanh(input), s = tanh(u before the step); U = s, with the input itself or without.
pub(crate) fn through_another_state(with_input: bool) -> NeuronDocument {
    let own = [
        r#"{"op":"tanh","args":[3]}"#,
        r#"{"op":"state","name":"u"}"#,
        r#"{"op":"tanh","args":[5]}"#,
        r#"{"op":"nextState","name":"s"}"#,
        r#"{"op":"bias"}"#,
        r#"{"op":"add","args":[7,8]}"#,
        r#"{"op":"add","args":[9,3]}"#,
    ];
    neuron(&[("u", 4), ("s", 6)], &[&START[..], &own].concat(), if with_input { 10 } else { 9 }, None)
}

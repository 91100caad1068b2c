//! Documents at the limits of what is read are answered, or refused, in bounded time and memory.

use std::fmt::Write as _;

use decolle_plasticity::{MOST_NODES, MOST_VARIABLES, derive_rule};

/// As many state variables and learnable constants as there may be, each variable a long chain over all of the others.
fn tangled(remainder: &str) -> String {
    let mut constants = String::new();
    let mut nodes = String::from(r#"{"op":"event"},{"op":"weighted","args":[0]},{"op":"potential"}"#);
    let mut count = 3;
    let mut push = |node: String| {
        write!(nodes, ",{node}").unwrap();
        count += 1;
        count - 1
    };
    let mut states = String::new();
    let mut last = 1;
    for index in 0..MOST_VARIABLES {
        let comma = if index == 0 { "" } else { "," };
        write!(constants, r#"{comma}{{"name":"c{index}","kind":"number","value":0.1,"learn":true}}"#).unwrap();
        let old = push(format!(r#"{{"op":"state","name":"s{index}"}}"#));
        let constant = push(format!(r#"{{"op":"constant","name":"c{index}"}}"#));
        let mut node = push(format!(r#"{{"op":"mul","args":[{old},{constant}]}}"#));
        node = push(format!(r#"{{"op":"tanh","args":[{node}]}}"#));
        // Each follows the one before, so that everything depends on everything.
        node = push(format!(r#"{{"op":"add","args":[{node},{last}]}}"#));
        for _ in 0..((MOST_NODES - 400) / MOST_VARIABLES - 6) / 20 {
            node = push(format!(r#"{{"op":"mul","args":[{node},{node}]}}"#));
        }
        last = node;
        write!(states, r#"{comma}{{"name":"s{index}","next":{node}}}"#).unwrap();
    }
    let membrane = push(format!(r#"{{"op":"nextState","name":"s{}"}}"#, MOST_VARIABLES - 1));
    format!(
        r#"{{"neuron":{{"type":"neuron","name":"n","constants":[{constants}],"state":[{states}],"nodes":[{nodes}],
        "membrane":{membrane},"surrogate":{{"primitive":2}},"remainder":"{remainder}"}},"costs":[{{"type":"smoothL1"}}]}}"#
    )
}

#[test]
fn a_tangle_of_all_variables_and_learnable_constants_is_refused_or_stays_small() {
    for remainder in ["eligibility", "stop"] {
        match derive_rule(&tangled(remainder)) {
            Ok(text) => assert!(text.len() < 16 << 20, "{} bytes", text.len()),
            Err(fault) => assert!(fault.message.contains("expected"), "{fault}"),
        }
    }
}

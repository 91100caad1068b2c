//! Dense layers take neurons whose gradient goes through the step before.

#[path = "../../plasticity/tests/neurons/mod.rs"]
mod neurons;

use decolle_plasticity::{CheckOptions, Rule, check};
use decolle_program::{LayerSize, Parts, Programs, compile};
use neurons::{START, derive, neuron, through_another_state};

fn dense(rule: &Rule) -> Programs {
    let size = LayerSize { units: 5, classes: 3, time_step: 1000, shares_weights: false };
    compile(rule, Parts { neuron: true, cost: false }, size).expect("dense layers take it")
}

#[test]
fn what_another_state_was_before_the_step_compiles() {
    for with_input in [true, false] {
        dense(&derive(&through_another_state(with_input)));
    }
}

/// A neuron without bias whose second state follows its potential or its spike and enters nothing.
#[test]
fn a_state_that_follows_the_output_and_enters_nothing_compiles() {
    for output in ["potential", "spike"] {
        let output = format!(r#"{{"op":"{output}"}}"#);
        let own = [
            r#"{"op":"state","name":"u"}"#,
            r#"{"op":"number","value":0.5}"#,
            r#"{"op":"mul","args":[4,5]}"#,
            r#"{"op":"add","args":[6,3]}"#,
            &output,
            r#"{"op":"tanh","args":[8]}"#,
            r#"{"op":"nextState","name":"u"}"#,
        ];
        let rule = derive(&neuron(&[("u", 7), ("y", 9)], &[&START[..], &own].concat(), 10, None));
        let result = check(&rule, &CheckOptions::default()).expect("finite numbers");
        assert!(result.passed, "{result:?}");
        dense(&rule);
    }
}

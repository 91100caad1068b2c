//! Gradients through the step before, and what a check has to see of a rule before it says that it passed.

mod neurons;

use decolle_plasticity::{
    CheckOptions, Model, NeuronDocument, Node, Plant, Rule, RuleOptions, Symbol, Treatment, Verdict, check,
};
use neurons::{START, derive, neuron, through_another_state};

#[test]
fn a_potential_follows_the_weights_through_what_another_state_was_before_the_step() {
    for with_input in [true, false] {
        let rule = derive(&through_another_state(with_input));
        assert!(matches!(rule.treatments[0], Treatment::Eligibility(_)), "{:?}", rule.treatments);
        assert_eq!(rule.treatments[1], Treatment::Instantaneous);
        let [factor] = rule.synapse_factors[..] else { panic!("{:?}", rule.synapse_factors) };
        assert!(factor.before);
        let result = check(&rule, &CheckOptions::default()).expect("finite numbers");
        assert!(result.passed, "{result:?}");
    }
}

/// z = 0.6 z + S / (1 + (z if U < stop(U) else 0)²): where nothing moved, U is what was kept of it, to the last bit.
#[test]
fn a_potential_is_not_below_what_it_was_where_nothing_moved() {
    let own = [
        r#"{"op":"state","name":"z"}"#,
        r#"{"op":"potential"}"#,
        r#"{"op":"stop","args":[5]}"#,
        r#"{"op":"less","args":[5,6]}"#,
        r#"{"op":"number","value":0}"#,
        r#"{"op":"select","args":[7,4,8]}"#,
        r#"{"op":"square","args":[9]}"#,
        r#"{"op":"number","value":1}"#,
        r#"{"op":"add","args":[10,11]}"#,
        r#"{"op":"spike"}"#,
        r#"{"op":"div","args":[13,12]}"#,
        r#"{"op":"number","value":0.6}"#,
        r#"{"op":"mul","args":[4,15]}"#,
        r#"{"op":"add","args":[16,14]}"#,
        r#"{"op":"nextState","name":"z"}"#,
        r#"{"op":"bias"}"#,
        r#"{"op":"add","args":[18,19]}"#,
        r#"{"op":"add","args":[20,3]}"#,
    ];
    let rule = derive(&neuron(&[("z", 17)], &[&START[..], &own].concat(), 21, None));
    for seed in 1..20 {
        let result = check(&rule, &CheckOptions { seed, ..CheckOptions::default() }).expect("finite numbers");
        assert_ne!(result.outcome, Verdict::Failed, "{seed}: {result:?}");
    }
}

/// Two state variables that are the same expression count once.
#[test]
fn states_with_the_same_step_enter_the_gradient_once() {
    let own = [
        r#"{"op":"state","name":"u"}"#,
        r#"{"op":"tanh","args":[3]}"#,
        r#"{"op":"state","name":"v"}"#,
        r#"{"op":"mul","args":[4,6]}"#,
        r#"{"op":"nextState","name":"u"}"#,
        r#"{"op":"nextState","name":"v"}"#,
        r#"{"op":"add","args":[8,9]}"#,
        r#"{"op":"nextState","name":"s"}"#,
        r#"{"op":"add","args":[10,11]}"#,
    ];
    let rule = derive(&neuron(&[("u", 5), ("v", 5), ("s", 7)], &[&START[..], &own].concat(), 12, None));
    let result = check(&rule, &CheckOptions::default()).expect("finite numbers");
    assert!(result.passed, "{result:?}");
}

/// The state of a leak of a constant that learns and of the past potential, which follows it, too.
#[test]
fn a_constant_that_learns_is_followed_through_past_potentials() {
    let nodes = [
        &START[..],
        &[
            r#"{"op":"potential"}"#,
            r#"{"op":"tanh","args":[4]}"#,
            r#"{"op":"constant","name":"k"}"#,
            r#"{"op":"mul","args":[3,6]}"#,
            r#"{"op":"nextState","name":"y"}"#,
            r#"{"op":"add","args":[7,8]}"#,
        ],
    ]
    .concat();
    let mut document = neuron(&[("y", 5)], &nodes, 9, None);
    document.constants =
        decolle_json::read("constants", r#"[{"name":"k","kind":"number","value":0.3,"learn":true}]"#).expect("one");
    let result = check(&derive(&document), &CheckOptions::default()).expect("finite numbers");
    assert!(result.passed, "{result:?}");
}

/// A potential within ±1 of a current and a potential that add up to far more, and a surrogate that ends at ±0.5.
fn saturating() -> NeuronDocument {
    let own = [
        r#"{"op":"number","value":0.9}"#,
        r#"{"op":"state","name":"i"}"#,
        r#"{"op":"mul","args":[5,4]}"#,
        r#"{"op":"add","args":[6,3]}"#,
        r#"{"op":"state","name":"u"}"#,
        r#"{"op":"mul","args":[8,4]}"#,
        r#"{"op":"add","args":[9,5]}"#,
        r#"{"op":"nextState","name":"u"}"#,
        r#"{"op":"tanh","args":[11]}"#,
        r#"{"op":"bias"}"#,
        r#"{"op":"add","args":[12,13]}"#,
        r#"{"op":"number","value":0.1}"#,
        r#"{"op":"sub","args":[14,15]}"#,
    ];
    let mut nodes: Vec<&str> = [&START[..], &own].concat();
    nodes[1] = r#"{"op":"stop","args":[0]}"#;
    nodes.extend([
        r#"{"op":"number","value":-0.5}"#,
        r#"{"op":"number","value":0.5}"#,
        r#"{"op":"clamp","args":[0,17,18]}"#,
    ]);
    let mut document = neuron(&[("i", 7), ("u", 10)], &nodes, 16, None);
    document.surrogate.primitive = 19;
    document
}

#[test]
fn stimuli_are_chosen_until_every_factor_is_exercised() {
    for seed in 1..20 {
        let rule = derive(&saturating());
        let options = CheckOptions { seed, ..CheckOptions::default() };
        let result = check(&rule, &options).expect("finite numbers");
        assert_eq!(result.outcome, Verdict::Passed, "{result:?}");
        for plant in [Plant::Error, Plant::Surrogate, Plant::Trace] {
            let result = check(&rule, &CheckOptions { plant: Some(plant), ..options }).expect("finite numbers");
            assert_eq!(result.outcome, Verdict::Failed, "{plant:?}: {result:?}");
        }
    }
}

/// U is −100 whatever the weights are, for all that they move is a hundredth.
#[test]
fn a_surrogate_out_of_reach_is_inconclusive_and_says_so() {
    let own = [
        r#"{"op":"tanh","args":[3]}"#,
        r#"{"op":"number","value":0.01}"#,
        r#"{"op":"mul","args":[4,5]}"#,
        r#"{"op":"number","value":100}"#,
        r#"{"op":"sub","args":[6,7]}"#,
        r#"{"op":"number","value":-0.5}"#,
        r#"{"op":"number","value":0.5}"#,
        r#"{"op":"clamp","args":[0,9,10]}"#,
    ];
    let mut document = neuron(&[], &[&START[..], &own].concat(), 8, None);
    document.surrogate.primitive = 11;
    let result = check(&derive(&document), &CheckOptions::default()).expect("finite numbers");
    assert_eq!((result.outcome, result.passed), (Verdict::Inconclusive, false), "{result:?}");
    assert!(result.reason.contains("0, whatever weights and events were tried"), "{}", result.reason);
}

#[test]
fn an_error_planted_in_a_factor_that_a_rule_does_not_have_is_inconclusive() {
    let cost = decolle_json::read(
        "cost",
        r#"{"type":"cost","name":"c","nodes":[{"op":"potential"},{"op":"square","args":[0]},{"op":"mean","args":[1]}],"cost":2}"#,
    )
    .expect("a cost");
    let model = Model::new(&through_another_state(true), &[cost], None).expect("a model");
    let rule = Rule::derive(model, RuleOptions::default()).expect("a rule");
    let of = |plant| check(&rule, &CheckOptions { plant, ..CheckOptions::default() }).expect("finite numbers");
    assert_eq!(of(None).outcome, Verdict::Passed);
    assert_eq!(of(Some(Plant::Trace)).outcome, Verdict::Failed);
    for plant in [Plant::Error, Plant::Surrogate] {
        let result = of(Some(plant));
        assert_eq!(result.outcome, Verdict::Inconclusive);
        assert!(result.reason.contains("to plant an error in"), "{}", result.reason);
    }
}

/// z = 0.9 z + tanh(Σ V S), U = z + 2 Σ W x + b: own spikes behind eligibility traces, inputs from below by themselves.
fn telling_apart() -> NeuronDocument {
    let own = [
        r#"{"op":"isRecurrent"}"#,
        r#"{"op":"number","value":0}"#,
        r#"{"op":"select","args":[4,2,5]}"#,
        r#"{"op":"select","args":[4,5,2]}"#,
        r#"{"op":"weighted","args":[6]}"#,
        r#"{"op":"weighted","args":[7]}"#,
        r#"{"op":"tanh","args":[8]}"#,
        r#"{"op":"state","name":"z"}"#,
        r#"{"op":"number","value":0.9}"#,
        r#"{"op":"mul","args":[11,12]}"#,
        r#"{"op":"add","args":[13,10]}"#,
        r#"{"op":"nextState","name":"z"}"#,
        r#"{"op":"number","value":2}"#,
        r#"{"op":"mul","args":[9,16]}"#,
        r#"{"op":"add","args":[15,17]}"#,
        r#"{"op":"bias"}"#,
        r#"{"op":"add","args":[18,19]}"#,
    ];
    neuron(&[("z", 14)], &[&START[..], &own].concat(), 20, None)
}

#[test]
fn an_error_in_what_either_kind_of_input_brings_is_found() {
    let rule = derive(&telling_apart());
    let wrong = |rule: &mut Rule, id| {
        let factor = rule.model.graph.number(1.01);
        rule.model.graph.mul(factor, id)
    };
    let [factor] = rule.factors[..] else { panic!("{:?}", rule.factors) };
    for inputs in 2..8 {
        let defaults = CheckOptions::default();
        for seed in 1..5 {
            let shape = decolle_plasticity::Shape { inputs, ..defaults.shape };
            let options = CheckOptions { shape, seed, ..defaults };
            let outcome = |rule: &Rule| check(rule, &options).expect("finite numbers").outcome;
            assert_eq!(outcome(&rule), Verdict::Passed, "{inputs} inputs, seed {seed}");
            let mut below = rule.clone();
            below.factors[0].pre = wrong(&mut below, factor.pre);
            assert_eq!(outcome(&below), Verdict::Failed, "{inputs} inputs, seed {seed}");
            let mut own = rule.clone();
            let (place, next) = own.eligibilities().map(|(place, carried)| (place, carried.next)).next().expect("one");
            own.carried[place].next = wrong(&mut own, next);
            assert_eq!(outcome(&own), Verdict::Failed, "{inputs} inputs, seed {seed}");
        }
    }
}

#[test]
fn a_layer_that_is_not_recurrent_derives_without_own_spikes() {
    let cost = decolle_plasticity::cost_document(&decolle_learning::Cost::SmoothL1 {});
    let model = Model::new(&telling_apart(), &[cost], None).expect("a model");
    let rule = Rule::derive(model, RuleOptions { feed_forward: true, ..RuleOptions::default() }).expect("a rule");
    let graph = &rule.model.graph;
    assert_eq!(rule.eligibilities().count(), 0);
    assert_eq!(rule.treatments, [Treatment::Independent]);
    assert!(matches!(rule.factors[..], [factor] if graph.find(&Node::Symbol(Symbol::Event)) == Some(factor.pre)));
    assert!(check(&rule, &CheckOptions::default()).expect("finite numbers").passed);
}

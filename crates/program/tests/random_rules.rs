//! Random neurons and costs from the document to the program: what is derived is the derivative, an error planted in what
//! passes is found, what is refused is refused with its reason, and nothing takes more than a small stack.

mod random;

use decolle_error::Code;
use decolle_json::Read;
use decolle_plasticity::{AnyCost, AnyNeuron, Model, Rule, RuleOptions, check_rule, derive_rule};
use decolle_program::{LayerSize, Parts, compile};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Bytes of stack that everything has to do with.
const STACK: usize = 256 << 10;

/// Every way that a neuron and a cost may go; gives what came of it.
fn travel(neuron: &serde_json::Value, cost: &serde_json::Value, plant: &str) -> Result<&'static str, String> {
    let request = serde_json::json!({"neuron": neuron, "costs": [cost]}).to_string();
    let derived = derive_rule(&request);
    let own: AnyNeuron = AnyNeuron::read(neuron.clone()).map_err(|misfit| misfit.fault("neuron").to_string())?;
    let judged: AnyCost = AnyCost::read(cost.clone()).map_err(|misfit| misfit.fault("cost").to_string())?;
    let rule = Model::new(&own.document(), &[judged.document()], None)
        .and_then(|model| Rule::derive(model, RuleOptions::default()));
    if derived.is_ok() != rule.is_ok() {
        return Err("a rule is derived one way and not the other".into());
    }
    let Ok(rule) = rule else { return Ok("refused") };
    for shares_weights in [false, true] {
        let size = LayerSize { units: 5, classes: 3, time_step: 1000, shares_weights };
        let _typed = compile(&rule, Parts { neuron: true, cost: judged.built_in().is_none() }, size);
    }
    let result = match check_rule(&request) {
        Ok(result) => result,
        Err(fault) if matches!(fault.code, Code::NotFinite | Code::Range) => return Ok("overflows"),
        Err(fault) => return Err(format!("{fault}")),
    };
    let result: serde_json::Value = serde_json::from_str(&result).map_err(|error| error.to_string())?;
    match result["outcome"].as_str() {
        Some("passed") => {
            let check = serde_json::json!({
                "samples": 2, "inputs": 6, "neurons": 5, "classes": 3, "steps": 12, "seed": 1, "plant": plant
            });
            let request = serde_json::json!({"neuron": neuron, "costs": [cost], "check": check}).to_string();
            let planted = check_rule(&request).map_err(|fault| fault.to_string())?;
            let planted: serde_json::Value = serde_json::from_str(&planted).map_err(|error| error.to_string())?;
            let reason = planted["reason"].as_str().unwrap_or_default();
            let found = planted["outcome"] == "failed" || reason.contains("to plant an error in");
            if found { Ok("passed") } else { Err(format!("an error in the {plant} is not found: {planted}")) }
        }
        Some("inconclusive") => Ok("inconclusive"),
        _ => Err(format!("{result}")),
    }
}

/// As [`travel`], on a small stack.
fn travel_small(neuron: &serde_json::Value, cost: &serde_json::Value, plant: &str) -> Result<&'static str, String> {
    std::thread::scope(|scope| {
        let work = || travel(neuron, cost, plant);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread");
        thread.join().unwrap_or_else(|_| Err("it panicked".into()))
    })
}

/// A few hundred cases that are always the same; with `PROPTEST_CASES`, as in `npm run fuzz`, so many that are new.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { cases: asked.unwrap_or(300), rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_derived_of_random_neurons_is_the_derivative_and_compiles(
        of_neuron in prop::collection::vec(any::<u8>(), 0..120),
        of_cost in prop::collection::vec(any::<u8>(), 0..50),
        plant in prop::sample::select(vec!["error", "surrogate", "trace"]),
    ) {
        let neuron = random::neuron(&of_neuron);
        let cost = random::cost(&of_cost, random::states(&neuron));
        let outcome = travel_small(&neuron, &cost, plant);
        prop_assert!(outcome.is_ok(), "{} for {neuron} and {cost}", outcome.unwrap_err());
    }
}

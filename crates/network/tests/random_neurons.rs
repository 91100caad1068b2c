//! Random neurons and costs in a network: what is created learns, is saved and loaded to the same bytes, and what is not is
//! refused; all of it on a small stack.

mod input;
#[path = "../../program/tests/random/mod.rs"]
mod random;

use decolle_error::Code;
use decolle_network::{Input, Network, Options, Target};
use proptest::prelude::*;

/// Bytes of stack that everything has to do with.
const STACK: usize = 256 << 10;

/// Creates, learns, saves and loads, densely and, where `planes` are given, in a convolution.
fn travel(neuron: &serde_json::Value, cost: &serde_json::Value, convolves: bool) -> Result<&'static str, String> {
    let specification = if convolves {
        serde_json::json!({
            "input": {"channels": 1, "height": 4, "width": 5},
            "layers": [{"type": "conv2d", "channels": 3, "kernel": 3, "pool": 2}],
            "readout": {"units": 2}, "neuron": neuron, "cost": cost,
        })
    } else {
        serde_json::json!({
            "input": {"units": 20}, "layers": [{"type": "dense", "units": 5}, {"type": "dense", "units": 3}],
            "readout": {"units": 2}, "neuron": neuron, "cost": cost,
        })
    };
    let mut network = match Network::new(&specification.to_string(), 1) {
        Ok(network) => network,
        Err(fault) if fault.message.is_empty() || fault.code == Code::Backend => return Err(format!("{fault}")),
        Err(_) => return Ok("refused"),
    };
    let (offsets, indices, counts) = input::draw(2 * 6, network.inputs());
    let input = Input { offsets: &offsets, indices: &indices, counts: &counts };
    let options =
        Options::from_json(r#"{"samples": 2, "steps": 6, "learn": true, "updateEvery": 2}"#).expect("options");
    network.take_snapshot().map_err(|fault| fault.to_string())?;
    match network.process(input, Target::Classes(&[0, 1]), &options) {
        Ok(_) => network.drop_snapshot(),
        Err(fault) if fault.code == Code::NotFinite => network.restore_snapshot().map_err(|fault| fault.to_string())?,
        Err(fault) => return Err(format!("{fault}")),
    }
    let bytes = network.checkpoint("{}").map_err(|fault| fault.to_string())?;
    let loaded = Network::from_checkpoint(&bytes, 1).map_err(|fault| fault.to_string())?;
    let again = loaded.checkpoint("{}").map_err(|fault| fault.to_string())?;
    if again == bytes { Ok("ran") } else { Err("saved, loaded and saved is something else".into()) }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(200),
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_neurons_are_refused_or_learn_and_are_saved_and_loaded(
        of_neuron in prop::collection::vec(any::<u8>(), 0..120),
        of_cost in prop::collection::vec(any::<u8>(), 0..50),
        convolves in prop::bool::weighted(0.3),
    ) {
        let neuron = random::neuron(&of_neuron);
        let cost = random::cost(&of_cost, random::states(&neuron));
        let outcome = std::thread::scope(|scope| {
            let work = || travel(&neuron, &cost, convolves);
            let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread");
            thread.join().unwrap_or_else(|_| Err("it panicked".into()))
        });
        prop_assert!(outcome.is_ok(), "{} for {neuron} and {cost}", outcome.unwrap_err());
    }
}

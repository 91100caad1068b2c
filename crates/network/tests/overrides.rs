//! What layers set for themselves, overriding the network.

use decolle_network::{Input, Network, Options, Target};

/// The local costs of two layers after a silent step; biases far above the threshold cost a regularised layer dearly.
fn costs(first_layer: &str) -> Vec<f64> {
    let specification = format!(
        r#"{{"input": {{"units": 2}},
            "layers": [{{"type": "dense", "units": 4{first_layer}}}, {{"type": "dense", "units": 4}}],
            "readout": {{"units": 2}},
            "regularizer": {{"upper": 1, "lower": 0}}}}"#
    );
    let mut network = Network::new(&specification, 1).expect("a good specification");
    for layer in 0..2 {
        network.set_tensor(&format!("layers.{layer}.bias"), &[1000.0; 4]).expect("four biases");
    }
    let input = Input { offsets: &[0, 0], indices: &[], counts: &[] };
    let options = Options::from_json(r#"{"samples": 1, "steps": 1, "learn": true}"#).expect("good options");
    let outcome = network.process(input, Target::Classes(&[0]), &options).expect("a good batch");
    let described: serde_json::Value = serde_json::from_str(&network.describe()).expect("JSON");
    let again = Network::new(&described["specification"].to_string(), 1).expect("a specification describes itself");
    let twice: serde_json::Value = serde_json::from_str(&again.describe()).expect("JSON");
    assert_eq!(twice["specification"], described["specification"]);
    outcome.layers.iter().map(|layer| layer.loss.expect("a target")).collect()
}

#[test]
fn a_layer_takes_the_regulariser_of_the_network_its_own_or_none() {
    let [inherited, own, none] =
        ["", r#", "regularizer": {"upper": 2, "lower": 0}"#, r#", "regularizer": null"#].map(costs);
    for costs in [&inherited, &own, &none] {
        assert!((900.0..1100.0).contains(&costs[1]), "{costs:?}");
    }
    assert!((900.0..1100.0).contains(&inherited[0]), "{inherited:?}");
    assert!((1900.0..2100.0).contains(&own[0]), "{own:?}");
    assert!(none[0] < 10.0, "{none:?}");
}

//! Spikes that propagate by events give what they give densely, up to rounding: the same spikes, potentials, gradients
//! and weights.

mod input;

use decolle_network::{Input, Network, Options, Outcome, Target};

const SAMPLES: usize = 3;
/// Steps of a batch of several samples; rounding drives longer ones apart.
const STEPS: usize = 45;
/// Steps of a single sample: more than a stretch has.
const LONG: usize = 90;

/// Pooling, padding less than full, dropout, counts above 1, one block and several, both orders of the traces; a plane of
/// several tiles, with refractoriness drawn neuron by neuron; strides, kernels and padding of two lengths, groups of several
/// sizes, and a line.
const NETWORKS: [&str; 6] = [
    r#"{"input": {"units": 45},
        "layers": [{"type": "dense", "units": 37}, {"type": "dense", "units": 70}, {"type": "dense", "units": 9}],
        "readout": {"units": 3, "dropout": 0.3},
        "initialization": {"type": "uniform", "dense": 3}, "seed": 1"#,
    r#"{"input": {"channels": 2, "height": 11, "width": 9},
        "layers": [{"type": "conv2d", "channels": 40, "kernel": 5, "padding": 2, "pool": 2},
                   {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 0, "pool": 1},
                   {"type": "dense", "units": 17}],
        "readout": {"units": 3, "dropout": 0.4}, "regularizer": {"upper": 0.05},
        "initialization": {"type": "uniform", "conv": 2, "dense": 3}, "seed": 2"#,
    r#"{"input": {"channels": 1, "height": 12, "width": 20},
        "layers": [{"type": "conv2d", "channels": 18, "kernel": 4, "padding": 3, "pool": 3},
                   {"type": "conv2d", "channels": 8, "kernel": 7, "padding": 3}],
        "readout": {"units": 3}, "neuron": {"type": "lif", "trace": "current", "traceGain": "unit"},
        "initialization": {"type": "uniform", "conv": 2}, "seed": 3"#,
    r#"{"input": {"channels": 1, "height": 23, "width": 31},
        "layers": [{"type": "conv2d", "channels": 4, "kernel": 5, "padding": 2, "pool": 2},
                   {"type": "conv2d", "channels": 3, "kernel": 3, "padding": 1}],
        "readout": {"units": 3}, "neuron": {"type": "lif", "gamma": {"low": 0.3, "high": 0.9}},
        "initialization": {"type": "uniform", "conv": 2}, "seed": 4"#,
    r#"{"input": {"channels": 2, "height": 17, "width": 14},
        "layers": [{"type": "conv2d", "channels": 36, "kernel": [3, 5], "padding": [1, 2], "stride": [2, 1], "groups": 2},
                   {"type": "conv2d", "channels": 36, "kernel": 3, "padding": 1, "groups": 36, "pool": 2},
                   {"type": "conv2d", "channels": 24, "kernel": [2, 4], "padding": [0, 1], "stride": [1, 2], "groups": 12}],
        "readout": {"units": 3, "dropout": 0.3},
        "initialization": {"type": "uniform", "conv": 3, "bias": 4}, "seed": 5"#,
    r#"{"input": {"channels": 3, "length": 70},
        "layers": [{"type": "conv1d", "channels": 20, "kernel": 9, "padding": 4, "stride": 3},
                   {"type": "conv1d", "channels": 40, "kernel": 3, "padding": 1, "groups": 4},
                   {"type": "dense", "units": 9}],
        "readout": {"units": 3}, "initialization": {"type": "uniform", "conv": 2, "dense": 3}, "seed": 6"#,
];

fn process(network: &str, propagation: &str, optimizer: &str, options: &str) -> (Network, Outcome) {
    process_samples(SAMPLES, network, propagation, optimizer, options)
}

fn process_samples(
    samples: usize,
    network: &str,
    propagation: &str,
    optimizer: &str,
    options: &str,
) -> (Network, Outcome) {
    let specification = format!(r#"{network}, "propagation": "{propagation}", "optimizer": {optimizer}}}"#);
    let mut network = Network::new(&specification, 2).expect("a good specification");
    let (offsets, indices, counts) = input::draw(SAMPLES * LONG, network.inputs());
    let steps = if samples == 1 { LONG } else { STEPS };
    let (offsets, count) = (&offsets[..=samples * steps], offsets[samples * steps] as usize);
    let input = Input { offsets, indices: &indices[..count], counts: &counts[..count] };
    let options = format!(r#"{{"samples": {samples}, "steps": {steps}, "burnIn": 7, {options}}}"#);
    let options = Options::from_json(&options).expect("good options");
    let outcome = network.process(input, Target::Classes(&[0, 1, 2][..samples]), &options).expect("a good batch");
    (network, outcome)
}

/// Compares all tensors that both networks have; `tolerance` is relative to the largest entry.
fn compare(network: &str, optimizer: &str, options: &str, tolerance: f32) {
    compare_samples(SAMPLES, network, optimizer, options, tolerance);
}

fn compare_samples(samples: usize, network: &str, optimizer: &str, options: &str, tolerance: f32) {
    let (dense, one) = process_samples(samples, network, "dense", optimizer, options);
    let (events, other) = process_samples(samples, network, "events", optimizer, options);
    for (one, other) in one.layers.iter().zip(&other.layers) {
        assert!(one.spikes > 10.0, "a silent layer proves nothing");
        assert_eq!((one.steps.events, other.steps.dense), (0, 0));
        assert_eq!(one.spikes, other.spikes);
        let (one, other) = (one.loss.unwrap(), other.loss.unwrap());
        assert!((one - other).abs() < 1e-5 * one, "loss {one} {other}");
    }
    // A network that learns online from one sample keeps the gradient of a whole stretch, not that of its last step.
    for name in dense.tensor_names().into_iter().filter(|name| samples > 1 || !name.starts_with("gradient.")) {
        let (one, other) = (dense.tensor(&name).unwrap(), events.tensor(&name).unwrap());
        let largest = one.data.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        for (place, (one, other)) in one.data.iter().zip(&other.data).enumerate() {
            assert!((one - other).abs() <= tolerance * largest, "{name}[{place}]: {one} {other}, {options}");
        }
    }
}

const SGD: &str = r#"{"type": "sgd", "learningRate": 0.1}"#;

#[test]
fn without_learning() {
    for network in NETWORKS {
        compare(network, SGD, r#""learn": false"#, 3e-6);
    }
}

#[test]
fn in_the_gradient_of_a_whole_sequence() {
    for network in NETWORKS {
        compare(network, SGD, r#""learn": true, "updateEvery": 1000, "flushGradient": false"#, 1e-5);
    }
}

#[test]
fn while_weights_change_every_few_steps() {
    for network in NETWORKS {
        for every in [1, 4, 10] {
            compare(network, SGD, &format!(r#""learn": true, "updateEvery": {every}"#), 2e-5);
        }
    }
}

#[test]
fn the_choice_falls_on_events_where_few_arrive_and_on_dense_kernels_where_weights_change_every_step() {
    let (_, idle) = process(NETWORKS[1], "auto", SGD, r#""learn": false"#);
    assert!(idle.layers[0].steps.events == STEPS as u64, "{:?}", idle.layers[0].steps);
    let (_, busy) = process(NETWORKS[1], "auto", SGD, r#""learn": true"#);
    for layer in &busy.layers {
        assert_eq!((layer.steps.events, layer.steps.dense), (7, STEPS as u64 - 7));
    }
}

#[test]
fn inputs_with_decay_factors_of_their_own_propagate_densely_whatever_was_asked() {
    let network = NETWORKS[0]
        .replace(r#""seed": 1"#, r#""seed": 1, "neuron": {"type": "lif", "alpha": {"low": 0.9, "high": 0.98}}"#);
    let (_, outcome) = process(&network, "events", SGD, r#""learn": false"#);
    for layer in &outcome.layers {
        assert_eq!((layer.steps.events, layer.steps.dense), (0, STEPS as u64));
    }
}

#[test]
fn while_one_sample_changes_the_weights_at_every_step() {
    // The order of 2020 and that of 2018, over more steps than a stretch has.
    for network in [
        NETWORKS[0].to_string(),
        NETWORKS[0].replace("\"seed\": 1", r#""seed": 1, "neuron": {"type": "lif", "trace": "current"}"#),
    ] {
        let options = r#""learn": true, "updateEvery": 1"#;
        compare_samples(1, &network, r#"{"type": "sgd", "learningRate": 0.5}"#, options, 2e-5);
        let (network, outcome) = process_samples(1, &network, "auto", SGD, options);
        assert_eq!(outcome.updates, LONG - 7);
        assert!(network.describe().contains(&format!(r#""updates":{}"#, LONG - 7)));
        for layer in &outcome.layers {
            assert_eq!((layer.steps.events, layer.steps.dense), (LONG as u64, 0));
        }
    }
}

#[test]
fn a_potential_that_overflows_is_reported_with_its_step_and_changes_nothing() {
    for network in &NETWORKS[1..] {
        let messages = ["dense", "events"].map(|propagation| {
            let specification = format!(r#"{network}, "propagation": "{propagation}"}}"#);
            let mut network = Network::new(&specification, 2).expect("a good specification");
            let weights = network.tensor("layers.0.weight").expect("weights").data;
            network.set_tensor("layers.0.weight", &vec![3e38; weights.len()]).expect("finite weights");
            let before = network.checkpoint("{}").expect("a checkpoint");
            // Nothing arrives before step 21, in the second run of steps that a tile takes.
            let offsets: Vec<u32> = (0..=40).map(|step| if step > 21 { 2 } else { 0 }).collect();
            let input = Input { offsets: &offsets, indices: &[0, 1], counts: &[200.0, 300.0] };
            let options = Options::from_json(r#"{"samples": 1, "steps": 40, "learn": false}"#).expect("good options");
            let fault = network.process(input, Target::None, &options).expect_err("an overflow");
            assert_eq!(network.checkpoint("{}").expect("a checkpoint"), before);
            fault.into_message()
        });
        assert_eq!(messages[0], messages[1]);
        assert!(
            messages[0].starts_with("layers[0]: membrane potential") && messages[0].contains("step 2"),
            "{messages:?}"
        );
    }
}

#[test]
fn an_event_of_channel_seventy_thousand_meets_the_weights_of_that_channel() {
    let potential = |propagation: &str, channel: u32| {
        let specification = format!(
            r#"{{"input": {{"units": 70000}}, "layers": [{{"type": "conv2d", "channels": 2, "kernel": 1}}],
                "readout": {{"units": 2}}, "propagation": "{propagation}", "seed": 1}}"#
        );
        let mut network = Network::new(&specification, 2).expect("a good specification");
        let weights = (0..140_000).map(|place| (place % 70_000) as f32 * -1e-5).collect::<Vec<f32>>();
        network.set_tensor("layers.0.weight", &weights).expect("finite weights");
        network.set_tensor("layers.0.bias", &[0.0; 2]).expect("finite biases");
        let input = Input { offsets: &[0, 1, 1, 1], indices: &[channel], counts: &[1.0] };
        let options = Options::from_json(r#"{"samples": 1, "steps": 3}"#).expect("good options");
        let outcome = network.process(input, Target::None, &options).expect("a good batch");
        assert_eq!(outcome.layers[0].steps.events > 0, propagation == "events");
        network.tensor("state.layers.0.potential").expect("state").data
    };
    for channel in [4463, 65_535, 65_536, 69_999] {
        for (events, dense) in potential("events", channel).iter().zip(potential("dense", channel)) {
            assert!((events - dense).abs() <= 1e-6 * dense.abs(), "{channel}: {events} {dense}");
        }
    }
    assert!(potential("events", 69_999)[0] < 10.0 * potential("events", 4463)[0]);
}

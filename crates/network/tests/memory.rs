//! What a call changes is undone when it is given up, whatever the calls before it were, in whose memory it remembers.

mod input;

use std::sync::Arc;

use decolle_network::{Input, Network, Options, Target};

const STEPS: usize = 12;

const NETWORKS: [&str; 3] = [
    r#"{"input": {"units": 40}, "layers": [{"type": "dense", "units": 70}, {"type": "dense", "units": 9}],
        "readout": {"units": 3, "dropout": 0.5}, "neuron": {"type": "lif", "alpha": 0.8, "beta": 0.7},
        "initialization": {"type": "uniform", "dense": 4}, "seed": 1}"#,
    r#"{"input": {"channels": 2, "height": 7, "width": 6},
        "layers": [{"type": "conv2d", "channels": 5, "kernel": 3, "padding": 1, "pool": 2}, {"type": "dense", "units": 9}],
        "readout": {"units": 3}, "neuron": {"type": "lif", "alpha": 0.8, "beta": 0.7},
        "initialization": {"type": "uniform", "dense": 4, "conv": 3}, "seed": 2}"#,
    r#"{"input": {"channels": 4, "height": 7, "width": 6},
        "layers": [{"type": "conv2d", "channels": 24, "kernel": [3, 2], "stride": [2, 1], "groups": 4},
                   {"type": "dense", "units": 9}],
        "readout": {"units": 3}, "neuron": {"type": "lif", "alpha": 0.8, "beta": 0.7},
        "initialization": {"type": "uniform", "dense": 4, "conv": 3}, "seed": 3}"#,
];

/// The networks, and the same with a neuron of a user's, whose state starts elsewhere than at zero.
fn networks() -> Vec<String> {
    let with_own_neuron = |specification: &str| {
        let mut specification: serde_json::Value = serde_json::from_str(specification).expect("JSON");
        let lif = decolle_neuron::Lif {
            alpha: decolle_neuron::Decay::Shared(0.8),
            beta: decolle_neuron::Decay::Shared(0.7),
            ..decolle_neuron::Lif::default()
        };
        let mut neuron = decolle_plasticity::lif_document(&lif);
        neuron.state[0].initial = -0.2;
        specification["neuron"] = decolle_json::parse(&decolle_json::write(&neuron)).expect("JSON");
        specification.to_string()
    };
    NETWORKS.map(String::from).into_iter().chain(NETWORKS.map(with_own_neuron)).collect()
}

/// Begins a batch of some samples.
fn begin(network: &mut Network, samples: usize, options: &str) {
    let (offsets, indices, counts) = input::draw(samples * STEPS, network.inputs());
    let input = Input { offsets: &offsets, indices: &indices, counts: &counts };
    let options = format!(r#"{{"samples": {samples}, "steps": {STEPS}, {options}}}"#);
    let options = Options::from_json(&options).expect("good options");
    let batch = network.batch(input, Target::Classes(&[0, 1, 2][..samples]), &options).expect("a good batch");
    network.begin(Arc::new(batch), &options).expect("good options");
}

/// Works through a batch; gives the spikes of each layer.
fn process(network: &mut Network, samples: usize, options: &str) -> Vec<f64> {
    begin(network, samples, options);
    while !network.advance().expect("finite numbers") {}
    network.finish().expect("a batch that is done").layers.iter().map(|layer| layer.spikes).collect()
}

/// Checkpoint and all tensors that can be read, the gradient of the last update among them.
fn all(network: &Network) -> (Vec<u8>, Vec<Vec<f32>>) {
    let tensors = network.tensor_names().iter().map(|name| network.tensor(name).expect("a tensor").data).collect();
    (network.checkpoint("{}").expect("a checkpoint"), tensors)
}

const CALLS: [&str; 4] = [
    r#""learn": true, "keepState": true"#,
    r#""learn": true"#,
    r#""learn": true, "updateEvery": 5, "flushGradient": false"#,
    r#""learn": false, "keepState": true"#,
];

#[test]
fn a_call_that_is_given_up_changes_nothing_whatever_was_called_before() {
    for specification in networks() {
        for propagation in ["dense", "frequency", "events", "auto"] {
            let specification = specification.replacen('{', &format!(r#"{{"propagation": "{propagation}", "#), 1);
            let mut network = Network::new(&specification, 2).expect("a good specification");
            for (samples, call) in CALLS.iter().enumerate().flat_map(|(place, call)| [(1 + place % 3, call), (2, call)])
            {
                let kept = call.replace(r#", "keepState": true"#, "");
                process(&mut network, samples, &kept);
                process(&mut network, samples, call);
                let before = all(&network);
                for (again, given_up) in [(samples, *call), (3, CALLS[1]), (samples, CALLS[2])] {
                    begin(&mut network, again, given_up);
                    network.advance().expect("finite numbers");
                    network.cancel();
                    assert!(all(&network) == before, "{propagation}: {given_up} after {call}");
                }
            }
        }
    }
}

/// Inputs of the networks that take short calls.
const UNITS: u32 = 150;

/// Begins a batch of three steps in which a few inputs beside one another spike, others for each turn.
fn begin_short(network: &mut Network, turn: u32, options: &str) {
    let first = turn * 37 % UNITS;
    let indices = [first, (first + 1) % UNITS, (first + 70) % UNITS];
    let input = Input { offsets: &[0, 1, 2, 3], indices: &indices, counts: &[1.0, 2.0, 1.0] };
    let options =
        format!(r#"{{"samples": 1, "steps": 3, "flushGradient": false, "keepState": {}, {options}}}"#, turn > 0);
    let options = Options::from_json(&options).expect("good options");
    let target = Target::Classes(&[turn % 3]);
    let batch = network.batch(input, target, &options).expect("a good batch");
    network.begin(Arc::new(batch), &options).expect("good options");
}

fn process_short(network: &mut Network, turn: u32, options: &str) {
    begin_short(network, turn, options);
    while !network.advance().expect("finite numbers") {}
    network.finish().expect("a batch that is done");
}

/// Writes other values into a tensor.
fn write(network: &mut Network, name: &str) {
    let mut data = network.tensor(name).expect("a tensor").data;
    data.iter_mut().step_by(7).for_each(|value| *value = *value * 0.5 + 0.001);
    network.set_tensor(name, &data).expect("finite numbers");
}

#[test]
fn a_short_call_that_is_given_up_changes_nothing_whatever_has_changed_since_the_one_before() {
    let optimizers = [
        r#"{"type": "sgd", "learningRate": 0.1}"#,
        r#"{"type": "sgd", "learningRate": 0.1, "momentum": 0.5}"#,
        r#"{"type": "adaGrad", "learningRate": 0.1, "window": 30}"#,
    ];
    for (optimizer, propagation, every) in optimizers
        .iter()
        .flat_map(|optimizer| [(optimizer, "events", 1), (optimizer, "events", 4), (optimizer, "dense", 1)])
    {
        let specification = format!(
            r#"{{"input": {{"units": {UNITS}}}, "layers": [{{"type": "dense", "units": 70}}, {{"type": "dense", "units": 9}}],
                "readout": {{"units": 3}}, "neuron": {{"type": "lif", "alpha": 0.3, "beta": 0.2}},
                "initialization": {{"type": "uniform", "dense": 4}}, "seed": 1, "propagation": "{propagation}",
                "optimizer": {optimizer}}}"#
        );
        let learn = format!(r#""learn": true, "updateEvery": {every}"#);
        let mut network = Network::new(&specification, 1).expect("a good specification");
        let mut moments = network.tensor_names();
        moments.retain(|name| name.starts_with("optimizer.layers.0.weight"));
        for turn in 0..40 {
            // What follows is the first change since the weights of a call were copied: all of them, as the one before was given up.
            process_short(&mut network, turn, &learn);
            match turn % 10 {
                2 => process_short(&mut network, turn, r#""learn": false"#),
                3 => write(&mut network, "layers.0.weight"),
                5 => moments.iter().for_each(|name| write(&mut network, name)),
                6 | 8 => network.take_snapshot().expect("an idle network"),
                7 => network.restore_snapshot().expect("a snapshot"),
                9 => network.drop_snapshot(),
                _ => {}
            }
            let before = network.checkpoint("{}").expect("a checkpoint");
            begin_short(&mut network, turn + 1, &learn);
            for _ in 0..=turn % 2 {
                network.advance().expect("finite numbers");
            }
            network.cancel();
            assert!(network.checkpoint("{}").expect("a checkpoint") == before, "{specification}, turn {turn}");
        }
    }
}

#[test]
fn a_call_from_rest_knows_nothing_of_the_calls_before() {
    for specification in &networks() {
        let mut fresh = Network::new(specification, 2).expect("a good specification");
        let expected = process(&mut fresh, 3, r#""learn": false"#);
        assert!(expected.iter().all(|&spikes| spikes > 10.0), "a silent layer proves nothing");
        let mut used = Network::new(specification, 2).expect("a good specification");
        for samples in [3, 2, 3, 3] {
            process(&mut used, samples, r#""learn": false"#);
        }
        assert_eq!(process(&mut used, 3, r#""learn": false"#), expected);
        assert!(all(&used) == all(&fresh));
    }
}

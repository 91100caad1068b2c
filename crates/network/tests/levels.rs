//! A whole training on every SIMD level of this machine and with several threads: the same checkpoint, byte by byte.

mod input;

use decolle_network::{Input, Network, Options, Target};
use decolle_synapse::{Level, level};

const STEPS: usize = 60;

/// Samples of a batch. In the frequency domain neurons take their potentials in another way where samples are many.
fn samples_of(specification: &str) -> usize {
    if specification.contains(r#""frequency""#) { 17 } else { 5 }
}

/// Between them: all costs, surrogates, optimisers' forms, pooling, padding, dropout, drawn decay factors, regularisers,
/// both ways of propagation, strides, groups, lines, and sizes that fill no vector.
const NETWORKS: [&str; 7] = [
    r#"{"input": {"units": 45},
        "layers": [{"type": "dense", "units": 37},
                   {"type": "dense", "units": 21, "cost": {"type": "meanSquared"}},
                   {"type": "dense", "units": 9, "regularizer": {"upper": 0.1, "lower": 0.2}}],
        "readout": {"units": 3, "feedback": "alignment"},
        "neuron": {"type": "lif", "alpha": {"low": 0.9, "high": 0.98}, "gamma": {"low": 0.5, "high": 0.7}},
        "optimizer": {"type": "adam", "learningRate": 0.01},
        "initialization": {"type": "uniform", "dense": 3},
        "seed": 1}"#,
    r#"{"input": {"channels": 2, "height": 11, "width": 9},
        "layers": [{"type": "conv2d", "channels": 9, "kernel": 5, "padding": 2, "pool": 2},
                   {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1,
                    "neuron": {"type": "lif", "surrogate": {"type": "boxcar"}}},
                   {"type": "dense", "units": 17, "cost": {"type": "crossEntropy"},
                    "neuron": {"type": "lif", "surrogate": {"type": "sigmoid"}}}],
        "readout": {"units": 3, "dropout": 0.4},
        "optimizer": {"type": "adaMax", "learningRate": 0.002, "beta1": 0.3},
        "seed": 2}"#,
    r#"{"input": {"units": 45},
        "layers": [{"type": "dense", "units": 70}, {"type": "dense", "units": 21}],
        "readout": {"units": 3, "dropout": 0.2}, "propagation": "events",
        "optimizer": {"type": "sgd", "learningRate": 0.05},
        "initialization": {"type": "uniform", "dense": 3}, "seed": 3}"#,
    r#"{"input": {"channels": 2, "height": 11, "width": 9},
        "layers": [{"type": "conv2d", "channels": 41, "kernel": 5, "padding": 2, "pool": 2},
                   {"type": "conv2d", "channels": 6, "kernel": 4, "padding": 2, "regularizer": {"upper": 0.01}},
                   {"type": "dense", "units": 17}],
        "readout": {"units": 3, "dropout": 0.4}, "propagation": "events",
        "optimizer": {"type": "adaMax", "learningRate": 0.002}, "seed": 4}"#,
    r#"{"input": {"channels": 2, "height": 11, "width": 9},
        "layers": [{"type": "conv2d", "channels": 36, "kernel": [3, 5], "padding": [1, 2], "stride": [2, 1], "groups": 2},
                   {"type": "conv2d", "channels": 36, "kernel": 3, "padding": 1, "groups": 18, "pool": 2},
                   {"type": "dense", "units": 17}],
        "readout": {"units": 3, "dropout": 0.4}, "propagation": "dense",
        "initialization": {"type": "uniform", "conv": 3, "bias": 4}, "seed": 5}"#,
    r#"{"input": {"channels": 2, "height": 11, "width": 9},
        "layers": [{"type": "conv2d", "channels": 20, "kernel": 5, "padding": 2, "pool": 2},
                   {"type": "conv2d", "channels": 70, "kernel": [2, 3], "padding": 1, "pooling": "average"},
                   {"type": "dense", "units": 17}],
        "readout": {"units": 3, "dropout": 0.4}, "propagation": "frequency",
        "optimizer": {"type": "adaMax", "learningRate": 0.002},
        "initialization": {"type": "uniform", "conv": 3, "bias": 4}, "seed": 7}"#,
    r#"{"input": {"channels": 2, "length": 50},
        "layers": [{"type": "conv1d", "channels": 40, "kernel": 7, "padding": 3, "stride": 2},
                   {"type": "conv1d", "channels": 24, "kernel": 4, "padding": 1, "groups": 8}],
        "readout": {"units": 3}, "propagation": "events",
        "initialization": {"type": "uniform", "conv": 3, "bias": 4}, "seed": 6}"#,
];

/// Trains on a level, with a number of threads; returns the checkpoint and the spikes of each layer.
fn train(specification: &str, threads: usize, level: Option<Level>) -> (Vec<u8>, Vec<f64>) {
    let mut network = Network::new(specification, threads).expect("a good specification");
    if let Some(level) = level {
        network.set_level(level);
    }
    let samples = samples_of(specification);
    let (offsets, indices, counts) = input::draw(samples * STEPS, network.inputs());
    let input = Input { offsets: &offsets, indices: &indices, counts: &counts };
    let options =
        format!(r#"{{"samples": {samples}, "steps": {STEPS}, "learn": true, "burnIn": 5, "updateEvery": 2}}"#);
    let options = Options::from_json(&options).expect("good options");
    let classes: Vec<u32> = [0, 1, 2, 1, 0].into_iter().cycle().take(samples).collect();
    let outcome = network.process(input, Target::Classes(&classes), &options).expect("a good batch");
    let checkpoint = network.checkpoint("{}").expect("an idle network");
    (checkpoint, outcome.layers.iter().map(|layer| layer.spikes).collect())
}

#[test]
fn every_simd_level_and_thread_count_trains_to_the_same_bytes() {
    for specification in NETWORKS {
        let (expected, spikes) = train(specification, 1, None);
        assert!(spikes.iter().all(|&spikes| spikes > 50.0), "a silent layer proves nothing: {spikes:?}");
        for level in level::all() {
            for threads in [1, 3] {
                let (found, _) = train(specification, threads, Some(level));
                assert!(found == expected, "{} with {threads} threads departs in {specification}", level::name(level));
            }
        }
    }
}

#[test]
fn neurons_and_costs_of_a_users_hold_the_same_bits_on_every_level_and_those_of_the_built_in_ones() {
    use decolle_plasticity::{cost_document, lif_document};

    for shipped in &NETWORKS[1..] {
        let mut specification: serde_json::Value = serde_json::from_str(shipped).expect("JSON");
        let (expected, spikes) = train(shipped, 1, None);
        let neuron = lif_document(&decolle_neuron::Lif::default());
        specification["neuron"] = decolle_json::parse(&decolle_json::write(&neuron)).expect("JSON");
        let cost = cost_document(&decolle_learning::Cost::default());
        specification["cost"] = decolle_json::parse(&decolle_json::write(&cost)).expect("JSON");
        let own = specification.to_string();
        let (first, own_spikes) = train(&own, 1, Some(Level::fallback()));
        assert_eq!(own_spikes, spikes, "{shipped}");
        for level in level::all() {
            assert!(train(&own, 2, Some(level)).0 == first, "{} in {shipped}", level::name(level));
        }
        let tensors = |bytes: &[u8]| Network::from_checkpoint(bytes, 1).expect("a good checkpoint");
        let (shipped, own) = (tensors(&expected), tensors(&first));
        for name in own.tensor_names().iter().filter(|name| !name.contains(".neuron.")) {
            assert!(shipped.tensor(name).expect("there") == own.tensor(name).expect("there"), "{name}");
        }
    }
}

//! Damaged checkpoints are refused as such, or hold a network that can be saved, loaded and taught. `DECOLLE_FUZZ` says how
//! many times as many are tried.

mod input;

use decolle_error::Code;
use decolle_network::{Input, Network, Options, Target};
use serde_json::{Value, json};

const NETWORKS: [&str; 4] = [
    r#"{"input": {"units": 5}, "layers": [{"type": "dense", "units": 4}], "readout": {"units": 3},
        "neuron": {"type": "lif", "gamma": {"low": 0.3, "high": 0.9}}, "propagation": "events",
        "errorTrigger": {"threshold": 0.01, "control": {"rate": 0.1}}}"#,
    r#"{"input": {"channels": 2, "height": 5, "width": 4}, "readout": {"units": 3},
        "layers": [{"type": "conv2d", "channels": 3, "kernel": 3, "padding": 1, "pool": 2}, {"type": "dense", "units": 3}]}"#,
    r#"{"input": {"channels": 2, "length": 9}, "readout": {"units": 3}, "propagation": "events",
        "layers": [{"type": "conv1d", "channels": 4, "kernel": 3, "padding": 1, "stride": 2, "groups": 2},
                   {"type": "conv2d", "channels": 4, "kernel": [1, 2], "groups": 4}]}"#,
    r#"{"input": {"units": 5}, "layers": [{"type": "dense", "units": 4}], "readout": {"units": 3}, "neuron": "own"}"#,
];

/// Marsaglia's xorshift (2003), triple 13, 17, 5.
struct Draw(u32);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A network in the middle of its life.
fn taught(specification: &str) -> Vec<u8> {
    let lif = decolle_json::write(&decolle_plasticity::lif_document(&decolle_neuron::Lif::default()));
    let mut network = Network::new(&specification.replace(r#""own""#, &lif), 1).expect("a good specification");
    teach(&mut network, r#""updateEvery": 4, "flushGradient": false"#).expect("a good batch");
    network.checkpoint(r#"{"name": "victim"}"#).expect("a checkpoint")
}

fn teach(network: &mut Network, options: &str) -> decolle_error::Result<()> {
    let (offsets, indices, counts) = input::draw(2 * 6, network.inputs());
    let input = Input { offsets: &offsets, indices: &indices, counts: &counts };
    let options = format!(r#"{{"samples": 2, "steps": 6, "learn": true, {options}}}"#);
    network.process(input, Target::Classes(&[0, 0]), &Options::from_json(&options)?).map(|_| ())
}

/// Pointers to all values of some JSON.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    let mut each = |key: &str, value: &Value| {
        let place = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &place, all);
        all.push(place);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| each(key, value)),
        Value::Array(entries) => entries.iter().enumerate().for_each(|(key, value)| each(&key.to_string(), value)),
        _ => {}
    }
}

/// Puts another value somewhere.
fn change(value: &mut Value, draw: &mut Draw) {
    let mut all = Vec::new();
    places(value, "", &mut all);
    let numbers: Vec<String> =
        all.iter().filter(|place| value.pointer(place).is_some_and(Value::is_number)).cloned().collect();
    let any = numbers.is_empty() || draw.below(4) == 0;
    let place = draw.one_of(if any { &all } else { &numbers }).clone();
    let other = value.pointer(draw.one_of(&all).as_str()).cloned();
    let hostile = [
        json!(0),
        json!(1),
        json!(2),
        json!(-1),
        json!(0.5),
        json!(255),
        json!(65_536),
        json!(1u64 << 31),
        json!(1u64 << 32),
        json!(1u64 << 53),
        json!(u64::MAX),
        json!(1e300),
        json!(1e-300),
        json!(null),
        json!(true),
        json!("1"),
        json!([]),
        json!({}),
    ];
    let target = value.pointer_mut(&place).expect("a place of it");
    *target = match (draw.below(4), target.as_u64(), other) {
        (0, Some(number), _) => json!(number.wrapping_add(1)),
        (1, _, Some(other)) => other,
        _ => draw.one_of(&hostile).clone(),
    };
}

/// A damaged copy.
fn mutate(checkpoint: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut bytes = checkpoint.to_vec();
    let kind = draw.below(7);
    match kind {
        0 => bytes.truncate(draw.below(checkpoint.len())),
        1 => {
            for _ in 0..=draw.below(4) {
                let place = draw.below(bytes.len());
                bytes[place] ^= 1 << draw.below(8);
            }
        }
        2 => {
            let values = [f32::NAN, f32::INFINITY, -1.0, 3e38, -3e38, 1e-40, 0.5, 1.0, 1e6];
            let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
            let numbers = (bytes.len() - 8 - length) / 4;
            let place = 8 + length + 4 * draw.below(numbers);
            bytes[place..place + 4].copy_from_slice(&draw.one_of(&values).to_le_bytes());
        }
        _ => {
            let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
            let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).expect("a header");
            if kind == 3 {
                change(&mut header, draw);
            } else {
                let entry = &mut header["__metadata__"]["decolle"];
                let mut description: Value =
                    serde_json::from_str(entry.as_str().expect("a text")).expect("a description");
                for _ in 0..=draw.below(2) {
                    change(&mut description, draw);
                }
                *entry = description.to_string().into();
            }
            let header = header.to_string();
            let rest = bytes.split_off(8 + length);
            bytes = (header.len() as u64).to_le_bytes().into_iter().chain(header.into_bytes()).chain(rest).collect();
        }
    }
    bytes
}

#[test]
fn damaged_checkpoints_are_refused_or_can_be_saved_loaded_and_taught() {
    let times = std::env::var("DECOLLE_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    for (number, specification) in NETWORKS.iter().enumerate() {
        let checkpoint = taught(specification);
        let mut draw = Draw(2_463_534_242 + number as u32);
        let mut accepted = 0;
        for _ in 0..200 * times {
            let mut network = match Network::from_checkpoint(&mutate(&checkpoint, &mut draw), 1) {
                Ok(network) => network,
                Err(fault) => {
                    assert!(matches!(fault.code, Code::Checkpoint | Code::Memory), "{fault}");
                    continue;
                }
            };
            accepted += 1;
            let saved = again(&network);
            if teach(&mut network, r#""keepState": true"#).is_err() {
                assert!(network.checkpoint(r#"{"name": "victim"}"#).expect("a checkpoint") == saved);
            }
            again(&network);
        }
        assert!(accepted > 5 * times, "{accepted} accepted");
    }
}

/// What a network is saved as, which loads and is then saved as the same.
fn again(network: &Network) -> Vec<u8> {
    let saved = network.checkpoint(r#"{"name": "victim"}"#).expect("a checkpoint");
    let loaded = Network::from_checkpoint(&saved, 1).expect("what was saved loads");
    assert!(loaded.checkpoint(r#"{"name": "victim"}"#).expect("a checkpoint") == saved);
    saved
}

/// A checkpoint after so many updates.
fn after_updates(checkpoint: &[u8], updates: u64) -> Vec<u8> {
    let length = u64::from_le_bytes(checkpoint[..8].try_into().expect("eight bytes")) as usize;
    let mut header: Value = serde_json::from_slice(&checkpoint[8..8 + length]).expect("a header");
    let entry = &mut header["__metadata__"]["decolle"];
    let mut description: Value = serde_json::from_str(entry.as_str().expect("a text")).expect("a description");
    description["counters"]["updates"] = updates.into();
    *entry = description.to_string().into();
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &checkpoint[8 + length..]].concat()
}

#[test]
fn nothing_is_learned_that_a_checkpoint_could_not_count() {
    let most = (1u64 << 53) - 1;
    for specification in NETWORKS {
        let checkpoint = taught(specification);
        for (updates, fits) in [(most, false), (most - 6, false), (most - 7, true)] {
            let mut network = Network::from_checkpoint(&after_updates(&checkpoint, updates), 1).expect("within bounds");
            let before = network.checkpoint("{}").expect("a checkpoint");
            let taught = teach(&mut network, r#""updateEvery": 1"#);
            assert_eq!(taught.as_ref().map_err(|fault| fault.code).err(), (!fits).then_some(Code::Range), "{taught:?}");
            let after = network.checkpoint("{}").expect("a checkpoint");
            assert_eq!(after == before, !fits);
            Network::from_checkpoint(&after, 1).expect("what was saved");
        }
    }
}

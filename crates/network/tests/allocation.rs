//! Where memory ends, networks say so: an allocator that refuses what is beyond a limit never meets one that takes more than
//! it asked for beforehand, which would end the process.

mod input;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use decolle_error::{Code, Result};
use decolle_network::{Input, Network, Options, Target};

/// Pieces that are always had: names, messages, threads.
const SMALL: usize = 16 << 10;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The system's allocator, which refuses large pieces beyond [`LIMIT`].
struct Limited;

// SAFETY: all memory is the system allocator's.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        if layout.size() > SMALL && held > LIMIT.load(Ordering::Relaxed) {
            HELD.fetch_sub(layout.size(), Ordering::Relaxed);
            return std::ptr::null_mut();
        }
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;

/// Dense and convolutional layers, drawn decay factors, pooling, dropout; the last one with neurons of the user's, too.
const NETWORKS: [&str; 5] = [
    r#"{"input": {"units": 900}, "layers": [{"type": "dense", "units": 200}, {"type": "dense", "units": 90}],
        "readout": {"units": 100, "dropout": 0.3}, "optimizer": {"type": "adam", "learningRate": 1e-4}}"#,
    r#"{"input": {"channels": 2, "height": 30, "width": 30}, "layers": [
            {"type": "conv2d", "channels": 20, "kernel": 7, "padding": 3, "pool": 2},
            {"type": "conv2d", "channels": 40, "kernel": 3, "padding": 1}, {"type": "dense", "units": 50}],
        "readout": {"units": 10, "feedback": "alignment"}, "neuron": {"type": "lif", "gamma": {"low": 0.3, "high": 0.9}}}"#,
    r#"{"input": {"channels": 1, "height": 9, "width": 9}, "layers": [
            {"type": "conv2d", "channels": 3, "kernel": 9, "padding": 30, "pool": 4}], "readout": {"units": 800},
        "neuron": {"type": "lif", "alpha": {"low": 0.3, "high": 0.9}}, "optimizer": {"type": "sgd", "learningRate": 1e-4}}"#,
    r#"{"input": {"channels": 16, "height": 12, "width": 14}, "layers": [
            {"type": "conv2d", "channels": 48, "kernel": [3, 5], "padding": [1, 2], "stride": [2, 1], "groups": 16},
            {"type": "conv2d", "channels": 40, "kernel": 3, "stride": 2, "groups": 8}], "readout": {"units": 10}}"#,
    r#"{"input": {"units": 900}, "layers": [{"type": "dense", "units": 200}], "readout": {"units": 3},
        "optimizer": {"type": "sgd", "learningRate": 1e-4}}"#,
];

/// More than a stretch has.
const STEPS: usize = 66;

/// Samples of the largest batch.
const MOST: usize = 3;

fn networks() -> Vec<String> {
    let with_own_neuron = |specification: &str| {
        let mut specification: serde_json::Value = serde_json::from_str(specification).expect("JSON");
        let neuron = decolle_plasticity::lif_document(&decolle_neuron::Lif::default());
        specification["neuron"] = decolle_json::parse(&decolle_json::write(&neuron)).expect("JSON");
        specification.to_string()
    };
    NETWORKS.map(String::from).into_iter().chain([NETWORKS[3]].map(with_own_neuron)).collect()
}

/// A life: made, taught in batches of different sizes, saved, read.
fn live(specification: &str, propagation: &str, every: usize, data: &Data) -> Result<Vec<u8>> {
    let specification = specification.replacen('{', &format!(r#"{{"propagation": "{propagation}", "#), 1);
    let mut network = Network::new(&specification, 2)?;
    for (samples, learn, record) in [(1, true, false), (2, true, false), (MOST, false, true), (1, false, false)] {
        let record =
            if record { r#"{"spikes": true, "traces": true, "potentials": true, "readouts": true}"# } else { "null" };
        let options = format!(
            r#"{{"samples": {samples}, "steps": {STEPS}, "learn": {learn}, "updateEvery": {every}, "record": {record}}}"#
        );
        let offsets = &data.offsets[..=samples * STEPS];
        let events = offsets[samples * STEPS] as usize;
        let input = Input { offsets, indices: &data.indices[..events], counts: &data.counts[..events] };
        let options = Options::from_json(&options)?;
        let batch = network.batch(input, Target::Classes(&vec![1; samples]), &options)?;
        network.begin(Arc::new(batch), &options)?;
        while !network.advance()? {}
        network.finish()?;
    }
    let bytes = network.checkpoint("{}")?;
    drop(network);
    let network = Network::from_checkpoint(&bytes, 2)?;
    network.tensor("layers.0.weight")?;
    network.checkpoint("{}")
}

struct Data {
    offsets: Vec<u32>,
    indices: Vec<u32>,
    counts: Vec<f32>,
}

#[test]
fn what_does_not_fit_into_memory_is_a_fault_and_never_the_end_of_the_process() {
    for (number, specification) in networks().iter().enumerate() {
        let inputs = Network::new(specification, 1).expect("a good specification").inputs();
        let (offsets, indices, counts) = input::draw(MOST * STEPS, inputs);
        let data = Data { offsets, indices, counts };
        for (propagation, every) in [("dense", 3), ("frequency", 1), ("events", 1), ("events", 100)] {
            let before = HELD.load(Ordering::Relaxed);
            PEAK.store(before, Ordering::Relaxed);
            let whole = live(specification, propagation, every, &data).expect("memory enough");
            let most = PEAK.load(Ordering::Relaxed) - before;
            let (mut refused, mut passed) = (0, 0);
            for percent in [10, 60, 110, 220, 290] {
                let before = HELD.load(Ordering::Relaxed);
                LIMIT.store(before + most / 100 * percent, Ordering::Relaxed);
                let outcome = live(specification, propagation, every, &data);
                LIMIT.store(usize::MAX, Ordering::Relaxed);
                match outcome {
                    Ok(bytes) => {
                        assert!(bytes == whole);
                        passed += 1;
                    }
                    Err(fault) => {
                        assert_eq!(fault.code, Code::Memory, "{fault}");
                        assert!(fault.message.contains("bytes") || fault.message.contains("spikes"), "{fault}");
                        refused += 1;
                    }
                }
            }
            assert!(refused > 1, "{number}, {propagation}, {every}: {refused} refused");
            assert!(passed > 1, "{number}, {propagation}, {every}: {passed} passed, so far too much is asked for");
        }
    }
}

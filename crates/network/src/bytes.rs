//! How much memory a network holds, for hosts whose collector sees nothing but a handle.
//!
//! All that grows with a network's size or with a batch is counted; what a step works in, and what does not
//! grow, is not.

use decolle_layer::{Layer, Snapshot};

use crate::network::Network;
use crate::silence::Silence;
use crate::work::{NetworkSnapshot, Work};

impl Network {
    /// Bytes of weights, optimiser and neuron state, of work on a batch but for the batch itself, and of all snapshots.
    pub fn bytes(&self) -> usize {
        let layers: usize = self.layers.iter().map(Layer::bytes).sum();
        let spare: usize = self.spare.iter().map(Snapshot::bytes).sum();
        let snapshots: usize = self.snapshots.iter().map(snapshot).sum();
        layers + spare + snapshots + self.work.as_ref().map_or(0, work)
    }
}

fn snapshot(snapshot: &NetworkSnapshot) -> usize {
    snapshot.layers.iter().map(Snapshot::bytes).sum()
}

fn work(work: &Work) -> usize {
    let trains: usize = work.trains.iter().map(decolle_synapse::SpikeTrain::bytes).sum();
    snapshot(&work.snapshot) + trains + work.silence.as_ref().map_or(0, Silence::bytes)
}

#[cfg(test)]
mod tests {
    use crate::{Input, Network, Options, Target};

    const SPECIFICATION: &str = r#"{"input": {"units": 1000}, "layers": [{"type": "dense", "units": 512}],
        "readout": {"units": 2}, "optimizer": {"type": "adaMax", "learningRate": 0.001}, "seed": 1}"#;

    #[test]
    fn a_network_holds_its_weights_and_what_learning_keeps_for_each() {
        let network = Network::new(SPECIFICATION, 1).unwrap();
        let weights = 4 * 1000 * 512;
        let bytes = network.bytes();
        // And a gradient and a moment for each: the first moment of this optimiser has no memory by default.
        assert!((3 * weights..4 * weights).contains(&bytes), "{bytes}");
    }

    #[test]
    fn what_a_batch_and_a_memory_hold_counts_for_as_long_as_it_is_there() {
        let mut network = Network::new(SPECIFICATION, 1).unwrap();
        let alone = network.bytes();
        network.take_snapshot().unwrap();
        assert!(network.bytes() > alone + 3 * 4 * 1000 * 512);
        network.drop_snapshot();
        assert_eq!(network.bytes(), alone);
        let (offsets, options) = (vec![0; 100_001], r#"{"samples": 100, "steps": 1000}"#);
        let input = Input { offsets: &offsets, indices: &[], counts: &[] };
        let options = Options::from_json(options).unwrap();
        let batch = network.batch(input, Target::None, &options).unwrap();
        assert!(batch.bytes() > 4 * 100_000);
        network.begin(std::sync::Arc::new(batch), &options).unwrap();
        let begun = network.bytes();
        // Of each sample two traces an input and three numbers a neuron.
        assert!(begun > alone + 4 * 100 * (2 * 1000 + 3 * 512), "{begun}");
        network.cancel();
        assert!(network.bytes() < begun);
    }
}

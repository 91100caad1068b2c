//! What goes into a batch of time steps and what comes out.

use decolle_layer::{Operations, Steps};

use crate::recording::Recorded;

/// Spikes of a batch as sparse lists, sample by sample and within a sample step by step.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Where the list of sample `b`, step `t` starts: entry `b · steps + t`; one more entry closes the last list.
    pub offsets: &'a [u32],
    /// Index of the input each spike arrives at, `(channel · height + row) · width + column`.
    pub indices: &'a [u32],
    /// Number of events behind each spike, finite and above zero.
    pub counts: &'a [f32],
}

/// What the readouts should say.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Nothing: the network only predicts.
    None,
    /// One class per sample.
    Classes(&'a [u32]),
    /// Values `[samples, (steps,) (layers,) readout units]`.
    Values(&'a [f32]),
}

/// What one layer did in a batch.
#[derive(Clone, Debug, Default)]
pub struct LayerOutcome {
    /// Mean local cost over the counted steps; absent without a target.
    pub loss: Option<f64>,
    /// Spikes sent on, after pooling, in all steps.
    pub spikes: f64,
    /// Spikes per neuron and step, over the counted steps.
    pub density: f64,
    /// Synaptic operations.
    pub synaptic_operations: Operations,
    /// Steps that ran by events, and densely.
    pub steps: Steps,
    /// Error events a unit and learning step, where the error trigger is under control.
    pub error_event_rate: Option<f64>,
    /// Mean of the (pooled) membrane potential over samples, neurons and all steps, if recorded.
    pub potential_mean: Option<f64>,
    /// Its variance.
    pub potential_variance: Option<f64>,
}

decolle_json::written! {
    LayerOutcome {
        loss,
        spikes,
        density,
        synaptic_operations,
        steps,
        error_event_rate,
        potential_mean,
        potential_variance,
    }
}

/// What came out of a batch.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Samples in the batch.
    pub samples: usize,
    /// Readout units per layer.
    pub classes: usize,
    /// Steps run.
    pub steps: usize,
    /// Steps after burn-in: those that voted and, when learning, learned.
    pub counted_steps: usize,
    /// Updates applied.
    pub updates: usize,
    /// Input spikes per input and step, over all steps.
    pub input_density: f64,
    /// One entry a layer.
    pub layers: Vec<LayerOutcome>,
    /// Votes `[layers, samples, classes]`.
    pub votes: Vec<u32>,
    /// The class with most votes, the lower on ties, `[layers, samples]`.
    pub predictions: Vec<u32>,
    /// What was recorded, on request.
    pub recorded: Option<Recorded>,
}

decolle_json::written! { Outcome { samples, classes, steps, counted_steps, updates, input_density, layers, recorded } }

impl Outcome {
    /// Everything but votes, predictions and recorded numbers, as JSON.
    pub fn to_json(&self) -> String {
        decolle_json::write(self)
    }
}

/// A tensor taken out of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of its axes, slowest first.
    pub shape: Vec<usize>,
    /// Its values, last axis fastest.
    pub data: Vec<f32>,
}

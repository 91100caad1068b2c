//! Which kernels a layer's steps run with: by events or densely.
//!
//! Both are exact, but they round differently, so that the choice must be the same on every machine, for any number of
//! threads, and however a sequence is cut into calls. It is a function of the specification, of how learning goes, and of
//! the events that arrived in the window of time before.

use decolle_specification::Propagation;
use decolle_synapse::frequency::Frequency;
use decolle_synapse::{Connection, Convolution, SpikeTrain};

use crate::{Constants, Controlled, Options};

/// Steps of a window; windows start at multiples of it, counted from the start of the sequence.
const WINDOW: u64 = 16;

/// What a synaptic operation costs in multiply-adds of the dense kernels. `cargo bench -p decolle-synapse` gives, in 10⁹ a
/// second on one thread, for a convolution 28 operations and 58 multiply-adds with AVX-512, 14 and 18 with 128-bit vectors;
/// for a dense layer, whose events jump about in its weights, 8 to 15 and 34 to 39.
const CONVOLUTION_EVENT_COST: f64 = 2.0;
const DENSE_EVENT_COST: f64 = 4.0;
/// Where sums stay in memory: with a horizontal stride, 6 operations, and 120 multiply-adds with AVX-512, 24 with 128-bit
/// vectors; with groups, whose events every strip of outputs passes by, 3 beside 90 and 20, and one channel a group 0.2 beside 3.
const STRIDED_EVENT_COST: f64 = 8.0;
const GROUPED_EVENT_COST: f64 = 16.0;

/// What a multiply-add of a convolution's dense gradient costs in those of its potential: each output has the patches of its own
/// δ. `cargo bench -p decolle-synapse --bench frequency` gives 1.5 with 128-bit vectors, 2.5 with AVX2, 4.5 with AVX-512.
const GRADIENT_COST: f64 = 2.5;

/// Events that arrived at a layer, over all samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// In the window before the present one.
    pub(crate) before: u64,
    /// In the present one, so far.
    pub(crate) now: u64,
}

decolle_json::object! { Window { before, now } }

impl Window {
    /// Moves on to `sequence_step`, in which the events of `in_chunk` of all trains arrive.
    pub(crate) fn take_in(&mut self, sequence_step: u64, in_chunk: usize, input: &[&SpikeTrain]) {
        if sequence_step.is_multiple_of(WINDOW) {
            *self = Self { before: self.now, now: 0 };
        }
        // A checkpoint may claim any number.
        self.now = self.now.saturating_add(input.iter().map(|train| train.step(in_chunk).0.len() as u64).sum());
    }
}

/// How a step learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learning {
    /// It does not.
    No,
    /// It does, and weights change every so many steps.
    Every(usize),
}

/// How the spikes of a step propagate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Through dense kernels.
    Dense,
    /// By events, in a stretch over which weights stand still.
    Events,
    /// By events, while weights change at every step.
    Online,
}

/// How the spikes of a step propagate, `window` being that of the step.
pub(crate) fn mode(constants: &Constants, samples: usize, learning: Learning, window: &Window) -> Mode {
    // The second term of the regulariser needs the mean over all samples in every step before any error is known.
    let coupled = learning != Learning::No && constants.regularizer.is_some_and(|regularizer| regularizer.lower > 0.0);
    if constants.carried.is_none() || coupled || constants.propagation.is_dense() {
        return Mode::Dense;
    }
    let geometry = &constants.geometry;
    // A stretch with an update in every step has one threshold of the error trigger and one weight of the regulariser.
    let moves = Controlled::new(constants).moves();
    let online = learning == Learning::Every(1)
        && samples == 1
        && geometry.is_dense()
        && constants.own_inputs == 0
        && constants.optimizer.is_plain_descent()
        && !moves;
    let by_events = if online { Mode::Online } else { Mode::Events };
    if constants.propagation == Propagation::Events {
        return by_events;
    }
    let window_steps = WINDOW as f64;
    let dense = window_steps * cost_of_potentials(constants, samples);
    let cost = match geometry.connection {
        Connection::Dense { .. } => DENSE_EVENT_COST,
        Connection::Convolution(Convolution { groups, .. }) if groups > 1 => GROUPED_EVENT_COST,
        Connection::Convolution(Convolution { stride, .. }) if stride[1] > 1 => STRIDED_EVENT_COST,
        Connection::Convolution(_) => CONVOLUTION_EVENT_COST,
    };
    let events = cost * window.before as f64 * geometry.fan_out() as f64;
    let cheaper = match learning {
        Learning::No => events < dense,
        Learning::Every(_) if online => events < dense,
        // W·P and W·Q have to be made anew after an update, and the gradient has a dense term for each of P and Q at its
        // start. The dense gradient only visits the δ that pooling and dropout leave.
        Learning::Every(steps) => {
            let gradient = window_steps * cost_of_gradient(constants, samples, delta_left(constants));
            let whole = window_steps * cost_of_gradient(constants, 2 * samples, 1.0);
            2.0 * events + (2.0 * dense + whole) / (steps as f64) < dense + gradient
        }
    };
    if cheaper { by_events } else { Mode::Dense }
}

/// The share of δ that pooling and dropout leave, which are all that the dense gradient of a convolution visits.
pub(crate) fn delta_left(constants: &Constants) -> f64 {
    if constants.geometry.is_dense() {
        return 1.0;
    }
    let window = if constants.has_winners() { constants.pool[0] * constants.pool[1] } else { 1 };
    f64::from(1.0 - constants.readout_settings.dropout) / window as f64
}

/// The frequency domain, where it is less work for the potentials of so many samples.
pub(crate) fn potential_by_frequency(constants: &Constants, samples: usize) -> Option<&Frequency> {
    chosen(constants, |frequency| frequency.cost_of_potentials(samples) < direct_potentials(constants, samples))
}

/// The same for the gradient from so many samples, of whose δ this share is not zero.
pub(crate) fn gradient_by_frequency(constants: &Constants, samples: usize, left: f64) -> Option<&Frequency> {
    chosen(constants, |frequency| frequency.cost_of_gradient(samples) < direct_gradient(constants, samples, left))
}

fn chosen(constants: &Constants, cheaper: impl Fn(&Frequency) -> bool) -> Option<&Frequency> {
    constants.frequency.as_ref().filter(|frequency| match constants.propagation {
        Propagation::Dense => false,
        Propagation::Frequency => true,
        Propagation::Auto | Propagation::Events => cheaper(frequency),
    })
}

/// Multiply-adds of the dense kernels for the potentials of so many samples, or as many as take as long.
fn cost_of_potentials(constants: &Constants, samples: usize) -> f64 {
    match potential_by_frequency(constants, samples) {
        Some(frequency) => frequency.cost_of_potentials(samples),
        None => direct_potentials(constants, samples),
    }
}

/// The same for the gradient, of whose δ this share is not zero.
fn cost_of_gradient(constants: &Constants, samples: usize, left: f64) -> f64 {
    match gradient_by_frequency(constants, samples, left) {
        Some(frequency) => frequency.cost_of_gradient(samples),
        None => direct_gradient(constants, samples, left),
    }
}

/// What the dense kernels do for the potentials of so many samples: whole blocks of outputs.
fn direct_potentials(constants: &Constants, samples: usize) -> f64 {
    let geometry = &constants.geometry;
    let filled = (geometry.blocks() * geometry.block) as f64 / geometry.outputs as f64;
    constants.dense_operations as f64 * samples as f64 * filled
}

/// What they do for the gradient, of whose δ this share is not zero.
fn direct_gradient(constants: &Constants, samples: usize, left: f64) -> f64 {
    let cost = if constants.geometry.is_dense() { 1.0 } else { GRADIENT_COST };
    cost * left * constants.dense_operations as f64 * samples as f64
}

/// Bytes that a layer takes to work on a batch in the frequency domain, where it does, with so many threads: for itself, and for
/// what layers share.
pub fn frequency_bytes(constants: &Constants, options: &Options, threads: usize) -> [u64; 2] {
    let Options { samples, learn, update_every, .. } = *options;
    let forward = potential_by_frequency(constants, samples);
    // Stretches by events end in a dense term for P and one for Q.
    let stretches =
        !constants.propagation.is_dense() && (update_every > 1 || constants.propagation == Propagation::Events);
    let backward = [(samples, delta_left(constants), learn), (samples.saturating_mul(2), 1.0, learn && stretches)]
        .into_iter()
        .filter(|(.., happens)| *happens)
        .find_map(|(planes, left, _)| gradient_by_frequency(constants, planes, left));
    // A thread has a frequency along rows at hand, and a part of its outputs.
    let shared = forward.or(backward).map_or(0, |frequency| frequency.bytes(samples, backward.is_some(), 2 * threads));
    [forward.map_or(0, Frequency::bytes_of_weights), shared]
}

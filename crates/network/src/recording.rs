//! What a batch records on request: what may be asked for, how much memory it takes, and how it is given.

use decolle_error::{Code, Fault, Result};
use decolle_layer::{Constants, Layer, Options, Record, Recorder, Rows};
use decolle_number::{product, saturated};

/// What was recorded of a layer.
#[derive(Clone, Debug, Default)]
pub struct RecordedLayer {
    /// Which layer it is.
    pub layer: usize,
    /// Its inputs, own spikes included where it is recurrent.
    pub inputs: usize,
    /// Its units after pooling.
    pub units: usize,
}

decolle_json::written! { RecordedLayer { layer, inputs, units } }

/// What was recorded of a batch.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The layers, in the order asked for.
    pub layers: Vec<RecordedLayer>,
    /// Which samples.
    pub samples: Vec<usize>,
    /// Spikes, layer after layer `[steps, samples, units]`, 0 or 1; empty unless asked for.
    pub spikes: Vec<u8>,
    /// Layer after layer, and of each what was asked for in this order: traces `[steps, samples, inputs]`, potentials
    /// `[steps, samples, units]`, readouts `[steps, samples, classes]`, gradients `[steps, samples, units]`.
    pub numbers: Vec<f32>,
}

decolle_json::written! { Recorded { layers, samples } }

/// Refuses what cannot be recorded of such a batch.
///
/// # Errors
/// `config` where nothing is asked for, or gradients of a batch that is not learned from; `range` for a layer or sample that
/// is not there, or is named twice; `shape` where none is named.
pub(crate) fn check(options: &Options, layers: usize) -> Result<()> {
    let Some(record) = &options.record else { return Ok(()) };
    check_chosen("record.layers", record.layers.as_deref(), layers)?;
    check_chosen("record.samples", record.samples.as_deref(), options.samples)?;
    let Record { spikes, traces, potentials, readouts, gradients, .. } = *record;
    if !(spikes || traces || potentials || readouts || gradients) {
        let expected = "true for one of spikes, traces, potentials, readouts, gradients";
        return Err(Fault::unfit(Code::Config, &"record", &expected, &"none"));
    }
    if gradients && !options.learn {
        let expected = "a batch that is learned from";
        return Err(Fault::unfit(Code::Config, &"record.gradients", &expected, &"one that is only run"));
    }
    Ok(())
}

fn check_chosen(path: &str, chosen: Option<&[usize]>, count: usize) -> Result<()> {
    let Some(chosen) = chosen else { return Ok(()) };
    if chosen.is_empty() {
        return Err(Fault::unfit(Code::Shape, &path, &"at least one", &"none"));
    }
    let mut named = vec![false; count];
    for (place, index) in chosen.iter().enumerate() {
        let at = format_args!("{path}[{place}]");
        let Some(named) = named.get_mut(*index) else {
            return Err(Fault::unfit(Code::Range, &at, &format_args!("0 to {}", count - 1), index));
        };
        if std::mem::replace(named, true) {
            return Err(Fault::unfit(Code::Range, &at, &"each once", &format_args!("{index} again")));
        }
    }
    Ok(())
}

fn chosen(asked: Option<&Vec<usize>>, count: usize) -> Vec<usize> {
    asked.cloned().unwrap_or_else(|| (0..count).collect())
}

/// Spikes and other numbers that are recorded of a batch.
fn lengths(layers: &[Layer], record: &Record, options: &Options) -> [u64; 2] {
    let samples = record.samples.as_ref().map_or(options.samples, Vec::len);
    let mut widths = [0u64; 2];
    for layer in chosen(record.layers.as_ref(), layers.len()) {
        let constants: &Constants = &layers[layer].constants;
        let (units, classes) = (constants.units(), constants.readout.classes());
        let mut add = |kind: usize, asked: bool, width: usize| {
            widths[kind] = widths[kind].saturating_add(if asked { width as u64 } else { 0 });
        };
        add(0, record.spikes, units);
        add(1, record.traces, constants.geometry.inputs);
        add(1, record.potentials, units);
        add(1, record.readouts, classes);
        add(1, record.gradients, units);
    }
    widths.map(|width| width.saturating_mul(product([options.steps, samples])))
}

/// Bytes that recording takes: as it is recorded, sample by sample, and as it is given; and traces that are moved on for it.
pub(crate) fn bytes(layers: &[Layer], record: &Record, options: &Options) -> u64 {
    let [spikes, numbers] = lengths(layers, record, options);
    let planes = layers.iter().map(|layer| layer.constants.geometry.trace_plane);
    let moved = if record.traces { product([8, planes.max().unwrap_or(0)]) } else { 0 };
    numbers.saturating_mul(4).saturating_add(spikes).saturating_mul(2).saturating_add(moved)
}

/// Takes what was recorded out of the layers.
pub(crate) fn take(layers: &mut [Layer], record: &Record, options: &Options) -> Recorded {
    let samples = chosen(record.samples.as_ref(), options.samples);
    let [spikes, numbers] = lengths(layers, record, options);
    let mut recorded = Recorded {
        layers: Vec::new(),
        samples,
        spikes: Vec::with_capacity(saturated(spikes)),
        numbers: Vec::with_capacity(saturated(numbers)),
    };
    for layer in chosen(record.layers.as_ref(), layers.len()) {
        let Layer { constants, batch, .. } = &mut layers[layer];
        let (inputs, units) = (constants.geometry.inputs, constants.units());
        recorded.layers.push(RecordedLayer { layer, inputs, units });
        let take = |&sample: &usize| batch.samples[sample].recorder.take().unwrap_or_default();
        let recorders: Vec<Box<Recorder>> = recorded.samples.iter().map(take).collect();
        let asked = [record.traces, record.potentials, record.readouts, record.gradients];
        give(record.spikes, options.steps, &recorders, |recorder| &recorder.spikes, &mut recorded.spikes);
        let numbers: [fn(&Recorder) -> &Rows<f32>; 4] = [
            |recorder| &recorder.traces,
            |recorder| &recorder.potentials,
            |recorder| &recorder.readouts,
            |recorder| &recorder.gradients,
        ];
        for (asked, rows) in asked.into_iter().zip(numbers) {
            give(asked, options.steps, &recorders, rows, &mut recorded.numbers);
        }
    }
    recorded
}

/// Gives rows step by step, and within a step sample by sample.
fn give<T: Copy + Default>(
    asked: bool,
    steps: usize,
    recorders: &[Box<Recorder>],
    rows: impl Fn(&Recorder) -> &Rows<T>,
    to: &mut Vec<T>,
) {
    if !asked {
        return;
    }
    for step in 0..steps {
        for recorder in recorders {
            to.extend_from_slice(rows(recorder).row(step));
        }
    }
}

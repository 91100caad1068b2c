//! What is recorded of a sample while it runs, on request: rows of numbers, one a time step.

use std::ops::Range;

use decolle_synapse::{Geometry, Level, SpikeTrain};
use fearless_simd::dispatch;

use crate::inputs::leaks;
use crate::{Batch, Constants, Layer, Sample};

/// What of a batch is recorded.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Of which layers; of all where none are named.
    pub layers: Option<Vec<usize>>,
    /// Of which samples; likewise.
    pub samples: Option<Vec<usize>>,
    /// S of each unit.
    pub spikes: bool,
    /// What the weights of each input multiply, such as P.
    pub traces: bool,
    /// U of each unit.
    pub potentials: bool,
    /// Y.
    pub readouts: bool,
    /// δ of each unit, which is the gradient of its bias.
    pub gradients: bool,
}

decolle_json::object! {
    Record {
        layers = None,
        samples = None,
        spikes = false,
        traces = false,
        potentials = false,
        readouts = false,
        gradients = false,
    }
}

/// Numbers of all time steps, `[step][width]`; without width none are recorded.
#[derive(Default)]
pub struct Rows<T> {
    width: usize,
    values: Vec<T>,
}

impl<T: Copy + Default> Rows<T> {
    fn new(asked: bool, steps: usize, width: usize) -> Self {
        let width = if asked { width } else { 0 };
        Self { width, values: vec![T::default(); steps * width] }
    }

    /// The numbers of a step.
    pub fn row(&self, step: usize) -> &[T] {
        &self.values[step * self.width..][..self.width]
    }

    fn row_mut(&mut self, step: usize) -> Option<&mut [T]> {
        (self.width > 0).then(|| &mut self.values[step * self.width..][..self.width])
    }

    /// Writes the rows of `range` down again, so many times, behind them.
    fn repeat(&mut self, range: &Range<usize>, times: usize) {
        let [start, end] = [range.start * self.width, range.end * self.width];
        for time in 0..times {
            self.values.copy_within(start..end, end + time * (end - start));
        }
    }

    fn bytes(&self) -> usize {
        size_of_val(&self.values[..])
    }
}

/// What is recorded of one sample of a layer.
#[derive(Default)]
pub struct Recorder {
    /// 1 for a spike, in the order of units.
    pub spikes: Rows<u8>,
    /// In the order of inputs.
    pub traces: Rows<f32>,
    /// In the order of units.
    pub potentials: Rows<f32>,
    /// In the order of classes.
    pub readouts: Rows<f32>,
    /// In the order of units; 0 where a step does not learn.
    pub gradients: Rows<f32>,
}

impl Recorder {
    fn new(constants: &Constants, record: &Record, steps: usize) -> Self {
        let units = constants.units();
        Self {
            spikes: Rows::new(record.spikes, steps, units),
            traces: Rows::new(record.traces, steps, constants.geometry.inputs),
            potentials: Rows::new(record.potentials, steps, units),
            readouts: Rows::new(record.readouts, steps, constants.readout.classes()),
            gradients: Rows::new(record.gradients, steps, units),
        }
    }

    /// Notes which units spiked, and the readout.
    pub(crate) fn note_response(&mut self, step: usize, spikes: &[u32], readout: &[f32]) {
        if let Some(row) = self.spikes.row_mut(step) {
            spikes.iter().for_each(|&unit| row[unit as usize] = 1);
        }
        if let Some(row) = self.readouts.row_mut(step) {
            row.copy_from_slice(readout);
        }
    }

    /// Notes the potentials of a block's units.
    pub(crate) fn note_potentials(&mut self, constants: &Constants, step: usize, block: usize, potentials: &[f32]) {
        if let Some(row) = self.potentials.row_mut(step) {
            spread(constants, block, potentials, row);
        }
    }

    /// Notes δ of a block's units.
    pub(crate) fn note_gradients(&mut self, constants: &Constants, step: usize, block: usize, deltas: &[f32]) {
        if let Some(row) = self.gradients.row_mut(step) {
            spread(constants, block, deltas, row);
        }
    }

    /// Notes the traces of a sample, laid out as they are in memory.
    fn note_traces(&mut self, geometry: &Geometry, step: usize, traces: &[f32]) {
        if let Some(row) = self.traces.row_mut(step) {
            for (to, &place) in row.iter_mut().zip(geometry.places()) {
                *to = traces[place as usize];
            }
        }
    }

    /// Writes the steps of `range` down again, so many times, behind them.
    pub(crate) fn repeat(&mut self, range: &Range<usize>, times: usize) {
        let Self { spikes, traces, potentials, readouts, gradients } = self;
        spikes.repeat(range, times);
        [traces, potentials, readouts, gradients].into_iter().for_each(|rows| rows.repeat(range, times));
    }

    pub(crate) fn bytes(&self) -> usize {
        let Self { spikes, traces, potentials, readouts, gradients } = self;
        spikes.bytes() + [traces, potentials, readouts, gradients].into_iter().map(Rows::bytes).sum::<usize>()
    }
}

/// Numbers of a block's units, `[pooled position][output of the block]`, in the order of units.
fn spread(constants: &Constants, block: usize, numbers: &[f32], row: &mut [f32]) {
    let (width, positions) = (constants.geometry.block, constants.pooled_positions());
    let outputs = block * width..constants.geometry.outputs.min((block + 1) * width);
    for (lane, output) in outputs.enumerate() {
        for (position, to) in row[output * positions..][..positions].iter_mut().enumerate() {
            *to = numbers[position * width + lane];
        }
    }
}

impl Batch {
    /// Makes room for what is recorded of these samples; nothing of others.
    pub fn start_recording(&mut self, constants: &Constants, record: Option<&Record>, steps: usize) {
        let is_asked = |record: &&Record| record.layers.as_ref().is_none_or(|layers| layers.contains(&constants.index));
        let record = record.filter(is_asked);
        self.records_traces = record.is_some_and(|record| record.traces);
        self.samples.iter_mut().for_each(|sample| sample.recorder = None);
        let Some(record) = record else { return };
        let start = |sample: &mut Sample| sample.recorder = Some(Box::new(Recorder::new(constants, record, steps)));
        match &record.samples {
            None => self.samples.iter_mut().for_each(start),
            Some(chosen) => chosen.iter().for_each(|&index| start(&mut self.samples[index])),
        }
    }

    /// Records the traces as they are now, after the input of a step.
    pub(crate) fn record_traces(&mut self, constants: &Constants, step: usize) {
        if !self.records_traces {
            return;
        }
        let Self { samples, membrane, inputs, .. } = self;
        let geometry = &constants.geometry;
        let program = inputs.presynaptic.first().filter(|_| constants.leaks().is_none());
        let traces = program.unwrap_or(membrane);
        for (sample, traces) in samples.iter_mut().zip(traces.chunks_exact(geometry.trace_plane)) {
            if let Some(recorder) = &mut sample.recorder {
                recorder.note_traces(geometry, step, traces);
            }
        }
    }
}

impl Layer {
    /// Records the traces of some steps by events, before these are taken into the traces themselves; `first` is the first
    /// step counted from the start of the batch.
    pub(crate) fn record_stretch(&mut self, range: &Range<usize>, first: usize, level: Level, input: &[&SpikeTrain]) {
        let Self { constants, batch, .. } = self;
        let Some(dynamics) = constants.leaks().filter(|_| batch.records_traces) else { return };
        let geometry = &constants.geometry;
        let planes = batch.membrane.chunks_exact(geometry.trace_plane);
        let planes = planes.zip(batch.synaptic.chunks_exact(geometry.trace_plane));
        for ((sample, train), (membrane, synaptic)) in batch.samples.iter_mut().zip(input).zip(planes) {
            let Some(recorder) = &mut sample.recorder else { continue };
            let (mut membrane, mut synaptic) = (membrane.to_vec(), synaptic.to_vec());
            for (place, in_chunk) in range.clone().enumerate() {
                let (indices, counts) = train.step(in_chunk);
                dispatch!(level, _simd => {
                    leaks::step(dynamics, geometry, indices, counts, &mut synaptic, &mut membrane);
                });
                recorder.note_traces(geometry, first + place, &membrane);
            }
        }
    }
}

//! Traces of a layer's inputs that a program moves on, in place of Q and P.

use decolle_program::{Arriving, InputProgram, InputScratch};
use decolle_synapse::{Aligned, Geometry, SpikeTrain};

use crate::{Constants, Sample, Step};

/// Planes of all samples, `[sample][trace plane]`.
#[derive(Default)]
pub struct InputState {
    scratch: InputScratch,
    /// Places of a convolution's plane around its inputs, which stay zero.
    padding: Vec<u32>,
    /// Events of the step at hand.
    events: Aligned,
    /// 1 where an input is a spike of the layer itself; empty where the program does not ask.
    is_recurrent: Aligned,
    /// Traces after it.
    pub traces: Vec<Aligned>,
    /// What weights multiply in it.
    pub presynaptic: Vec<Aligned>,
}

impl InputState {
    /// At rest; empty where Q and P are at hand.
    pub(crate) fn of(constants: &Constants, samples: usize) -> Self {
        let Some(program) = constants.input_program() else { return Self::default() };
        let plane = || Aligned::zeros(samples * constants.geometry.trace_plane);
        let mut state = Self {
            scratch: program.scratch(),
            padding: padding(&constants.geometry),
            events: plane(),
            is_recurrent: if program.tells_recurrent() { own_inputs(constants, samples) } else { Aligned::default() },
            traces: program.traces().iter().map(|_| plane()).collect(),
            presynaptic: (0..program.presynaptic()).map(|_| plane()).collect(),
        };
        state.rest(program);
        state
    }

    /// Back to rest.
    pub(crate) fn rest(&mut self, program: &InputProgram) {
        for (trace, variable) in self.traces.iter_mut().zip(program.traces()) {
            trace.fill(variable.initial);
        }
    }

    /// Takes over the traces of others.
    pub(crate) fn copy(&mut self, from: &Self) {
        self.scratch.clone_from(&from.scratch);
        self.padding.clone_from(&from.padding);
        self.events.resize(from.events.len());
        self.is_recurrent.clone_from(&from.is_recurrent);
        self.traces.clone_from(&from.traces);
        self.presynaptic.clone_from(&from.presynaptic);
    }

    /// Takes the input of a step into the traces, and notes which samples' are finite; `learned` are the values of constants
    /// that learn.
    pub(crate) fn arrive(
        &mut self,
        constants: &Constants,
        step: &Step<'_>,
        learned: &[f32],
        input: &[&SpikeTrain],
        samples: &mut [Sample],
    ) {
        let Some(program) = constants.input_program() else { return };
        let (plane, places) = (constants.geometry.trace_plane, constants.geometry.places());
        let Self { scratch, padding, events, is_recurrent, traces, presynaptic } = self;
        events.fill(0.0);
        for ((events, sample), below) in events.chunks_exact_mut(plane).zip(&*samples).zip(input) {
            let (indices, counts) = sample.arriving(constants, below).step(step.in_chunk);
            for (&index, &count) in indices.iter().zip(counts) {
                events[places[index as usize] as usize] += count;
            }
        }
        let arriving = Arriving { events, is_recurrent };
        let finite = program.step(step.level, scratch, learned, arriving, traces, presynaptic);
        for plane in traces.iter_mut().chain(presynaptic).flat_map(|planes| planes.chunks_exact_mut(plane)) {
            for &place in padding.iter() {
                plane[place as usize] = 0.0;
            }
        }
        for (index, sample) in samples.iter_mut().enumerate() {
            let own = index * plane..(index + 1) * plane;
            sample.finite =
                finite || traces.iter().all(|trace| trace[own.clone()].iter().all(|value| value.is_finite()));
        }
    }
}

/// Planes of so many samples with 1 in the places of inputs that are spikes of the layer itself.
fn own_inputs(constants: &Constants, samples: usize) -> Aligned {
    let Constants { geometry, .. } = constants;
    let mut planes = Aligned::zeros(samples * geometry.trace_plane);
    for plane in planes.chunks_exact_mut(geometry.trace_plane) {
        for &place in &geometry.places()[constants.inputs_from_below()..] {
            plane[place as usize] = 1.0;
        }
    }
    planes
}

/// Where a convolution's plane is padded.
fn padding(geometry: &Geometry) -> Vec<u32> {
    if geometry.is_dense() {
        return Vec::new();
    }
    let mut is_input = vec![false; geometry.trace_plane];
    geometry.places().iter().for_each(|&place| is_input[place as usize] = true);
    (0..).zip(is_input).filter(|(_, is_input)| !is_input).map(|(place, _)| place).collect()
}

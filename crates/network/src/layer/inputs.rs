//! Traces of a dense layer's inputs that are the user's, in place of Q and P.

use decolle_plasticity::InputProgram;
use decolle_synapse::{Aligned, SpikeTrain};
use rayon::prelude::*;

use super::{Constants, Step};

/// Planes of all samples, `[sample][trace plane]`.
#[derive(Default)]
pub(crate) struct InputState {
    /// Events of the step at hand.
    events: Aligned,
    /// Traces after it.
    pub traces: Vec<Aligned>,
    /// What weights meet in it.
    pub met: Vec<Aligned>,
}

impl InputState {
    /// At rest; empty where Q and P are at hand.
    pub(super) fn of(constants: &Constants, samples: usize) -> Self {
        let Some(program) = constants.input() else { return Self::default() };
        let plane = || Aligned::zeros(samples * constants.geometry.trace_plane);
        let mut state = Self {
            events: plane(),
            traces: program.traces().iter().map(|_| plane()).collect(),
            met: (0..program.met()).map(|_| plane()).collect(),
        };
        state.rest(program);
        state
    }

    /// Back to rest.
    pub(super) fn rest(&mut self, program: &InputProgram) {
        for (trace, variable) in self.traces.iter_mut().zip(program.traces()) {
            trace.fill(variable.initial);
        }
    }

    /// Takes over the traces of others.
    pub(super) fn copy(&mut self, from: &Self) {
        self.events.resize(from.events.len());
        self.traces.clone_from(&from.traces);
        self.met.clone_from(&from.met);
    }

    /// Takes the input of a step into the traces.
    pub(super) fn arrive(
        &mut self,
        constants: &Constants,
        program: &InputProgram,
        step: &Step<'_>,
        input: &[&SpikeTrain],
    ) {
        let plane = constants.geometry.trace_plane;
        let Self { events, traces, met } = self;
        let (mut traces, mut met) = (by_sample(traces, plane, input.len()), by_sample(met, plane, input.len()));
        let samples = events.par_chunks_exact_mut(plane).zip(input).zip(traces.par_iter_mut().zip(met.par_iter_mut()));
        samples.for_each_init(
            || program.room(),
            |room, ((events, train), (traces, met))| {
                events.fill(0.0);
                let (indices, counts) = train.step(step.in_chunk);
                for (&index, &count) in indices.iter().zip(counts) {
                    events[constants.geometry.places()[index as usize] as usize] += count;
                }
                program.step(step.level, room, events, traces, met);
            },
        );
    }
}

/// The planes of each sample.
fn by_sample(all: &mut [Aligned], plane: usize, samples: usize) -> Vec<Vec<&mut [f32]>> {
    let mut of_samples: Vec<Vec<&mut [f32]>> = (0..samples).map(|_| Vec::new()).collect();
    for planes in all {
        for (own, plane) in of_samples.iter_mut().zip(planes.chunks_exact_mut(plane)) {
            own.push(plane);
        }
    }
    of_samples
}

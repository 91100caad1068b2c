//! The gradient of a stretch of one sample and its update in one pass, a run of inputs at a time, so that no gradient leaves
//! the first-level cache and weights that it does not change are not touched.

use std::ops::Range;

use decolle_synapse::{Level, RUN, SpikeTrain, TraceRun, events, gradient};
use decolle_threads::sum;

use super::scratch::{EventScratch, Initial};
use super::stretch::add;
use crate::Layer;
use crate::changed::{note, span};
use crate::layer::Scratch;
use crate::learning::{Descent, Learner, LearnerState};
use crate::propagation::gather;

/// The events of a stretch, run of inputs by run, in the order in which they came.
#[derive(Default)]
pub(crate) struct ByRun {
    /// Where those of a run end, once sorted.
    ends: Vec<usize>,
    events: Vec<RunEvent>,
}

#[derive(Clone, Copy, Default)]
struct RunEvent {
    /// Step of the stretch.
    step: usize,
    /// Input within the run.
    input: u32,
    count: f32,
}

impl ByRun {
    /// Sorts the events of these steps; false where there is no memory for them.
    fn sort(&mut self, train: &SpikeTrain, range: &Range<usize>, runs: usize) -> bool {
        let Self { ends, events } = self;
        let run_of = |index: u32| index as usize / RUN;
        ends.clear();
        ends.resize(runs, 0);
        for step in range.clone() {
            train.step(step).0.iter().for_each(|&index| ends[run_of(index)] += 1);
        }
        let mut start = 0;
        for end in ends.iter_mut() {
            let count = std::mem::replace(end, start);
            start += count;
        }
        events.clear();
        if events.try_reserve(start).is_err() {
            return false;
        }
        events.resize(start, RunEvent::default());
        for (step, in_chunk) in range.clone().enumerate() {
            let (indices, counts) = train.step(in_chunk);
            for (&index, &count) in indices.iter().zip(counts) {
                let place = &mut ends[run_of(index)];
                let input = index % decolle_number::index(RUN);
                events[*place] = RunEvent { step, input, count };
                *place += 1;
            }
        }
        true
    }

    fn of(&self, run: usize) -> &[RunEvent] {
        let start = run.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.events[start..self.ends[run]]
    }
}

impl Layer {
    /// As `accumulate_stretch` for the events of one sample of a dense layer, with nothing accumulated before, and an update
    /// by plain descent; the gradient is lost. False, and nothing done, where there is no memory.
    pub(crate) fn descend_stretch(
        &mut self,
        range: &Range<usize>,
        level: Level,
        rate: f32,
        train: &SpikeTrain,
    ) -> bool {
        let update = self.updates + 1;
        let Self { constants, batch, learners, weights, scratch, changed, .. } = self;
        let Scratch { dense, events: event_scratch, by_run, .. } = scratch;
        let EventScratch { samples, initial: Initial { membrane, synaptic }, runs: of_synaptic } = event_scratch;
        let of_membrane = &mut dense.runs;
        let geometry = &constants.geometry;
        gather(geometry, &batch.membrane, true, of_membrane);
        gather(geometry, &batch.synaptic, true, of_synaptic);
        if !by_run.sort(train, range, of_membrane.len()) {
            return false;
        }
        // The weights of inputs that have an event in the stretch, or had a trace before. Those of others that have changed since
        // the last snapshot are changed by a gradient of zero, which leaves their bits.
        let changed = &mut changed.inputs;
        changed.resize(of_membrane.len() * RUN, false);
        for runs in [&*of_membrane, of_synaptic] {
            runs.iter().zip(changed.chunks_exact_mut(RUN)).for_each(|(run, changed)| note(changed, run.of(0).0));
        }
        range.clone().for_each(|step| note(changed, train.step(step).0));
        let (of_membrane, of_synaptic, by_run, changed) = (&*of_membrane, &*of_synaptic, &*by_run, &*changed);
        let width = geometry.block;
        let descent = Descent { constants, rate, update, level };
        let blocks = &samples[0].blocks;
        let dense = sum(weights.slices.iter_mut().zip(learners).enumerate(), |(block, (parameters, learner))| {
            let Learner { state: LearnerState { gradient, .. }, .. } = learner;
            let outputs = block * width..(block + 1) * width;
            let terms = [(of_membrane, &membrane[outputs.clone()]), (of_synaptic, &synaptic[outputs])];
            gradient.bias.fill(0.0);
            add(&mut gradient.bias, &blocks[block].bias);
            descent.descend(&gradient.bias, &mut parameters.bias, [&mut [], &mut []]);
            let mut operations = 0;
            for (number, weights) in parameters.weights.chunks_mut(RUN * width).enumerate() {
                let gradient = &mut gradient.weights[..weights.len()];
                gradient.fill(0.0);
                for &RunEvent { step, input, count } in by_run.of(number) {
                    let filtered = &blocks[block].potentials[step * width..][..width];
                    events::dense_gradient(level, &[input], &[count], filtered, gradient);
                }
                for (runs, factors) in terms {
                    let run: &TraceRun = &runs[number];
                    operations += gradient::dense(level, run, factors, gradient);
                }
                let changed = &changed[number * RUN..][..weights.len() / width];
                let mut end = 0;
                while let Some(rows) = span(changed, end) {
                    end = rows.end;
                    let places = rows.start * width..rows.end * width;
                    descent.descend(&gradient[places.clone()], &mut weights[places], [&mut [], &mut []]);
                }
            }
            operations
        });
        let events = by_run.events.len() as u64 * geometry.outputs as u64;
        self.operations.gradient += (events + dense) as f64;
        self.updated(false);
        true
    }
}

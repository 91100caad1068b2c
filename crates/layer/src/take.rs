//! A chunk of time steps: each runs by events or densely, one by one or in stretches.

use decolle_synapse::SpikeTrain;

use crate::events::LONGEST;
use crate::propagation::{Learning, Mode, mode};
use crate::{Chunk, Layer, Options};

impl Layer {
    /// Takes a chunk of time steps; `input` holds one train per sample. Gives the updates applied.
    ///
    /// # Errors
    /// The step within the chunk at which a potential, readout or cost was not finite.
    pub fn take(&mut self, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Result<usize, usize> {
        for sample in &mut self.batch.samples {
            sample.train.clear();
            sample.arriving.clear();
        }
        let samples = self.batch.samples.len();
        let Options { learn, update_every, .. } = *chunk.options;
        let mut updates = 0;
        let mut start = 0;
        // How the step at `start` runs, if that has been decided already.
        let mut decided = None;
        while start < chunk.steps {
            let learns = learn && chunk.counted(start);
            let learning = if learns { Learning::Every(update_every) } else { Learning::No };
            let decide = |layer: &mut Self, in_chunk: usize| {
                layer.batch.window.take_in(chunk.sequence_step + in_chunk as u64, in_chunk, input);
                if layer.constants.judgement.is_only_dense(learns, chunk.step(in_chunk).is_judged()) {
                    return Mode::Dense;
                }
                mode(&layer.constants, samples, learning, &layer.batch.window)
            };
            let mut taken = decided.take().unwrap_or_else(|| decide(self, start));
            if taken == Mode::Online && self.accumulated > 0 {
                // What earlier steps left is applied together with this step's gradient.
                taken = Mode::Events;
            }
            let most = match taken {
                Mode::Dense => 1,
                Mode::Events if learns => update_every.saturating_sub(self.accumulated).clamp(1, LONGEST),
                Mode::Events | Mode::Online => LONGEST,
            };
            let last = chunk.steps.min(start + most);
            let mut end = start + 1;
            while end < last && chunk.counted(end) == chunk.counted(start) {
                let next = decide(self, end);
                if next != taken {
                    decided = Some(next);
                    break;
                }
                end += 1;
            }
            let broken = match taken {
                Mode::Dense => {
                    let due = learns && self.accumulated + 1 >= update_every;
                    updates += usize::from(due);
                    let (step, rate) = (chunk.step(start), due.then_some(chunk.rate));
                    let arrived = self.constants.own_inputs == 0 || self.add_own_spikes(start, input);
                    (!(arrived && self.step(&step, input, rate))).then_some(start)
                }
                Mode::Events => self.stretch(start..end, chunk, input),
                Mode::Online => self.online(start..end, chunk, input),
            };
            if let Some(broken) = broken {
                return Err(broken);
            }
            if taken == Mode::Online {
                updates += end - start;
            } else if learns && self.accumulated >= update_every {
                self.update(chunk.rate, chunk.level);
                updates += 1;
            }
            start = end;
        }
        Ok(updates)
    }
}

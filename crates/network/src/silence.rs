//! Silence in a batch that neither learns nor is judged: once a chunk of it leaves the state of all layers as it was, bit
//! by bit, so does every one that follows, and they are counted instead of taken.
//!
//! That is so because a step without input is a function of the state alone: of the sequence it knows no more than where
//! windows start, which is at multiples of what a chunk of inference is long, burn-in, and the draws of dropout. Neurons that
//! fire without input for ever, by their bias, mostly come back to the same bits at different times; then all steps are taken.

use decolle_layer::{Before, Sample};

use crate::batch::OwnedTarget;
use crate::network::Network;
use crate::work::Work;

/// A chunk that may have to be taken once only.
pub(crate) struct Silence {
    /// The step of the batch at which the silence ends.
    end: usize,
    before: Vec<Before>,
}

impl Silence {
    /// Bytes of what is compared.
    pub(crate) fn bytes(&self) -> usize {
        self.before.iter().map(Before::bytes).sum()
    }
}

impl Network {
    /// Writes down what there is before a chunk of silence, if more than another one follows.
    pub(crate) fn enter_silence(&self, work: &mut Work) {
        let before = work.silence.take().map_or_else(Vec::new, |silence| silence.before);
        let end = self.silent_until(work);
        if end < work.done + 2 * work.chunk {
            return;
        }
        let mut silence = Silence { end, before };
        silence.before.resize_with(self.layers.len(), Before::default);
        self.threads.run(|| {
            for (layer, before) in self.layers.iter().zip(&mut silence.before) {
                layer.note(before);
            }
        });
        work.silence = Some(silence);
    }

    /// Leaves out chunks that change nothing, after one of so many steps.
    pub(crate) fn leave_silence(&mut self, work: &mut Work, steps: usize) {
        let Some(Silence { end, before }) = &work.silence else { return };
        let times = (end - work.done) / steps;
        let range = work.done - steps..work.done;
        if self.layers.iter().zip(before).all(|(layer, before)| layer.is_as(before)) {
            for (layer, before) in self.layers.iter_mut().zip(before) {
                layer.repeat(before, &range, times);
            }
            work.done += times * steps;
            self.sequence_step += (times * steps) as u64;
        }
    }

    /// Up to which step of the batch there is no input, where steps without depend on nothing but the state; else 0.
    fn silent_until(&self, work: &Work) -> usize {
        let Work { options, batch, done, .. } = work;
        let depends = options.learn
            || options.record_potential
            || !matches!(batch.target, OwnedTarget::None)
            || self.sequence_step < options.burn_in as u64
            || self.layers.iter().any(|layer| layer.batch.samples.iter().any(Sample::drops));
        if depends {
            return 0;
        }
        let silent = |sample| {
            let offsets = &batch.sample(sample).offsets[*done..];
            offsets[1..].partition_point(|&offset| offset == offsets[0])
        };
        done + (0..options.samples).map(silent).min().unwrap_or(0)
    }
}

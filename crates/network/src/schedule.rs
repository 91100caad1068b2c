//! The schedule: chunks of time steps, layer after layer, over a batch of samples.

use std::sync::Arc;

use decolle_error::{Code, Fault, Result};
use decolle_layer::{Chunk, Operations, Options, Snapshot, Targets};
use decolle_learning::Occurrences;
use decolle_number::{index, saturated};
use decolle_synapse::SpikeTrain;

use crate::batch::{Batch, Lists, OwnedTarget};
use crate::check::check_options;
use crate::memory::{self, Kept};
use crate::network::Network;
use crate::process::{Input, LayerOutcome, Outcome, Target};
use crate::recording;
use crate::work::{NetworkSnapshot, Work};

/// Time steps that a layer takes before the next layer follows: enough that a layer's weights and state stay in cache for a
/// while, few enough that the lists of spikes between layers stay small and an abort is heard within moments. A stretch
/// by events ends with the chunk, and each stretch of a gradient costs two dense terms: where updates are rare or a step is
/// soon done, chunks are long. In inference the state of a large batch comes from memory once a chunk.
const CHUNK: usize = 16;
const INFERENCE_CHUNK: usize = 32;
const LONG_CHUNK: usize = 64;

/// Dense multiply-adds of a step of the whole batch below which chunks are long.
const SOON_DONE: u64 = 1 << 28;

/// Most memory that the eligibility traces of a layer may take: they are held twice while a batch is worked on, and
/// WebAssembly addresses four gibibytes.
const MOST_ELIGIBILITY_BYTES: u64 = 1 << 30;

impl Network {
    /// Refuses more samples than there could be memory for, where something is kept for each synapse.
    fn check_eligibilities(&self, samples: usize) -> Result<()> {
        for (index, layer) in self.layers.iter().enumerate() {
            let each = layer.constants.eligibility_bytes();
            let most = MOST_ELIGIBILITY_BYTES / each.max(1);
            if samples as u64 > most {
                return Err(Fault::unfit(
                    Code::Range,
                    &"samples",
                    &format_args!(
                        "at most {most}, since layers[{index}] keeps {each} bytes of eligibility traces for each"
                    ),
                    &samples,
                ));
            }
        }
        Ok(())
    }

    /// Starts work on a batch, which has been checked as it was filled: checks the options, whose samples, steps and layout
    /// of targets are the batch's own, and remembers the state to return to.
    ///
    /// # Errors
    /// `busy` while another batch is being worked on; `shape` or `range` naming the field; `memory` where there is none for
    /// the work.
    /// After an error nothing has changed.
    pub fn begin(&mut self, batch: Arc<Batch>, options: &Options) -> Result<()> {
        self.check_idle()?;
        let options = &batch.check(self.layout(0, 0), options)?;
        check_options(options)?;
        self.check_eligibilities(options.samples)?;
        if options.learn && matches!(batch.target, OwnedTarget::None) {
            return Err(Fault::unfit(Code::Config, &"target", &"classes or values to learn from", &"none"));
        }
        if options.keep_state && self.samples != 0 && self.samples != options.samples {
            return Err(Fault::unfit(
                Code::Shape,
                &"samples",
                &format_args!("the {} whose state is kept", self.samples),
                &options.samples,
            ));
        }
        self.check_counts(options)?;
        recording::check(options, self.layers.len())?;
        let need = memory::of_batch(&self.layers, options, batch.spikes(), self.threads.count());
        self.kept = need.demand(self.bytes.saturating_add(batch.bytes() as u64), self.kept)?;
        let goes_on = options.keep_state && self.samples == options.samples;
        let spare = std::mem::take(&mut self.spare);
        let passing = options.update_every == 1 && !options.flush_gradient;
        let snapshot = self.snapshot(options.learn, passing, (!goes_on).then_some(options.samples), spare);
        if !goes_on {
            self.sequence_step = 0;
            self.samples = options.samples;
        }
        for layer in &mut self.layers {
            layer.batch.start_tallies(&layer.constants, options.learn);
            layer.batch.start_recording(&layer.constants, options.record.as_ref(), options.steps);
            layer.operations = Operations::default();
            layer.all_error_events = Occurrences::default();
        }
        // Before the first update there is no average.
        let averaged = !options.learn
            && self.specification.optimizer.average().is_some()
            && self.layers.iter().all(|layer| layer.updates > 0);
        if averaged {
            self.exchange_averages();
        }
        self.work = Some(Work {
            options: options.clone(),
            batch,
            chunk: 0,
            done: 0,
            layer: 0,
            first_step: self.sequence_step,
            updates: 0,
            trains: vec![SpikeTrain::default(); options.samples],
            silence: None,
            averaged,
            snapshot,
        });
        Ok(())
    }

    /// As [`Network::advance`], again and again until the batch is done, which gives true, or `stop` says so.
    ///
    /// All of it runs on the network's threads: work is handed to them once and not for every chunk.
    ///
    /// # Errors
    /// Those of [`Network::advance`].
    pub fn advance_until(&mut self, stop: impl Fn() -> bool + Sync) -> Result<bool> {
        let threads = Arc::clone(&self.threads);
        threads.run(|| {
            loop {
                if self.advance()? {
                    return Ok(true);
                }
                if stop() {
                    return Ok(false);
                }
            }
        })
    }

    /// Steps of the next chunk.
    fn chunk(&self, options: &Options) -> usize {
        let step: u64 = self.layers.iter().map(|layer| layer.constants.dense_operations).sum();
        let soon = step.saturating_mul(options.samples as u64) < SOON_DONE;
        let every = options.update_every;
        let rarely = options.learn && every >= CHUNK;
        let longest = match options.learn {
            _ if soon || rarely => LONG_CHUNK,
            true => CHUNK,
            false => INFERENCE_CHUNK,
        };
        if !options.learn || every == 1 {
            return longest;
        }
        // Up to an update, if there is one, so that no stretch ends before it.
        let burnt = (options.burn_in as u64).saturating_sub(self.sequence_step);
        let accumulated = self.layers.first().map_or(0, |layer| layer.accumulated);
        let next = burnt.saturating_add(every.saturating_sub(accumulated).max(1) as u64);
        if next > longest as u64 {
            return longest;
        }
        let next = saturated(next);
        next + (longest - next) / every * every
    }

    /// Takes the next layer through its chunk of time steps; true when the batch is done.
    ///
    /// # Errors
    /// `not-finite` where a potential, readout or cost overflowed, or what the last update left; `memory` where there is none
    /// for spikes. Everything is then as before [`Network::begin`].
    pub fn advance(&mut self) -> Result<bool> {
        let Some(mut work) = self.work.take() else {
            return Err(Fault::unfit(Code::Config, &"advance", &"a batch that was begun", &"none"));
        };
        if work.layer == 0 {
            work.chunk = self.chunk(&work.options);
            self.enter_silence(&mut work);
        }
        let steps = work.chunk.min(work.options.steps - work.done);
        match self.take_chunk(&mut work, steps) {
            Ok(()) if work.layer < self.layers.len() => {
                self.work = Some(work);
                Ok(false)
            }
            Ok(()) => {
                work.layer = 0;
                work.done += steps;
                self.sequence_step += steps as u64;
                if work.options.learn {
                    self.counters.steps += steps as u64;
                }
                self.leave_silence(&mut work, steps);
                let finished = work.done == work.options.steps;
                if finished && work.options.learn && work.options.flush_gradient {
                    self.flush(&mut work);
                }
                if finished && let Some(fault) = self.left_not_finite(&work) {
                    self.give_up(work);
                    return Err(fault);
                }
                self.work = Some(work);
                Ok(finished)
            }
            Err(fault) => {
                self.give_up(work);
                Err(fault)
            }
        }
    }

    /// Ends the batch and gives its outcome.
    ///
    /// # Errors
    /// `config` if no batch is done.
    pub fn finish(&mut self) -> Result<Outcome> {
        match self.work.take_if(|work| work.done == work.options.steps) {
            Some(work) => {
                let outcome = self.outcome(&work);
                if work.averaged {
                    self.exchange_averages();
                }
                self.spare = work.snapshot.layers;
                Ok(outcome)
            }
            None => Err(Fault::unfit(Code::Config, &"finish", &"a batch that is done", &"none")),
        }
    }

    /// Gives the batch up: everything is as before [`Network::begin`].
    pub fn cancel(&mut self) {
        if let Some(work) = self.work.take() {
            self.give_up(work);
        }
    }

    /// Goes back to where the network was before the work.
    fn give_up(&mut self, work: Work) {
        if work.averaged {
            self.exchange_averages();
        }
        self.restore_from(work.snapshot);
    }

    /// Exchanges all weights that learn for their averages, or the other way round.
    fn exchange_averages(&mut self) {
        let (threads, level) = (Arc::clone(&self.threads), self.level);
        threads.run(|| self.layers.iter_mut().for_each(|layer| layer.exchange_average(level)));
    }

    /// Works through a whole batch.
    ///
    /// # Errors
    /// Those of [`Network::batch`], [`Network::begin`] and [`Network::advance`].
    pub fn process(&mut self, input: Input<'_>, target: Target<'_>, options: &Options) -> Result<Outcome> {
        self.begin(Arc::new(self.batch(input, target, options)?), options)?;
        self.advance_until(|| false)?;
        self.finish()
    }

    /// Takes a snapshot of weights, optimiser, neuron state and counters, on top of those that there are.
    ///
    /// # Errors
    /// `busy` while a batch is being worked on, `memory` where there is none for it.
    pub fn take_snapshot(&mut self) -> Result<()> {
        self.check_idle()?;
        let mut need = memory::of_weights(&self.layers);
        need.join(memory::of_state(&self.layers, self.samples));
        need.demand(self.bytes)?;
        let snapshot = self.snapshot(true, false, None, Vec::new());
        self.snapshots.push(snapshot);
        Ok(())
    }

    /// Goes back to the last snapshot, which is then gone.
    ///
    /// # Errors
    /// `busy` while a batch is being worked on, `config` if there is none.
    pub fn restore_snapshot(&mut self) -> Result<()> {
        self.check_idle()?;
        let snapshot = self
            .snapshots
            .pop()
            .ok_or_else(|| Fault::unfit(Code::Config, &"restoreSnapshot", &"a snapshot", &"none"))?;
        self.restore_from(snapshot);
        Ok(())
    }

    /// Drops the last snapshot, if there is one.
    pub fn drop_snapshot(&mut self) {
        self.snapshots.pop();
    }

    /// All that there is to go back to, see `Layer::snapshot`; `spare` are snapshots to write over, if there are any.
    fn snapshot(
        &mut self,
        with_weights: bool,
        passing: bool,
        restart: Option<usize>,
        mut spare: Vec<Snapshot>,
    ) -> NetworkSnapshot {
        spare.resize_with(self.layers.len(), Snapshot::default);
        let Self { layers, threads, .. } = self;
        let take = || {
            let with_spare = layers.iter_mut().zip(spare);
            with_spare.map(|(layer, spare)| layer.snapshot(with_weights, passing, restart, spare)).collect()
        };
        NetworkSnapshot {
            layers: threads.run(take),
            counters: self.counters,
            sequence_step: self.sequence_step,
            samples: self.samples,
        }
    }

    fn restore_from(&mut self, snapshot: NetworkSnapshot) {
        let level = self.level;
        self.kept = Kept::default();
        for (layer, memory) in self.layers.iter_mut().zip(snapshot.layers) {
            layer.restore(memory, level);
        }
        self.counters = snapshot.counters;
        self.sequence_step = snapshot.sequence_step;
        self.samples = snapshot.samples;
    }

    fn flush(&mut self, work: &mut Work) {
        let (rate, level) = (self.rate(), self.level);
        let Self { layers, threads, .. } = self;
        let mut updated = false;
        threads.run(|| {
            for layer in layers.iter_mut().filter(|layer| layer.accumulated > 0) {
                layer.update(rate, level);
                updated = true;
            }
        });
        if updated {
            work.updates += 1;
            self.counters.updates += 1;
        }
    }

    /// What of the network is not finite at the end of a batch: every step but the last has shown it in the next.
    fn left_not_finite(&self, work: &Work) -> Option<Fault> {
        let Self { layers, threads, .. } = self;
        let name = threads.run(|| layers.iter().find_map(|layer| layer.not_finite(work.updates > 0)))?;
        Some(Fault::at(
            Code::NotFinite,
            &name,
            &"not finite after the last step; expected a cost, learning rate and targets that keep it finite",
        ))
    }

    /// Takes one layer through a chunk.
    fn take_chunk(&mut self, work: &mut Work, steps: usize) -> Result<()> {
        let (rate, level, units) = (self.rate(), self.level, self.readout_units());
        let sequence_step = self.sequence_step;
        let draw = if work.options.learn { self.counters.steps } else { sequence_step };
        let Work { options, batch, done, layer: number, updates, trains, .. } = work;
        if *number == 0 {
            for (sample, train) in trains.iter_mut().enumerate() {
                train.clear();
                let Lists { offsets, indices, counts } = batch.sample(sample);
                for step in *done..*done + steps {
                    let range = offsets[step] as usize..offsets[step + 1] as usize;
                    train.extend(&indices[range.clone()], &counts[range]);
                    train.end_step();
                }
            }
        }
        let depth = self.layers.len();
        let Self { layers, threads, counters, frequency, .. } = self;
        let (below, from_here) = layers.split_at_mut(*number);
        let layer = &mut from_here[0];
        let input: Vec<&SpikeTrain> = match below.last() {
            Some(below) => below.batch.samples.iter().map(|sample| &sample.train).collect(),
            None => trains.iter().collect(),
        };
        let targets = |in_chunk: usize| targets(&batch.target, options, *number, depth, units, *done + in_chunk);
        let last = *done + steps == options.steps;
        let chunk = Chunk { level, rate, steps, done: *done, sequence_step, draw, last, options, targets: &targets };
        layer.exchange(frequency);
        let applied = threads.run(|| layer.take(&chunk, &input));
        layer.exchange(frequency);
        let applied = applied.map_err(|in_chunk| {
            if layer.batch.samples.iter().any(|sample| sample.out_of_memory) {
                let wrong = format_args!("there is no memory for the spikes of {steps} steps");
                return Fault::at(Code::Memory, &format_args!("layers[{number}]"), &wrong);
            }
            let sample = layer.batch.samples.iter().position(|sample| !sample.finite);
            let state = if layer.constants.neurons.program().is_some() { " state," } else { "" };
            let step = sequence_step + in_chunk as u64;
            let sample = sample.unwrap_or(0);
            let wrong = format_args!(
                "membrane potential,{state} readout or cost of sample {sample} is not finite at step {step}; expected \
                 weights, learning rate and targets that keep it finite"
            );
            Fault::at(Code::NotFinite, &format_args!("layers[{number}]"), &wrong)
        })?;
        if *number == 0 {
            *updates += applied;
            counters.updates += applied as u64;
        }
        *number += 1;
        Ok(())
    }

    fn outcome(&mut self, work: &Work) -> Outcome {
        let Work { options, .. } = work;
        let counted = work.counted_steps();
        let has_target = !matches!(work.batch.target, OwnedTarget::None);
        let classes = self.readout_units();
        let mut outcome = Outcome {
            recorded: options.record.as_ref().map(|record| recording::take(&mut self.layers, record, options)),
            votes: Vec::with_capacity(self.layers.len() * options.samples * classes),
            samples: options.samples,
            classes,
            steps: options.steps,
            counted_steps: counted,
            updates: work.updates,
            input_density: work.batch.spikes() as f64 / product([options.samples, options.steps, self.inputs()]),
            ..Outcome::default()
        };
        for layer in &self.layers {
            let samples = &layer.batch.samples;
            let units = layer.constants.units();
            let potentials = product([options.samples, options.steps, units]);
            let moments = samples
                .iter()
                .fold([0.0; 2], |sum: [f64; 2], sample| [sum[0] + sample.moments[0], sum[1] + sample.moments[1]]);
            let mean = moments[0] / potentials;
            let losses: f64 = samples.iter().map(|sample| sample.loss).sum();
            outcome.layers.push(LayerOutcome {
                loss: (has_target && counted > 0).then(|| (losses + layer.batch.regularization) / counted as f64),
                spikes: samples.iter().map(|sample| sample.spikes).sum::<u64>() as f64,
                density: if counted == 0 {
                    0.0
                } else {
                    samples.iter().map(|sample| sample.counted_spikes).sum::<u64>() as f64
                        / product([options.samples, counted, units])
                },
                synaptic_operations: layer.operations,
                steps: layer.batch.steps,
                error_event_rate: layer.all_error_events.rate(),
                potential_mean: options.record_potential.then_some(mean),
                potential_variance: options.record_potential.then(|| moments[1] / potentials - mean * mean),
            });
            for sample in samples {
                outcome.votes.extend_from_slice(&sample.votes);
                let most = sample.votes.iter().copied().max().unwrap_or(0);
                let winner = sample.votes.iter().position(|&votes| votes == most).unwrap_or(0);
                outcome.predictions.push(index(winner));
            }
        }
        outcome
    }
}

/// A product of counts, rounded once.
fn product(counts: [usize; 3]) -> f64 {
    counts.iter().fold(1u128, |product, &count| product.saturating_mul(count as u128)) as f64
}

/// The targets of a layer at a step of the batch.
fn targets<'a>(
    target: &'a OwnedTarget,
    options: &Options,
    layer: usize,
    layers: usize,
    units: usize,
    step: usize,
) -> Targets<'a> {
    match target {
        OwnedTarget::None => Targets::None,
        OwnedTarget::Classes { classes, row } => Targets::Classes { classes, row },
        OwnedTarget::Values(data) => {
            let layers = if options.target_per_layer { layers } else { 1 };
            let steps = if options.target_per_step { options.steps } else { 1 };
            let (layer, step) = (layer.min(layers - 1), step.min(steps - 1));
            Targets::Values { data, stride: steps * layers * units, offset: (step * layers + layer) * units }
        }
    }
}

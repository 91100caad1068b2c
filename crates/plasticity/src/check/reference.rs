//! The neuron as written, weights inside its dynamics: what a check compares a rule with.

use decolle_error::Result;

use super::CheckOptions;
use crate::Space;
use crate::evaluation::Evaluation;
use crate::expression::{Id, Op, Symbol};
use crate::model::Model;
use crate::simulation::{Parameters, not_finite, read_out, set_constants, threshold};

/// One step of the unmoved run, for moved ones to lean on.
pub(super) struct Moment {
    stops: Vec<(Id, Vec<f64>)>,
    pub(super) potential: Vec<f64>,
    smoothed: Vec<f64>,
    pub(super) spikes: Vec<f64>,
}

/// The neuron as written, run from rest.
pub(super) struct Reference<'a> {
    model: &'a Model,
    options: &'a CheckOptions,
    events: &'a [Vec<f64>],
    target: &'a [f64],
    stops: Vec<Id>,
    /// What a step computes before the cost.
    of_dynamics: Vec<Id>,
}

impl<'a> Reference<'a> {
    pub(super) fn new(model: &'a Model, options: &'a CheckOptions, events: &'a [Vec<f64>], target: &'a [f64]) -> Self {
        let graph = &model.graph;
        let of_dynamics = graph.reachable(&dynamics(model), &|_| false);
        let all = graph.reachable(&[dynamics(model), vec![model.cost]].concat(), &|_| false);
        let stops = all.into_iter().filter(|&id| graph.matches(id, Op::Stop).is_some()).collect();
        Self { model, options, events, target, stops, of_dynamics }
    }

    /// Runs all steps; with `moments` of the unmoved run given, spikes are smoothed around it. Gives the cost of the last
    /// step, and the moments where they were not given.
    pub(super) fn run(&self, parameters: &Parameters<f64>, given: Option<&[Moment]>) -> Result<(f64, Vec<Moment>)> {
        let (model, shape) = (self.model, self.options.shape);
        let mut traces: Vec<Vec<f64>> =
            model.traces.iter().map(|trace| vec![trace.initial; shape.count(Space::Input)]).collect();
        let mut states: Vec<Vec<f64>> =
            model.states.iter().map(|state| vec![state.initial; shape.count(Space::Neuron)]).collect();
        let (mut spikes, mut potential) =
            (vec![0.0; shape.count(Space::Neuron)], vec![0.0; shape.count(Space::Neuron)]);
        let (mut moments, mut cost) = (Vec::new(), 0.0);
        for (step, events) in self.events.iter().enumerate() {
            let mut evaluation = Evaluation::new(&model.graph, shape, &parameters.weights, &parameters.feedback);
            set_constants(&mut evaluation, &model.constants, &parameters.constants, shape);
            evaluation.set(Symbol::Event, events.clone());
            evaluation.set(Symbol::Target, self.target.to_vec());
            evaluation.set(Symbol::Bias, parameters.bias.repeat(shape.samples));
            evaluation.set(Symbol::Time, vec![step as f64 * self.options.time_step / 1000.0]);
            evaluation.set(Symbol::PastSpike, spikes);
            evaluation.set(Symbol::PastPotential, potential);
            for (index, values) in traces.iter().enumerate() {
                evaluation.set(Symbol::Trace(index), values.clone());
            }
            for (index, values) in states.iter().enumerate() {
                evaluation.set(Symbol::State(index), values.clone());
            }
            if let Some(given) = given {
                for (stop, values) in &given[step].stops {
                    evaluation.fix(*stop, values.clone());
                }
            }
            traces = model.traces.iter().map(|trace| evaluation.spread(trace.next, Space::Input)).collect();
            states = model.values.iter().map(|&value| evaluation.spread(value, Space::Neuron)).collect();
            potential = evaluation.spread(model.potential, Space::Neuron);
            not_finite(model, &mut evaluation, step)?;
            evaluation.set(Symbol::Potential, potential.clone());
            let smoothed = evaluation.spread(model.primitive, Space::Neuron);
            spikes = match given {
                Some(given) => given[step]
                    .spikes
                    .iter()
                    .zip(&smoothed)
                    .zip(&given[step].smoothed)
                    // Exactly the spike where nothing moved: a rounding would be enough to decide comparisons with what was.
                    .map(|((spike, new), old)| spike + (new - old))
                    .collect(),
                None => threshold(model.condition, &potential),
            };
            evaluation.set(Symbol::Spike, spikes.clone());
            evaluation.set(Symbol::Readout, read_out(parameters, &spikes, shape));
            for (index, values) in states.iter().enumerate() {
                evaluation.set(Symbol::NextState(index), values.clone());
            }
            let last = step + 1 == self.events.len();
            if last {
                cost = evaluation.values(model.cost)[0];
                not_finite(model, &mut evaluation, step)?;
            }
            if given.is_none() {
                let stops = self
                    .stops
                    .iter()
                    .filter(|stop| last || self.of_dynamics.binary_search(stop).is_ok())
                    .map(|&stop| (stop, evaluation.values(stop).to_vec()))
                    .collect();
                moments.push(Moment { stops, potential: potential.clone(), smoothed, spikes: spikes.clone() });
            }
        }
        Ok((cost, moments))
    }
}

/// The roots of all that is computed in a step before the cost, smoothed spikes included.
fn dynamics(model: &Model) -> Vec<Id> {
    let traces = model.traces.iter().map(|trace| trace.next);
    traces.chain(model.values.iter().copied()).chain([model.potential, model.primitive]).collect()
}

//! The neuron as written, weights inside its dynamics: what a check compares a rule with.

use decolle_error::Result;

use super::CheckOptions;
use crate::Space;
use crate::evaluation::Evaluation;
use crate::expression::{Graph, Id, Node, Symbol};
use crate::model::{Model, Variable};
use crate::operation::{Op, Place, Smoothness};
use crate::simulation::{Parameters, not_finite, read_out, set_constants, threshold};

/// Numbers of this relative distance may be equal but for rounding.
const ROUNDING: f64 = 1e-9;

/// One step of the unmoved run, for moved ones to lean on.
pub(super) struct Moment {
    stops: Vec<(Id, Vec<f64>)>,
    pub(super) potential: Vec<f64>,
    smoothed: Vec<f64>,
    pub(super) spikes: Vec<f64>,
    /// On which side of its kinks each operation that has some was.
    sides: Vec<(Id, Vec<f64>)>,
    /// Whether a value is so close to a jump of an operation that rounding decides which side it is on.
    pub(super) is_close: bool,
}

/// What a step has left for the next.
struct Last {
    traces: Vec<Vec<f64>>,
    states: Vec<Vec<f64>>,
    spikes: Vec<f64>,
    potential: Vec<f64>,
}

/// What a run came to.
pub(super) struct Run {
    /// The cost of the last step.
    pub(super) cost: f64,
    /// Of the unmoved run; none of a moved one.
    pub(super) moments: Vec<Moment>,
    /// Whether an operation left the side of a kink that it was on in the unmoved run, be it the kink itself.
    pub(super) crosses: bool,
}

/// The neuron as written, run from rest.
pub(super) struct Reference<'a> {
    model: &'a Model,
    options: &'a CheckOptions,
    events: &'a [Vec<f64>],
    target: &'a [f64],
    stops: Vec<Id>,
    /// Operations with kinks.
    kinked: Vec<Id>,
    /// What a step computes before the cost.
    of_dynamics: Vec<Id>,
}

impl<'a> Reference<'a> {
    pub(super) fn new(model: &'a Model, options: &'a CheckOptions, events: &'a [Vec<f64>], target: &'a [f64]) -> Self {
        let graph = &model.graph;
        let of_dynamics = graph.reachable(&dynamics(model), &|_| false);
        let all = graph.reachable(&[dynamics(model), vec![model.cost]].concat(), &|_| false);
        let (stops, others): (Vec<Id>, Vec<Id>) =
            all.into_iter().partition(|&id| graph.matches(id, Op::Stop).is_some());
        let kinked = others.into_iter().filter(|&id| kinks(graph, id).is_some()).collect();
        Self { model, options, events, target, stops, kinked, of_dynamics }
    }

    /// Runs all steps; with the moments of the unmoved run given, spikes are smoothed around it.
    pub(super) fn run(&self, parameters: &Parameters<f64>, given: Option<&[Moment]>) -> Result<Run> {
        let (model, shape) = (self.model, self.options.shape);
        let at_rest = |variables: &[Variable], space: Space| -> Vec<Vec<f64>> {
            variables.iter().map(|variable| vec![variable.initial; shape.count(space)]).collect()
        };
        let mut last = Last {
            traces: at_rest(&model.traces, Space::Input),
            states: at_rest(&model.states, Space::Neuron),
            spikes: vec![0.0; shape.count(Space::Neuron)],
            potential: vec![0.0; shape.count(Space::Neuron)],
        };
        let mut run = Run { cost: 0.0, moments: Vec::new(), crosses: false };
        for step in 0..self.events.len() {
            let given = given.map(|given| &given[step]);
            let mut evaluation = self.start(parameters, &last, step);
            if let Some(given) = given {
                for (stop, values) in &given.stops {
                    evaluation.fix(*stop, values.clone());
                }
            }
            last.traces = model.traces.iter().map(|trace| evaluation.spread(trace.next, Space::Input)).collect();
            last.states = model.values.iter().map(|&value| evaluation.spread(value, Space::Neuron)).collect();
            last.potential = evaluation.spread(model.potential, Space::Neuron);
            not_finite(model, &mut evaluation, step)?;
            evaluation.set(Symbol::Potential, last.potential.clone());
            let smoothed = evaluation.spread(model.primitive, Space::Neuron);
            last.spikes = match given {
                Some(given) => given.smoothed_spikes(&smoothed),
                None => threshold(model.condition, &last.potential),
            };
            evaluation.set(Symbol::Spike, last.spikes.clone());
            evaluation.set(Symbol::Readout, read_out(parameters, &last.spikes, shape));
            for (index, values) in last.states.iter().enumerate() {
                evaluation.set(Symbol::NextState(index), values.clone());
            }
            let is_last = step + 1 == self.events.len();
            if is_last {
                run.cost = evaluation.values(model.cost)[0];
                not_finite(model, &mut evaluation, step)?;
            }
            match given {
                Some(given) => run.crosses |= self.sides(&mut evaluation, is_last) != given.sides,
                None => run.moments.push(self.moment(&mut evaluation, is_last, &last, smoothed)),
            }
        }
        Ok(run)
    }

    /// What a step starts from.
    fn start<'b>(&'b self, parameters: &'b Parameters<f64>, last: &Last, step: usize) -> Evaluation<'b, f64> {
        let (model, shape) = (self.model, self.options.shape);
        let mut evaluation = Evaluation::new(&model.graph, shape, &parameters.weights, &parameters.feedback);
        set_constants(&mut evaluation, &model.constants, &parameters.constants, shape);
        evaluation.set(Symbol::Event, self.events[step].clone());
        evaluation.set(Symbol::IsRecurrent, parameters.is_recurrent.repeat(shape.samples));
        evaluation.set(Symbol::Target, self.target.to_vec());
        evaluation.set(Symbol::Bias, parameters.bias.repeat(shape.samples));
        evaluation.set(Symbol::Time, vec![step as f64 * self.options.time_step / 1000.0]);
        evaluation.set(Symbol::PastSpike, last.spikes.clone());
        evaluation.set(Symbol::PastPotential, last.potential.clone());
        for (index, values) in last.traces.iter().enumerate() {
            evaluation.set(Symbol::Trace(index), values.clone());
        }
        for (index, values) in last.states.iter().enumerate() {
            evaluation.set(Symbol::State(index), values.clone());
        }
        evaluation
    }

    /// Whether an expression has a value in a step: what only the cost looks at, in the last one.
    fn is_known(&self, id: Id, is_last: bool) -> bool {
        is_last || self.of_dynamics.binary_search(&id).is_ok()
    }

    /// On which side of its kinks each operation is that has some.
    fn sides(&self, evaluation: &mut Evaluation<'_, f64>, is_last: bool) -> Vec<(Id, Vec<f64>)> {
        let known = self.kinked.iter().filter(|&&id| self.is_known(id, is_last));
        known.map(|&id| (id, sides(&self.model.graph, evaluation, id))).collect()
    }

    /// What moved runs are to lean on.
    fn moment(&self, evaluation: &mut Evaluation<'_, f64>, is_last: bool, last: &Last, smoothed: Vec<f64>) -> Moment {
        let sides = self.sides(evaluation, is_last);
        let mut known = self.kinked.iter().filter(|&&id| self.is_known(id, is_last));
        let is_close = known.any(|&id| is_close_to_jump(&self.model.graph, evaluation, id));
        let stops = self.stops.iter().filter(|&&id| self.is_known(id, is_last));
        let stops = stops.map(|&stop| (stop, evaluation.values(stop).to_vec())).collect();
        let (potential, spikes) = (last.potential.clone(), last.spikes.clone());
        Moment { stops, potential, smoothed, spikes, sides, is_close }
    }
}

impl Moment {
    /// Spikes that gradient passes through, in a run that is moved.
    fn smoothed_spikes(&self, smoothed: &[f64]) -> Vec<f64> {
        // Exactly the spike where nothing moved: a rounding would be enough to decide comparisons with what was.
        let moved = smoothed.iter().zip(&self.smoothed).map(|(new, old)| new - old);
        self.spikes.iter().zip(moved).map(|(spike, moved)| spike + moved).collect()
    }
}

/// The roots of all that is computed in a step before the cost, smoothed spikes included.
fn dynamics(model: &Model) -> Vec<Id> {
    let traces = model.traces.iter().map(|trace| trace.next);
    traces.chain(model.values.iter().copied()).chain([model.potential, model.primitive]).collect()
}

/// The places of an operation's kinks, where it has some, and whether it jumps there.
fn kinks(graph: &Graph, id: Id) -> Option<(Place, bool)> {
    let Node::Apply(op, _) = graph.node(id) else { return None };
    match op.entry().smoothness {
        Smoothness::Smooth => None,
        Smoothness::Kink(place) => Some((place, false)),
        Smoothness::Jump(place) => Some((place, true)),
    }
}

/// On which side of its kinks each value of an operation is, as numbers that differ where sides do.
fn sides(graph: &Graph, evaluation: &mut Evaluation<'_, f64>, id: Id) -> Vec<f64> {
    let (Some((place, _)), arguments) = (kinks(graph, id), graph.arguments(id)) else { return Vec::new() };
    let mut of = |argument: usize| evaluation.spread(arguments[argument], graph.space(id));
    let side = |difference: f64| if difference == 0.0 { 0.0 } else { difference.signum() };
    let first = of(0);
    match place {
        Place::Zero => first.into_iter().map(side).collect(),
        Place::Whole => {
            // A whole number is where the jump is.
            first.into_iter().map(|a| a.floor() + if a.fract() == 0.0 { 0.0 } else { 0.5 }).collect()
        }
        Place::Equal => first.into_iter().zip(of(1)).map(|(a, b)| side(a - b)).collect(),
        Place::Condition => first.into_iter().map(|a| f64::from(a != 0.0)).collect(),
        Place::Bounds => {
            let bounds: Vec<(f64, f64)> = of(1).into_iter().zip(of(2)).collect();
            first.into_iter().zip(bounds).map(|(a, (least, most))| 3.0 * side(a - least) + side(a - most)).collect()
        }
    }
}

/// Whether rounding decides on which side of a jump one of the values of an operation is.
fn is_close_to_jump(graph: &Graph, evaluation: &mut Evaluation<'_, f64>, id: Id) -> bool {
    let (Some((place, true)), arguments) = (kinks(graph, id), graph.arguments(id)) else { return false };
    let mut of = |argument: usize| evaluation.spread(arguments[argument], graph.space(id));
    let close = |a: f64, b: f64| (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1.0);
    match place {
        Place::Zero => of(0).into_iter().any(|a| close(a, 0.0)),
        Place::Whole => of(0).into_iter().any(|a| close(a, a.round())),
        Place::Equal => of(0).into_iter().zip(of(1)).any(|(a, b)| close(a, b)),
        // What is true or false is so exactly.
        Place::Condition if graph.matches(arguments[0], Op::Less).is_some() => false,
        Place::Condition if graph.matches(arguments[0], Op::AtMost).is_some() => false,
        Place::Condition if *graph.node(arguments[0]) == Node::Symbol(Symbol::IsRecurrent) => false,
        Place::Condition => of(0).into_iter().any(|a| close(a, 0.0)),
        Place::Bounds => {
            let bounds: Vec<(f64, f64)> = of(1).into_iter().zip(of(2)).collect();
            of(0).into_iter().zip(bounds).any(|(a, (least, most))| close(a, least) || close(a, most))
        }
    }
}

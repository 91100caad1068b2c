//! A derived rule against central finite differences, in float64.
//!
//! The reference is the neuron as it was written, weights inside its dynamics: a small random layer runs from rest, once as
//! it is and once with one parameter moved by ±h over the whole past. Spikes that gradient passes through are smoothed,
//! S₀ + σ(U) − σ(U₀); what is stopped keeps the values of the unmoved run. The last step's cost then has a derivative that
//! the rule must give: whether the weights were rightly moved out, eligibility traces carry what they should and the three
//! factors are right, all shows here.

use std::collections::HashMap;

use decolle_error::{Code, Fault, Result};
use decolle_random::Generator;

use crate::Space;
use crate::document::{ConstantKind, ConstantOf};
use crate::evaluation::{Evaluation, Shape};
use crate::expression::{Id, Op, Symbol};
use crate::model::Model;
use crate::rule::{Factor, Rule};
use crate::simulation::{Parameters, Simulation, constant_values, not_finite, read_out, set_constants, threshold};

/// Half width of the central differences, in units of the parameter's size: float64 leaves 1e−16/1e−5 of rounding and
/// 1e−10 of curvature.
const STEP: f64 = 1e-5;
/// Largest deviation that passes, relative to the largest derivative of the same kind of parameter.
const TOLERANCE: f64 = 1e-5;
/// Root mean square of the potentials that random weights are scaled to: around the threshold, where surrogates are not 0.
const POTENTIAL: f64 = 0.5;

/// Potentials beyond this leave float64 too few digits for differences of spikes.
const LARGEST_POTENTIAL: f64 = 1e5;

/// A factor that an error is planted in, to see that the check finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// 1.01 times the error that comes back.
    Error,
    /// 1.01 times the surrogate.
    Surrogate,
    /// 1.01 times the presynaptic and eligibility traces.
    Trace,
}

/// What to check with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckOptions {
    /// Size of the layer.
    pub shape: Shape,
    /// Steps that are run; the last one is looked at.
    pub steps: usize,
    /// Seed of weights, events and targets.
    pub seed: u64,
    /// Microseconds a step.
    pub time_step: f64,
    /// An error to plant.
    pub plant: Option<Plant>,
}

impl Default for CheckOptions {
    fn default() -> Self {
        let shape = Shape { samples: 2, inputs: 6, neurons: 5, classes: 3 };
        Self { shape, steps: 12, seed: 1, time_step: 1000.0, plant: None }
    }
}

/// A derivative where the rule and finite differences part most.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// `weight`, `bias`, or the name of a constant.
    pub parameter: String,
    /// Which one: neuron and input of a weight, neuron of a bias.
    pub place: Vec<usize>,
    /// As the rule has it.
    pub derived: f64,
    /// As finite differences have it.
    pub difference: f64,
    /// How far apart, relative to the largest derivative of the kind.
    pub deviation: f64,
}

/// What came out of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Whether all derivatives agree, and enough were compared to say so.
    pub passed: bool,
    /// Where they agree least.
    pub worst: Worst,
    /// Derivatives compared.
    pub compared: usize,
    /// Of these, how many are not zero.
    pub nonzero: usize,
    /// Derivatives left out because the cost has a kink within the step, or rounding hides them.
    pub skipped: usize,
    /// What passes.
    pub tolerance: f64,
    /// Largest difference between potentials of the neuron as written and with its weights moved out.
    pub dynamics: f64,
}

/// One step of the unmoved run, for moved ones to lean on.
struct Moment {
    stops: HashMap<Id, Vec<f64>>,
    potential: Vec<f64>,
    smoothed: Vec<f64>,
    spikes: Vec<f64>,
}

/// The neuron as written, run from rest.
struct Reference<'a> {
    model: &'a Model,
    options: &'a CheckOptions,
    events: &'a [Vec<f64>],
    target: &'a [f64],
    stops: Vec<Id>,
}

impl Reference<'_> {
    /// Runs all steps; with `moments` of the unmoved run given, spikes are smoothed around it. Gives the cost of the last
    /// step, and the moments where they were not given.
    fn run(&self, parameters: &Parameters<f64>, given: Option<&[Moment]>) -> Result<(f64, Vec<Moment>)> {
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
                for (&stop, values) in &given[step].stops {
                    evaluation.fix(stop, values.clone());
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
                    .map(|((spike, new), old)| spike + new - old)
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
                let dynamics = model.graph.reachable(&dynamics(model), |_| false);
                let stops = self
                    .stops
                    .iter()
                    .filter(|stop| last || dynamics.contains(stop))
                    .map(|&stop| (stop, evaluation.values(stop).to_vec()))
                    .collect();
                moments.push(Moment { stops, potential: potential.clone(), smoothed, spikes: spikes.clone() });
            }
        }
        Ok((cost, moments))
    }
}

/// The roots of all that is computed in a step before the cost.
fn dynamics(model: &Model) -> Vec<Id> {
    model.traces.iter().map(|trace| trace.next).chain(model.values.iter().copied()).chain([model.potential]).collect()
}

/// Parameters of a random layer with potentials around the threshold.
fn draw(model: &Model, options: &CheckOptions) -> (Parameters<f64>, Vec<Vec<f64>>, Vec<f64>) {
    let shape = options.shape;
    let mut generator = Generator::new(options.seed, "check");
    let mut uniform = |low: f64, high: f64| f64::from(generator.uniform_between(low as f32, high as f32));
    let mut many = |count: usize, low: f64, high: f64| (0..count).map(|_| uniform(low, high)).collect::<Vec<f64>>();
    let weights = many(shape.neurons * shape.inputs, -1.0, 1.0);
    let bias = many(shape.neurons, -0.1, 0.1);
    let readout = many(shape.classes * shape.neurons, -1.0, 1.0);
    let readout_bias = many(shape.classes, -0.3, 0.3);
    let events = (0..options.steps)
        .map(|_| many(shape.samples * shape.inputs, -1.0, 2.0).into_iter().map(|draw| draw.max(0.0).ceil()).collect())
        .collect();
    let target = many(shape.samples * shape.classes, 0.05, 1.0);
    // Constants of neurons and inputs differ, as those that are drawn do.
    let mut constants = constant_values::<f64>(&model.constants, shape, options.time_step);
    for (document, values) in model.constants.iter().zip(&mut constants) {
        if document.of != ConstantOf::Layer {
            let factors = many(values.len(), 0.9, 1.0);
            for (value, factor) in values.iter_mut().zip(factors) {
                *value *= factor;
            }
        }
    }
    let feedback = readout.clone();
    (Parameters { weights, bias, readout, readout_bias, feedback, constants }, events, target)
}

/// Compares the derivatives that a rule gives with finite differences.
///
/// An error trigger or another modulation of the error changes the gradient on purpose, so the rule is to be derived
/// without.
///
/// # Errors
/// `not-finite` where the dynamics overflow, `range` where potentials grow too large to be told apart.
pub fn check(rule: &Rule, options: &CheckOptions) -> Result<Check> {
    let shape = options.shape;
    let original = &rule.original;
    let (mut parameters, events, target) = draw(original, options);
    let stops: Vec<Id> = original
        .graph
        .reachable(&[dynamics(original), vec![original.cost]].concat(), |_| false)
        .into_iter()
        .filter(|&id| original.graph.matches(id, Op::Stop).is_some())
        .collect();
    let reference = Reference { model: original, options, events: &events, target: &target, stops };
    let mut scale = 1.0f64;
    for _ in 0..6 {
        let moments = reference.run(&parameters, None)?.1;
        let all: Vec<f64> = moments.iter().flat_map(|moment| &moment.potential).copied().collect();
        let size = (all.iter().map(|u| u * u).sum::<f64>() / all.len() as f64).sqrt();
        let factor = (POTENTIAL / size.max(1e-9)).clamp(1e-3, 1e3);
        if (0.7..1.5).contains(&factor) {
            break;
        }
        scale *= factor;
        parameters.weights.iter_mut().for_each(|weight| *weight *= factor);
    }
    let moments = reference.run(&parameters, None)?.1;
    let greatest = moments.iter().flat_map(|moment| &moment.potential).fold(0.0f64, |most, u| most.max(u.abs()));
    if greatest > LARGEST_POTENTIAL {
        return Err(Fault::new(
            Code::Range,
            format!("membrane: potentials grow to {greatest:e}, too large to be told apart; check with fewer steps"),
        ));
    }

    let planted = planted(rule, options.plant);
    let mut simulation = Simulation::new(&planted, shape, &parameters, options.time_step);
    let (mut outcome, mut deviation) = (None, 0.0f64);
    for (events, moment) in events.iter().zip(&moments) {
        let step = simulation.step(events, &target)?;
        for (u, reference) in step.potential.iter().zip(&moment.potential) {
            deviation = deviation.max((u - reference).abs());
        }
        outcome = Some(step);
    }
    let Some(outcome) = outcome else {
        return Err(Fault::new(Code::Range, "steps: expected at least 1, found 0"));
    };

    let mut kinds: Vec<(String, Vec<f64>)> =
        vec![("weight".into(), outcome.weight_gradient), ("bias".into(), outcome.bias_gradient)];
    for (gradient, values) in rule.constants.iter().zip(outcome.constant_gradients) {
        kinds.push((original.constants[gradient.constant].name.clone(), values));
    }
    let worst = Worst { parameter: "weight".into(), place: Vec::new(), derived: 0.0, difference: 0.0, deviation: 0.0 };
    let mut result =
        Check { passed: false, worst, compared: 0, nonzero: 0, skipped: 0, tolerance: TOLERANCE, dynamics: deviation };
    for (kind, (name, derived)) in kinds.iter().enumerate() {
        let mut differences = Vec::new();
        // A small change of the potential, whatever the size of the traces and the time constants.
        let width = match kind {
            0 => STEP * scale,
            1 => STEP,
            _ => {
                let constant = rule.constants[kind - 2].constant;
                let value = parameters.constants[constant][0];
                let decays = original.constants[constant].kind != ConstantKind::Number;
                STEP * if decays { (1.0 - value).max(1e-3) } else { value.abs().max(1e-3) }
            }
        };
        let at = |place: usize, by: f64| {
            let mut moved = parameters.clone();
            match kind {
                0 => moved.weights[place] += by,
                1 => moved.bias[place] += by,
                _ => moved.constants[rule.constants[kind - 2].constant][place] += by,
            }
            Ok::<f64, Fault>(reference.run(&moved, Some(&moments))?.0)
        };
        let slope =
            |place: usize, width: f64| Ok::<f64, Fault>((at(place, width)? - at(place, -width)?) / (2.0 * width));
        for place in 0..derived.len() {
            let middle = at(place, 0.0)?;
            let (up, down) = (at(place, width)?, at(place, -width)?);
            let wide = (up - down) / (2.0 * width);
            let narrow = slope(place, width / 4.0)?;
            let one_sided = (up - 2.0 * middle + down).abs() / width;
            differences.push((wide, (wide - narrow).abs(), one_sided));
        }
        let largest = differences.iter().map(|(difference, ..)| difference.abs()).fold(0.0, f64::max);
        let largest = derived.iter().fold(largest, |largest, value| largest.max(value.abs())).max(1e-8);
        for (place, (&derived, &(difference, roughness, one_sided))) in derived.iter().zip(&differences).enumerate() {
            // Two widths disagree, or the two sides do, only where there is a kink within.
            if roughness > 0.5 * TOLERANCE * largest || one_sided > 1e-2 * largest {
                result.skipped += 1;
                continue;
            }
            let deviation = (derived - difference).abs() / largest;
            // Rounding makes two widths agree by chance once in a while, four hardly ever.
            if deviation > TOLERANCE {
                let scatter = [0.37, 0.61].iter().try_fold(0.0f64, |most, part| {
                    Ok::<f64, Fault>(most.max((slope(place, part * width)? - difference).abs()))
                })?;
                if scatter > 0.5 * TOLERANCE * largest {
                    result.skipped += 1;
                    continue;
                }
            }
            result.compared += 1;
            result.nonzero += usize::from(difference != 0.0 || derived != 0.0);
            if deviation >= result.worst.deviation {
                let place = if kind == 0 { vec![place / shape.inputs, place % shape.inputs] } else { vec![place] };
                result.worst = Worst { parameter: name.clone(), place, derived, difference, deviation };
            }
        }
    }
    result.passed = result.worst.deviation <= TOLERANCE
        && result.dynamics <= 1e-9
        && result.nonzero > 0
        && result.skipped <= result.compared;
    Ok(result)
}

/// The rule with an error planted in a factor.
fn planted(rule: &Rule, plant: Option<Plant>) -> Rule {
    let mut rule = rule.clone();
    let graph = &mut rule.model.graph;
    let wrong = graph.number(1.01);
    match plant {
        None => {}
        Some(Plant::Error) => rule.error = graph.mul(wrong, rule.error),
        Some(Plant::Surrogate) => {
            let slope = graph.mul(wrong, rule.surrogate);
            let error = graph.leaf(Symbol::Error);
            let through = graph.mul(error, slope);
            rule.delta = graph.add(through, rule.direct);
        }
        Some(Plant::Trace) => {
            for factor in &mut rule.factors {
                *factor = Factor { post: factor.post, pre: graph.mul(wrong, factor.pre) };
            }
            for trace in &mut rule.eligibilities {
                trace.next = graph.mul(wrong, trace.next);
            }
        }
    }
    rule
}

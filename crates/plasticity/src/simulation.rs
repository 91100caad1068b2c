//! A small dense layer that runs a derived rule step by step.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::carried::Carried;
use crate::document::{ConstantDocument, ConstantKind, ConstantOf, SpikeCondition};
use crate::evaluation::{Evaluation, Shape};
use crate::expression::{Node, Symbol};
use crate::model::Model;
use crate::products::SynapseFactor;
use crate::real::Real;
use crate::rule::Rule;
use crate::sensitivity::ConstantGradient;

/// Weights and readout of a layer.
#[derive(Clone, Debug)]
pub struct Parameters<T> {
    /// W as `[neuron][input]`.
    pub weights: Vec<T>,
    /// b.
    pub bias: Vec<T>,
    /// G as `[class][neuron]`.
    pub readout: Vec<T>,
    /// g.
    pub readout_bias: Vec<T>,
    /// F as `[class][neuron]`, G's own where there is no other.
    pub feedback: Vec<T>,
    /// 1 for each input that is a spike of the layer itself, 0 for one from below.
    pub is_recurrent: Vec<T>,
    /// Values of each constant: one, or one for each neuron or input. Decay factors, where it is a time constant.
    pub constants: Vec<Vec<T>>,
}

/// Values of a neuron's constants as its document gives them, the same for all neurons and inputs.
pub fn constant_values<T: Real>(constants: &[ConstantDocument], shape: Shape, time_step: f64) -> Vec<Vec<T>> {
    constants
        .iter()
        .map(|constant| {
            let count = match constant.of {
                ConstantOf::Layer => 1,
                ConstantOf::Neuron => shape.neurons,
                ConstantOf::Input => shape.inputs,
            };
            let value = T::from_f64(constant.value);
            let value = match constant.kind {
                ConstantKind::Time => T::from_f64(-time_step).div(value).exp(),
                ConstantKind::Number | ConstantKind::Decay => value,
            };
            vec![value; count]
        })
        .collect()
}

/// What a layer does in one step.
#[derive(Clone, Debug)]
pub struct Outcome<T> {
    /// Traces after the step.
    pub traces: Vec<Vec<T>>,
    /// Full values of state variables after the step.
    pub states: Vec<Vec<T>>,
    /// U.
    pub potential: Vec<T>,
    /// S.
    pub spikes: Vec<T>,
    /// Y.
    pub readout: Vec<T>,
    /// L.
    pub cost: T,
    /// ∂L/∂W_ij, `[neuron][input]`.
    pub weight_gradient: Vec<T>,
    /// ∂L/∂b_i.
    pub bias_gradient: Vec<T>,
    /// Gradients of learnable constants, in the order of [`Rule::constants`].
    pub constant_gradients: Vec<Vec<T>>,
}

/// A layer at work.
pub struct Simulation<'a, T> {
    rule: &'a Rule,
    shape: Shape,
    parameters: &'a Parameters<T>,
    /// What the step before has left, as the rule lists it.
    memory: Vec<Vec<T>>,
    /// Steps so far.
    step: usize,
    /// Milliseconds a step.
    milliseconds: f64,
}

/// Values of constants for all samples.
pub(crate) fn set_constants<T: Real>(
    evaluation: &mut Evaluation<'_, T>,
    constants: &[ConstantDocument],
    values: &[Vec<T>],
    shape: Shape,
) {
    for (index, (constant, values)) in constants.iter().zip(values).enumerate() {
        let copies = if constant.of == ConstantOf::Layer { 1 } else { shape.samples };
        evaluation.set(Symbol::Constant(index), values.repeat(copies));
    }
}

/// Y = G S + g for each sample.
pub(crate) fn read_out<T: Real>(parameters: &Parameters<T>, spikes: &[T], shape: Shape) -> Vec<T> {
    let mut readout = Vec::with_capacity(shape.count(Space::Class));
    for spikes in spikes.chunks(shape.neurons) {
        for class in 0..shape.classes {
            let weights = &parameters.readout[class * shape.neurons..][..shape.neurons];
            let sum =
                weights.iter().zip(spikes).fold(T::from_f64(0.0), |sum, (weight, spike)| sum.add(weight.mul(*spike)));
            readout.push(sum.add(parameters.readout_bias[class]));
        }
    }
    readout
}

/// Θ(U).
pub(crate) fn threshold<T: Real>(condition: SpikeCondition, potential: &[T]) -> Vec<T> {
    let zero = T::from_f64(0.0);
    potential
        .iter()
        .map(|&u| {
            let spikes = match condition {
                SpikeCondition::Above => u > zero,
                SpikeCondition::At => u >= zero,
            };
            T::from_f64(f64::from(u8::from(spikes)))
        })
        .collect()
}

/// The fault of a value that is not finite.
pub(crate) fn not_finite<T: Real>(model: &Model, evaluation: &mut Evaluation<'_, T>, step: usize) -> Result<()> {
    let Some((id, place)) = evaluation.first_not_finite() else { return Ok(()) };
    let value = evaluation.values(id)[place].to_f64();
    let what = match model.graph.node(id) {
        Node::Apply(op, _) => op.called(),
        Node::Symbol(symbol) => format!("{symbol:?}"),
        Node::Number(_) => "a number".into(),
    };
    let space = model.graph.space(id).as_str();
    let wrong = format_args!("{what} gives {value} in step {step} (value {place} of {space})");
    Err(Fault::at(Code::NotFinite, &model.section(id), &wrong))
}

impl<'a, T: Real> Simulation<'a, T> {
    /// A layer at rest, in time steps of `time_step` microseconds.
    pub fn new(rule: &'a Rule, shape: Shape, parameters: &'a Parameters<T>, time_step: f64) -> Self {
        let at_rest = |carried: &Carried| vec![T::from_f64(carried.initial); shape.count(carried.space)];
        let memory = rule.carried.iter().map(at_rest).collect();
        Self { rule, shape, parameters, memory, step: 0, milliseconds: time_step / 1000.0 }
    }

    /// One step with its events `[sample][input]` and targets `[sample][class]`.
    ///
    /// # Errors
    /// `not-finite`, with the expression, the step and the place.
    pub fn step(&mut self, events: &[T], target: &[T]) -> Result<Outcome<T>> {
        let (rule, shape) = (self.rule, self.shape);
        let model = &rule.model;
        let mut evaluation = self.start(events, target);
        let kept: Vec<Vec<T>> = rule
            .carried
            .iter()
            .filter(|carried| carried.is_variable())
            .map(|carried| self.variable(&mut evaluation, carried))
            .collect();
        let states: Vec<Vec<T>> = model.values.iter().map(|&value| evaluation.spread(value, Space::Neuron)).collect();
        let potential = evaluation.spread(model.potential, Space::Neuron);
        not_finite(model, &mut evaluation, self.step)?;
        let spikes = threshold(model.condition, &potential);
        let readout = read_out(self.parameters, &spikes, shape);
        evaluation.set(Symbol::Potential, potential.clone());
        evaluation.set(Symbol::Spike, spikes.clone());
        evaluation.set(Symbol::Readout, readout.clone());
        for (state, values) in states.iter().enumerate() {
            evaluation.set(Symbol::NextState(state), values.clone());
        }
        let cost = self.judge(&mut evaluation);
        // Variables come first in the list, and are not computed anew: what is small of them has been made zero.
        let traces = kept[..model.traces.len()].to_vec();
        let others = rule.carried[kept.len()..].iter();
        let others = others.map(|carried| evaluation.spread(carried.next, carried.space));
        let next: Vec<Vec<T>> = kept.into_iter().chain(others).collect();
        let weight_gradient = self.weight_gradient(&mut evaluation, &next);
        let mut bias_gradient = vec![T::from_f64(0.0); shape.neurons];
        if let Some(bias) = rule.bias {
            add_up(&mut bias_gradient, &evaluation.spread(bias, Space::Neuron));
        }
        let of_constant = |gradient: &ConstantGradient| {
            let of = model.constants[gradient.constant].of;
            let mut sums = vec![T::from_f64(0.0); if of == ConstantOf::Layer { 1 } else { shape.neurons }];
            add_up(&mut sums, &evaluation.spread(gradient.gradient, Space::Neuron));
            sums
        };
        let constant_gradients = rule.constants.iter().map(of_constant).collect();
        not_finite(model, &mut evaluation, self.step)?;
        self.memory = next;
        self.step += 1;
        Ok(Outcome {
            traces,
            states,
            potential,
            spikes,
            readout,
            cost,
            weight_gradient,
            bias_gradient,
            constant_gradients,
        })
    }

    /// What a step starts from.
    fn start(&self, events: &[T], target: &[T]) -> Evaluation<'a, T> {
        let (model, shape, parameters) = (&self.rule.model, self.shape, self.parameters);
        let mut evaluation = Evaluation::new(&model.graph, shape, &parameters.weights, &parameters.feedback);
        set_constants(&mut evaluation, &model.constants, &parameters.constants, shape);
        for (carried, values) in self.rule.carried.iter().zip(&self.memory) {
            evaluation.set(carried.symbol, values.clone());
        }
        evaluation.set(Symbol::Event, events.to_vec());
        evaluation.set(Symbol::IsRecurrent, parameters.is_recurrent.repeat(shape.samples));
        evaluation.set(Symbol::Target, target.to_vec());
        evaluation.set(Symbol::Bias, parameters.bias.repeat(shape.samples));
        evaluation.set(Symbol::Time, vec![T::from_f64(self.step as f64 * self.milliseconds)]);
        evaluation.set(Symbol::ErrorThreshold, vec![T::from_f64(model.error_threshold)]);
        evaluation.set(Symbol::Pass, vec![T::from_f64(1.0); shape.count(Space::Neuron)]);
        evaluation
    }

    /// A trace or state variable after the step, as it is kept, which is what all that follows in the step sees.
    fn variable(&self, evaluation: &mut Evaluation<'a, T>, carried: &Carried) -> Vec<T> {
        let values: Vec<T> = evaluation.spread(carried.next, carried.space).into_iter().map(T::floored).collect();
        if self.rule.model.graph.space(carried.next) == carried.space {
            evaluation.fix(carried.next, values.clone());
        }
        values
    }

    /// Computes the cost and δ, and gives the cost.
    fn judge(&self, evaluation: &mut Evaluation<'a, T>) -> T {
        let rule = self.rule;
        let cost = evaluation.values(rule.model.cost)[0];
        let error = rule.readout_error.map(|error| (Symbol::ReadoutError, error, Space::Class));
        let delta = [(Symbol::Error, rule.error, Space::Neuron), (Symbol::Delta, rule.delta, Space::Neuron)];
        for (symbol, id, space) in error.into_iter().chain(delta) {
            let values = evaluation.spread(id, space);
            evaluation.set(symbol, values);
        }
        // It is to be finite even where nothing looks at it.
        evaluation.values(rule.surrogate);
        cost
    }

    /// Σ over samples of δ_i P_j, sample by sample; `next` is what is carried on.
    fn weight_gradient(&self, evaluation: &mut Evaluation<'_, T>, next: &[Vec<T>]) -> Vec<T> {
        let (rule, shape) = (self.rule, self.shape);
        let mut gradient = vec![T::from_f64(0.0); shape.neurons * shape.inputs];
        let factors: Vec<(Vec<T>, Vec<T>)> = rule
            .factors
            .iter()
            .map(|factor| (evaluation.spread(factor.post, Space::Neuron), evaluation.spread(factor.pre, Space::Input)))
            .collect();
        let places: Vec<usize> = rule.eligibilities().map(|(place, _)| place).collect();
        let synapses: Vec<(Vec<T>, &Vec<T>)> = rule
            .synapse_factors
            .iter()
            .map(|&SynapseFactor { post, trace, before }| {
                let traces = if before { &self.memory } else { next };
                (evaluation.spread(post, Space::Neuron), &traces[places[trace]])
            })
            .collect();
        for sample in 0..shape.samples {
            for (place, sum) in gradient.iter_mut().enumerate() {
                let (neuron, input) = (place / shape.inputs, place % shape.inputs);
                let neuron = sample * shape.neurons + neuron;
                for (post, pre) in &factors {
                    *sum = sum.add(post[neuron].mul(pre[sample * shape.inputs + input]));
                }
                for (post, eligibility) in &synapses {
                    let synapse = sample * shape.neurons * shape.inputs + place;
                    *sum = sum.add(post[neuron].mul(eligibility[synapse]));
                }
            }
        }
        gradient
    }
}

/// Adds up over samples, and over neurons where there is one sum for all of them, in the order of the values.
fn add_up<T: Real>(sums: &mut [T], values: &[T]) {
    for (place, &value) in values.iter().enumerate() {
        let sum = &mut sums[place % sums.len()];
        *sum = sum.add(value);
    }
}

//! A small dense layer that runs a derived rule step by step.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::document::{ConstantDocument, ConstantKind, ConstantOf, SpikeCondition};
use crate::evaluation::{Evaluation, Real, Shape};
use crate::expression::{Node, Symbol};
use crate::model::Model;
use crate::rule::{Rule, SynapseFactor};

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
    /// What the step before has left, by symbol.
    memory: Vec<(Symbol, Vec<T>)>,
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
    Err(Fault::new(
        Code::NotFinite,
        format!(
            "{}: {what} gives {value} in step {step} (value {place} of {})",
            model.section(id),
            model.graph.space(id).as_str()
        ),
    ))
}

impl<'a, T: Real> Simulation<'a, T> {
    /// A layer at rest, in time steps of `time_step` microseconds.
    pub fn new(rule: &'a Rule, shape: Shape, parameters: &'a Parameters<T>, time_step: f64) -> Self {
        let mut memory = Vec::new();
        let filled = |space: Space, value: f64| vec![T::from_f64(value); shape.count(space)];
        for (index, trace) in rule.model.traces.iter().enumerate() {
            memory.push((Symbol::Trace(index), filled(Space::Input, trace.initial)));
        }
        for (index, state) in rule.model.states.iter().enumerate() {
            memory.push((Symbol::State(index), filled(Space::Neuron, state.initial)));
        }
        for symbol in [Symbol::PastSpike, Symbol::PastPotential, Symbol::PastSurrogate] {
            memory.push((symbol, filled(Space::Neuron, 0.0)));
        }
        for eligibility in &rule.eligibilities {
            let (weight, bias) = match eligibility.state {
                Some(state) => (Symbol::Eligibility(state), Symbol::BiasEligibility(state)),
                None => (Symbol::PotentialEligibility, Symbol::PotentialBiasEligibility),
            };
            memory.push((weight, filled(Space::Synapse, 0.0)));
            memory.push((bias, filled(Space::Neuron, 0.0)));
        }
        for gradient in &rule.constants {
            for &(trace, _) in &gradient.traces {
                memory.push((Symbol::TraceSensitivity(trace, gradient.constant), filled(Space::Input, 0.0)));
            }
            for &(state, _) in &gradient.states {
                memory.push((Symbol::StateSensitivity(state, gradient.constant), filled(Space::Neuron, 0.0)));
            }
            if gradient.potential.is_some() {
                memory.push((Symbol::PotentialSensitivity(gradient.constant), filled(Space::Neuron, 0.0)));
            }
        }
        Self { rule, shape, parameters, memory, step: 0, milliseconds: time_step / 1000.0 }
    }

    /// One step with its events `[sample][input]` and targets `[sample][class]`.
    ///
    /// # Errors
    /// `not-finite`, with the expression, the step and the place.
    pub fn step(&mut self, events: &[T], target: &[T]) -> Result<Outcome<T>> {
        let (rule, shape, parameters) = (self.rule, self.shape, self.parameters);
        let model = &rule.model;
        let mut evaluation = Evaluation::new(&model.graph, shape, &parameters.weights, &parameters.feedback);
        set_constants(&mut evaluation, &model.constants, &parameters.constants, shape);
        for (symbol, values) in &self.memory {
            evaluation.set(*symbol, values.clone());
        }
        evaluation.set(Symbol::Event, events.to_vec());
        evaluation.set(Symbol::Target, target.to_vec());
        evaluation.set(Symbol::Bias, parameters.bias.repeat(shape.samples));
        evaluation.set(Symbol::Time, vec![T::from_f64(self.step as f64 * self.milliseconds)]);
        evaluation.set(Symbol::ErrorThreshold, vec![T::from_f64(model.error_threshold)]);

        let floored = |values: Vec<T>| values.into_iter().map(T::floored).collect::<Vec<T>>();
        let traces: Vec<Vec<T>> = model
            .traces
            .iter()
            .map(|trace| {
                let values = floored(evaluation.spread(trace.next, Space::Input));
                // What follows in this step sees the trace as it is kept.
                if model.graph.space(trace.next) == Space::Input {
                    evaluation.fix(trace.next, values.clone());
                }
                values
            })
            .collect();
        let kept: Vec<Vec<T>> = model
            .states
            .iter()
            .map(|state| {
                let values = floored(evaluation.spread(state.next, Space::Neuron));
                if model.graph.space(state.next) == Space::Neuron {
                    evaluation.fix(state.next, values.clone());
                }
                values
            })
            .collect();
        let states: Vec<Vec<T>> = model.values.iter().map(|&value| evaluation.spread(value, Space::Neuron)).collect();
        let potential = evaluation.spread(model.potential, Space::Neuron);
        not_finite(model, &mut evaluation, self.step)?;
        let spikes = threshold(model.condition, &potential);
        let readout = read_out(parameters, &spikes, shape);
        evaluation.set(Symbol::Potential, potential.clone());
        evaluation.set(Symbol::Spike, spikes.clone());
        evaluation.set(Symbol::Readout, readout.clone());
        evaluation.set(Symbol::Pass, vec![T::from_f64(1.0); shape.count(Space::Neuron)]);
        for (state, values) in states.iter().enumerate() {
            evaluation.set(Symbol::NextState(state), values.clone());
        }
        let cost = evaluation.values(model.cost)[0];
        if let Some(error) = rule.readout_error {
            let values = evaluation.spread(error, Space::Class);
            evaluation.set(Symbol::ReadoutError, values);
        }
        let error = evaluation.spread(rule.error, Space::Neuron);
        evaluation.set(Symbol::Error, error);
        let delta = evaluation.spread(rule.delta, Space::Neuron);
        evaluation.set(Symbol::Delta, delta);
        let surrogate = evaluation.spread(rule.surrogate, Space::Neuron);

        let eligibilities: Vec<(Vec<T>, Vec<T>)> = rule
            .eligibilities
            .iter()
            .map(|trace| {
                (evaluation.spread(trace.next, Space::Synapse), evaluation.spread(trace.next_bias, Space::Neuron))
            })
            .collect();
        let weight_gradient = self.weight_gradient(&mut evaluation, &eligibilities);
        let zero = T::from_f64(0.0);
        let mut bias_gradient = vec![zero; shape.neurons];
        if let Some(bias) = rule.bias {
            for values in evaluation.spread(bias, Space::Neuron).chunks(shape.neurons) {
                for (sum, &value) in bias_gradient.iter_mut().zip(values) {
                    *sum = sum.add(value);
                }
            }
        }
        let mut next: Vec<(Symbol, Vec<T>)> = Vec::with_capacity(self.memory.len());
        let mut constant_gradients = Vec::new();
        for gradient in &rule.constants {
            let values = evaluation.spread(gradient.gradient, Space::Neuron);
            let of = model.constants[gradient.constant].of;
            let mut sums = vec![zero; if of == ConstantOf::Layer { 1 } else { shape.neurons }];
            for (place, &value) in values.iter().enumerate() {
                let place = place % sums.len();
                sums[place] = sums[place].add(value);
            }
            constant_gradients.push(sums);
            for &(trace, id) in &gradient.traces {
                let values = evaluation.spread(id, Space::Input);
                next.push((Symbol::TraceSensitivity(trace, gradient.constant), values));
            }
            for &(state, id) in &gradient.states {
                let values = evaluation.spread(id, Space::Neuron);
                next.push((Symbol::StateSensitivity(state, gradient.constant), values));
            }
            if let Some(id) = gradient.potential {
                let values = evaluation.spread(id, Space::Neuron);
                next.push((Symbol::PotentialSensitivity(gradient.constant), values));
            }
        }
        not_finite(model, &mut evaluation, self.step)?;

        for (trace, (weight, bias)) in rule.eligibilities.iter().zip(eligibilities) {
            let (first, second) = match trace.state {
                Some(state) => (Symbol::Eligibility(state), Symbol::BiasEligibility(state)),
                None => (Symbol::PotentialEligibility, Symbol::PotentialBiasEligibility),
            };
            next.extend([(first, weight), (second, bias)]);
        }
        for (index, values) in traces.iter().enumerate() {
            next.push((Symbol::Trace(index), values.clone()));
        }
        for (index, values) in kept.into_iter().enumerate() {
            next.push((Symbol::State(index), values));
        }
        next.push((Symbol::PastSpike, spikes.clone()));
        next.push((Symbol::PastPotential, potential.clone()));
        next.push((Symbol::PastSurrogate, surrogate));
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

    /// Σ over samples of δ_i P_j, sample by sample.
    fn weight_gradient(&self, evaluation: &mut Evaluation<'_, T>, eligibilities: &[(Vec<T>, Vec<T>)]) -> Vec<T> {
        let (rule, shape) = (self.rule, self.shape);
        let mut gradient = vec![T::from_f64(0.0); shape.neurons * shape.inputs];
        let factors: Vec<(Vec<T>, Vec<T>)> = rule
            .factors
            .iter()
            .map(|factor| (evaluation.spread(factor.post, Space::Neuron), evaluation.spread(factor.pre, Space::Input)))
            .collect();
        let synapses: Vec<(Vec<T>, &Vec<T>)> = rule
            .synapse_factors
            .iter()
            .map(|&SynapseFactor { post, trace, before }| {
                let symbol = rule.eligibilities[trace].state.map_or(Symbol::PotentialEligibility, Symbol::Eligibility);
                let past = || self.memory.iter().find(|(own, _)| *own == symbol).map(|(_, values)| values);
                let values =
                    if before { past().expect("every eligibility trace is kept") } else { &eligibilities[trace].0 };
                (evaluation.spread(post, Space::Neuron), values)
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

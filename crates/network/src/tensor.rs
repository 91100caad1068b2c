//! Weights, state and constants by name, in the order users see: samples first, then channel, row, column.

use decolle_error::{Code, Fault, Result};
use decolle_neuron::DecayValues;
use decolle_synapse::{Aligned, Connection, Geometry, Parameters, Weights};

use crate::layer::{Block, Constants, Layer, Learned, Learner};
use crate::network::Network;
use crate::process::Tensor;

/// What a name refers to, within one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Weight,
    Bias,
    /// θ of an error trigger under control.
    ErrorThreshold,
    /// A constant that learns, its gradient, and a moment of it.
    Constant(usize),
    GradientConstant(usize),
    ConstantMoment(usize, usize),
    Alpha,
    Beta,
    Gamma,
    ReadoutWeight,
    ReadoutBias,
    ReadoutFeedback,
    GradientWeight,
    GradientBias,
    /// Moment of the weights, of the biases.
    WeightMoment(usize),
    BiasMoment(usize),
    SynapticTrace,
    MembraneTrace,
    /// A trace of a neuron of the user's.
    Trace(usize),
    Refractory,
    /// A state variable of a neuron of the user's.
    State(usize),
    /// An eligibility trace of each synapse.
    Eligibility(usize),
    Potential,
    Spikes,
    CarriedPotential,
    CarriedCurrent,
    PooledPotential,
    PooledSpikes,
    Readout,
}

impl Network {
    /// Names of all tensors that exist now; those of neuron state only after a batch.
    pub fn tensor_names(&self) -> Vec<String> {
        (0..self.layers.len()).flat_map(|index| self.named(index)).map(|(name, _)| name).collect()
    }

    /// Names of the tensors that a checkpoint holds: all but those that follow from others.
    pub(crate) fn saved_names(&self) -> Vec<String> {
        (0..self.layers.len())
            .flat_map(|index| self.named(index))
            .filter(|(name, kind)| match kind {
                Kind::PooledPotential | Kind::PooledSpikes | Kind::Readout => false,
                Kind::GradientWeight | Kind::GradientBias | Kind::GradientConstant(_) => {
                    self.layer_of(name).accumulated > 0
                }
                _ => true,
            })
            .map(|(name, _)| name)
            .collect()
    }

    fn layer_of(&self, name: &str) -> &Layer {
        let index = name.split('.').find_map(|part| part.parse::<usize>().ok()).unwrap_or(0);
        &self.layers[index]
    }

    fn named(&self, index: usize) -> Vec<(String, Kind)> {
        let layer = &self.layers[index];
        let own = |name: &str| format!("layers.{index}.{name}");
        let mut names = vec![(own("weight"), Kind::Weight), (own("bias"), Kind::Bias)];
        let each = |decay: &DecayValues| matches!(decay, DecayValues::Each(_));
        for (present, name, kind) in [
            (each(&layer.constants.traces.alpha), "alpha", Kind::Alpha),
            (each(&layer.constants.traces.beta), "beta", Kind::Beta),
            (each(&layer.constants.refractory.gamma), "gamma", Kind::Gamma),
        ] {
            if present {
                names.push((own(name), kind));
            }
        }
        for (name, kind) in
            [("weight", Kind::ReadoutWeight), ("bias", Kind::ReadoutBias), ("feedback", Kind::ReadoutFeedback)]
        {
            names.push((format!("readouts.{index}.{name}"), kind));
        }
        for (name, kind) in [("weight", Kind::GradientWeight), ("bias", Kind::GradientBias)] {
            names.push((format!("gradient.layers.{index}.{name}"), kind));
        }
        for (moment, name) in layer.constants.optimizer.moments().iter().enumerate() {
            names.push((format!("optimizer.layers.{index}.weight.{name}"), Kind::WeightMoment(moment)));
            names.push((format!("optimizer.layers.{index}.bias.{name}"), Kind::BiasMoment(moment)));
        }
        if layer.constants.trigger.is_some_and(|trigger| trigger.moves()) {
            names.push((format!("layers.{index}.errorThreshold"), Kind::ErrorThreshold));
        }
        for (place, constant) in layer.constants.learned().iter().enumerate() {
            let name = format!("layers.{index}.constants.{}", constant.name);
            for (moment, of) in layer.constants.optimizer.moments().iter().enumerate() {
                names.push((format!("optimizer.{name}.{of}"), Kind::ConstantMoment(place, moment)));
            }
            names.push((format!("gradient.{name}"), Kind::GradientConstant(place)));
            names.push((name, Kind::Constant(place)));
        }
        if self.samples > 0 {
            for (name, kind) in [
                ("synapticTrace", Kind::SynapticTrace),
                ("membraneTrace", Kind::MembraneTrace),
                ("refractory", Kind::Refractory),
                ("potential", Kind::Potential),
                ("spikes", Kind::Spikes),
                ("pooledPotential", Kind::PooledPotential),
                ("pooledSpikes", Kind::PooledSpikes),
                ("readout", Kind::Readout),
            ] {
                if let (Some(input), Kind::SynapticTrace | Kind::MembraneTrace) = (layer.constants.input(), kind) {
                    let traces = input.traces().iter().enumerate().filter(|_| kind == Kind::SynapticTrace);
                    names.extend(traces.map(|(place, trace)| {
                        (format!("state.layers.{index}.input.{}", trace.name), Kind::Trace(place))
                    }));
                    continue;
                }
                match (layer.constants.own_neuron(), kind) {
                    (Some(own), Kind::Refractory) => {
                        for (place, state) in own.states().iter().enumerate() {
                            let name = format!("state.layers.{index}.neuron.{}", state.name);
                            names.push((name, Kind::State(place)));
                        }
                    }
                    _ => names.push((format!("state.layers.{index}.{name}"), kind)),
                }
            }
            for (place, name) in layer.constants.synapse().iter().flat_map(|synapse| synapse.names().iter().enumerate())
            {
                names.push((format!("state.layers.{index}.synapse.{name}"), Kind::Eligibility(place)));
            }
            if layer.batch.carried {
                names.push((format!("state.layers.{index}.carriedPotential"), Kind::CarriedPotential));
                names.push((format!("state.layers.{index}.carriedCurrent"), Kind::CarriedCurrent));
            }
        }
        names
    }

    fn find(&self, name: &str) -> Result<(usize, Kind)> {
        (0..self.layers.len())
            .find_map(|index| {
                self.named(index).into_iter().find(|(candidate, _)| candidate == name).map(|(_, kind)| (index, kind))
            })
            .ok_or_else(|| {
                let rest = if self.samples == 0 && name.starts_with("state.") { " (no batch has run)" } else { "" };
                Fault::new(Code::Config, format!("tensor: expected one of tensorNames(), found \"{name}\"{rest}"))
            })
    }

    /// A tensor by name.
    ///
    /// # Errors
    /// `config` for a name that does not exist, `busy` while a batch is being worked on.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        self.check_idle()?;
        let (index, kind) = self.find(name)?;
        Ok(read(&self.layers[index], self.samples, kind))
    }

    /// Overwrites a tensor.
    ///
    /// # Errors
    /// As [`Network::tensor`]; `unsupported` for what follows from other tensors; `shape`, `range` or `not-finite` for
    /// the data. After an error nothing has changed.
    pub fn set_tensor(&mut self, name: &str, data: &[f32]) -> Result<()> {
        let (index, kind) = self.put(name, data)?;
        // What is carried follows from these.
        if matches!(kind, Kind::Weight | Kind::SynapticTrace | Kind::MembraneTrace) {
            self.layers[index].batch.carried = false;
        }
        Ok(())
    }

    /// As [`Network::set_tensor`], for one of many that belong together.
    pub(crate) fn put_one_of_all(&mut self, name: &str, data: &[f32]) -> Result<()> {
        self.put(name, data).map(|_| ())
    }

    fn put(&mut self, name: &str, data: &[f32]) -> Result<(usize, Kind)> {
        self.check_idle()?;
        let (index, kind) = self.find(name)?;
        let expected = read(&self.layers[index], self.samples, kind).data.len();
        if data.len() != expected {
            return Err(Fault::new(Code::Shape, format!("{name}: expected {expected} values, found {}", data.len())));
        }
        if let Some(place) = data.iter().position(|value| !value.is_finite()) {
            return Err(Fault::new(
                Code::NotFinite,
                format!("{name}[{place}]: expected a finite number, found {}", data[place]),
            ));
        }
        let is_decay = match kind {
            Kind::Constant(place) => self.layers[index].constants.learned()[place].is_decay,
            _ => matches!(kind, Kind::Alpha | Kind::Beta | Kind::Gamma),
        };
        let allowed = |value: f32| match kind {
            Kind::ErrorThreshold => value > 0.0,
            _ if is_decay => (0.0..1.0).contains(&value),
            Kind::Spikes => value == 0.0 || value == 1.0,
            Kind::SynapticTrace | Kind::MembraneTrace => value >= 0.0,
            _ => true,
        };
        if let Some(place) = data.iter().position(|&value| !allowed(value)) {
            let range = match kind {
                Kind::ErrorThreshold => "a number above 0",
                _ if is_decay => "a decay factor of at least 0 and below 1",
                Kind::Spikes => "0 or 1",
                _ => "at least 0",
            };
            return Err(Fault::new(Code::Range, format!("{name}[{place}]: expected {range}, found {}", data[place])));
        }
        if matches!(kind, Kind::PooledPotential | Kind::PooledSpikes | Kind::Readout) {
            return Err(Fault::new(
                Code::Unsupported,
                format!("{name}: it follows from other state and cannot be set"),
            ));
        }
        let level = self.level;
        let layer = &mut self.layers[index];
        write(layer, kind, data);
        if matches!(kind, Kind::Weight | Kind::Bias) {
            layer.pack(level);
        }
        Ok((index, kind))
    }
}

/// The axes of a layer's neurons, before or after pooling.
fn neuron_axes(layer: &Layer, pooled: bool) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    let plane = if pooled { layer.constants.pooled_plane } else { geometry.output_plane };
    if geometry.is_dense() { vec![geometry.outputs] } else { vec![geometry.outputs, plane[0], plane[1]] }
}

fn input_axes(layer: &Layer) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    if geometry.is_dense() { vec![geometry.inputs] } else { layer.constants.input_shape.to_vec() }
}

fn weight_axes(layer: &Layer) -> Vec<usize> {
    let geometry = &layer.constants.geometry;
    match geometry.connection {
        Connection::Dense { inputs, units } => vec![units, inputs],
        Connection::Convolution { input, channels, kernel, .. } => vec![channels, input[0], kernel, kernel],
    }
}

/// Where neuron `neuron` lies in memory.
fn neuron_place(geometry: &Geometry, positions: usize, neuron: usize) -> usize {
    crate::layer::place(geometry, positions, neuron)
}

/// Values in memory order as neurons in the order users see.
fn neurons(geometry: &Geometry, positions: usize, memory: &[f32], out: &mut Vec<f32>) {
    out.extend((0..geometry.outputs * positions).map(|neuron| memory[neuron_place(geometry, positions, neuron)]));
}

fn read(layer: &Layer, samples: usize, kind: Kind) -> Tensor {
    let geometry = &layer.constants.geometry;
    let readout = &layer.constants.readout;
    let (units, classes) = (layer.constants.units(), readout.classes());
    let batched = |axes: Vec<usize>| [vec![samples], axes].concat();
    let learned = |of: fn(&Learner) -> Parameters| layer.learners.iter().map(of).collect::<Vec<_>>();
    let per_neuron = |pooled: bool, of: &dyn Fn(&Block) -> &[f32]| {
        let mut data = Vec::new();
        let positions = if pooled { layer.constants.pooled_positions() } else { geometry.positions() };
        for sample in &layer.batch.samples {
            let memory: Vec<f32> = sample.blocks.iter().flat_map(|block| of(block).iter().copied()).collect();
            neurons(geometry, positions, &memory, &mut data);
        }
        Tensor { shape: batched(neuron_axes(layer, pooled)), data }
    };
    let each = |decay: &DecayValues| match decay {
        DecayValues::Shared(value) => vec![*value],
        DecayValues::Each(values) => values.clone(),
    };
    let of_learned = |values: &[f32]| Tensor { shape: vec![values.len()], data: values.to_vec() };
    let inputs = |values: &[f32]| geometry.places().iter().map(|&place| values[place as usize]).collect::<Vec<_>>();
    match kind {
        Kind::Weight => Tensor { shape: weight_axes(layer), data: Weights::weights(geometry, &layer.weights.slices) },
        Kind::Bias => Tensor { shape: vec![geometry.outputs], data: Weights::bias(geometry, &layer.weights.slices) },
        Kind::ErrorThreshold => of_learned(&[layer.constants.trigger.map_or(0.0, |trigger| trigger.threshold)]),
        Kind::Constant(place) => of_learned(&layer.learned[place].values),
        Kind::GradientConstant(place) => of_learned(&layer.learned[place].gradient),
        Kind::ConstantMoment(place, moment) => of_learned(&layer.learned[place].moments[moment]),
        Kind::Alpha => Tensor { shape: input_axes(layer), data: inputs(&each(&layer.constants.traces.alpha)) },
        Kind::Beta => Tensor { shape: input_axes(layer), data: inputs(&each(&layer.constants.traces.beta)) },
        Kind::Gamma => {
            let mut data = Vec::new();
            neurons(geometry, geometry.positions(), &each(&layer.constants.refractory.gamma), &mut data);
            Tensor { shape: neuron_axes(layer, false), data }
        }
        Kind::ReadoutWeight => Tensor { shape: vec![classes, units], data: readout.weights() },
        Kind::ReadoutBias => Tensor { shape: vec![classes], data: readout.bias().to_vec() },
        Kind::ReadoutFeedback => Tensor { shape: vec![classes, units], data: readout.feedback() },
        Kind::GradientWeight => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| learner.gradient.clone())),
        },
        Kind::GradientBias => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| learner.gradient.clone())),
        },
        Kind::WeightMoment(0) => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[0]))),
        },
        Kind::WeightMoment(_) => Tensor {
            shape: weight_axes(layer),
            data: Weights::weights(geometry, &learned(|learner| weights_of(&learner.weight_moments[1]))),
        },
        Kind::BiasMoment(0) => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[0]))),
        },
        Kind::BiasMoment(_) => Tensor {
            shape: vec![geometry.outputs],
            data: Weights::bias(geometry, &learned(|learner| biases_of(&learner.bias_moments[1]))),
        },
        Kind::SynapticTrace => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.synaptic.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::MembraneTrace => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.membrane.chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::Trace(trace) => Tensor {
            shape: batched(input_axes(layer)),
            data: layer.batch.inputs.traces[trace].chunks_exact(geometry.trace_plane).flat_map(inputs).collect(),
        },
        Kind::Eligibility(trace) => {
            let mut data = vec![0.0; samples * geometry.outputs * geometry.inputs];
            for_each_eligibility(layer, trace, |block, place, index| {
                data[index] = layer.batch.synapses[block].traces[place];
            });
            Tensor { shape: batched(weight_axes(layer)), data }
        }
        Kind::Refractory => per_neuron(false, &|block| &block.refractory),
        Kind::State(place) => per_neuron(false, &|block| &block.states[place]),
        Kind::Potential => per_neuron(false, &|block| &block.potential),
        Kind::Spikes => per_neuron(false, &|block| &block.spike),
        Kind::CarriedPotential => per_neuron(false, &|block| &block.carried_potential),
        Kind::CarriedCurrent => per_neuron(false, &|block| &block.carried_current),
        Kind::PooledPotential => per_neuron(true, &Block::unit_potentials),
        Kind::PooledSpikes => {
            let threshold = layer.constants.refractory.threshold;
            let mut tensor = per_neuron(true, &Block::unit_potentials);
            for u in &mut tensor.data {
                *u = threshold.spike(*u);
            }
            tensor
        }
        Kind::Readout => Tensor {
            shape: vec![samples, classes],
            data: layer.batch.samples.iter().flat_map(|sample| sample.readout.iter().copied()).collect(),
        },
    }
}

/// Calls with block, place in its memory and index in the order users see, of an eligibility trace of all samples.
fn for_each_eligibility(layer: &Layer, trace: usize, mut call: impl FnMut(usize, usize, usize)) {
    let Constants { geometry, .. } = &layer.constants;
    let traces = layer.constants.synapse().map_or(0, |synapse| synapse.names().len());
    for sample in 0..layer.batch.samples.len() {
        for output in 0..geometry.outputs {
            for input in 0..geometry.inputs {
                let row = (sample * geometry.inputs + input) * traces + trace;
                let place = row * geometry.block + output % geometry.block;
                call(output / geometry.block, place, (sample * geometry.outputs + output) * geometry.inputs + input);
            }
        }
    }
}

fn weights_of(moment: &[f32]) -> Parameters {
    Parameters { weights: moment.into(), bias: Aligned::default() }
}

fn biases_of(moment: &[f32]) -> Parameters {
    Parameters { weights: Aligned::default(), bias: moment.into() }
}

fn write(layer: &mut Layer, kind: Kind, data: &[f32]) {
    if let Kind::Eligibility(trace) = kind {
        let mut synapses = std::mem::take(&mut layer.batch.synapses);
        for_each_eligibility(layer, trace, |block, place, index| synapses[block].traces[place] = data[index]);
        layer.batch.synapses = synapses;
        // Eligibility is what inputs that have been heard from leave.
        let inputs = layer.constants.geometry.inputs;
        for (place, _) in data.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            let sample = place / (inputs * layer.constants.geometry.outputs);
            layer.batch.reached[sample * inputs + place % inputs] = true;
        }
        return;
    }
    let learned = match kind {
        Kind::Constant(place) => Some(&mut layer.learned[place].values),
        Kind::GradientConstant(place) => Some(&mut layer.learned[place].gradient),
        Kind::ConstantMoment(place, moment) => Some(&mut layer.learned[place].moments[moment]),
        _ => None,
    };
    if let Some(values) = learned {
        values.copy_from_slice(data);
        layer.learned.iter_mut().for_each(Learned::spread);
        return;
    }
    let Layer { constants, weights, learners, batch, .. } = layer;
    let geometry = &constants.geometry;
    let set_inputs = |values: &mut [f32], data: &[f32]| {
        for (&place, &value) in geometry.places().iter().zip(data) {
            values[place as usize] = value;
        }
    };
    let neurons = geometry.neurons();
    match kind {
        Kind::Weight => Weights::set_weights(geometry, &mut weights.slices, data),
        Kind::Bias => Weights::set_bias(geometry, &mut weights.slices, data),
        Kind::ErrorThreshold => {
            if let Some(trigger) = &mut constants.trigger {
                trigger.threshold = data[0];
            }
        }
        Kind::Alpha => constants.traces.alpha = crate::layer::spread_inputs(geometry, DecayValues::Each(data.to_vec())),
        Kind::Beta => constants.traces.beta = crate::layer::spread_inputs(geometry, DecayValues::Each(data.to_vec())),
        Kind::Gamma => {
            constants.refractory.gamma = crate::layer::spread_neurons(geometry, DecayValues::Each(data.to_vec()));
        }
        Kind::ReadoutWeight => {
            constants.readout.set_weights(data);
            if constants.readout_settings.feedback == decolle_learning::Feedback::Readout {
                constants.readout.set_feedback(data);
            }
        }
        Kind::ReadoutBias => constants.readout.set_bias(data),
        Kind::ReadoutFeedback => constants.readout.set_feedback(data),
        Kind::GradientWeight | Kind::GradientBias | Kind::WeightMoment(_) | Kind::BiasMoment(_) => {
            // Learners keep their arrays apart; parameters gather them in the order users see.
            let of = |learner: &mut Learner| match kind {
                Kind::GradientWeight => std::mem::take(&mut learner.gradient.weights),
                Kind::GradientBias => std::mem::take(&mut learner.gradient.bias),
                Kind::WeightMoment(moment) => std::mem::take(&mut learner.weight_moments[moment]),
                Kind::BiasMoment(moment) => std::mem::take(&mut learner.bias_moments[moment]),
                _ => unreachable!("matched above"),
            };
            let is_weight = matches!(kind, Kind::GradientWeight | Kind::WeightMoment(_));
            let mut slices: Vec<Parameters> = learners
                .iter_mut()
                .map(|learner| {
                    let values = of(learner);
                    if is_weight {
                        Parameters { weights: values, bias: Aligned::default() }
                    } else {
                        Parameters { weights: Aligned::default(), bias: values }
                    }
                })
                .collect();
            if is_weight {
                Weights::set_weights(geometry, &mut slices, data);
            } else {
                Weights::set_bias(geometry, &mut slices, data);
            }
            for (learner, slice) in learners.iter_mut().zip(slices) {
                match kind {
                    Kind::GradientWeight => learner.gradient.weights = slice.weights,
                    Kind::GradientBias => learner.gradient.bias = slice.bias,
                    Kind::WeightMoment(moment) => learner.weight_moments[moment] = slice.weights,
                    Kind::BiasMoment(moment) => learner.bias_moments[moment] = slice.bias,
                    _ => unreachable!("matched above"),
                }
            }
        }
        Kind::SynapticTrace | Kind::MembraneTrace | Kind::Trace(_) => {
            let traces = match kind {
                Kind::Trace(trace) => &mut batch.inputs.traces[trace],
                Kind::SynapticTrace => &mut batch.synaptic,
                _ => &mut batch.membrane,
            };
            let planes = traces.chunks_exact_mut(geometry.trace_plane);
            for (plane, data) in planes.zip(data.chunks_exact(geometry.inputs)) {
                set_inputs(plane, data);
            }
        }
        Kind::Refractory
        | Kind::State(_)
        | Kind::Potential
        | Kind::Spikes
        | Kind::CarriedPotential
        | Kind::CarriedCurrent => {
            let per_block = geometry.positions() * geometry.block;
            for (sample, data) in batch.samples.iter_mut().zip(data.chunks_exact(neurons)) {
                for (neuron, &value) in data.iter().enumerate() {
                    let place = neuron_place(geometry, geometry.positions(), neuron);
                    let block = &mut sample.blocks[place / per_block];
                    let memory = match kind {
                        Kind::Refractory => &mut block.refractory,
                        Kind::State(place) => &mut block.states[place],
                        Kind::Potential => &mut block.potential,
                        Kind::CarriedPotential => &mut block.carried_potential,
                        Kind::CarriedCurrent => &mut block.carried_current,
                        _ => &mut block.spike,
                    };
                    memory[place % per_block] = value;
                }
            }
        }
        Kind::Eligibility(_) | Kind::Constant(_) | Kind::GradientConstant(_) | Kind::ConstantMoment(..) => {
            unreachable!("written above")
        }
        Kind::PooledPotential | Kind::PooledSpikes | Kind::Readout => {
            unreachable!("refused before")
        }
    }
}

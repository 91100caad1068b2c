//! Weights, state and constants by name, in the order users see: samples first, then channel, row, column.

mod read;
mod write;

use decolle_error::{Code, Fault, Result};
use decolle_layer::{Constants, Layer};
use decolle_neuron::DecayValues;
use decolle_synapse::Geometry;

use self::read::{read, shape};
use self::write::write;
use crate::memory;
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
                Fault::unfit(Code::Config, &"tensor", &"one of tensorNames()", &format_args!("\"{name}\"{rest}"))
            })
    }

    /// A tensor by name.
    ///
    /// # Errors
    /// `config` for a name that does not exist, `busy` while a batch is being worked on, `memory` where there is none for it.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        self.check_idle()?;
        let (index, kind) = self.find(name)?;
        let layer = &self.layers[index];
        // In the order of users, on the way there, and as a binding gives it.
        memory::of_tensor(name, &shape(layer, self.samples, kind), 3).demand(self.bytes, 0)?;
        Ok(read(layer, self.samples, kind))
    }

    /// Lengths of a tensor's axes.
    ///
    /// # Errors
    /// As [`Network::tensor`].
    pub(crate) fn tensor_shape(&self, name: &str) -> Result<Vec<usize>> {
        let (index, kind) = self.find(name)?;
        Ok(shape(&self.layers[index], self.samples, kind))
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
        let expected: usize = shape(&self.layers[index], self.samples, kind).iter().product();
        if data.len() != expected {
            return Err(Fault::unfit(Code::Shape, &name, &format_args!("{expected} values"), &data.len()));
        }
        if let Some(place) = data.iter().position(|value| !value.is_finite()) {
            return Err(Fault::unfit(
                Code::NotFinite,
                &format_args!("{name}[{place}]"),
                &"a finite number",
                &data[place],
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
            return Err(Fault::unfit(Code::Range, &format_args!("{name}[{place}]"), &range, &data[place]));
        }
        if matches!(kind, Kind::PooledPotential | Kind::PooledSpikes | Kind::Readout) {
            return Err(Fault::at(Code::Unsupported, &name, &"it follows from other state and cannot be set"));
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

/// Where neuron `neuron` lies in memory.
fn neuron_place(geometry: &Geometry, positions: usize, neuron: usize) -> usize {
    decolle_layer::place(geometry, positions, neuron)
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

//! What a layer may set for itself, and what applies to it in the end.

use decolle_error::{Code, Fault, Result};
use decolle_learning::Regularizer;
use decolle_plasticity::{AnyCost, AnyNeuron};

use crate::{Propagation, Specification};

/// What every kind of layer may set for itself, overriding the network.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerOverrides {
    /// Neurons, if not the network's.
    pub neuron: Option<AnyNeuron>,
    /// Cost, if not the network's.
    pub cost: Option<AnyCost>,
    /// Regulariser, if not the network's; `Some(None)`, in JSON `null`, for none.
    pub regularizer: Option<Option<Regularizer>>,
    /// Scale of the readout's weights, if not the network's.
    pub readout_scale: Option<f32>,
    /// How spikes propagate through it, if not as in the network.
    pub propagation: Option<Propagation>,
}

decolle_json::part! {
    LayerOverrides {
        neuron = None => omitted,
        cost = None => omitted,
        regularizer => given,
        readout_scale = None => omitted,
        propagation = None => omitted,
    }
}

impl LayerOverrides {
    /// Checks all that is set; `path` gives the path of a field.
    pub(crate) fn check(&self, path: &dyn Fn(&str) -> String) -> Result<()> {
        if let Some(neuron) = &self.neuron {
            neuron.check(&path("neuron"))?;
        }
        if let Some(Some(regularizer)) = &self.regularizer {
            regularizer.check(&path("regularizer"))?;
        }
        if let Some(scale) = self.readout_scale
            && !(0.0..=1e6).contains(&scale)
        {
            return Err(Fault::unfit(Code::Range, &path("readoutScale"), &"a number from 0 to 1e6", &scale));
        }
        Ok(())
    }
}

/// What applies to a layer: its own where it sets it, else the network's.
pub struct LayerSettings<'a> {
    /// Its neurons.
    pub neuron: &'a AnyNeuron,
    /// Its local cost.
    pub cost: &'a AnyCost,
    /// Its regulariser, if any.
    pub regularizer: Option<Regularizer>,
    /// Scale of its readout's weights.
    pub readout_scale: f32,
    /// How spikes propagate through it.
    pub propagation: Propagation,
}

impl Specification {
    /// What applies to layer `index`.
    pub fn settings(&self, index: usize) -> LayerSettings<'_> {
        let own = self.layers[index].overrides();
        LayerSettings {
            neuron: own.neuron.as_ref().unwrap_or(&self.neuron),
            cost: own.cost.as_ref().unwrap_or(&self.cost),
            regularizer: own.regularizer.unwrap_or(self.regularizer),
            readout_scale: own.readout_scale.unwrap_or(self.readout.scale),
            propagation: own.propagation.unwrap_or(self.propagation),
        }
    }
}

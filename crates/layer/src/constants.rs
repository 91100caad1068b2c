//! What stays the same about a layer while it runs.

use decolle_error::Result;
use decolle_learning::{Cost, ErrorTrigger, Optimizer, Readout, ReadoutSettings, Regularizer, draw_decays};
use decolle_neuron::{CarriedDynamics, DecayValues, Lif, RefractoryDynamics, Surrogate, TraceDynamics};
use decolle_program::{Inputs, Programs};
use decolle_specification::{Axes, Propagation, Specification};
use decolle_synapse::Geometry;

use super::own::compile_own;

/// Constants of a layer.
pub struct Constants {
    /// Which layer it is, counted from 0.
    pub index: usize,
    /// Its connections, and where in memory their weights and traces are.
    pub geometry: Geometry,
    /// Channels, height, width of its input.
    pub input_shape: [usize; 3],
    /// The axes of its tensors.
    pub axes: Axes,
    /// Side of the pooling windows; 1 without pooling.
    pub pool: usize,
    /// Height and width after pooling.
    pub pooled_plane: [usize; 2],
    /// Dynamics of Q and P.
    pub traces: TraceDynamics,
    /// The filters of the traces moved behind the weights, where the layer can work by events.
    pub carried: Option<CarriedDynamics>,
    /// How spikes propagate, as the specification asks for.
    pub propagation: Propagation,
    /// Multiply-adds of a sample's potentials, densely.
    pub dense_operations: u64,
    /// Dynamics of R.
    pub refractory: RefractoryDynamics,
    pub(crate) surrogate: Surrogate,
    pub(crate) cost: Cost,
    /// What runs instead where neuron or cost are the user's.
    pub programs: Option<Programs>,
    /// Microseconds a step.
    pub(crate) time_step: u64,
    pub(crate) regularizer: Option<Regularizer>,
    /// When errors are counted as events, and how much.
    pub trigger: Option<ErrorTrigger>,
    /// Its θ at first.
    pub(crate) first_error_threshold: f32,
    /// The fixed random readout G.
    pub readout: Readout,
    /// How it was drawn.
    pub readout_settings: ReadoutSettings,
    /// How weights follow from gradients.
    pub optimizer: Optimizer,
    pub(crate) seed: u64,
}

impl Constants {
    /// The constants of layer `index` of a checked specification, for inputs of `input_shape`.
    pub fn new(specification: &Specification, index: usize, input_shape: [usize; 3]) -> Result<Self> {
        let layer = &specification.layers[index];
        let (axes, pool) = (layer.axes(), layer.pool());
        let geometry = Geometry::new(layer.connection(input_shape))?;
        let pooled_plane = geometry.output_plane.map(|side| side / pool);
        let units = geometry.outputs * pooled_plane[0] * pooled_plane[1];
        let programs = compile_own(specification, index, units)?;
        let neuron = layer.neuron().unwrap_or(&specification.neuron).lif();
        let own = programs.as_ref().and_then(|programs| programs.neuron.as_ref());
        // Of a neuron of the user's, only where its threshold lies is asked for.
        let at_threshold =
            Lif { spike_at_threshold: own.is_some_and(|(_, own)| own.spikes_at_threshold()), ..Lif::default() };
        let neuron = neuron.unwrap_or(&at_threshold);
        let seed = specification.seed;
        let mut traces = match own {
            Some((Inputs::Leaks(traces), _)) => traces.clone(),
            Some((Inputs::Program(_), _)) | None => TraceDynamics::new(neuron),
        };
        let mut refractory = RefractoryDynamics::new(neuron);
        let drawn = |decay, name: &str, count| draw_decays(decay, seed, &format!("{name}.{index}"), count);
        if own.is_none() {
            traces.alpha = spread_inputs(&geometry, drawn(&neuron.alpha, "alpha", geometry.inputs));
            traces.beta = spread_inputs(&geometry, drawn(&neuron.beta, "beta", geometry.inputs));
        }
        refractory.gamma = spread_neurons(&geometry, drawn(&neuron.gamma, "gamma", geometry.neurons()));
        let dense = programs.as_ref().is_some_and(Programs::is_dense);
        let carried = CarriedDynamics::new(&traces).filter(|_| geometry.takes_events() && !dense);
        let pooled = pooled_plane[0] * pooled_plane[1];
        let memory = geometry.blocks() * geometry.block * pooled;
        let places = (0..units).map(|unit| decolle_number::index(place(&geometry, pooled, unit))).collect();
        let scale = layer.readout_scale().unwrap_or(specification.readout.scale);
        let readout = Readout::draw(&specification.readout, seed, index, scale, places, memory);
        Ok(Self {
            index,
            carried,
            propagation: layer.propagation().unwrap_or(specification.propagation),
            dense_operations: geometry.dense_operations(),
            geometry,
            input_shape,
            axes,
            pool,
            pooled_plane,
            traces,
            refractory,
            surrogate: neuron.surrogate,
            cost: layer.cost().unwrap_or(&specification.cost).built_in().unwrap_or_default(),
            programs,
            time_step: specification.time_step,
            regularizer: layer.regularizer().unwrap_or(specification.regularizer),
            trigger: specification.error_trigger,
            first_error_threshold: specification.error_trigger.map_or(0.0, |trigger| trigger.threshold),
            readout,
            readout_settings: specification.readout,
            optimizer: specification.optimizer,
            seed,
        })
    }

    /// Positions of one channel after pooling.
    pub fn pooled_positions(&self) -> usize {
        self.pooled_plane[0] * self.pooled_plane[1]
    }

    /// Units: neurons after pooling.
    pub fn units(&self) -> usize {
        self.geometry.outputs * self.pooled_positions()
    }

    /// Places in memory for the units of one sample.
    pub fn unit_memory(&self) -> usize {
        self.geometry.blocks() * self.geometry.block * self.pooled_positions()
    }

    /// Places in memory for the neurons, before pooling, of one sample.
    pub fn neuron_memory(&self) -> usize {
        self.geometry.blocks() * self.geometry.block * self.geometry.positions()
    }
}

/// Where neuron `neuron` (channel, row, column) lies in memory: `[block][position][output of the block]`.
pub fn place(geometry: &Geometry, positions: usize, neuron: usize) -> usize {
    let (output, position) = (neuron / positions, neuron % positions);
    (output / geometry.block * positions + position) * geometry.block + output % geometry.block
}

/// Decay factors of inputs, laid out as their traces are.
pub fn spread_inputs(geometry: &Geometry, decays: DecayValues) -> DecayValues {
    match decays {
        DecayValues::Shared(value) => DecayValues::Shared(value),
        DecayValues::Each(values) => {
            let mut spread = vec![0.0; geometry.trace_plane];
            for (&place, value) in geometry.places().iter().zip(values) {
                spread[place as usize] = value;
            }
            DecayValues::Each(spread)
        }
    }
}

/// Decay factors of neurons, laid out as their state is.
pub fn spread_neurons(geometry: &Geometry, decays: DecayValues) -> DecayValues {
    match decays {
        DecayValues::Shared(value) => DecayValues::Shared(value),
        DecayValues::Each(values) => {
            let positions = geometry.positions();
            let mut spread = vec![0.0; geometry.blocks() * geometry.block * positions];
            for (neuron, value) in values.into_iter().enumerate() {
                spread[place(geometry, positions, neuron)] = value;
            }
            DecayValues::Each(spread)
        }
    }
}

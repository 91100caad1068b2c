//! What stays the same about a layer while it runs.

use decolle_error::Result;
use decolle_learning::{ErrorTrigger, Optimizer, Readout, ReadoutSettings, Regularizer};
use decolle_neuron::{CarriedDynamics, Threshold, TraceDynamics};
use decolle_number::product;
use decolle_program::{InputProgram, Inputs, LearnedConstant, SynapseProgram};
use decolle_specification::{Axes, Pooling, Propagation, Specification};
use decolle_synapse::frequency::Frequency;
use decolle_synapse::{Geometry, WIDEST_BLOCK};

use crate::chunk::Step;
use crate::compile::Compiled;
use crate::judgement::Judgement;
use crate::neurons::Neurons;
use crate::places::place;
use crate::reasons::ProgramReasons;

/// Constants of a layer.
pub struct Constants {
    /// Which layer it is, counted from 0.
    pub index: usize,
    /// Its connections, and where in memory their weights and traces are.
    pub geometry: Geometry,
    /// Channels, height, width of its input from below.
    pub input_shape: [usize; 3],
    /// The axes of its tensors.
    pub axes: Axes,
    /// Inputs that are its own spikes of the step before, behind those from below: one a unit of a recurrent layer, or none.
    pub own_inputs: usize,
    /// Rows and columns of the pooling windows; 1 and 1 without pooling.
    pub pool: [usize; 2],
    /// What stands for the potentials of a window.
    pub pooling: Pooling,
    /// Height and width after pooling.
    pub pooled_plane: [usize; 2],
    /// How inputs become the traces that weights multiply.
    pub inputs: Inputs,
    /// The filters of the traces moved behind the weights, where the layer can work by events.
    pub carried: Option<CarriedDynamics>,
    /// How spikes propagate, as the specification asks for.
    pub propagation: Propagation,
    /// The layer's convolution in the frequency domain, where it has one.
    pub frequency: Option<Frequency>,
    /// Multiply-adds of a sample's potentials, densely.
    pub dense_operations: u64,
    /// State, potential and spikes.
    pub neurons: Neurons,
    /// Where the threshold of the neurons lies.
    pub(crate) threshold: Threshold,
    /// Cost and δ.
    pub judgement: Judgement,
    /// The gradient of each synapse, where it is more than δ times one trace.
    pub eligibility: Option<SynapseProgram>,
    /// Which of what weights multiply each product of the gradient is with.
    pub(crate) products: Vec<usize>,
    /// Constants that learn.
    pub learned: Vec<LearnedConstant>,
    /// Why what of this runs as a program does.
    pub reasons: ProgramReasons,
    /// Microseconds a step.
    pub(crate) time_step: u64,
    /// What the cost is regularised by, if by anything; with λ₁ as it is at first.
    pub regularizer: Option<Regularizer>,
    /// When errors are counted as events, and how much; with θ as it is at first.
    pub trigger: Option<ErrorTrigger>,
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
        let (axes, pool, own_inputs) = (layer.axes(), layer.pool(), layer.own_inputs());
        let geometry = Geometry::new(layer.connection(input_shape))?;
        let pooled_plane = [geometry.output_plane[0] / pool[0], geometry.output_plane[1] / pool[1]];
        let units = geometry.outputs * pooled_plane[0] * pooled_plane[1];
        let Compiled { inputs, neurons, judgement, eligibility, products, learned, is_dense, reasons } =
            Compiled::new(specification, index, &geometry, units)?;
        let seed = specification.seed;
        let carried = match &inputs {
            Inputs::Leaks(leaks) if geometry.takes_events() && !is_dense => CarriedDynamics::new(leaks),
            _ => None,
        };
        let pooled = pooled_plane[0] * pooled_plane[1];
        let memory = geometry.blocks() * geometry.block * pooled;
        let places = (0..units).map(|unit| decolle_number::index(place(&geometry, pooled, unit))).collect();
        let settings = specification.settings(index);
        let readout = Readout::draw(&specification.readout, seed, index, settings.readout_scale, places, memory);
        Ok(Self {
            index,
            carried,
            propagation: settings.propagation,
            frequency: Frequency::new(&geometry),
            dense_operations: geometry.dense_operations(),
            geometry,
            input_shape,
            axes,
            own_inputs,
            pool,
            pooling: layer.pooling(),
            pooled_plane,
            inputs,
            threshold: neurons.threshold(),
            neurons,
            judgement,
            eligibility,
            products,
            learned,
            reasons,
            time_step: specification.time_step,
            regularizer: settings.regularizer,
            trigger: specification.error_trigger,
            readout,
            readout_settings: specification.readout,
            optimizer: specification.optimizer,
            seed,
        })
    }

    /// Inputs from below.
    pub fn inputs_from_below(&self) -> usize {
        self.geometry.inputs - self.own_inputs
    }

    /// Whether pooling windows are larger than one position.
    pub fn is_pooled(&self) -> bool {
        self.pool != [1; 2]
    }

    /// Whether one position of each pooling window wins, as it does where windows are of one position.
    pub fn has_winners(&self) -> bool {
        self.pooling == Pooling::Max || !self.is_pooled()
    }

    /// What the potential of a pooled unit changes by with that of each of its window's positions, or of the winner.
    pub fn pooling_gain(&self) -> f32 {
        match self.pooling {
            Pooling::Max | Pooling::Sum => 1.0,
            Pooling::Average => 1.0 / (self.pool[0] * self.pool[1]) as f32,
        }
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

    /// The one leak or two that inputs enter, where they do.
    pub fn leaks(&self) -> Option<&TraceDynamics> {
        match &self.inputs {
            Inputs::Leaks(leaks) => Some(leaks),
            Inputs::Program(_) => None,
        }
    }

    /// Other traces of inputs, where they enter those.
    pub fn input_program(&self) -> Option<&InputProgram> {
        match &self.inputs {
            Inputs::Leaks(_) => None,
            Inputs::Program(program) => Some(program),
        }
    }

    /// Bytes of eligibility traces of one sample.
    pub fn eligibility_bytes(&self) -> u64 {
        let Self { geometry, .. } = self;
        let names = self.eligibility.as_ref().map_or(0, |program| program.names().len());
        product([names, geometry.blocks() * geometry.block, geometry.inputs, size_of::<f32>()])
    }

    /// Milliseconds from the start of the sequence to a step.
    pub(crate) fn time(&self, step: &Step<'_>) -> f32 {
        decolle_number::nearest(step.sequence_step as f64 * (self.time_step as f64 / 1000.0))
    }

    /// The biases that go into the drive of a block: zeros where they enter elsewhere.
    pub(crate) fn drive_bias<'a>(&self, bias: &'a [f32]) -> &'a [f32] {
        const NONE: [f32; WIDEST_BLOCK] = [0.0; WIDEST_BLOCK];
        if self.neurons.takes_bias_with_drive() { bias } else { &NONE[..bias.len()] }
    }
}

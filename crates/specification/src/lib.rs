//! What a network is made of, as a plain JSON-able object, checked field by field.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod convolution;
mod settings;
mod shapes;

use decolle_error::{Code, Fault, Result};
use decolle_json::{Misfit, Read, Reason, Value, Write};
use decolle_learning::{AdaMax, ErrorTrigger, Initialization, Optimizer, ReadoutSettings, Regularizer, Uniform};
use decolle_neuron::{Lif, Neuron};
use decolle_plasticity::{AnyCost, AnyNeuron};

pub use convolution::{Conv1d, Conv2d, Pair, Pooling};
pub use settings::{LayerOverrides, LayerSettings};
pub use shapes::{Axes, Shape};

/// Everything a network is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Specification {
    /// Shape of the input.
    pub input: InputShape,
    /// Length of a time step in microseconds, at least 1.
    pub time_step: u64,
    /// Layers from the input on; at least one.
    pub layers: Vec<LayerSpecification>,
    /// The readout behind every layer.
    pub readout: ReadoutSettings,
    /// Neurons of all layers that name no others.
    pub neuron: AnyNeuron,
    /// Local cost of all layers that name no other.
    pub cost: AnyCost,
    /// Regulariser of all layers that name no other.
    pub regularizer: Option<Regularizer>,
    /// How weights follow gradients.
    pub optimizer: Optimizer,
    /// Initial weights.
    pub initialization: Initialization,
    /// How spikes propagate through the layers that do not say so themselves.
    pub propagation: Propagation,
    /// Error-triggered learning.
    pub error_trigger: Option<ErrorTrigger>,
    /// Seeds everything random; 0 to 2⁵³ − 1.
    pub seed: u64,
}

decolle_json::object! {
    Specification, "an object that describes a network" {
        input,
        time_step = 1000,
        layers,
        readout,
        neuron = AnyNeuron::BuiltIn(Neuron::Lif(Lif::default())),
        cost = AnyCost::default(),
        regularizer = None,
        // The authors' optimiser, at their learning rate for N-MNIST.
        optimizer = Optimizer::AdaMax(AdaMax {
            learning_rate: 1e-3, beta1: 0.0, beta2: 0.95, epsilon: 1e-8, drop: None
        }),
        initialization = Initialization::Uniform(Uniform::default()),
        propagation = Propagation::default(),
        error_trigger = None,
        seed = 1,
    }
}

/// How spikes propagate through a layer's weights; all ways are exact and differ in rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// By whichever is less work, judged by the events of the last steps.
    #[default]
    Auto,
    /// By events wherever the layer can: its inputs share their decay factors, a kernel is larger than its padding in both
    /// directions, and, while it learns, it has no regulariser that couples samples, and no neuron or cost of the user's whose δ looks at
    /// more than a sample's potentials and spikes.
    Events,
    /// Densely, position by position.
    Dense,
    /// Densely, and where a convolution can in the frequency domain: with stride 1, in one group, over planes that with their
    /// padding have at most 256 rows and columns.
    Frequency,
}

decolle_json::names! { Propagation { Auto, Events, Dense, Frequency } }

impl Propagation {
    /// Whether events are never taken.
    pub fn is_dense(self) -> bool {
        matches!(self, Self::Dense | Self::Frequency)
    }
}

/// Shape of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// A plane of pixels.
    Plane {
        /// Channels, e.g. 2 polarities.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// A line of places, such as the samples of a sound.
    Line {
        /// Channels.
        channels: usize,
        /// Places.
        length: usize,
    },
    /// A row of inputs without neighbourhood.
    Units {
        /// Their number.
        units: usize,
    },
}

/// All that an input's shape may be written with; read field by field, so that a fault names its field.
struct AnyShape {
    channels: Option<usize>,
    height: Option<usize>,
    width: Option<usize>,
    length: Option<usize>,
    units: Option<usize>,
}

impl AnyShape {
    const NONE: Self = Self { channels: None, height: None, width: None, length: None, units: None };
}

decolle_json::object! {
    AnyShape {
        channels = None => omitted,
        height = None => omitted,
        width = None => omitted,
        length = None => omitted,
        units = None => omitted,
    }
}

impl Read for InputShape {
    fn read(value: Value) -> std::result::Result<Self, Misfit> {
        let AnyShape { channels, height, width, length, units } = AnyShape::read(value)?;
        match (channels, height, width, length, units) {
            (Some(channels), Some(height), Some(width), None, None) => Ok(Self::Plane { channels, height, width }),
            (Some(channels), None, None, Some(length), None) => Ok(Self::Line { channels, length }),
            (None, None, None, None, Some(units)) => Ok(Self::Units { units }),
            _ => {
                let expected = "whole numbers channels, height and width, or channels and length, or units";
                Err(Reason::Unfit { expected, found: None }.into())
            }
        }
    }
}

impl Write for InputShape {
    fn write(&self, text: &mut String) {
        let (channels, units) = match *self {
            Self::Plane { channels, .. } | Self::Line { channels, .. } => (Some(channels), None),
            Self::Units { units } => (None, Some(units)),
        };
        let shape = match *self {
            Self::Plane { height, width, .. } => {
                AnyShape { height: Some(height), width: Some(width), ..AnyShape::NONE }
            }
            Self::Line { length, .. } => AnyShape { length: Some(length), ..AnyShape::NONE },
            Self::Units { .. } => AnyShape::NONE,
        };
        AnyShape { channels, units, ..shape }.write(text);
    }
}

impl InputShape {
    /// Channels, height and width; a line is a plane of one row, and inputs without neighbourhood count as channels.
    pub fn axes(&self) -> [usize; 3] {
        match *self {
            Self::Plane { channels, height, width } => [channels, height, width],
            Self::Line { channels, length } => [channels, 1, length],
            Self::Units { units } => [units, 1, 1],
        }
    }
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerSpecification {
    /// A convolution over a line.
    Conv1d(Conv1d),
    /// A convolution over a plane.
    Conv2d(Conv2d),
    /// A fully connected layer.
    Dense(Dense),
}

decolle_json::tagged! { LayerSpecification { Conv1d, Conv2d, Dense } }

/// A fully connected layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Units, at least 1.
    pub units: usize,
    /// Whether its own spikes of the step before are inputs, too, through weights of their own.
    pub recurrent: bool,
    /// What it sets for itself.
    pub overrides: LayerOverrides,
}

decolle_json::object! {
    Dense {
        units,
        recurrent = false => omitted,
    } with overrides: LayerOverrides
}

impl Dense {
    /// Inputs that are its own spikes of the step before: behind those from below, one a unit.
    pub fn own_inputs(&self) -> usize {
        if self.recurrent { self.units } else { 0 }
    }
}

impl LayerSpecification {
    /// What it sets for itself.
    pub fn overrides(&self) -> &LayerOverrides {
        match self {
            Self::Conv1d(Conv1d(layer)) | Self::Conv2d(layer) => &layer.overrides,
            Self::Dense(layer) => &layer.overrides,
        }
    }
}

/// Refuses a number outside its range.
fn count(path: &str, value: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Fault::unfit(Code::Range, &path, &format_args!("{least} to {most}"), &value))
}

impl Specification {
    /// Reads and checks a specification.
    ///
    /// # Errors
    /// `config` for a field that is missing, unknown or of the wrong type, `range` for a value out of its range, each
    /// with the field's path.
    pub fn from_json(text: &str) -> Result<Self> {
        decolle_json::parse(text).map_err(|misfit| misfit.fault("specification")).and_then(Self::from_value)
    }

    /// The same for JSON that has been parsed.
    pub fn from_value(value: Value) -> Result<Self> {
        let specification = Self::read(value).map_err(|misfit| misfit.fault("specification"))?;
        specification.check()?;
        Ok(specification)
    }

    fn check(&self) -> Result<()> {
        match self.input {
            InputShape::Plane { channels, height, width } => {
                count("input.channels", channels, 1, 4096)?;
                count("input.height", height, 1, 8192)?;
                count("input.width", width, 1, 8192)?;
            }
            InputShape::Line { channels, length } => {
                count("input.channels", channels, 1, 4096)?;
                count("input.length", length, 1, 1 << 16)?;
            }
            InputShape::Units { units } => count("input.units", units, 1, 1 << 24)?,
        }
        count("timeStep", usize::try_from(self.time_step).unwrap_or(usize::MAX), 1, 1_000_000_000)?;
        count("layers.length", self.layers.len(), 1, 1000)?;
        if self.seed >= 1 << 53 {
            return Err(Fault::unfit(Code::Range, &"seed", &"0 to 2^53 - 1", &self.seed));
        }
        self.readout.check("readout")?;
        self.neuron.check("neuron")?;
        self.optimizer.check("optimizer")?;
        self.initialization.uniform().check("initialization")?;
        if let Some(regularizer) = &self.regularizer {
            regularizer.check("regularizer")?;
        }
        if let Some(trigger) = &self.error_trigger {
            trigger.check("errorTrigger")?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let path = |field: &str| format!("layers[{index}].{field}");
            match layer {
                LayerSpecification::Conv1d(Conv1d(conv)) | LayerSpecification::Conv2d(conv) => conv.check(&path)?,
                LayerSpecification::Dense(dense) => count(&path("units"), dense.units, 1, 1 << 20)?,
            }
            layer.overrides().check(&path)?;
        }
        self.shapes().map(|_| ())
    }

    /// The specification as JSON, every field present.
    pub fn to_json(&self) -> Value {
        // By way of text, where a float32 is written as the shortest number that reads back as it: 0.97, not 0.97000002861.
        decolle_json::parse(&decolle_json::write(self)).expect("what was just written reads back")
    }
}

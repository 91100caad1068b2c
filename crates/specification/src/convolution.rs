//! Layers whose weights are kernels that all places share.

use std::fmt;

use decolle_error::Result;
use decolle_json::{Misfit, Read, Value, Write};
use decolle_learning::Regularizer;
use decolle_plasticity::{AnyCost, AnyNeuron};
use decolle_synapse::Convolution;

use crate::{Propagation, count};

/// A vertical and a horizontal length; in JSON one number where both are the same, or a list of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl Read for Pair {
    fn read(value: Value) -> std::result::Result<Self, Misfit> {
        match value {
            Value::Array(values) if values.len() == 2 => {
                let mut pair = [0; 2];
                for (index, (length, value)) in pair.iter_mut().zip(values).enumerate() {
                    *length = usize::read(value).map_err(|misfit| misfit.within(&format!("[{index}]")))?;
                }
                Ok(Self(pair))
            }
            Value::Number(_) => usize::read(value).map(|length| Self([length; 2])),
            _ => Err(Misfit::unfit("a whole number from 0, or a list of two, vertical and horizontal", &value)),
        }
    }
}

impl Write for Pair {
    fn write(&self, text: &mut String) {
        match self.0 {
            [vertical, horizontal] if vertical == horizontal => vertical.write(text),
            [vertical, horizontal] => vec![vertical, horizontal].write(text),
        }
    }
}

/// As it is written.
impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&decolle_json::write(self))
    }
}

/// What a kernel extends along: a line, by one length, or a plane, by a [`Pair`].
pub trait Extent: Copy {
    /// Vertical and horizontal; a line has nothing `beside` it in the vertical.
    fn pair(self, beside: usize) -> [usize; 2];

    /// Refuses lengths outside their range.
    ///
    /// # Errors
    /// `range`, naming the field and which length of two.
    fn check(self, path: &str, least: usize, most: usize) -> Result<()>;
}

impl Extent for usize {
    fn pair(self, beside: usize) -> [usize; 2] {
        [beside, self]
    }

    fn check(self, path: &str, least: usize, most: usize) -> Result<()> {
        count(path, self, least, most)
    }
}

impl Extent for Pair {
    fn pair(self, _: usize) -> [usize; 2] {
        self.0
    }

    fn check(self, path: &str, least: usize, most: usize) -> Result<()> {
        let [vertical, horizontal] = self.0;
        if vertical == horizontal {
            return count(path, vertical, least, most);
        }
        count(&format!("{path}[0]"), vertical, least, most)?;
        count(&format!("{path}[1]"), horizontal, least, most)
    }
}

/// What stands for the membrane potentials of a pooling window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// The greatest, the first in row-major order among equals.
    #[default]
    Max,
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
}

decolle_json::names! { Pooling { Max, Sum, Average } }

/// A convolutional layer, with pooling of the membrane potential if asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolutional<E> {
    /// Output channels, at least 1.
    pub channels: usize,
    /// Lengths of the kernel, at least 1.
    pub kernel: E,
    /// Zeros around the input, on each side.
    pub padding: E,
    /// From one patch to the next, at least 1.
    pub stride: E,
    /// Groups that the channels of input and output fall into, at least 1: an output channel meets the inputs of its group.
    pub groups: usize,
    /// Lengths of the pooling windows, which lie side by side; at least 1.
    pub pool: E,
    /// What stands for the potentials of a window.
    pub pooling: Pooling,
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

/// A convolutional layer over planes.
pub type Conv2d = Convolutional<Pair>;

/// A convolutional layer over lines.
pub type Conv1d = Convolutional<usize>;

decolle_json::object! {
    Conv2d {
        channels,
        kernel,
        padding = Pair([0; 2]),
        stride = Pair([1; 2]),
        groups = 1,
        pool = Pair([1; 2]),
        pooling = Pooling::Max => omitted,
        neuron = None => omitted,
        cost = None => omitted,
        regularizer => given,
        readout_scale = None => omitted,
        propagation = None => omitted,
    }
}

decolle_json::object! {
    Conv1d {
        channels,
        kernel,
        padding = 0,
        stride = 1,
        groups = 1,
        pool = 1,
        pooling = Pooling::Max => omitted,
        neuron = None => omitted,
        cost = None => omitted,
        regularizer => given,
        readout_scale = None => omitted,
        propagation = None => omitted,
    }
}

impl<E: Extent> Convolutional<E> {
    /// Checks all numbers that are its own; `path` gives the path of a field.
    pub(crate) fn check(&self, path: &impl Fn(&str) -> String) -> Result<()> {
        count(&path("channels"), self.channels, 1, 1 << 16)?;
        self.kernel.check(&path("kernel"), 1, 255)?;
        self.padding.check(&path("padding"), 0, 255)?;
        self.stride.check(&path("stride"), 1, 255)?;
        count(&path("groups"), self.groups, 1, 1 << 16)?;
        self.pool.check(&path("pool"), 1, 255)
    }

    /// Its connection to inputs of these channels, height and width.
    pub(crate) fn convolution(&self, input: [usize; 3]) -> Convolution {
        Convolution {
            input,
            channels: self.channels,
            kernel: self.kernel.pair(1),
            padding: self.padding.pair(0),
            stride: self.stride.pair(1),
            groups: self.groups,
        }
    }
}

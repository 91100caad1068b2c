//! Layers whose weights are kernels that all places share.

use std::fmt;

use decolle_error::Result;
use decolle_json::{Misfit, Read, Value, Write};
use decolle_synapse::Convolution;

use crate::{LayerOverrides, count};

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

impl Pair {
    /// Refuses lengths outside their range, naming the field and which length of two.
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
pub struct Conv2d {
    /// Output channels, at least 1.
    pub channels: usize,
    /// Lengths of the kernel, at least 1.
    pub kernel: Pair,
    /// Zeros around the input, on each side.
    pub padding: Pair,
    /// From one patch to the next, at least 1.
    pub stride: Pair,
    /// Groups that the channels of input and output fall into, at least 1: an output channel meets the inputs of its group.
    pub groups: usize,
    /// Lengths of the pooling windows, which lie side by side; at least 1.
    pub pool: Pair,
    /// What stands for the potentials of a window.
    pub pooling: Pooling,
    /// What it sets for itself.
    pub overrides: LayerOverrides,
}

decolle_json::object! {
    Conv2d {
        channels,
        kernel,
        padding = Pair([0; 2]),
        stride = Pair([1; 2]),
        groups = 1,
        pool = Pair([1; 2]),
        pooling = Pooling::Max => omitted,
    } with overrides: LayerOverrides
}

/// A convolutional layer over lines: all of its lengths are one number, which both of a [`Pair`] are.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv1d(pub Conv2d);

impl Read for Conv1d {
    fn read(value: Value) -> std::result::Result<Self, Misfit> {
        for name in ["kernel", "padding", "stride", "pool"] {
            if let Some(list @ Value::Array(_)) = value.get(name) {
                return Err(Misfit::unfit("a whole number from 0", list).within(name));
            }
        }
        Conv2d::read(value).map(Self)
    }
}

impl Write for Conv1d {
    fn write(&self, text: &mut String) {
        self.0.write(text);
    }
}

impl Conv2d {
    /// Checks all numbers that are its own; `path` gives the path of a field.
    pub(crate) fn check(&self, path: &dyn Fn(&str) -> String) -> Result<()> {
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
            kernel: self.kernel.0,
            padding: self.padding.0,
            stride: self.stride.0,
            groups: self.groups,
        }
    }
}

impl Conv1d {
    /// Its connection to inputs of these channels, height and width: a convolution of height 1.
    pub(crate) fn convolution(&self, input: [usize; 3]) -> Convolution {
        let plane = self.0.convolution(input);
        let along = |beside: usize, lengths: [usize; 2]| [beside, lengths[1]];
        Convolution {
            kernel: along(1, plane.kernel),
            padding: along(0, plane.padding),
            stride: along(1, plane.stride),
            ..plane
        }
    }
}

//! The shapes of a specification's layers, known before anything is built.

use std::fmt::Display;

use decolle_error::{Code, Fault, Result};
use decolle_number::product;
use decolle_synapse::{Connection, Convolution, Geometry};

use crate::{Conv1d, LayerSpecification, Pair, Pooling, Specification};

/// What follows from a layer's specification and the shape of its input.
pub struct Shape {
    /// Channels, height and width of the input.
    pub input: [usize; 3],
    /// The geometry without its lists.
    pub geometry: Geometry,
    /// The axes of its tensors.
    pub axes: Axes,
    /// Height and width after pooling.
    pub pooled_plane: [usize; 2],
}

impl Shape {
    /// Units: neurons after pooling.
    pub fn units(&self) -> usize {
        self.geometry.outputs * self.pooled_positions()
    }

    /// Positions of one channel after pooling.
    pub fn pooled_positions(&self) -> usize {
        self.pooled_plane[0] * self.pooled_plane[1]
    }
}

/// Which axes the inputs, neurons and weights of a layer are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Those of a dense layer: all in a row.
    Units,
    /// Those of `conv1d`: channels and places along a line.
    Line,
    /// Those of `conv2d`: channels, rows and columns.
    Plane,
}

impl Axes {
    /// Lengths of the axes of so many channels, rows and columns.
    pub fn of(self, [channels, rows, columns]: [usize; 3]) -> Vec<usize> {
        match self {
            Self::Units => vec![channels * rows * columns],
            Self::Line => vec![channels, columns],
            Self::Plane => vec![channels, rows, columns],
        }
    }

    /// Lengths of the axes of a layer's weights.
    pub fn of_weights(self, geometry: &Geometry) -> Vec<usize> {
        match geometry.connection {
            Connection::Dense { inputs, units } => vec![units, inputs],
            Connection::Convolution(convolution) => {
                let Convolution { channels, kernel: [rows, columns], .. } = convolution;
                [vec![channels], self.of([convolution.depth(), rows, columns])].concat()
            }
        }
    }

    /// The type of layer that has them.
    pub fn layer(self) -> &'static str {
        match self {
            Self::Units => "dense",
            Self::Line => "conv1d",
            Self::Plane => "conv2d",
        }
    }
}

impl LayerSpecification {
    /// The axes of its tensors.
    pub fn axes(&self) -> Axes {
        match self {
            Self::Conv1d(_) => Axes::Line,
            Self::Conv2d(_) => Axes::Plane,
            Self::Dense(_) => Axes::Units,
        }
    }

    /// Its connection to inputs of these channels, height and width, which have been found to be countable.
    pub fn connection(&self, input: [usize; 3]) -> Connection {
        match self {
            Self::Conv1d(conv) => Connection::Convolution(conv.convolution(input)),
            Self::Conv2d(conv) => Connection::Convolution(conv.convolution(input)),
            Self::Dense(dense) => {
                Connection::Dense { inputs: input.iter().product::<usize>() + self.own_inputs(), units: dense.units }
            }
        }
    }

    /// Inputs that are its own spikes of the step before, behind those from below.
    pub fn own_inputs(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.own_inputs(),
            Self::Conv1d(_) | Self::Conv2d(_) => 0,
        }
    }

    /// Rows and columns of its pooling windows; 1 and 1 without pooling.
    pub fn pool(&self) -> [usize; 2] {
        match self {
            Self::Conv1d(Conv1d(conv)) => [1, conv.pool.0[1]],
            Self::Conv2d(conv) => conv.pool.0,
            Self::Dense(_) => [1; 2],
        }
    }

    /// What stands for the potentials of a pooling window.
    pub fn pooling(&self) -> Pooling {
        match self {
            Self::Conv1d(Conv1d(conv)) | Self::Conv2d(conv) => conv.pooling,
            Self::Dense(_) => Pooling::Max,
        }
    }
}

impl Specification {
    /// Follows the shapes through the layers.
    ///
    /// # Errors
    /// `shape` and `range` for what would not fit, with the path of the layer.
    pub fn shapes(&self) -> Result<Vec<Shape>> {
        let mut input = self.input.axes();
        let mut shapes = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            let shape = shape(index, layer, input)?;
            input = [shape.geometry.outputs, shape.pooled_plane[0], shape.pooled_plane[1]];
            shapes.push(shape);
        }
        Ok(shapes)
    }
}

fn shape(index: usize, layer: &LayerSpecification, input: [usize; 3]) -> Result<Shape> {
    let fault = |field: &str, expected: &dyn Display, found: &dyn Display| {
        Err(Fault::unfit(Code::Shape, &format_args!("layers[{index}]{field}"), expected, found))
    };
    let located = |fault: Fault| fault.of(&format!("layers[{index}]"));
    check_countable(input, layer.own_inputs()).map_err(located)?;
    let (connection, axes) = (layer.connection(input), layer.axes());
    let mut pooled_plane = [1, 1];
    if let Connection::Convolution(convolution) = connection {
        let (Convolution { channels, kernel, groups, .. }, [inputs, height, width]) = (convolution, input);
        // A plane or a line, and lengths along it, as the type of layer has them.
        let named = |plane: [usize; 2]| match axes {
            Axes::Line => plane[1].to_string(),
            _ => format!("{}×{}", plane[0], plane[1]),
        };
        let lengths = |pair: [usize; 2]| match axes {
            Axes::Line => pair[1].to_string(),
            _ => Pair(pair).to_string(),
        };
        if axes == Axes::Line && height > 1 {
            return fault("", &"inputs along a line", &format_args!("a plane of {height}×{width}; use conv2d"));
        }
        for (of, channels) in [("input", inputs), ("output", channels)] {
            if !channels.is_multiple_of(groups) {
                return fault(".groups", &format_args!("a divisor of the {channels} {of} channels"), &groups);
            }
        }
        let padded = convolution.padded();
        if kernel[0] > padded[0] || kernel[1] > padded[1] {
            let expected = format!("at most the padded input of {}", named(padded));
            return fault(".kernel", &expected, &lengths(kernel));
        }
        let plane @ [rows, columns] = convolution.output_plane();
        let pool = layer.pool();
        pooled_plane = [rows / pool[0], columns / pool[1]];
        if pooled_plane.contains(&0) {
            let expected = format!("at most the output plane of {}", named(plane));
            return fault(".pool", &expected, &lengths(pool));
        }
        if rows * columns > decolle_synapse::MOST_POSITIONS {
            let expected = format_args!("an output plane of at most {} pixels", decolle_synapse::MOST_POSITIONS);
            return fault("", &expected, &named(plane));
        }
    }
    let geometry = Geometry::bare(connection).map_err(located)?;
    Ok(Shape { input, geometry, axes, pooled_plane })
}

/// Refuses more inputs, those that are the layer's own spikes included, than can be counted, before they are.
fn check_countable(axes: [usize; 3], own_inputs: usize) -> Result<()> {
    let all = product(axes).saturating_add(own_inputs as u64);
    if own_inputs > 0 && all > decolle_synapse::MOST_UNITS as u64 {
        let expected = format_args!("at most {} inputs", decolle_synapse::MOST_UNITS);
        return Err(Fault::unfit(Code::Range, &"", &expected, &all));
    }
    if axes.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis)).is_some() {
        return Ok(());
    }
    let [channels, height, width] = axes;
    Err(Fault::unfit(
        Code::Range,
        &"",
        &format_args!("at most {} inputs", decolle_synapse::MOST_UNITS),
        &format_args!("{channels} × {height} × {width}"),
    ))
}

//! The shapes of a specification's layers, known before anything is built.

use std::fmt::Display;

use decolle_error::{Code, Fault, Result};
use decolle_synapse::{Connection, Geometry};

use crate::{LayerSpecification, Specification};

/// What follows from a layer's specification and the shape of its input.
pub struct Shape {
    /// Channels, height and width of the input.
    pub input: [usize; 3],
    /// The geometry without its lists.
    pub geometry: Geometry,
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

/// Lengths of the axes of a layer's weights.
pub fn weight_axes(geometry: &Geometry) -> Vec<usize> {
    match geometry.connection {
        Connection::Dense { inputs, units } => vec![units, inputs],
        Connection::Convolution { input, channels, kernel, .. } => vec![channels, input[0], kernel, kernel],
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
    let [depth, height, width] = input;
    let conv = match layer {
        LayerSpecification::Conv2d(conv) => conv,
        LayerSpecification::Dense(dense) => {
            // What a layer puts out has been found to be countable.
            let inputs = flat(input).map_err(located)?;
            let connection = Connection::Dense { inputs: inputs + dense.own_inputs(), units: dense.units };
            let geometry = Geometry::bare(connection).map_err(located)?;
            return Ok(Shape { input, geometry, pooled_plane: [1, 1] });
        }
    };
    let [padded_height, padded_width] = [height, width].map(|side| side + 2 * conv.padding);
    if conv.kernel > padded_height.min(padded_width) {
        let expected = format_args!("at most the padded input of {padded_height}×{padded_width}");
        return fault(".kernel", &expected, &conv.kernel);
    }
    let [rows, columns] = [padded_height, padded_width].map(|side| side - conv.kernel + 1);
    let pooled_plane = [rows / conv.pool, columns / conv.pool];
    if pooled_plane.contains(&0) {
        return fault(".pool", &format_args!("at most the output plane of {rows}×{columns}"), &conv.pool);
    }
    if rows * columns > decolle_synapse::MOST_POSITIONS {
        let expected = format_args!("an output plane of at most {} pixels", decolle_synapse::MOST_POSITIONS);
        return fault("", &expected, &format_args!("{rows}×{columns}"));
    }
    let connection = Connection::Convolution {
        input: [depth, height, width],
        channels: conv.channels,
        kernel: conv.kernel,
        padding: conv.padding,
    };
    let geometry = Geometry::bare(connection).map_err(located)?;
    Ok(Shape { input, geometry, pooled_plane })
}

/// A plane of inputs as a row.
fn flat(axes: [usize; 3]) -> Result<usize> {
    let inputs = axes.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
    inputs.ok_or_else(|| {
        let [channels, height, width] = axes;
        Fault::unfit(
            Code::Range,
            &"",
            &format_args!("at most {} inputs", decolle_synapse::MOST_UNITS),
            &format_args!("{channels} × {height} × {width}"),
        )
    })
}

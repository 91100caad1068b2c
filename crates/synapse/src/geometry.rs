//! Which input meets which output through which weight.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_number::{index, low_16};

/// Lanes of the widest vector; rows of weights are padded to a multiple of it.
pub(crate) const PAD: usize = 16;

/// Most outputs of a block.
pub const WIDEST_BLOCK: usize = 64;

/// Channels of a convolution that learn together: the work that threads share out.
const CHANNEL_SLICE: usize = 8;

/// Output channels of a convolution that events are added to together: one vector of the widest level, and little enough
/// that a strip of a plane stays in a first-level cache.
pub const STRIP: usize = 16;

/// Most inputs and most neurons of a layer: over the 64 steps of a stretch, spikes of all of them are counted in 32 bits.
pub const MOST_UNITS: usize = (1 << 26) - 1;

/// Most weights of a layer, and most traces of a plane, padding included: places among them have 32 bits.
pub const MOST_WEIGHTS: usize = 1 << 28;

/// Most positions of an output plane, and longest side of an input: those that win their pooling windows have 16 bits.
pub const MOST_POSITIONS: usize = 1 << 16;

/// How inputs and outputs are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Every input to every unit.
    Dense {
        /// Number of inputs.
        inputs: usize,
        /// Number of units.
        units: usize,
    },
    /// A convolution (cross-correlation) of stride 1 over a plane padded with zeros.
    Convolution {
        /// Channels, height and width of the input.
        input: [usize; 3],
        /// Number of output channels.
        channels: usize,
        /// Side of the square kernel.
        kernel: usize,
        /// Zeros added on each side.
        padding: usize,
    },
}

/// The shapes and memory layout that follow from a [`Connection`].
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// What is connected how.
    pub connection: Connection,
    /// Number of inputs.
    pub inputs: usize,
    /// Output channels, or units of a dense layer.
    pub outputs: usize,
    /// Output height and width; 1 and 1 for a dense layer.
    pub output_plane: [usize; 2],
    /// Runs of traces that a position reads: kernel rows, or 1.
    pub rows: usize,
    /// Traces in a run: kernel columns × channels, or all inputs.
    pub row_length: usize,
    /// `row_length` rounded up: length of a row of weights in memory.
    pub row_padded: usize,
    /// Distance between two runs in the trace plane.
    pub row_stride: usize,
    /// Length of one sample's plane of traces, padding included.
    pub trace_plane: usize,
    /// Outputs that are computed together and lie together in memory: 16 or 32, of a dense layer up to [`WIDEST_BLOCK`].
    pub block: usize,
    /// Outputs that learn together: a block of a dense layer, a quarter or half of one of a convolution.
    pub slice: usize,
    places: Vec<u32>,
    starts: Vec<u32>,
    origins: Vec<Origin>,
}

/// Where an input of a convolution lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub channel: u32,
    pub row: u16,
    pub column: u16,
}

impl Geometry {
    /// The geometry of a connection.
    ///
    /// # Errors
    /// `shape` where a convolution's kernel does not fit its padded input; `range` for more than [`MOST_UNITS`],
    /// [`MOST_WEIGHTS`] or [`MOST_POSITIONS`]; `memory` where there is none for lists of all inputs and positions.
    pub fn new(connection: Connection) -> Result<Self> {
        let mut geometry = Self::bare(connection)?;
        match connection {
            Connection::Dense { inputs, .. } => {
                geometry.places = listed(inputs, 0..index(inputs))?;
                geometry.starts = vec![0];
            }
            Connection::Convolution { input: [depth, height, width], padding, .. } => {
                let padded_width = width + 2 * padding;
                let at = |y: usize, x: usize, c: usize| index((y * padded_width + x) * depth + c);
                let all = (0..depth).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
                // Sides have at most 2¹⁶ pixels.
                let side = |place: usize| low_16(place as u64);
                let origin = |(c, y, x)| Origin { channel: index(c), row: side(y), column: side(x) };
                let [rows, columns] = geometry.output_plane;
                let positions = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
                let places = all.clone().map(|(c, y, x)| at(y + padding, x + padding, c));
                geometry.places = listed(geometry.inputs, places)?;
                geometry.origins = listed(geometry.inputs, all.map(origin))?;
                geometry.starts = listed(rows * columns, positions.map(|(y, x)| at(y, x, 0)))?;
            }
        }
        Ok(geometry)
    }

    /// All of [`Geometry::new`] but its lists, to ask for sizes before there is memory for anything.
    ///
    /// # Errors
    /// `shape` and `range` as there.
    pub fn bare(connection: Connection) -> Result<Self> {
        check_sizes(&connection)?;
        let (places, starts, origins) = (Vec::new(), Vec::new(), Vec::new());
        match connection {
            Connection::Dense { inputs, units } => Ok(Self {
                connection,
                inputs,
                outputs: units,
                output_plane: [1, 1],
                rows: 1,
                row_length: inputs,
                row_padded: inputs.next_multiple_of(PAD),
                row_stride: 0,
                trace_plane: inputs.next_multiple_of(PAD),
                block: dense_block_of(units),
                slice: dense_block_of(units),
                places,
                starts,
                origins,
            }),
            Connection::Convolution { input: [depth, height, width], channels, kernel, padding } => {
                let (padded_height, padded_width) = (height + 2 * padding, width + 2 * padding);
                if kernel > padded_height || kernel > padded_width {
                    return Err(Fault::new(
                        Code::Shape,
                        format!("a {kernel}×{kernel} kernel does not fit {padded_height}×{padded_width} padded inputs"),
                    ));
                }
                let row_stride = padded_width * depth;
                Ok(Self {
                    connection,
                    inputs: depth * height * width,
                    outputs: channels,
                    output_plane: [padded_height - kernel + 1, padded_width - kernel + 1],
                    rows: kernel,
                    row_length: kernel * depth,
                    row_padded: (kernel * depth).next_multiple_of(PAD),
                    row_stride,
                    // The last run is read in whole vectors, so up to PAD − 1 values past the plane.
                    trace_plane: (padded_height * row_stride + PAD).next_multiple_of(PAD),
                    block: block_of(channels),
                    slice: CHANNEL_SLICE,
                    places,
                    starts,
                    origins,
                })
            }
        }
    }

    /// Output positions of one channel: pixels of the output plane.
    pub fn positions(&self) -> usize {
        self.output_plane[0] * self.output_plane[1]
    }

    /// Neurons of one sample, before pooling.
    pub fn neurons(&self) -> usize {
        self.outputs * self.positions()
    }

    /// Blocks of outputs, the last one padded.
    pub fn blocks(&self) -> usize {
        self.outputs.div_ceil(self.block)
    }

    /// Weights of one output in memory, row padding included.
    pub fn weights_per_output(&self) -> usize {
        self.rows * self.row_padded
    }

    /// Weights of a slice of outputs in memory.
    pub fn weights_per_slice(&self) -> usize {
        self.slice * self.weights_per_output()
    }

    /// Slices of outputs, the last ones padding.
    pub fn slices(&self) -> usize {
        self.blocks() * self.block / self.slice
    }

    /// Whether this is a dense layer.
    pub fn is_dense(&self) -> bool {
        matches!(self.connection, Connection::Dense { .. })
    }

    /// Weights of one output.
    pub fn fan_in(&self) -> usize {
        self.rows * self.row_length
    }

    /// Where each input, in the order (channel, row, column), lies in the trace plane.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// Runs of the trace plane that belong to inputs, one for each row of them; what lies between is padding.
    pub fn input_rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (rows, first, length) = match self.connection {
            Connection::Dense { inputs, .. } => (1, 0, inputs),
            Connection::Convolution { input: [depth, height, width], padding, .. } => {
                (height, padding * (self.row_stride + depth), width * depth)
            }
        };
        (0..rows).map(move |row| {
            let start = first + row * self.row_stride;
            start..start + length
        })
    }

    /// Where the patch of each output position starts in the trace plane.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Whether kernels that work by events know this geometry: all but convolutions padded beyond their kernel, and those
    /// whose weights for a strip of outputs have places beyond 32 bits.
    pub fn takes_events(&self) -> bool {
        match self.connection {
            Connection::Dense { .. } => true,
            Connection::Convolution { input: [depth, height, _], kernel, padding, .. } => {
                let [depth, height, kernel_rows] = [depth, height, kernel].map(|side| side as u64);
                let last = (depth * kernel_rows + height).saturating_mul(kernel_rows * STRIP as u64);
                padding < kernel && last <= u64::from(u32::MAX)
            }
        }
    }

    /// Multiply-adds that the potential of one sample takes densely, rows of padding left out.
    pub fn dense_operations(&self) -> u64 {
        let lines: usize = (0..self.output_plane[0]).map(|y| self.live_rows(y).len()).sum();
        [lines, self.output_plane[1], self.row_length, self.outputs].map(|length| length as u64).iter().product()
    }

    /// Synaptic operations that one event causes, where the kernel does not reach over the border.
    pub fn fan_out(&self) -> u64 {
        match self.connection {
            Connection::Dense { units, .. } => units as u64,
            Connection::Convolution { channels, kernel, .. } => channels as u64 * (kernel * kernel) as u64,
        }
    }

    /// Input channels of a convolution; inputs of a dense layer.
    pub fn channels(&self) -> usize {
        match self.connection {
            Connection::Dense { inputs, .. } => inputs,
            Connection::Convolution { input: [depth, ..], .. } => depth,
        }
    }

    /// Outputs of one channel that an input of a convolution in this row and column reaches.
    #[inline(always)]
    pub(crate) fn reached(&self, row: usize, column: usize) -> usize {
        let Connection::Convolution { kernel, padding, .. } = self.connection else { return 1 };
        let along = |place: usize, length: usize| {
            let last = (place + padding + 1).min(length);
            last.saturating_sub((place + padding + 1).saturating_sub(kernel))
        };
        along(row, self.output_plane[0]) * along(column, self.output_plane[1])
    }

    /// Where the inputs of a convolution lie, in the order (channel, row, column).
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The kernel rows that touch unpadded inputs for output row `y`: the others only read zeros.
    pub(crate) fn live_rows(&self, y: usize) -> std::ops::Range<usize> {
        match self.connection {
            Connection::Dense { .. } => 0..1,
            Connection::Convolution { input: [_, height, _], kernel, padding, .. } => {
                let start = padding.saturating_sub(y).min(kernel);
                start..(height + padding).saturating_sub(y).clamp(start, kernel)
            }
        }
    }
}

/// A list of so many entries.
fn listed<T>(count: usize, entries: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, count, "layer")?;
    list.extend(entries);
    Ok(list)
}

/// Refuses what indices would not have the bits for.
fn check_sizes(connection: &Connection) -> Result<()> {
    let most = |name: &str, most: usize, factors: &[usize]| {
        let product = factors.iter().try_fold(1u64, |product, &factor| product.checked_mul(factor as u64));
        if product.is_some_and(|product| product <= most as u64) {
            return Ok(());
        }
        let factors: Vec<String> = factors.iter().map(ToString::to_string).collect();
        Err(Fault::unfit(Code::Range, &"", &format_args!("at most {most} {name}"), &factors.join(" × ")))
    };
    match *connection {
        Connection::Dense { inputs, units } => {
            most("inputs", MOST_UNITS, &[inputs])?;
            most("units", MOST_UNITS, &[units])?;
            most("weights", MOST_WEIGHTS, &[inputs, units])
        }
        Connection::Convolution { input: [depth, height, width], channels, kernel, padding } => {
            let padded = [height, width].map(|side| side.saturating_add(2 * padding));
            let [rows, columns] = padded.map(|side| (side + 1).saturating_sub(kernel));
            most("rows of inputs", MOST_POSITIONS, &[height])?;
            most("columns of inputs", MOST_POSITIONS, &[width])?;
            most("inputs", MOST_UNITS, &[depth, height, width])?;
            most("inputs with their padding", MOST_WEIGHTS, &[depth, padded[0], padded[1]])?;
            most("positions of the output plane", MOST_POSITIONS, &[rows, columns])?;
            most("neurons", MOST_UNITS, &[channels, rows, columns])?;
            most("weights", MOST_WEIGHTS, &[channels, depth, kernel, kernel])
        }
    }
}

/// Outputs of a block of a dense layer. Its kernels keep a sum for each output: four wide vectors of them do not wait for
/// each other, and the lists of traces and events that they go through are read half as often as for 32.
fn dense_block_of(units: usize) -> usize {
    if units <= 32 { block_of(units) } else { WIDEST_BLOCK }
}

/// Narrow layers use half a block, so that a readout of ten does not compute thirty-two.
fn block_of(outputs: usize) -> usize {
    if outputs <= 16 { 16 } else { 32 }
}

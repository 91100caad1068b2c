//! Which input meets which output through which weight.

use std::ops::Range;

use decolle_error::{Code, Fault, Result, reserve};
use decolle_number::{index, low_16};

/// Lanes of the widest vector; rows of weights are padded to a multiple of it.
pub(crate) const PAD: usize = 16;

/// Most outputs of a block.
pub const WIDEST_BLOCK: usize = 64;

/// Channels of a convolution that learn together: the work that threads share out.
pub(crate) const CHANNEL_SLICE: usize = 8;

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
    /// A convolution.
    Convolution(Convolution),
}

/// A convolution (cross-correlation) over a plane padded with zeros. Pairs are vertical, then horizontal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Channels, height and width of the input.
    pub input: [usize; 3],
    /// Number of output channels.
    pub channels: usize,
    /// Rows and columns of the kernel, each at least 1.
    pub kernel: [usize; 2],
    /// Rows and columns of zeros added on each side.
    pub padding: [usize; 2],
    /// Rows and columns from one patch to the next, each at least 1.
    pub stride: [usize; 2],
    /// Groups that channels fall into, a divisor of both numbers of channels: those of an output only meet inputs of its group.
    pub groups: usize,
}

impl Convolution {
    /// One with a square kernel, of stride 1 and in one group.
    pub fn square(input: [usize; 3], channels: usize, kernel: usize, padding: usize) -> Self {
        Self { input, channels, kernel: [kernel; 2], padding: [padding; 2], stride: [1; 2], groups: 1 }
    }

    /// Height and width of the input with its padding.
    pub fn padded(&self) -> [usize; 2] {
        std::array::from_fn(|axis| self.input[1 + axis].saturating_add(self.padding[axis].saturating_mul(2)))
    }

    /// Height and width of the output; 0 where the kernel does not fit.
    pub fn output_plane(&self) -> [usize; 2] {
        let padded = self.padded();
        std::array::from_fn(|axis| {
            padded[axis].checked_sub(self.kernel[axis]).map_or(0, |left| left / self.stride[axis] + 1)
        })
    }

    /// Input channels of a group.
    pub fn depth(&self) -> usize {
        self.input[0] / self.groups
    }

    /// Places of outputs along an axis (0 vertical, 1 horizontal) whose kernel reaches an input at `place`.
    #[inline(always)]
    pub(crate) fn reached(&self, axis: usize, place: usize, outputs: usize) -> Range<usize> {
        let last = place + self.padding[axis];
        let first = (last + 1).saturating_sub(self.kernel[axis]);
        if self.stride[axis] == 1 {
            return first..(last + 1).min(outputs).max(first);
        }
        self.reached_apart(axis, first..last, outputs)
    }

    /// The same with a stride above 1, of which every so many from the first to the last are outputs.
    #[inline(never)]
    fn reached_apart(&self, axis: usize, Range { start, end }: Range<usize>, outputs: usize) -> Range<usize> {
        let stride = self.stride[axis];
        let first = start.div_ceil(stride);
        first..(end / stride + 1).min(outputs).max(first)
    }
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
    /// Distance between the traces of two groups of channels.
    pub group_plane: usize,
    /// Length of one sample's plane of traces, those of all groups with their padding.
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
    /// `shape` where a convolution's kernel does not fit its padded input, or its groups do not divide its channels; `range` for
    /// a kernel, stride or number of groups of 0, and for more than [`MOST_UNITS`],
    /// [`MOST_WEIGHTS`] or [`MOST_POSITIONS`]; `memory` where there is none for lists of all inputs and positions.
    pub fn new(connection: Connection) -> Result<Self> {
        let mut geometry = Self::bare(connection)?;
        match connection {
            Connection::Dense { inputs, .. } => {
                geometry.places = listed(inputs, 0..index(inputs))?;
                geometry.starts = vec![0];
            }
            Connection::Convolution(convolution) => {
                let Convolution { input: [channels, height, width], padding, stride, .. } = convolution;
                let (depth, group_plane) = (convolution.depth(), geometry.group_plane);
                let padded_width = convolution.padded()[1];
                let at = |y: usize, x: usize, c: usize| {
                    index(c / depth * group_plane + (y * padded_width + x) * depth + c % depth)
                };
                let all = (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
                // Sides have at most 2¹⁶ pixels.
                let side = |place: usize| low_16(place as u64);
                let origin = |(c, y, x)| Origin { channel: index(c), row: side(y), column: side(x) };
                let [rows, columns] = geometry.output_plane;
                let positions = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
                let places = all.clone().map(|(c, y, x)| at(y + padding[0], x + padding[1], c));
                geometry.places = listed(geometry.inputs, places)?;
                geometry.origins = listed(geometry.inputs, all.map(origin))?;
                geometry.starts = listed(rows * columns, positions.map(|(y, x)| at(y * stride[0], x * stride[1], 0)))?;
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
                group_plane: 0,
                trace_plane: inputs.next_multiple_of(PAD),
                block: dense_block_of(units),
                slice: dense_block_of(units),
                places,
                starts,
                origins,
            }),
            Connection::Convolution(convolution) => {
                let Convolution { input: [inputs, height, width], channels, kernel, groups, .. } = convolution;
                let [padded_height, padded_width] = convolution.padded();
                let output_plane = convolution.output_plane();
                if output_plane.contains(&0) {
                    let [rows, columns] = kernel;
                    return Err(Fault::new(
                        Code::Shape,
                        format!("a {rows}×{columns} kernel does not fit {padded_height}×{padded_width} padded inputs"),
                    ));
                }
                let row_length = kernel[1] * convolution.depth();
                let row_stride = padded_width * convolution.depth();
                let group_plane = padded_height * row_stride;
                Ok(Self {
                    connection,
                    inputs: inputs * height * width,
                    outputs: channels,
                    output_plane,
                    rows: kernel[0],
                    row_length,
                    row_padded: row_length.next_multiple_of(PAD),
                    row_stride,
                    group_plane,
                    // The last run is read in whole vectors, so up to PAD − 1 values past the plane.
                    trace_plane: (groups * group_plane + PAD).next_multiple_of(PAD),
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

    /// Runs of the trace plane that belong to inputs, one for each row of them, group by group; what lies between is padding.
    pub fn input_rows(&self) -> impl Iterator<Item = Range<usize>> {
        let (groups, rows, first, length) = match self.connection {
            Connection::Dense { inputs, .. } => (1, 1, 0, inputs),
            Connection::Convolution(convolution) => {
                let (depth, [above, left]) = (convolution.depth(), convolution.padding);
                let [_, height, width] = convolution.input;
                (convolution.groups, height, above * self.row_stride + left * depth, width * depth)
            }
        };
        (0..groups * rows).map(move |row| {
            let start = first + row / rows * self.group_plane + row % rows * self.row_stride;
            start..start + length
        })
    }

    /// Which of the [`Geometry::input_rows`] a place of the trace plane that is an input's lies in, and where in it.
    pub fn input_row(&self, place: u32) -> [usize; 2] {
        let place = place as usize;
        let Connection::Convolution(convolution) = self.connection else { return [0, place] };
        let ([above, left], [_, height, _]) = (convolution.padding, convolution.input);
        let (group, within) = (place / self.group_plane, place % self.group_plane);
        let row = within / self.row_stride - above;
        [group * height + row, within % self.row_stride - left * convolution.depth()]
    }

    /// Where the patch of each output position starts in the trace plane, for outputs of the first group; those of another
    /// have theirs [`Geometry::group_start`] further.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Traces between a row of patches of a convolution and the one below.
    pub fn traces_of_row(&self) -> usize {
        match self.connection {
            Connection::Dense { .. } => 0,
            Connection::Convolution(convolution) => convolution.stride[0] * self.row_stride,
        }
    }

    /// Groups that the channels of a convolution fall into; 1 for a dense layer.
    pub fn groups(&self) -> usize {
        match self.connection {
            Connection::Dense { .. } => 1,
            Connection::Convolution(convolution) => convolution.groups,
        }
    }

    /// The group of an output; of what fills up the last block, the last one.
    #[inline(never)]
    pub(crate) fn group_of(&self, output: usize) -> usize {
        let groups = self.groups();
        if groups == 1 { 0 } else { (output / (self.outputs / groups)).min(groups - 1) }
    }

    /// Where the traces of an output's group start in the trace plane.
    #[inline(never)]
    pub fn group_start(&self, output: usize) -> u32 {
        index(self.group_of(output) * self.group_plane)
    }

    /// Where the traces start for each of a convolution's outputs that learn together, from `output` on.
    pub(crate) fn slice_starts(&self, output: usize) -> [usize; CHANNEL_SLICE] {
        std::array::from_fn(|lane| self.group_start(output + lane) as usize)
    }

    /// Input channels that a strip of a convolution's outputs meets: those of all groups that it has outputs of.
    pub fn strip_channels(&self, strip: usize) -> Range<usize> {
        let Connection::Convolution(convolution) = self.connection else { return 0..0 };
        let depth = convolution.depth();
        if convolution.groups == 1 {
            return 0..depth;
        }
        let outputs = strip * STRIP..self.outputs.min((strip + 1) * STRIP);
        if outputs.is_empty() {
            return 0..0;
        }
        self.group_of(outputs.start) * depth..(self.group_of(outputs.end - 1) + 1) * depth
    }

    /// Weights of a strip of a convolution's outputs as events read them, zeros between groups included.
    pub fn stencil_length(&self, strip: usize) -> usize {
        let Connection::Convolution(Convolution { kernel: [rows, columns], .. }) = self.connection else { return 0 };
        self.strip_channels(strip).len() * rows * columns * STRIP
    }

    /// Strips of a convolution's outputs, the last ones padding.
    pub fn strips(&self) -> usize {
        self.blocks() * self.block / STRIP
    }

    /// Whether kernels that work by events know this geometry: all but convolutions padded beyond their kernel, and those
    /// whose weights for a strip of outputs have places beyond 32 bits.
    pub fn takes_events(&self) -> bool {
        match self.connection {
            Connection::Dense { .. } => true,
            Connection::Convolution(Convolution { input: [channels, height, _], kernel, padding, .. }) => {
                let [channels, height, rows, columns] =
                    [channels, height, kernel[0], kernel[1]].map(|side| side as u64);
                let last = (channels * rows + height).saturating_mul(columns * STRIP as u64);
                padding[0] < kernel[0] && padding[1] < kernel[1] && last <= u64::from(u32::MAX)
            }
        }
    }

    /// Multiply-adds that the potential of one sample takes densely, rows of padding left out.
    pub fn dense_operations(&self) -> u64 {
        let lines: usize = (0..self.output_plane[0]).map(|y| self.live_rows(y).len()).sum();
        [lines, self.output_plane[1], self.row_length, self.outputs].map(|length| length as u64).iter().product()
    }

    /// Synaptic operations that one event causes on average, where the kernel does not reach over the border, rounded up.
    pub fn fan_out(&self) -> u64 {
        let outputs = self.outputs_of_channel() as u64;
        match self.connection {
            Connection::Dense { .. } => outputs,
            Connection::Convolution(Convolution { kernel: [rows, columns], stride: [down, right], .. }) => {
                (outputs * (rows * columns) as u64).div_ceil((down * right) as u64)
            }
        }
    }

    /// Output channels that an input of a convolution reaches, those of its group; all units of a dense layer.
    pub fn outputs_of_channel(&self) -> usize {
        self.outputs / self.groups()
    }

    /// Input channels of a convolution; inputs of a dense layer.
    pub fn channels(&self) -> usize {
        match self.connection {
            Connection::Dense { inputs, .. } => inputs,
            Connection::Convolution(Convolution { input: [channels, ..], .. }) => channels,
        }
    }

    /// Outputs of one channel that an input of a convolution in this row and column reaches.
    #[inline(always)]
    pub(crate) fn reached(&self, row: usize, column: usize) -> usize {
        let Connection::Convolution(convolution) = self.connection else { return 1 };
        let [rows, columns] = self.output_plane;
        convolution.reached(0, row, rows).len() * convolution.reached(1, column, columns).len()
    }

    /// Where the inputs of a convolution lie, in the order (channel, row, column).
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The kernel rows that touch unpadded inputs for output row `y`: the others only read zeros.
    pub(crate) fn live_rows(&self, y: usize) -> std::ops::Range<usize> {
        match self.connection {
            Connection::Dense { .. } => 0..1,
            Connection::Convolution(convolution) => {
                let ([_, height, _], kernel, padding) =
                    (convolution.input, convolution.kernel[0], convolution.padding[0]);
                let top = y * convolution.stride[0];
                let start = padding.saturating_sub(top).min(kernel);
                start..(height + padding).saturating_sub(top).clamp(start, kernel)
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
        Connection::Convolution(convolution) => {
            let Convolution { input: [inputs, height, width], channels, kernel, padding, stride, groups } = convolution;
            if [kernel, stride].as_flattened().contains(&0) || groups == 0 {
                return Err(Fault::new(Code::Range, "expected a kernel, a stride and groups of at least 1, found 0"));
            }
            if !inputs.is_multiple_of(groups) || !channels.is_multiple_of(groups) {
                return Err(Fault::new(
                    Code::Shape,
                    format!("expected groups that divide {inputs} and {channels} channels, found {groups}"),
                ));
            }
            let padded = convolution.padded();
            let [rows, columns] = convolution.output_plane();
            most("rows of inputs", MOST_POSITIONS, &[height])?;
            most("columns of inputs", MOST_POSITIONS, &[width])?;
            most("rows of padding", MOST_POSITIONS, &[padding[0]])?;
            most("columns of padding", MOST_POSITIONS, &[padding[1]])?;
            most("inputs", MOST_UNITS, &[inputs, height, width])?;
            most("inputs with their padding", MOST_WEIGHTS, &[inputs, padded[0], padded[1]])?;
            most("positions of the output plane", MOST_POSITIONS, &[rows, columns])?;
            most("neurons", MOST_UNITS, &[channels, rows, columns])?;
            most("weights", MOST_WEIGHTS, &[channels, convolution.depth(), kernel[0], kernel[1]])
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

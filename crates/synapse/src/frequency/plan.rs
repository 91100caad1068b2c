//! The plan of a convolution in the frequency domain: lengths of its transforms, and sizes of what they make.

use std::ops::Range;

use super::fourier::{Complex, Fourier, LANES};
use crate::{Aligned, Connection, Geometry};

/// Strips of sixteen outputs in a part: those that meet the inputs at a time. Their weights at a frequency stay in a first-level
/// cache, and those at all frequencies of a column in a second-level one.
pub const PART: usize = 4;

/// A convolution in the frequency domain.
///
/// What it passes on from step to step are half spectra along rows: a plane of `rows` rows has, for each of
/// [`Frequency::columns`] frequencies and each strip of sixteen channels, as many numbers as it has rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequency {
    pub(super) along_rows: Fourier,
    pub(super) along_columns: Fourier,
    pub(super) depth: usize,
    pub(super) input_plane: [usize; 2],
    pub(super) output_plane: [usize; 2],
    pub(super) kernel: [usize; 2],
    pub(super) padding: [usize; 2],
    pub(super) input_strips: usize,
    pub(super) output_strips: usize,
    pub(super) row_stride: usize,
    pub(super) row_padded: usize,
    pub(super) block: usize,
}

/// Where a piece of work takes place; nothing in it lasts.
#[derive(Default)]
pub struct Scratch {
    pub(super) values: Vec<Complex>,
    pub(super) spare: Vec<Complex>,
    pub(super) plane: Aligned,
    /// The side of the products that is made at hand, all frequencies of a column.
    pub(super) operand: Aligned,
    pub(super) sums: Aligned,
}

impl Frequency {
    /// That of a geometry; none for a dense layer, for strides, groups, and planes for which there is no transform.
    pub fn new(geometry: &Geometry) -> Option<Self> {
        let Connection::Convolution(convolution) = geometry.connection else { return None };
        if convolution.stride != [1; 2] || convolution.groups > 1 {
            return None;
        }
        let [depth, height, width] = convolution.input;
        let (kernel, padding) = (convolution.kernel, convolution.padding);
        let input_plane = [height, width];
        // Long enough that what comes round from the other end is neither an input nor an output.
        let [along_columns, along_rows] = [0, 1].map(|axis| {
            let reach = input_plane[axis] + padding[axis];
            Fourier::of_at_least(reach.max(geometry.output_plane[axis]).max(kernel[axis]))
        });
        Some(Self {
            along_rows: along_rows?,
            along_columns: along_columns?,
            depth,
            input_plane,
            output_plane: geometry.output_plane,
            kernel,
            padding,
            input_strips: depth.div_ceil(LANES),
            output_strips: geometry.strips(),
            row_stride: geometry.row_stride,
            row_padded: geometry.row_padded,
            block: geometry.block,
        })
    }

    /// Frequencies along a row: as many pieces of work there are for [`Frequency::potential_column`] and
    /// [`Frequency::gradient_column`].
    pub fn columns(&self) -> usize {
        self.along_rows.length() / 2 + 1
    }

    /// Numbers in the half spectra of one sample's traces.
    pub fn of_traces(&self) -> usize {
        self.columns() * self.input_strips * self.input_plane[0]
    }

    /// Numbers in the half spectra of one sample's potentials or errors.
    pub fn of_outputs(&self) -> usize {
        self.columns() * self.output_strips * self.output_plane[0]
    }

    /// Numbers in the half spectra of the weights of a strip of sixteen outputs.
    pub fn of_strip(&self) -> usize {
        self.columns() * self.depth * self.kernel[0]
    }

    /// Numbers in the half spectra of the gradient of all outputs.
    pub fn of_gradient(&self) -> usize {
        self.columns() * self.output_strips * LANES * self.input_strips * self.kernel[0]
    }

    /// Places for outputs, those that fill up the last strip included.
    pub fn outputs(&self) -> usize {
        self.output_strips * LANES
    }

    /// The parts that outputs fall into: the strips of each.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Range<usize>> + DoubleEndedIterator + use<> {
        let strips = self.output_strips;
        let part = move |part: usize| part * PART..strips.min((part + 1) * PART);
        (0..strips.div_ceil(PART)).map(part)
    }

    /// What half spectra are divided by in the end: the lengths of two transforms, and twice two that splitting them left.
    pub(super) fn scale(&self) -> f32 {
        let [rows, columns] =
            [&self.along_rows, &self.along_columns].map(|along| decolle_number::low_16(along.length() as u64));
        0.25 / (f32::from(rows) * f32::from(columns))
    }
}

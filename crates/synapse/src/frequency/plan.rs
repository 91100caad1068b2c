//! The plan of a convolution in the frequency domain: lengths of its transforms, and sizes of what they make.

use std::ops::Range;

use super::fourier::{Fourier, LANES, NUMBER, Order, Work};
use super::product::Sides;
use crate::{Aligned, Connection, Geometry};

/// Strips of sixteen outputs in a part: those that meet the inputs at a time.
const PART: usize = 4;

/// What keeps arrays apart whose size may be a multiple of 4 KiB: their parts would all fall into the same few sets of a cache.
pub(super) const APART: usize = LANES;

/// A convolution in the frequency domain.
///
/// Transforms along rows give half spectra, of [`Frequency::columns`] columns: a column holds one frequency along rows, but for
/// the first one, which holds frequencies 0 and N/2.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequency {
    pub(super) along_columns: Axis,
    pub(super) along_rows: Axis,
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

/// The transform along an axis, and which row or pixel is which of its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) fourier: Fourier,
    pub(super) inputs: Order,
    pub(super) outputs: Order,
    /// Mirrored, which makes spectra complex conjugates: a correlation is a convolution with what is mirrored.
    pub(super) errors: Order,
    /// Mirrored about the padding: a layer's convolution is a correlation, too.
    pub(super) kernel: Order,
    /// Places of the kernel's gradient.
    pub(super) lags: Order,
}

impl Axis {
    /// Long enough that what comes round from the other end is neither an input nor an output.
    fn new(inputs: usize, outputs: usize, kernel: usize, padding: usize) -> Option<Self> {
        let fourier = Fourier::of_at_least((inputs + padding).max(outputs).max(kernel))?;
        let length = fourier.length();
        Some(Self {
            inputs: Order::new(length, inputs, |row| row),
            outputs: Order::new(length, outputs, |row| row),
            errors: Order::new(length, outputs, |row| length - row),
            kernel: Order::new(length, kernel, |row| length + padding - row),
            lags: Order::new(length, kernel, |row| length + row - padding),
            fourier,
        })
    }
}

/// Where a piece of work takes place; nothing in it lasts.
#[derive(Default)]
pub struct Scratch {
    /// What the stages of a transform leave, a spectrum between two transforms, and pixels of a row.
    pub(super) work: Work,
    pub(super) spectrum: Aligned,
    pub(super) pixels: Aligned,
    /// A plane of sixteen channels, and half spectra of one.
    pub(super) plane: Aligned,
    pub(super) half: Aligned,
    /// Weights at the frequencies of a column, or the products of its gradient.
    pub(super) operand: Aligned,
    pub(super) sides: Sides,
}

/// The work on some of the outputs at the frequencies of one column.
pub struct Piece<'a> {
    /// Which column.
    pub column: usize,
    /// Strips of outputs.
    pub part: Range<usize>,
    /// What comes of it.
    pub numbers: &'a mut [f32],
}

impl Frequency {
    /// That of a geometry; none for a dense layer, for strides, groups, and planes for which there is no transform.
    pub fn new(geometry: &Geometry) -> Option<Self> {
        let Connection::Convolution(convolution) = geometry.connection else { return None };
        if convolution.stride != [1; 2] || convolution.groups > 1 {
            return None;
        }
        let [depth, height, width] = convolution.input;
        let (kernel, padding, input_plane) = (convolution.kernel, convolution.padding, [height, width]);
        let [along_columns, along_rows] =
            [0, 1].map(|axis| Axis::new(input_plane[axis], geometry.output_plane[axis], kernel[axis], padding[axis]));
        Some(Self {
            along_columns: along_columns?,
            along_rows: along_rows?,
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

    /// Columns of half spectra.
    pub fn columns(&self) -> usize {
        self.along_rows.fourier.length().div_ceil(2)
    }

    /// Frequencies along columns that say all of a real column.
    pub(super) fn of_half(&self) -> usize {
        self.along_columns.fourier.length() / 2 + 1
    }

    /// Frequencies of a column.
    pub(super) fn of_column(&self, column: usize) -> usize {
        let real = if self.along_rows.fourier.length().is_multiple_of(2) { 2 } else { 1 };
        if column == 0 { real * self.of_half() } else { self.along_columns.fourier.length() }
    }

    /// Frequencies of the columns before one.
    pub(super) fn before(&self, column: usize) -> usize {
        if column == 0 { 0 } else { self.of_column(0) + (column - 1) * self.along_columns.fourier.length() }
    }

    /// All frequencies.
    pub(super) fn frequencies(&self) -> usize {
        self.before(self.columns())
    }

    /// Values in the spectra of one sample's traces.
    pub fn of_traces(&self) -> usize {
        self.frequencies() * self.input_strips * NUMBER + APART
    }

    /// Values in the spectra of one sample's errors.
    pub fn of_errors(&self) -> usize {
        self.frequencies() * self.output_strips * NUMBER + APART
    }

    /// Values in the spectra of the potentials of so many samples.
    pub fn of_potentials(&self, samples: usize) -> usize {
        self.frequencies() * samples * self.output_strips * NUMBER
    }

    /// Values in the half spectra of the weights of a strip of sixteen outputs.
    pub fn of_strip(&self) -> usize {
        self.columns() * self.depth * self.kernel[0] * NUMBER
    }

    /// Values in the half spectra of the gradient of all outputs.
    pub fn of_gradient(&self) -> usize {
        self.columns() * self.outputs() * self.input_strips * self.kernel[0] * NUMBER
    }

    /// Places for outputs, those that fill up the last strip included.
    pub fn outputs(&self) -> usize {
        self.output_strips * LANES
    }

    /// The pieces of work that make the spectra of the potentials of so many samples.
    pub fn potential_pieces<'a>(&self, samples: usize, potentials: &'a mut [f32]) -> Vec<Piece<'a>> {
        self.pieces(potentials, &|column| self.of_column(column) * samples * NUMBER)
    }

    /// The pieces of work that make the half spectra of the gradient.
    pub fn gradient_pieces<'a>(&self, gradient: &'a mut [f32]) -> Vec<Piece<'a>> {
        self.pieces(gradient, &|_| LANES * self.input_strips * self.kernel[0] * NUMBER)
    }

    /// An array in pieces, of which each strip has so many values.
    fn pieces<'a>(&self, mut left: &'a mut [f32], of_strip: &dyn Fn(usize) -> usize) -> Vec<Piece<'a>> {
        let strips = self.output_strips;
        let mut pieces = Vec::with_capacity(self.columns() * strips.div_ceil(PART));
        for column in 0..self.columns() {
            for first in (0..strips).step_by(PART) {
                let part = first..strips.min(first + PART);
                let (numbers, rest) = left.split_at_mut(part.len() * of_strip(column));
                left = rest;
                pieces.push(Piece { column, part, numbers });
            }
        }
        pieces
    }

    /// The strips of the part that a strip is in.
    pub(super) fn part_of(&self, strip: usize) -> Range<usize> {
        let first = strip / PART * PART;
        first..self.output_strips.min(first + PART)
    }

    /// Strips of the largest part.
    pub(super) fn strips_of_part(&self) -> usize {
        self.output_strips.min(PART)
    }

    /// What half spectra are divided by in the end: the lengths of two transforms, and twice two that splitting them left.
    pub(super) fn scale(&self) -> f32 {
        let [rows, columns] =
            [&self.along_rows, &self.along_columns].map(|along| decolle_number::low_16(along.fourier.length() as u64));
        0.25 / (f32::from(rows) * f32::from(columns))
    }
}

//! What a convolution costs in the frequency domain: work, and memory.

use decolle_number::product;

use super::fourier::{LANES, NUMBER};
use super::plan::{APART, Frequency};

/// What an operation of a transform costs in multiply-adds of the dense potential kernel, much of it being for moving numbers, by
/// `cargo bench -p decolle-synapse --bench frequency` with AVX2, which lies between what other levels give; and how many times as
/// much it does for kernels, whose numbers are few before the transform and many after it. With 2, four samples that learn at every
/// step take a fifth less time, but one sample that learns every ten steps takes a seventh more.
const TRANSFORM_COST: f64 = 3.0;
const KERNEL_COST: f64 = 3.0;

impl Frequency {
    /// Multiply-adds of the products, for so many planes of traces.
    pub fn multiply_adds(&self, planes: usize) -> u64 {
        // Three for each product of complex numbers.
        product([3, self.frequencies(), planes, self.depth, self.output_strips * LANES])
    }

    /// Bytes of the half spectra of weights.
    pub fn bytes_of_weights(&self) -> u64 {
        bytes(&[product([self.output_strips, self.columns(), self.depth, self.kernel[0], NUMBER])])
    }

    /// Bytes that all else takes for so many planes of traces: spectra, and where so many workers work at a time.
    pub fn bytes(&self, planes: usize, learn: bool, workers: usize) -> u64 {
        let [inputs, outputs] = [self.input_strips, self.strips_of_part()].map(|strips| strips * LANES);
        let if_learning = |size: u64| if learn { size } else { 0 };
        // From their factors: 32 bits do not hold every product.
        let spectra = [
            product([planes, self.frequencies(), self.input_strips + self.output_strips, NUMBER]),
            product([planes, 2 * APART]),
            if_learning(product([self.columns(), self.outputs(), self.input_strips, self.kernel[0], NUMBER])),
            product([planes, self.depth + self.outputs()]),
        ];
        let pixels = |[rows, columns]: [usize; 2]| rows * columns;
        let rows = self.input_plane[0].max(self.output_plane[0]);
        let longest = self.along_rows.fourier.length().max(self.along_columns.fourier.length());
        let worker = [
            product([self.of_column(0).max(self.of_column(1)), 2 * outputs * inputs + APART]),
            // Sums of real and imaginary parts of both sides.
            product([planes, inputs.max(outputs)])
                .saturating_add(product([planes.max(self.depth).max(outputs), inputs.max(outputs) + 2 * LANES])),
            product([LANES, pixels(self.input_plane).max(pixels(self.output_plane))]),
            product([NUMBER, self.columns(), rows]),
            product([4 * NUMBER, longest]),
        ];
        bytes(&spectra).saturating_add(bytes(&worker).saturating_mul(workers as u64))
    }

    /// What the potentials of so many planes cost in multiply-adds of the dense kernels, the transform of weights included.
    pub fn cost_of_potentials(&self, planes: usize) -> f64 {
        self.cost(planes, product([self.depth, self.output_strips]))
    }

    /// What the gradient from so many planes costs in multiply-adds of the dense kernels.
    pub fn cost_of_gradient(&self, planes: usize) -> f64 {
        self.cost(planes, product([self.input_strips, self.output_strips, LANES]))
    }

    /// What products of so many planes and their transforms cost, with those of so many kernels for sixteen channels each.
    fn cost(&self, planes: usize, kernels: u64) -> f64 {
        let [along_rows, along_columns] =
            [&self.along_rows, &self.along_columns].map(|along| along.fourier.operations() as f64);
        let of_plane = |count: u64, rows: usize| {
            count as f64 * (rows.div_ceil(2) as f64 * along_rows + self.columns() as f64 * along_columns)
        };
        let transforms = of_plane(product([planes, self.input_strips]), self.input_plane[0])
            + of_plane(product([planes, self.output_strips]), self.output_plane[0])
            + KERNEL_COST * of_plane(kernels, self.kernel[0]);
        self.multiply_adds(planes) as f64 + TRANSFORM_COST * LANES as f64 * transforms
    }
}

/// Bytes of so many values.
fn bytes(values: &[u64]) -> u64 {
    values.iter().fold(0u64, |sum, &count| sum.saturating_add(count)).saturating_mul(size_of::<f32>() as u64)
}

//! What a convolution costs in the frequency domain: work, and memory.

use decolle_number::product;

use super::fourier::{Complex, LANES};
use super::plan::{Frequency, PART};

/// What an operation of a transform costs in multiply-adds of the dense potential kernel, most of it being for moving numbers, by
/// `cargo bench -p decolle-synapse --bench frequency` with AVX2, which lies between what other levels give; and how many times as
/// much it does for kernels, whose numbers are few before the transform and many after it. The benchmark of one sample says 1 on one
/// thread; but a network of one sample that learns every ten steps on two threads takes a sixth less time with 3.
const TRANSFORM_COST: f64 = 3.0;
const KERNEL_COST: f64 = 3.0;

impl Frequency {
    /// Multiply-adds of the products, for so many planes of traces.
    pub fn multiply_adds(&self, planes: usize) -> u64 {
        // Four for each product of complex numbers.
        let frequencies = 4 * self.along_columns.length() * self.columns();
        product([frequencies, planes, self.depth, self.output_strips * LANES])
    }

    /// Bytes of the half spectra of weights.
    pub fn bytes_of_weights(&self) -> u64 {
        let numbers = product([self.output_strips, self.columns(), self.depth, self.kernel[0]]);
        numbers.saturating_mul(size_of::<Complex>() as u64)
    }

    /// Bytes that all else takes for so many planes of traces: half spectra, and where so many workers work at a time.
    pub fn bytes(&self, planes: usize, learn: bool, workers: usize) -> u64 {
        let (rows, columns) = (self.along_rows.length(), self.along_columns.length());
        let [inputs, outputs] = [self.input_strips, self.output_strips.min(PART)].map(|strips| strips * LANES);
        let of_gradient = if learn {
            [self.columns(), self.output_strips * LANES, self.input_strips, self.kernel[0]]
        } else {
            [0; 4]
        };
        let half = [
            product([planes, self.columns(), self.input_strips, self.input_plane[0]]),
            product([planes, self.columns(), self.output_strips, self.output_plane[0]]),
            product(of_gradient),
        ];
        let numbers = [
            product([2, columns, planes, inputs]),
            product([2, columns, outputs, self.depth.max(planes)]),
            product([2, columns, outputs, planes.max(if learn { inputs } else { 0 })]),
            product([LANES, self.output_plane[0], self.output_plane[1]]),
            product([4, LANES, rows.max(columns)]),
        ];
        let sum = |parts: &[u64]| parts.iter().fold(0u64, |sum, &part| sum.saturating_add(part));
        let worker = sum(&numbers).saturating_mul(size_of::<f32>() as u64);
        let squares = product([planes, self.depth]).saturating_add(product([planes, self.output_strips * LANES]));
        let squares = squares.saturating_mul(size_of::<f32>() as u64);
        let half = sum(&half).saturating_mul(size_of::<Complex>() as u64);
        half.saturating_add(squares).saturating_add(worker.saturating_mul(workers as u64))
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
            [&self.along_rows, &self.along_columns].map(|along| along.operations() as f64);
        let of_plane = |count: u64, rows: usize| {
            count as f64 * (rows.div_ceil(2) as f64 * along_rows + self.columns() as f64 * along_columns)
        };
        let transforms = of_plane(product([planes, self.input_strips]), self.input_plane[0])
            + of_plane(product([planes, self.output_strips]), self.output_plane[0])
            + KERNEL_COST * of_plane(kernels, self.kernel[0]);
        self.multiply_adds(planes) as f64 + TRANSFORM_COST * LANES as f64 * transforms
    }
}

//! Dense convolutions in the frequency domain: the sums of [`potential`](crate::potential) and [`gradient`](crate::gradient) with
//! a fraction of their multiplications.
//!
//! Potential and gradient of a convolution are convolutions of planes, U = W ∗ P and ΔW = δ ∗ P, and the discrete Fourier
//! transform of length N turns a convolution into a product for each frequency, if N is so large that what comes round from
//! the other end is zero. For planes of height h with padding p that is N ≥ h + p: outputs read the inputs −p to h + p − 1, so
//! those that are none lie between h and N. For 16×16 planes and 7×7 kernels, N = 20, and as the planes are real, 20·11 complex
//! frequencies say all. A sample, an input and an output channel then meet in 220 products of complex numbers (880
//! multiplications) where the sum has 10,000.
//!
//! ```text
//! traces      rows → columns ─┐
//! weights     rows → columns ─┴ products ← columns ← rows      potentials
//! errors      rows → columns ── products with traces ← columns ← rows      gradient
//! ```
//!
//! A two-dimensional transform is one along rows, then one along columns. What lies between the two is kept for all samples and
//! channels: half spectra along rows. Everything else is done frequency along rows by frequency along rows ([`Frequency::columns`]),
//! so that it stays in cache: the traces of all samples, and the weights or errors of a part of the outputs, are transformed
//! along columns, multiplied for each frequency along columns as small complex matrices ([samples × inputs]·[inputs × outputs] for
//! the potential, [outputs × samples]·[samples × inputs] for the gradient), and transformed back.
//!
//! - `fourier.rs`: transforms of sixteen channels abreast;
//! - `product.rs`: products of complex matrices;
//! - `plan.rs`: lengths and sizes of one convolution; `cost.rs`: what it takes;
//! - `rows.rs` and `columns.rs`: transforms of planes; `potential.rs` and `gradient.rs`: what is made of them;
//! - `floor.rs`: which sums count as zero.
//!
//! Results differ from those of the direct sums by rounding, about 10⁻⁶ of the largest. Every sum runs in one fixed order,
//! whatever the vector width and the number of threads, and a sample's results do not depend on the samples beside it. What is
//! below what rounding may make of a sum that is zero counts as zero.

mod columns;
mod cost;
mod floor;
mod fourier;
mod gradient;
mod halves;
mod plan;
mod planes;
mod potential;
mod product;
mod rows;

pub use plan::{Frequency, Piece, Scratch};

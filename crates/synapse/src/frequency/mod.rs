//! Dense convolutions in the frequency domain: the sums of [`potential`](crate::potential) and [`gradient`](crate::gradient) with
//! a fraction of their multiplications.
//!
//! Potential and gradient of a convolution are convolutions of planes, U = W ∗ P and ΔW = δ ∗ P, and the discrete Fourier
//! transform of length N turns a convolution into a product for each frequency, if N is so large that what comes round from
//! the other end is zero. For planes of height h with padding p that is N ≥ h + p: outputs read the inputs −p to h + p − 1, so
//! those that are none lie between h and N. For 16×16 planes and 7×7 kernels, N = 20, and as the planes are real, 20·11 complex
//! frequencies say all. A sample, an input and an output channel then meet in so many products of complex numbers, each of three
//! real ones, where the sum has 10,000. Those of frequencies 0 and N/2 along rows are the transforms of real columns, of which half
//! is enough: 202 are left.
//!
//! ```text
//! traces      plane by plane ──────────┐
//! weights     rows → columns at hand ──┴── products ── plane by plane      potentials
//! errors      plane by plane ── products with traces → columns → rows      gradient
//! ```
//!
//! A two-dimensional transform is one along rows, then one along columns. Planes of traces, potentials and errors go through both
//! while they are in a first-level cache, sixteen channels at a time. Kernels have few rows, so their half spectra along rows are
//! kept, and their columns are transformed where they are multiplied: the frequencies of one column and a part of the outputs at a
//! time, which is a [`Piece`]. In it, traces and weights meet for each frequency as small complex matrices
//! ([samples × inputs]·[inputs × outputs] for the potential, [outputs × samples]·[samples × inputs] for the gradient).
//!
//! - `fourier.rs`: transforms of sixteen channels abreast; `halves.rs`: two real ones as a complex one;
//! - `product.rs`: products of complex matrices;
//! - `plan.rs`: lengths and sizes of one convolution; `cost.rs`: what it takes;
//! - `rows.rs`, `columns.rs` and `planes.rs`: transforms of planes; `potential.rs` and `gradient.rs`: what is made of them;
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

//! Below what size a sum counts as zero.

/// What rounding may make of a sum that is zero, relative to the product of the norms of what is convolved: four times the half
/// unit in the last place of a float32. No sum is larger than that product (Cauchy and Schwarz), and transforms keep norms, so that
/// each of their few roundings is of its size. What is smaller counts as zero: else rounding would decide whether a neuron without
/// bias spikes whose weights or traces are zero, and an optimiser that divides by the size of gradients would make steps of it.
const FLOOR: f32 = 4.0 / (1 << 24) as f32;

/// Adds the squares of some numbers.
#[inline(always)]
pub(super) fn add_squares(values: &[f32], squares: &mut [f32]) {
    for (square, value) in squares.iter_mut().zip(values) {
        *square += value * value;
    }
}

/// What rounding may make of a sum that is zero, of numbers with these sums of squares.
pub(super) fn floor(one: f32, other: f32) -> f32 {
    let floor = FLOOR * one.sqrt() * other.sqrt();
    // Beyond 10¹⁹ squares overflow.
    if floor.is_finite() { floor } else { 0.0 }
}

/// A sum, or zero where it is below what rounding may make of one that is zero.
#[inline(always)]
pub(super) fn floored(sum: f32, floor: f32) -> f32 {
    if sum.abs() < floor { 0.0 } else { sum }
}

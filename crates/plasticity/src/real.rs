//! Numbers that expressions are evaluated with: float32 as networks compute, with exponential and logarithm of our own, and
//! float64.

use decolle_neuron::exponential;

/// A number to evaluate with.
pub trait Real: Copy + PartialOrd + std::fmt::Debug {
    /// The nearest number to a float64.
    fn from_f64(value: f64) -> Self;
    /// As float64.
    fn to_f64(self) -> f64;
    /// a + b.
    fn add(self, other: Self) -> Self;
    /// a − b.
    fn sub(self, other: Self) -> Self;
    /// a · b.
    fn mul(self, other: Self) -> Self;
    /// a / b.
    fn div(self, other: Self) -> Self;
    /// eᵃ.
    fn exp(self) -> Self;
    /// ln a; NaN at and below zero.
    fn ln(self) -> Self;
    /// √a.
    fn sqrt(self) -> Self;
    /// tanh a.
    fn tanh(self) -> Self;
    /// 1 / (1 + e⁻ᵃ).
    fn sigmoid(self) -> Self;
    /// Largest whole number at most a.
    fn floor(self) -> Self;
    /// A trace or state that is so small that it counts as zero.
    fn floored(self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        decolle_number::nearest(value)
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self / other
    }
    #[inline(always)]
    fn exp(self) -> Self {
        // Our exponential is clamped at the ends; beyond them lie infinity and zero.
        if self > 88.0 { f32::INFINITY } else { exponential::exp(self) }
    }
    #[inline(always)]
    fn ln(self) -> Self {
        if (f32::MIN_POSITIVE..f32::INFINITY).contains(&self) { exponential::ln(self) } else { f32::NAN }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        2.0 * exponential::sigmoid(2.0 * self) - 1.0
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        exponential::sigmoid(self)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        f32::floor(self)
    }
    #[inline(always)]
    fn floored(self) -> Self {
        if self.abs() < decolle_neuron::TRACE_FLOOR { 0.0 } else { self }
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn sub(self, other: Self) -> Self {
        self - other
    }
    fn mul(self, other: Self) -> Self {
        self * other
    }
    fn div(self, other: Self) -> Self {
        self / other
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + libm::exp(-self))
    }
    fn floor(self) -> Self {
        f64::floor(self)
    }
    fn floored(self) -> Self {
        self
    }
}

//! Numbers that start at the beginning of a cache line, so that no vector of a row lies across two.

use std::ops::{Deref, DerefMut};

use aligned_vec::{AVec, ConstAlign, avec};

/// A list of numbers in memory from the start of a cache line (64 bytes, one vector of the widest level) on.
///
/// Where rows are whole vectors, every load and store then touches one line; with the 16 bytes that allocators promise,
/// most of those of 64 bytes would touch two, which halves the speed of kernels that live on loads and stores.
#[derive(Debug, PartialEq)]
pub struct Aligned(AVec<f32, ConstAlign<64>>);

impl Aligned {
    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        Self(avec![[64]| 0.0; length])
    }

    /// Cuts off what is beyond `length`, or adds zeros up to it.
    pub fn resize(&mut self, length: usize) {
        self.0.resize(length, 0.0);
    }
}

impl Default for Aligned {
    fn default() -> Self {
        Self::zeros(0)
    }
}

impl From<&[f32]> for Aligned {
    fn from(numbers: &[f32]) -> Self {
        // In one piece, where `AVec::from_slice` goes number by number.
        let mut copy = AVec::with_capacity(64, numbers.len());
        copy.extend_from_slice(numbers);
        Self(copy)
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }

    fn clone_from(&mut self, source: &Self) {
        if self.len() == source.len() {
            self.copy_from_slice(source);
        } else {
            *self = source.clone();
        }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

//! Tests of NumPy arrays.

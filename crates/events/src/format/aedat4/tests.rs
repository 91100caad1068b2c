//! Tests of AEDAT 4.

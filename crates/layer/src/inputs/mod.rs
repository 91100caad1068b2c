//! Traces of inputs: one leak or two, P and Q (`leaks.rs`), or those of a compiled rule (`program.rs`).

pub(crate) mod leaks;
mod program;

pub use program::InputState;

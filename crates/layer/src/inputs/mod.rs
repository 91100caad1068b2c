//! Traces of inputs: one leak or two, P and Q (`leaks.rs`), or those of a compiled rule (`program.rs`). What arrives there
//! at a recurrent layer is in `recurrent.rs`.

pub(crate) mod leaks;
mod program;
pub(crate) mod recurrent;

pub use program::InputState;

//! What the WebAssembly modules of decolle share: how they throw, how they build objects, and the note that a broken one
//! leaves in its memory.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod failure;
mod object;

#[cfg(target_feature = "atomics")]
pub use failure::failed;
pub use failure::failure_address;
pub use object::object;

use decolle_error::Fault;
use js_sys::Error;
use wasm_bindgen::prelude::*;

/// A fault as JavaScript gets it: an `Error` whose message is the fault as JSON.
pub fn thrown(fault: Fault) -> Error {
    Error::new(&decolle_border::told(&fault))
}

/// Has panics leave a note before they trap.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(failure::note));
}

//! Why this module broke: a note in its memory that JavaScript reads, and writes for threads that could not, without
//! entering it.
//!
//! WebAssembly cannot unwind: a call that panics, or that the engine ends for another reason, leaves behind whatever it was in
//! the middle of. So a panic leaves a note here and traps, and `wasm/instance.js` enters no instance over this memory any
//! more. The note takes no memory and no lock, which may be what failed.

use std::fmt::Write;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use wasm_bindgen::prelude::*;

/// Bytes of text; what is longer is cut off.
const ROOM: usize = 2048;

/// The layout that `wasm/failure.js` knows.
#[repr(C)]
struct Failure {
    /// 0: none; 1: it is being written; 2: it is there.
    state: AtomicU32,
    length: AtomicU32,
    text: [AtomicU8; ROOM],
}

static FAILURE: Failure =
    Failure { state: AtomicU32::new(0), length: AtomicU32::new(0), text: [const { AtomicU8::new(0) }; ROOM] };

/// Where the note is.
#[wasm_bindgen(js_name = failureAddress)]
pub fn failure_address() -> u32 {
    u32::try_from((&raw const FAILURE).addr()).expect("this target has addresses of 32 bits")
}

/// Whether the module broke, by a call on this thread or another.
#[cfg(target_feature = "atomics")]
pub fn failed() -> bool {
    FAILURE.state.load(Ordering::Acquire) == 2
}

/// Notes a panic, unless another was first.
pub(crate) fn note(panic: &PanicHookInfo<'_>) {
    if FAILURE.state.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return;
    }
    let mut text = Text { length: 0 };
    // It takes all there is room for and refuses nothing.
    let _ = write!(text, "{panic}");
    FAILURE.length.store(u32::try_from(text.length).unwrap_or(0), Ordering::Relaxed);
    FAILURE.state.store(2, Ordering::Release);
}

/// The text, as it is being written.
struct Text {
    length: usize,
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        for (place, byte) in FAILURE.text[self.length..].iter().zip(part.bytes()) {
            place.store(byte, Ordering::Relaxed);
            self.length += 1;
        }
        Ok(())
    }
}

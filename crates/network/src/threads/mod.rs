//! The threads of one network: its own pool, which ends when the network goes.
//!
//! Where they come from depends on the platform: the operating system's own, those that a host lends to WebAssembly over
//! a shared memory, or none but the caller's.

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod caller;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
mod host;
#[cfg(not(target_family = "wasm"))]
mod system;

use decolle_error::{Code, Fault, Result};

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
pub(crate) use caller::Threads;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
pub(crate) use host::Threads;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
pub use host::{HostThread, lend_threads, thread_failed};
#[cfg(not(target_family = "wasm"))]
pub(crate) use system::Threads;

fn check(count: usize) -> Result<()> {
    if (1..=1024).contains(&count) {
        Ok(())
    } else {
        Err(Fault::new(Code::Range, format!("threads: expected 1 to 1024, found {count}")))
    }
}

#[cfg(any(not(target_family = "wasm"), target_feature = "atomics"))]
fn not_started(count: usize, reason: impl std::fmt::Display) -> Fault {
    Fault::new(Code::Backend, format!("threads: could not start {count}: {reason}"))
}

//! What benchmarks ask of the system: a clock, and a place to print to. Under WebAssembly, which has neither, both are functions
//! of the program that runs the module, `bench/wasm-program.mjs`.

#[cfg(not(target_family = "wasm"))]
pub(crate) use std::time::Instant;

#[cfg(target_family = "wasm")]
pub(crate) use imported::Instant;

/// Prints a line.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn print(line: std::fmt::Arguments) {
    println!("{line}");
}

/// Prints a line.
#[cfg(target_family = "wasm")]
pub(crate) fn print(line: std::fmt::Arguments) {
    imported::print(&line.to_string());
}

#[cfg(target_family = "wasm")]
mod imported {
    use std::time::Duration;

    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Milliseconds since any moment.
        safe fn now() -> f64;
        /// Prints the text at this address.
        fn print_line(text: *const u8, length: usize);
    }

    /// A moment, as `std::time::Instant`.
    #[derive(Clone, Copy)]
    pub(crate) struct Instant(f64);

    impl Instant {
        pub(crate) fn now() -> Self {
            Self(now())
        }

        pub(crate) fn elapsed(self) -> Duration {
            Self::now() - self
        }
    }

    impl std::ops::Sub for Instant {
        type Output = Duration;

        fn sub(self, earlier: Self) -> Duration {
            Duration::from_secs_f64((self.0 - earlier.0).max(0.0) * 1e-3)
        }
    }

    pub(crate) fn print(line: &str) {
        // SAFETY: the text lies in this module's memory while the host reads it.
        unsafe { print_line(line.as_ptr(), line.len()) };
    }
}

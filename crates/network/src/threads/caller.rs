//! No thread but the caller's.

use decolle_error::Result;

/// The caller's thread.
pub(crate) struct Threads;

impl Threads {
    /// Accepts 1 to 1024 threads and uses one.
    pub(crate) fn start(count: usize) -> Result<Self> {
        super::check(count)?;
        Ok(Self)
    }

    /// How many there are: one.
    pub(crate) fn count(&self) -> usize {
        1
    }

    /// Runs `work`.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        work()
    }
}

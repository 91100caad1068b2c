//! No thread but the caller's.

use decolle_error::Result;

/// The caller's thread.
pub(super) struct Pool;

impl Pool {
    /// Accepts any number and uses one.
    pub(super) fn start(_count: usize) -> Result<Self> {
        Ok(Self)
    }

    /// How many threads a pool has that is to have `count`: one.
    pub(super) fn threads(_count: usize) -> usize {
        1
    }

    /// Runs `work`.
    pub(super) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        work()
    }
}

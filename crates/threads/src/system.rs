//! Threads of the operating system.

use decolle_error::Result;

/// A pool of threads, which are joined when it goes.
pub(super) struct Pool {
    pool: Option<rayon::ThreadPool>,
    handles: Vec<std::thread::JoinHandle<()>>,
}

impl Pool {
    /// Starts `count` threads.
    pub(super) fn start(count: usize) -> Result<Self> {
        let mut handles = Vec::with_capacity(count);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| {
                let name = format!("decolle-{}", thread.index());
                handles.push(std::thread::Builder::new().name(name).spawn(|| thread.run())?);
                Ok(())
            })
            .build()
            .map_err(|error| super::not_started(count, error))?;
        Ok(Self { pool: Some(pool), handles })
    }

    /// How many threads a pool has that is to have `count`.
    pub(super) fn threads(count: usize) -> usize {
        count
    }

    /// Runs `work` on these threads.
    pub(super) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.pool.take());
        for handle in self.handles.drain(..) {
            // A thread only ends in a panic if work panicked on it, and that panic was already raised in `run`.
            let _ = handle.join();
        }
    }
}

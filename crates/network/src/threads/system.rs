//! Threads of the operating system.

use decolle_error::Result;

/// A pool of threads that lives and dies with its network.
///
/// A process-wide pool is never joined and would crash a host that unloads the code under it, as Node does with the
/// addons of a `Worker`.
pub(crate) struct Threads {
    pool: Option<rayon::ThreadPool>,
    handles: Vec<std::thread::JoinHandle<()>>,
    count: usize,
}

impl Threads {
    /// Starts `count` threads, 1 to 1024.
    pub(crate) fn start(count: usize) -> Result<Self> {
        super::check(count)?;
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
        Ok(Self { pool: Some(pool), handles, count })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` on these threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        drop(self.pool.take());
        for handle in self.handles.drain(..) {
            // A thread only ends in a panic if work panicked on it, and that panic was already raised in `run`.
            let _ = handle.join();
        }
    }
}

//! The threads of one network: its own pool, joined when the network goes.

use decolle_error::{Code, Fault, Result};

/// A pool of threads that lives and dies with its network.
///
/// A process-wide pool is never joined and would crash a host that unloads the code under it, as Node does with the
/// addons of a `Worker`.
pub(crate) struct Threads {
    #[cfg(not(target_arch = "wasm32"))]
    pool: Option<rayon::ThreadPool>,
    #[cfg(not(target_arch = "wasm32"))]
    handles: Vec<std::thread::JoinHandle<()>>,
    count: usize,
}

impl Threads {
    /// Starts `count` threads, 1 to 1024.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn start(count: usize) -> Result<Self> {
        check(count)?;
        let mut handles = Vec::with_capacity(count);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| {
                let name = format!("decolle-{}", thread.index());
                handles.push(std::thread::Builder::new().name(name).spawn(|| thread.run())?);
                Ok(())
            })
            .build()
            .map_err(|error| Fault::new(Code::Backend, format!("threads: could not start {count}: {error}")))?;
        Ok(Self { pool: Some(pool), handles, count })
    }

    /// One thread, the caller's.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn start(count: usize) -> Result<Self> {
        check(count)?;
        Ok(Self { count: 1 })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` on these threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(pool) = &self.pool {
            return pool.install(work);
        }
        work()
    }
}

fn check(count: usize) -> Result<()> {
    if (1..=1024).contains(&count) {
        Ok(())
    } else {
        Err(Fault::new(Code::Range, format!("threads: expected 1 to 1024, found {count}")))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Drop for Threads {
    fn drop(&mut self) {
        drop(self.pool.take());
        for handle in self.handles.drain(..) {
            // A thread only ends in a panic if work panicked on it, and that panic was already raised in `run`.
            let _ = handle.join();
        }
    }
}

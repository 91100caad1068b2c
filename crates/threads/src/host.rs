//! Threads that the host lends: WebAssembly over a shared memory cannot start any itself.
//!
//! A binding says once, by [`lend_threads`], how a thread is started and how to tell that one failed; every pool then asks it
//! for as many as it needs. Which language the host speaks is the binding's affair.

use std::mem::transmute;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use decolle_error::Result;

use super::lock;

#[cfg(not(panic = "abort"))]
compile_error!("work on lent threads borrows from its caller, who must not unwind while it runs: panics have to abort");

/// What one lent thread has to run.
pub struct HostThread(rayon::ThreadBuilder);

impl HostThread {
    /// Works for the pool that asked for the thread; returns when that pool has gone.
    pub fn run(self) {
        self.0.run();
    }
}

/// What a host does for threads.
struct Host {
    lend: fn(HostThread) -> Result<()>,
    failed: fn() -> bool,
}

static HOST: OnceLock<Host> = OnceLock::new();

/// How long a caller waits for its threads before it looks whether one of them failed.
const PATIENCE: Duration = Duration::from_millis(100);

/// Says how threads are started; only the first call counts.
///
/// `lend` is called on the thread that makes a network. It has to see to it that [`HostThread::run`] is called on another
/// thread, now or soon. `failed` tells whether a thread over this memory ended in the middle of its work, by a trap of any
/// kind; whoever waits for it then panics instead of waiting for ever.
///
/// The host must not enter an instance again in which a call has trapped, nor any other over its memory.
pub fn lend_threads(lend: fn(HostThread) -> Result<()>, failed: fn() -> bool) {
    // A second binding over the same memory would lend the same threads.
    let _ = HOST.set(Host { lend, failed });
}

/// A pool of lent threads, which end with it.
pub(super) struct Pool {
    /// None where the caller works alone.
    threads: Option<Lent>,
}

/// Threads, and how to tell that one of them failed.
struct Lent {
    pool: rayon::ThreadPool,
    failed: fn() -> bool,
}

impl Pool {
    /// Asks for `count` threads; a single one is the caller's.
    pub(super) fn start(count: usize) -> Result<Self> {
        if count == 1 {
            return Ok(Self { threads: None });
        }
        let Host { lend, failed } = HOST.get().ok_or_else(|| super::not_started(count, "the host lends none"))?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| lend(HostThread(thread)).map_err(std::io::Error::other))
            .build()
            .map_err(|error| super::not_started(count, error))?;
        Ok(Self { threads: Some(Lent { pool, failed: *failed }) })
    }

    /// How many threads a pool has that is to have `count`.
    pub(super) fn threads(count: usize) -> usize {
        count
    }

    /// Runs `work` on these threads. The caller waits and is blocked meanwhile.
    pub(super) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.threads {
            Some(lent) => lent.wait_for(work),
            None => work(),
        }
    }
}

impl Lent {
    /// As rayon's `install`, which would wait for ever for a thread that has failed.
    fn wait_for<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let done = Arc::new((Mutex::new(None), Condvar::new()));
        let outcome = Arc::clone(&done);
        let job: Box<dyn FnOnce() + Send + '_> = Box::new(move || {
            let value = work();
            *lock(&outcome.0) = Some(value);
            outcome.1.notify_one();
        });
        // SAFETY: `job` borrows from the caller's frame, which has to stay as it is until `work` has been consumed. The caller
        // leaves the loop below with the outcome, when it has been; what is left of `job` then is its share of `done`,
        // which holds nothing borrowed any more. Or it panics, and a panic here is a trap: this target cannot unwind (see
        // above), and the binding's hook only takes a note. No frame of the instance goes on after a trap. Its
        // memory stays as it is, the frame included, because the stack pointer is not taken back and, by the contract of
        // `lend_threads`, nobody enters the instance again: threads that are still at work read what is still there, until
        // the host ends them.
        let job = unsafe { transmute::<Box<dyn FnOnce() + Send + '_>, Box<dyn FnOnce() + Send + 'static>>(job) };
        self.pool.spawn(job);
        let mut slot = lock(&done.0);
        loop {
            if let Some(value) = slot.take() {
                return value;
            }
            assert!(!(self.failed)(), "a thread ended in the middle of its work");
            slot = done.1.wait_timeout(slot, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

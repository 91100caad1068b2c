//! Threads that the host lends: WebAssembly over a shared memory cannot start any itself.
//!
//! A binding says once, by [`lend_threads`], how a thread is started; every network then asks it for as many as it needs.
//! Which language the host speaks is the binding's affair.

use std::mem::transmute;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use decolle_error::Result;

#[cfg(not(panic = "abort"))]
compile_error!("work on lent threads borrows from its caller, who must not unwind while it runs: panics have to abort");

/// What one lent thread has to run.
pub struct HostThread(rayon::ThreadBuilder);

impl HostThread {
    /// Works for the network that asked for the thread; returns when that network has gone.
    pub fn run(self) {
        self.0.run();
    }
}

static LEND: OnceLock<fn(HostThread) -> Result<()>> = OnceLock::new();
static FAILED: AtomicBool = AtomicBool::new(false);
static REASON: Mutex<String> = Mutex::new(String::new());

/// How long a caller waits for its threads before it looks whether one of them failed.
const PATIENCE: Duration = Duration::from_millis(100);

/// Says how threads are started; only the first call counts.
///
/// `lend` is called on the thread that makes a network. It has to see to it that [`HostThread::run`] is called on another
/// thread, now or soon.
pub fn lend_threads(lend: fn(HostThread) -> Result<()>) {
    // A second binding over the same memory would lend the same threads.
    let _ = LEND.set(lend);
}

/// Says that a lent thread ended in the middle of its work, by a panic or for want of memory.
///
/// Whoever waits for it, now or later, panics with the reason instead of waiting for ever.
pub fn thread_failed(reason: String) {
    *lock(&REASON) = reason;
    FAILED.store(true, Ordering::Release);
}

/// A pool of lent threads that end with their network.
pub(crate) struct Threads {
    /// None where the caller works alone.
    pool: Option<rayon::ThreadPool>,
    count: usize,
}

impl Threads {
    /// Asks for `count` threads, 1 to 1024; a single one is the caller's.
    pub(crate) fn start(count: usize) -> Result<Self> {
        super::check(count)?;
        if count == 1 {
            return Ok(Self { pool: None, count });
        }
        let lend = LEND.get().ok_or_else(|| super::not_started(count, "the host lends none"))?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| lend(HostThread(thread)).map_err(std::io::Error::other))
            .build()
            .map_err(|error| super::not_started(count, error))?;
        Ok(Self { pool: Some(pool), count })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` on these threads. The caller waits and is blocked meanwhile.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            // One of these threads that waited for the others might wait for itself.
            Some(pool) if pool.current_thread_index().is_none() => wait_for(pool, work),
            _ => work(),
        }
    }
}

/// As rayon's `install`, which would wait for ever for a thread that has failed.
fn wait_for<T: Send>(pool: &rayon::ThreadPool, work: impl FnOnce() -> T + Send) -> T {
    let done = Arc::new((Mutex::new(None), Condvar::new()));
    let outcome = Arc::clone(&done);
    let job: Box<dyn FnOnce() + Send + '_> = Box::new(move || {
        let value = work();
        *lock(&outcome.0) = Some(value);
        outcome.1.notify_one();
    });
    // SAFETY: `job` borrows from the caller, who goes on only once the outcome is there, when `work` has been consumed, or
    // never: a panic aborts. What is left of `job` then is its share of `done`, which holds nothing borrowed any more.
    let job = unsafe { transmute::<Box<dyn FnOnce() + Send + '_>, Box<dyn FnOnce() + Send + 'static>>(job) };
    pool.spawn(job);
    let mut slot = lock(&done.0);
    loop {
        if let Some(value) = slot.take() {
            return value;
        }
        if FAILED.load(Ordering::Acquire) {
            panic!("a thread ended in the middle of its work: {}", lock(&REASON));
        }
        slot = done.1.wait_timeout(slot, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Locks are never poisoned where panics abort.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

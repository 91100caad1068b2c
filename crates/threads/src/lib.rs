//! The threads that networks work on: pools that idle networks share.
//!
//! A network at work has a pool to itself, so that the work of two never mixes and neither waits for the other; a network
//! at rest has none. All networks of one number of threads take their pools from one stock and bring them back to it, so
//! there are as many pools as have ever been at work at once, however many networks there are. The stock ends with the last of
//! its networks: a pool of the process's own would never be joined and would crash a host that unloads the code under it,
//! as Node does with the addons of a `Worker`.
//!
//! Where threads come from depends on the platform: the operating system's own, those that a host lends to WebAssembly over
//! a shared memory, or none but the caller's.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod caller;
mod each;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
mod host;
#[cfg(not(target_family = "wasm"))]
mod system;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use decolle_error::{Code, Fault, Result};

pub use each::{any, each, sum, threads_here};

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
use caller::Pool;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
use host::Pool;
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
pub use host::{HostThread, lend_threads};
#[cfg(not(target_family = "wasm"))]
use system::Pool;

/// The stocks of pools that networks hold, by their number of threads.
static STOCKS: Mutex<BTreeMap<usize, Weak<Threads>>> = Mutex::new(BTreeMap::new());

/// The pools of all networks of one number of threads.
pub struct Threads {
    count: usize,
    /// Pools that no network works on.
    idle: Mutex<Vec<Pool>>,
    /// Told when a pool has come back.
    returned: Condvar,
}

impl Threads {
    /// The stock for networks of 1 to 1024 threads, with a pool in it.
    pub fn shared(count: usize) -> Result<Arc<Self>> {
        if !(1..=1024).contains(&count) {
            return Err(Fault::unfit(Code::Range, &"threads", &"1 to 1024", &count));
        }
        let mut stocks = lock(&STOCKS);
        if let Some(stock) = stocks.get(&count).and_then(Weak::upgrade) {
            return Ok(stock);
        }
        let stock = Arc::new(Self { count, idle: Mutex::new(vec![Pool::start(count)?]), returned: Condvar::new() });
        stocks.retain(|_, stock| stock.strong_count() > 0);
        stocks.insert(count, Arc::downgrade(&stock));
        Ok(stock)
    }

    /// How many threads work goes to.
    pub fn count(&self) -> usize {
        Pool::threads(self.count)
    }

    /// Runs `work` on the threads of a pool that does nothing else meanwhile; within work, on the thread that it is on.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        if WITHIN.get() {
            return work();
        }
        let taken = Taken { stock: self, pool: Some(self.take()) };
        let work = || {
            let _within = Within::enter();
            work()
        };
        match &taken.pool {
            Some(pool) => pool.run(work),
            None => work(),
        }
    }

    /// A pool that nobody works on: one of the stock's, else a new one, else the first that comes back.
    fn take(&self) -> Pool {
        if let Some(pool) = lock(&self.idle).pop() {
            return pool;
        }
        // The stock began with one, so where no other can be started this is no wait for ever.
        if let Ok(pool) = Pool::start(self.count) {
            return pool;
        }
        let idle = self.returned.wait_while(lock(&self.idle), |idle| idle.is_empty());
        idle.unwrap_or_else(PoisonError::into_inner).pop().expect("waited for")
    }
}

thread_local! {
    /// Whether this thread is in the middle of work that was handed to a pool.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Says so for as long as it lives.
struct Within;

impl Within {
    fn enter() -> Self {
        WITHIN.set(true);
        Self
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(false);
    }
}

/// A pool at work, which goes back to its stock even where the work panics.
struct Taken<'a> {
    stock: &'a Threads,
    pool: Option<Pool>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        lock(&self.stock.idle).extend(self.pool.take());
        self.stock.returned.notify_one();
    }
}

/// What these locks guard is whole at every moment, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(any(not(target_family = "wasm"), target_feature = "atomics"))]
fn not_started(count: usize, reason: impl std::fmt::Display) -> Fault {
    Fault::at(Code::Backend, &"threads", &format_args!("could not start {count}: {reason}"))
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;

    use super::*;

    /// Counts that no other test uses, since stocks are the process's.
    const ALONE: usize = 5;
    const TOGETHER: usize = 6;
    const PANICKING: usize = 7;

    fn pools(stock: &Threads) -> usize {
        lock(&stock.idle).len()
    }

    #[test]
    fn networks_at_rest_share_one_pool_that_ends_with_the_last() {
        let first = Threads::shared(ALONE).unwrap();
        let second = Threads::shared(ALONE).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        for stock in [&first, &second, &first] {
            assert_eq!(stock.run(rayon::current_num_threads), ALONE);
        }
        assert_eq!(pools(&first), 1);
        drop((first, second));
        assert!(lock(&STOCKS)[&ALONE].upgrade().is_none());
    }

    #[test]
    fn networks_at_work_at_once_have_a_pool_each() {
        let stock = Threads::shared(TOGETHER).unwrap();
        let met = Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                // Each waits for the others in the middle of its work: on one pool they would wait for ever if it were
                // shorter than they are many, and they must not find each other on one thread.
                scope.spawn(|| stock.run(|| met.wait()));
            }
        });
        assert_eq!(pools(&stock), 3);
    }

    #[test]
    fn work_within_work_stays_where_it_is() {
        let stock = Threads::shared(TOGETHER).unwrap();
        let [outer, inner] = stock.run(|| {
            let own = || std::thread::current().id();
            [own(), stock.run(own)]
        });
        assert_eq!(outer, inner);
    }

    #[test]
    fn a_pool_whose_work_panicked_comes_back() {
        let stock = Threads::shared(PANICKING).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| stock.run(|| panic!("on purpose"))));
        assert!(outcome.is_err());
        assert_eq!((stock.run(|| 3), pools(&stock)), (3, 1));
    }
}

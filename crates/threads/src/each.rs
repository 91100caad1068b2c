//! Work shared out among the threads of a pool.
//!
//! The parts lie behind a lock and whoever is free takes the next, so that one loop serves all types. Rayon's iterators
//! would be compiled anew for every type of part and every kind of work: a tenth of a WebAssembly module.
//!
//! Half of the threads take from the front, the others from the back, so that from step to step a part tends to meet the
//! thread in whose cache it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::lock;

/// Does `work` on each part, on all threads of the pool that this runs on; elsewhere on the caller's, one after the other.
pub fn each<I>(parts: I, work: impl Fn(I::Item) + Sync)
where
    I: IntoIterator<IntoIter: ExactSizeIterator + DoubleEndedIterator + Send>,
{
    let parts = parts.into_iter();
    let count = parts.len();
    let parts = Mutex::new(parts);
    repeat(count, &|end| {
        // In a statement of its own, so that the lock is free again while the part is worked on.
        let part = match end {
            End::Front => lock(&parts).next(),
            End::Back => lock(&parts).next_back(),
        };
        if let Some(part) = part {
            work(part);
        }
    });
}

/// As [`each`], with the sum of what each part gives.
pub fn sum<I>(parts: I, work: impl Fn(I::Item) -> u64 + Sync) -> u64
where
    I: IntoIterator<IntoIter: ExactSizeIterator + DoubleEndedIterator + Send>,
{
    let sum = AtomicU64::new(0);
    each(parts, |part| {
        sum.fetch_add(work(part), Ordering::Relaxed);
    });
    sum.into_inner()
}

/// Whether something holds for one of the parts.
pub fn any<I>(parts: I, holds: impl Fn(I::Item) -> bool + Sync) -> bool
where
    I: IntoIterator<IntoIter: ExactSizeIterator + DoubleEndedIterator + Send>,
{
    let found = AtomicBool::new(false);
    each(parts, |part| {
        if holds(part) {
            found.store(true, Ordering::Relaxed);
        }
    });
    found.into_inner()
}

/// Where a thread takes its parts from.
#[derive(Clone, Copy)]
enum End {
    Front,
    #[cfg_attr(all(target_family = "wasm", not(target_feature = "atomics")), expect(dead_code, reason = "one thread"))]
    Back,
}

/// How many threads work is shared out among where this is called.
#[cfg(any(not(target_family = "wasm"), target_feature = "atomics"))]
pub fn threads_here() -> usize {
    // Outside a pool rayon would start one of its own, for the whole process.
    rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads())
}

/// How many threads work is shared out among: there is one.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
pub fn threads_here() -> usize {
    1
}

/// Calls `work` so many times.
#[inline(never)]
#[cfg(any(not(target_family = "wasm"), target_feature = "atomics"))]
fn repeat(count: usize, work: &(dyn Fn(End) + Sync)) {
    use rayon::prelude::*;
    let end = || match rayon::current_thread_index() {
        Some(thread) if thread % 2 == 1 => End::Back,
        _ => End::Front,
    };
    if count > 1 && threads_here() > 1 {
        (0..count).into_par_iter().for_each(|_| work(end()));
    } else {
        (0..count).for_each(|_| work(End::Front));
    }
}

/// Calls `work` so many times, on the only thread there is. Not part of its callers' code, so that the kernels of one phase
/// are not compiled together with those of the next.
#[inline(never)]
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
fn repeat(count: usize, work: &(dyn Fn(End) + Sync)) {
    (0..count).for_each(|_| work(End::Front));
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::super::Threads;
    use super::*;

    /// A number of threads that no other test uses.
    const OWN: usize = 3;

    #[test]
    fn every_part_is_worked_on_once_on_the_threads_of_a_pool_or_outside() {
        let work = || {
            let mut parts = vec![0u64; 1000];
            each(parts.iter_mut().enumerate(), |(index, part)| {
                // Parts within parts, as blocks within samples.
                let mut inner = [0; 3];
                each(&mut inner, |inner| *inner += index as u64);
                *part += inner.iter().sum::<u64>();
            });
            assert!(parts.iter().zip(0..).all(|(&part, index)| part == 3 * index));
            assert_eq!(sum(&parts, |&part| part), 3 * 999 * 500);
            assert!(any(&parts, |&part| part == 2997) && !any(&parts, |&part| part == 1));
            each(&mut parts[..0], |_| unreachable!("there is no part"));
        };
        assert_eq!([threads_here(), Threads::shared(OWN).unwrap().run(threads_here)], [1, OWN]);
        work();
        Threads::shared(OWN).unwrap().run(work);
    }
}

//! What this machine can do at most: separate multiplies and adds, and reads by size of the working set.
//!
//! Run by `cargo bench -p decolle-synapse --bench roofline`. Every kernel keeps multiply and add apart, so a fused
//! multiply-add is not part of the roof. The arithmetic runs in registers alone, in as many independent chains as it takes
//! to hide that an operation waits for the one before. Reading sums vectors of a buffer that each thread has for itself.
//! Medians of five runs, with the range.

mod host;

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use decolle_synapse::{Level, level};
use fearless_simd::{Simd, SimdBase, dispatch};
use host::Instant;

/// Runs of each measurement.
const RUNS: usize = 5;
/// Length of a run at least.
const SPAN: Duration = Duration::from_millis(60);
/// Chains of a multiply and an add: with the two constants they fill 16 registers, all that AVX2 has, and hide seven cycles
/// of latency at two multiplies and two adds a cycle.
const CHAINS: usize = 14;
/// Links of each chain in a call.
const LINKS: usize = 10_000;
/// Sizes of the buffers that are read: first cache, second, third, memory.
const SIZES: [(&str, usize); 4] =
    [("16 KiB", 16 << 10), ("512 KiB", 512 << 10), ("8 MiB", 8 << 20), ("256 MiB", 256 << 20)];

fn main() {
    host::print(format_args!("{:<28} {:<8} {:>24} {:>24}", "roof", "SIMD", "one thread", "two threads"));
    for simd in level::all() {
        let rate = |threads| measure(threads, || move || dispatch!(simd, simd => arithmetic(simd)));
        host::print(format_args!(
            "{:<28} {:<8} {:>24} {:>24}",
            "multiply and add, GFLOP/s",
            level::name(simd),
            rate(1),
            rate(2)
        ));
    }
    let simd = level::best();
    for (name, bytes) in SIZES {
        let rate = |threads| {
            measure(threads, || {
                let values = vec![1.0f32; bytes / size_of::<f32>()];
                move || read(simd, &values)
            })
        };
        host::print(format_args!(
            "{:<28} {:<8} {:>24} {:>24}",
            format!("read {name}, GB/s"),
            level::name(simd),
            rate(1),
            rate(2)
        ));
    }
}

/// Median and range of the rate that all threads together reach, in 10⁹ a second. Each thread calls what `prepare` gives
/// it, which returns operations or bytes, again and again for [`SPAN`].
fn measure<F: FnMut() -> u64>(threads: usize, prepare: impl Fn() -> F + Sync) -> String {
    if threads > 1 && cfg!(target_family = "wasm") {
        return "–".to_string();
    }
    let barrier = Barrier::new(threads);
    let work = || {
        let mut call = prepare();
        call();
        (0..RUNS)
            .map(|_| {
                barrier.wait();
                let (start, mut done) = (Instant::now(), 0);
                while start.elapsed() < SPAN {
                    done += call();
                }
                1e-9 * done as f64 / start.elapsed().as_secs_f64()
            })
            .collect::<Vec<f64>>()
    };
    let each: Vec<Vec<f64>> = if threads == 1 {
        vec![work()]
    } else {
        thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            handles.into_iter().map(|handle| handle.join().expect("a thread that measures does not panic")).collect()
        })
    };
    let mut rates: Vec<f64> = (0..RUNS).map(|run| each.iter().map(|rates| rates[run]).sum()).collect();
    rates.sort_by(f64::total_cmp);
    format!("{:.1} ({:.1}–{:.1})", rates[RUNS / 2], rates[0], rates[RUNS - 1])
}

/// Multiplies and adds, each of which counts as an operation.
#[inline(always)]
fn arithmetic<S: Simd>(simd: S) -> u64 {
    // The chains settle at the value that the map leaves as it is, far from numbers that are slow.
    let (factor, term) = (S::f32s::splat(simd, black_box(0.5)), S::f32s::splat(simd, black_box(0.5)));
    let mut chains: [S::f32s; CHAINS] = std::array::from_fn(|chain| S::f32s::splat(simd, chain as f32));
    for _ in 0..LINKS {
        for chain in &mut chains {
            *chain = *chain * factor + term;
        }
    }
    black_box(chains);
    (2 * CHAINS * LINKS * S::f32s::LEN) as u64
}

/// Reads all values once, and in caches often enough that the clock does not matter; gives the bytes read.
fn read(level: Level, values: &[f32]) -> u64 {
    let rounds = (4 << 20) / size_of_val(values) + 1;
    for _ in 0..rounds {
        black_box(dispatch!(level, simd => sum(simd, black_box(values))));
    }
    (rounds * size_of_val(values)) as u64
}

/// The sum of all values, in eight vectors so that loads do not wait for adds.
#[inline(always)]
fn sum<S: Simd>(simd: S, values: &[f32]) -> f32 {
    let lanes = S::f32s::LEN;
    let mut sums = [S::f32s::splat(simd, 0.0); 8];
    for values in values.chunks_exact(8 * lanes) {
        for (sum, values) in sums.iter_mut().zip(values.chunks_exact(lanes)) {
            *sum += S::f32s::from_slice(simd, values);
        }
    }
    sums.iter().map(|sum| sum.as_slice().iter().sum::<f32>()).sum()
}

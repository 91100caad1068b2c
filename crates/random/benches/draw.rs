//! Speed of addressed draws on one thread, beside the implementation that tests compare them with: `cargo bench -p decolle-random`.
//!
//! In gigabytes a second: the median of all rounds with the range, of draws as dropout makes them, 16 bits a unit.

use std::hint::black_box;
use std::time::Instant;

use decolle_random::Generator;
use fearless_simd::Level;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Bytes of a draw: those of 57,344 units, as many as the network for DvsGesture has.
const BYTES: usize = 2 * 57_344;
const ROUNDS: usize = 301;

fn main() {
    let generator = Generator::new(1, "dropout.0");
    let mut bytes = vec![0; BYTES];
    println!("{:<12} {:>24}", "level", "GB/s, median (range)");
    for (name, level) in [("baseline", Level::baseline()), ("best", Level::new())] {
        let rates = measured(|round| generator.draw(level, round, 0, black_box(&mut bytes)));
        println!("{name:<12} {rates:>24}");
    }
    let mut chacha = ChaCha8Rng::from_seed([1; 32]);
    let rates = measured(|round| {
        chacha.set_stream(round);
        chacha.fill_bytes(black_box(&mut bytes));
    });
    println!("{:<12} {rates:>24}", "rand_chacha");
}

/// Rates of so many rounds.
fn measured(mut draw: impl FnMut(u64)) -> String {
    let mut rates: Vec<f64> = (0..ROUNDS as u64)
        .map(|round| {
            let start = Instant::now();
            draw(round);
            BYTES as f64 / start.elapsed().as_secs_f64() / 1e9
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2} to {:.2})", rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1])
}

//! GFLOP/s of every kernel and every SIMD level on one thread, on the layers of the DvsGesture and N-MNIST nets.
//!
//! Run by `cargo bench -p decolle-synapse`. A multiply-add counts as two operations. Half of the δ are zero, as dropout
//! leaves them. Medians of seven runs, with the range.

use std::time::Instant;

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Connection, Geometry, INPUT_GROUP, Level, Weights, level, potential};

/// Runs of each measurement.
const RUNS: usize = 7;

fn main() {
    let conv = |input, channels| Connection::Convolution { input, channels, kernel: 7, padding: 3 };
    println!("{:<28} {:<8} {:>24} {:>24}", "layer", "SIMD", "potential, GFLOP/s", "gradient, GFLOP/s");
    for (name, connection, samples) in [
        ("conv 2→64 at 32²", conv([2, 32, 32], 64), 4),
        ("conv 64→128 at 16²", conv([64, 16, 16], 128), 4),
        ("conv 128→128 at 16²", conv([128, 16, 16], 128), 4),
        ("conv 16→32 at 16²", conv([16, 16, 16], 32), 8),
        ("dense 2312→512", Connection::Dense { inputs: 2312, units: 512 }, 72),
        ("dense 512→512", Connection::Dense { inputs: 512, units: 512 }, 72),
    ] {
        let geometry = Geometry::new(connection).expect("kernels that fit");
        for simd in level::all() {
            let potential = measure(|| potentials(simd, &geometry, samples));
            let gradient = measure(|| gradients(simd, &geometry, samples));
            println!("{name:<28} {:<8} {potential:>24} {gradient:>24}", level::name(simd));
        }
    }
}

/// Median and range of what `run` reports: multiply-adds and seconds.
fn measure(mut run: impl FnMut() -> (u64, f64)) -> String {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let (operations, seconds) = run();
            2e-9 * operations as f64 / seconds
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    format!("{:.1} ({:.1}–{:.1})", rates[RUNS / 2], rates[0], rates[RUNS - 1])
}

/// Trace planes of a batch, none zero.
fn planes(geometry: &Geometry, samples: usize) -> Vec<f32> {
    (0..samples * geometry.trace_plane).map(|i| 0.1 + (i % 13) as f32 * 0.1).collect()
}

fn potentials(simd: Level, geometry: &Geometry, samples: usize) -> (u64, f64) {
    let mut weights = Weights::zeros(geometry);
    for slice in &mut weights.slices {
        for (i, weight) in slice.weights.iter_mut().enumerate() {
            *weight = (i % 17) as f32 * 0.01;
        }
    }
    weights.pack(simd, geometry);
    let planes = planes(geometry, samples);
    let active: Vec<u32> = (0..geometry.inputs as u32).collect();
    let mut out = vec![0.0; geometry.tile * geometry.positions() * geometry.block];
    let start = Instant::now();
    let mut operations = 0;
    for traces in planes.chunks(geometry.tile * geometry.trace_plane) {
        for block in 0..geometry.blocks() {
            let parameters = weights.block(block);
            let (panel, bias) = (&parameters.weights, &parameters.bias);
            operations += if geometry.is_dense() {
                potential::dense_tile(simd, geometry, panel, bias, traces, &active, &mut out)
            } else {
                potential::convolution_rows(simd, geometry, panel, bias, traces, 0, &mut out)
            };
        }
    }
    (operations, start.elapsed().as_secs_f64())
}

fn gradients(simd: Level, geometry: &Geometry, samples: usize) -> (u64, f64) {
    let planes = planes(geometry, samples);
    let mut gradient = vec![0.0; geometry.weights_per_slice()];
    let mut bias = vec![0.0; geometry.slice];
    let delta = |i: usize| if (i * 7 + i / 3).is_multiple_of(2) { 0.1 } else { 0.0 };
    if geometry.is_dense() {
        let groups = vec![true; samples.div_ceil(geometry.tile) * geometry.trace_plane / INPUT_GROUP];
        let deltas: Vec<f32> = (0..samples * geometry.blocks() * geometry.block).map(delta).collect();
        let start = Instant::now();
        let operations = (0..geometry.blocks())
            .map(|block| gradient::dense(simd, geometry, &planes, &groups, &deltas, block, &mut gradient, &mut bias))
            .sum();
        return (operations, start.elapsed().as_secs_f64());
    }
    let mut list = DeltaList::new(geometry.slice, geometry.positions());
    let rows: Vec<f32> = (0..geometry.positions() * geometry.slice).map(delta).collect();
    let start = Instant::now();
    let mut operations = 0;
    for traces in planes.chunks_exact(geometry.trace_plane) {
        for _slice in 0..geometry.slices() {
            list.clear();
            for (row, &start) in rows.chunks_exact(geometry.slice).zip(geometry.starts()) {
                list.push_row(row, |_| start);
            }
            operations += gradient::convolution(simd, geometry, traces, &list, &mut gradient, &mut bias);
        }
    }
    (operations, start.elapsed().as_secs_f64())
}

//! Speed of every kernel and every SIMD level on one thread, on the layers of the DvsGesture and N-MNIST nets.
//!
//! Run by `cargo bench -p decolle-synapse`. Dense kernels in GFLOP/s, a multiply-add counting as two operations; half of the
//! δ are zero, as dropout leaves them. Event kernels in GSOP/s, a synaptic operation being one weight that meets one
//! output (or its gradient) because of one spike; inputs spike with a density of 2 %. Below them what goes with them in
//! vectors: neurons, and products of traces, in 10⁹ values a second. Medians of seven runs, with the range.

mod host;

use std::hint::black_box;

use decolle_neuron::{CarriedDynamics, Lif, RefractoryDynamics, TraceDynamics, recovery};
use decolle_synapse::events::{self, ArrivalsByChannel, ArrivalsByColumn, Plane};
use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{
    Aligned, Connection, Convolution, Geometry, Level, RUN, STRIP, SpikeTrain, TraceRun, Weights, inner_product, level,
    pack_stencils, potential,
};
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16};
use host::Instant;

/// Runs of each measurement.
const RUNS: usize = 7;

fn main() {
    let conv = |input, channels| Connection::Convolution(Convolution::square(input, channels, 7, 3));
    let other = |input, channels, kernel, padding, stride, groups| {
        Connection::Convolution(Convolution { input, channels, kernel, padding, stride, groups })
    };
    host::print(format_args!(
        "{:<20} {:<8} {:>20} {:>20} {:>20} {:>20}",
        "layer", "SIMD", "potential, GFLOP/s", "gradient, GFLOP/s", "potential, GSOP/s", "gradient, GSOP/s"
    ));
    for (name, connection, samples) in [
        ("conv 2→64 at 32²", conv([2, 32, 32], 64), 4),
        ("conv 64→128 at 16²", conv([64, 16, 16], 128), 4),
        ("conv 128→128 at 16²", conv([128, 16, 16], 128), 4),
        ("conv 16→32 at 16²", conv([16, 16, 16], 32), 8),
        ("stride 2", other([64, 32, 32], 64, [3, 3], [1, 1], [2, 2], 1), 4),
        ("4 groups", other([64, 16, 16], 64, [3, 3], [1, 1], [1, 1], 4), 4),
        ("depthwise", other([64, 16, 16], 64, [3, 3], [1, 1], [1, 1], 64), 4),
        ("1×9 over 1024", other([16, 1, 1024], 32, [1, 9], [0, 4], [1, 1], 1), 4),
        ("dense 2312→512", Connection::Dense { inputs: 2312, units: 512 }, 72),
        ("dense 512→512", Connection::Dense { inputs: 512, units: 512 }, 72),
    ] {
        let geometry = Geometry::new(connection).expect("kernels that fit");
        for simd in level::all() {
            let flops = |rates: [f64; 3]| text(rates.map(|rate| 2.0 * rate));
            let potential = flops(measure(|| potentials(simd, &geometry, samples)));
            let gradient = flops(measure(|| gradients(simd, &geometry, samples)));
            let arrival = text(measure(|| event_potentials(simd, &geometry)));
            let arrival_gradient = text(measure(|| event_gradients(simd, &geometry)));
            host::print(format_args!(
                "{name:<20} {:<8} {potential:>20} {gradient:>20} {arrival:>20} {arrival_gradient:>20}",
                level::name(simd)
            ));
        }
    }
    host::print(format_args!(
        "\n{:<20} {:<8} {:>24} {:>24} {:>24}",
        "vectors", "SIMD", "carried U, 10⁹/s", "R, U and S, 10⁹/s", "P·P, 10⁹/s"
    ));
    for simd in level::all() {
        let [carried, refractory, products] = [carried, refractory, products].map(|run| text(measure(|| run(simd))));
        host::print(format_args!(
            "{:<20} {:<8} {carried:>24} {refractory:>24} {products:>24}",
            "vectors",
            level::name(simd)
        ));
    }
}

/// 10⁹ operations a second of what `run` reports: operations and seconds. Least, median and most.
fn measure(mut run: impl FnMut() -> (u64, f64)) -> [f64; 3] {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let (operations, seconds) = run();
            1e-9 * operations as f64 / seconds
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    [rates[0], rates[RUNS / 2], rates[RUNS - 1]]
}

/// Median and range as text.
fn text([least, median, most]: [f64; 3]) -> String {
    format!("{median:.1} ({least:.1}–{most:.1})")
}

/// Trace planes of a batch, none zero.
fn planes(geometry: &Geometry, samples: usize) -> Aligned {
    let values: Vec<f32> = (0..samples * geometry.trace_plane).map(|i| 0.1 + (i % 13) as f32 * 0.1).collect();
    Aligned::from(&values[..])
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
    let mut out = Aligned::zeros(geometry.blocks() * samples * geometry.positions() * geometry.block);
    let start = Instant::now();
    let runs = runs(geometry, &planes);
    let mut operations = 0;
    let per_sample = geometry.positions() * geometry.block;
    for (block, out) in out.chunks_mut(samples * per_sample).enumerate() {
        let parameters = weights.block(block);
        let (panel, bias) = (&parameters.weights, &parameters.bias);
        if geometry.is_dense() {
            operations += potential::dense(simd, panel, bias, &runs, 0, out);
            continue;
        }
        for (traces, out) in planes.chunks(geometry.trace_plane).zip(out.chunks_mut(per_sample)) {
            operations += potential::convolution_rows(simd, geometry, block, panel, bias, traces, 0, out);
        }
    }
    (operations, start.elapsed().as_secs_f64())
}

/// Traces of a dense layer as its kernels read them.
fn runs(geometry: &Geometry, planes: &[f32]) -> Vec<TraceRun> {
    let count = if geometry.is_dense() { geometry.trace_plane.div_ceil(RUN) } else { 0 };
    let mut runs = vec![TraceRun::default(); count];
    for (number, run) in runs.iter_mut().enumerate() {
        run.gather(geometry, planes, number);
        run.turn();
    }
    runs
}

fn gradients(simd: Level, geometry: &Geometry, samples: usize) -> (u64, f64) {
    let planes = planes(geometry, samples);
    let mut gradient = Aligned::zeros(geometry.weights_per_slice());
    let mut bias = vec![0.0; geometry.slice];
    let delta = |i: usize| if (i * 7 + i / 3).is_multiple_of(2) { 0.1 } else { 0.0 };
    if geometry.is_dense() {
        let deltas: Vec<f32> = (0..samples * geometry.blocks() * geometry.block).map(delta).collect();
        let start = Instant::now();
        let runs = runs(geometry, &planes);
        let (mut operations, mut of_block) = (0, Aligned::default());
        for block in 0..geometry.blocks() {
            gradient::block_deltas(geometry, &deltas, block, &mut of_block);
            for (run, gradient) in runs.iter().zip(gradient.chunks_mut(RUN * geometry.block)) {
                operations += gradient::dense(simd, run, &of_block, gradient);
            }
        }
        return (operations, start.elapsed().as_secs_f64());
    }
    let mut list = DeltaList::new(geometry.slice, geometry.positions());
    let rows: Vec<f32> = (0..geometry.positions() * geometry.slice).map(delta).collect();
    let start = Instant::now();
    let mut operations = 0;
    for traces in planes.chunks_exact(geometry.trace_plane) {
        for slice in 0..geometry.slices() {
            list.clear();
            for (position, (row, &start)) in rows.chunks_exact(geometry.slice).zip(geometry.starts()).enumerate() {
                list.push_row(row, |_| start);
                if (position + 1).is_multiple_of(geometry.output_plane[1]) {
                    list.end_row(geometry.traces_of_row());
                }
            }
            operations += gradient::convolution(simd, geometry, slice, traces, &list, &mut gradient, &mut bias);
        }
    }
    (operations, start.elapsed().as_secs_f64())
}

/// Steps of events: as many as the engine takes at a time.
const STEPS: usize = 16;

/// Outputs that the engine's tiles have.
const CACHED: usize = 8192;

/// A train in which every input spikes with a density of 2 %, by the golden ratio.
fn train(geometry: &Geometry) -> SpikeTrain {
    let mut train = SpikeTrain::default();
    let mut phase = 0.0f64;
    for _ in 0..STEPS {
        for input in 0..geometry.inputs as u32 {
            phase = (phase + 0.618_033_988_749_895) % 1.0;
            if phase < 0.02 {
                train.push(input, 1.0);
            }
        }
        train.end_step();
    }
    train
}

fn event_potentials(simd: Level, geometry: &Geometry) -> (u64, f64) {
    let train = train(geometry);
    let mut weights = Weights::zeros(geometry);
    let mut operations = 0;
    if geometry.is_dense() {
        let mut out = vec![0.0; geometry.block];
        let start = Instant::now();
        for block in 0..geometry.blocks() {
            let weights = &weights.block(block).weights;
            for step in 0..STEPS {
                let (indices, counts) = train.step(step);
                events::dense(simd, weights, indices, counts, &mut out);
                operations += (indices.len() * geometry.block) as u64;
            }
        }
        return (operations, start.elapsed().as_secs_f64());
    }
    let (stencils, panels) = weights.stencils_and_panels(geometry);
    for (strip, stencil) in stencils.iter_mut().enumerate() {
        let per_block = geometry.block / STRIP;
        pack_stencils(geometry, &panels[strip / per_block], strip, stencil);
    }
    let mut arrivals = ArrivalsByColumn::default();
    arrivals.sort(geometry, &train, 0..STEPS);
    let [rows, columns] = geometry.output_plane;
    // As many rows at a time as stay in a first-level cache.
    let height = (CACHED / (columns * STRIP * STEPS)).clamp(1, rows);
    let mut out = Aligned::zeros(STEPS * height * columns * STRIP);
    let start = Instant::now();
    for strip in 0..geometry.outputs.div_ceil(STRIP) {
        for first in (0..rows).step_by(height) {
            let rows = first..rows.min(first + height);
            let out = &mut out[..STEPS * rows.len() * columns * STRIP];
            events::convolution(simd, geometry, strip, &arrivals, rows, 0..STEPS, weights.stencil(strip), out);
        }
    }
    operations += (0..STEPS).map(|step| arrivals.operations(step)).sum::<u64>() * geometry.outputs_of_channel() as u64;
    (operations, start.elapsed().as_secs_f64())
}

fn event_gradients(simd: Level, geometry: &Geometry) -> (u64, f64) {
    let train = train(geometry);
    let mut operations = 0;
    if geometry.is_dense() {
        let mut gradient = Aligned::zeros(geometry.weights_per_slice());
        let filtered = vec![0.1; geometry.block];
        let start = Instant::now();
        for _block in 0..geometry.blocks() {
            for step in 0..STEPS {
                let (indices, counts) = train.step(step);
                events::dense_gradient(simd, indices, counts, &filtered, &mut gradient);
                operations += (indices.len() * geometry.block) as u64;
            }
        }
        return (operations, start.elapsed().as_secs_f64());
    }
    let plane = Plane::new(geometry);
    let mut arrivals = ArrivalsByChannel::default();
    arrivals.sort(geometry, &train, 0..STEPS);
    // The same events meet the same weights, forward and in the gradient.
    let mut counted = ArrivalsByColumn::default();
    counted.sort(geometry, &train, 0..STEPS);
    let mut filtered = Aligned::zeros(STEPS * plane.length());
    filtered.fill(0.1);
    let mut gradients: Vec<Aligned> =
        (0..geometry.outputs.div_ceil(STRIP)).map(|strip| Aligned::zeros(geometry.stencil_length(strip))).collect();
    let start = Instant::now();
    for (strip, gradient) in gradients.iter_mut().enumerate() {
        let channels = geometry.strip_channels(strip);
        events::convolution_gradient(simd, &plane, channels, &arrivals, 0..STEPS, &filtered, gradient);
    }
    operations += (0..STEPS).map(|step| counted.operations(step)).sum::<u64>() * geometry.outputs_of_channel() as u64;
    (operations, start.elapsed().as_secs_f64())
}

/// Steps of sixteen neurons whose state stays in registers.
const VECTOR_STEPS: usize = 100_000;

/// Potentials carried from step to step.
fn carried(level: Level) -> (u64, f64) {
    let dynamics = CarriedDynamics::new(&TraceDynamics::new(&Lif::default())).expect("shared decays");
    let start = Instant::now();
    dispatch!(level, simd => {
        let (mut potential, mut current) = (f32x16::splat(simd, 0.1), f32x16::splat(simd, 0.2));
        let arrived = f32x16::splat(simd, 0.05);
        for _ in 0..VECTOR_STEPS {
            dynamics.advance_lanes::<_, { decolle_neuron::order::PREVIOUS }>(simd, black_box(arrived), &mut potential, &mut current);
        }
        black_box((potential, current));
    });
    (16 * VECTOR_STEPS as u64, start.elapsed().as_secs_f64())
}

/// Refractoriness, potentials and spikes.
fn refractory(level: Level) -> (u64, f64) {
    let dynamics = RefractoryDynamics::new(&Lif::default());
    let start = Instant::now();
    dispatch!(level, simd => {
        let zero = f32x16::splat(simd, 0.0);
        let (mut refractory, mut potential, mut spike) = (zero, zero, zero.simd_gt(zero));
        let lanes = dynamics.lanes(simd, f32x16::splat(simd, 0.65));
        let drive = f32x16::splat(simd, 0.3);
        for _ in 0..VECTOR_STEPS {
            let drive = black_box(drive);
            lanes.step::<{ recovery::LEAKY }>(simd, drive, &mut refractory, &mut potential, &mut spike);
        }
        black_box((refractory, potential, spike.select(f32x16::splat(simd, 1.0), zero)));
    });
    (16 * VECTOR_STEPS as u64, start.elapsed().as_secs_f64())
}

/// Products of two planes of traces.
fn products(level: Level) -> (u64, f64) {
    let plane = vec![0.1f32; 2320];
    let times = 1000;
    let start = Instant::now();
    for _ in 0..times {
        black_box(inner_product(level, black_box(&plane), &plane));
    }
    ((times * plane.len()) as u64, start.elapsed().as_secs_f64())
}

//! Potential and gradient of convolutions, directly and in the frequency domain, on one thread.
//!
//! Run by `cargo bench -p decolle-synapse --bench frequency [-- LEVEL]`. Milliseconds for 72 samples and for one, with traces everywhere,
//! half of the δ not zero: potential and gradient together, medians of five runs; what the products of spectra reach, and what each
//! phase takes. Stops where both results are further apart than rounding may bring them, relative to the largest.

mod host;

use decolle_synapse::frequency::{Frequency, Scratch};
use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Aligned, Connection, Convolution, Geometry, Level, Weights, level, potential};
use host::Instant;

const RUNS: usize = 5;

/// How far both results may be apart, relative to the largest number.
const APART: f32 = 1e-4;

fn main() {
    host::print(format_args!(
        "{:<40} {:<8} {:>12} {:>19} {:>19}  phases, ms",
        "what", "SIMD", "directly, ms", "by frequencies, ms", "products, GFLOP/s"
    ));
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let conv = |input, channels, kernel, padding| Convolution::square(input, channels, kernel, padding);
    for (name, convolution) in [
        ("64→128 at 16², 7×7", conv([64, 16, 16], 128, 7, 3)),
        ("128→128 at 16², 7×7", conv([128, 16, 16], 128, 7, 3)),
        ("2→64 at 32², 7×7", conv([2, 32, 32], 64, 7, 3)),
        ("16→24 at 16², 5×5", conv([16, 16, 16], 24, 5, 2)),
        ("32→64 at 32², 3×3", conv([32, 32, 32], 64, 3, 1)),
    ] {
        let geometry = Geometry::new(Connection::Convolution(convolution)).expect("a kernel that fits");
        for level in level::all() {
            if wanted.is_empty() || wanted.iter().any(|name| name == level::name(level)) {
                compare(name, &geometry, level, 72);
                compare(name, &geometry, level, 1);
            }
        }
    }
}

fn numbers(count: usize, seed: u32) -> Aligned {
    let mut state = seed;
    let numbers: Vec<f32> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        })
        .collect();
    Aligned::from(&numbers[..])
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn compare(name: &str, geometry: &Geometry, level: Level, samples: usize) {
    let frequency = Frequency::new(geometry).expect("a transform");
    let mut weights = Weights::zeros(geometry);
    let canonical: Vec<f32> = numbers(geometry.outputs * geometry.fan_in(), 1).iter().map(|x| 0.1 * x - 0.05).collect();
    Weights::set_weights(geometry, &mut weights.slices, &canonical);
    weights.pack(level, geometry);
    let mut traces = Aligned::zeros(samples * geometry.trace_plane);
    let given = numbers(samples * geometry.inputs, 2);
    for (plane, given) in traces.chunks_exact_mut(geometry.trace_plane).zip(given.chunks_exact(geometry.inputs)) {
        for (&place, value) in geometry.places().iter().zip(given) {
            plane[place as usize] = *value;
        }
    }
    let (positions, block) = (geometry.positions(), geometry.block);
    let per_sample = positions * block;
    let outputs = geometry.blocks() * block;
    let mut deltas = numbers(samples * positions * outputs, 3);
    deltas
        .iter_mut()
        .enumerate()
        .for_each(|(i, delta)| *delta = if (i * 7 + i / 3) % 2 == 0 { *delta - 0.5 } else { 0.0 });

    // Directly.
    let mut direct = Aligned::zeros(geometry.blocks() * samples * per_sample);
    let mut direct_gradient = vec![Aligned::zeros(geometry.weights_per_slice()); geometry.slices()];
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        for (number, out) in direct.chunks_mut(samples * per_sample).enumerate() {
            let parameters = weights.block(number);
            for (traces, out) in traces.chunks(geometry.trace_plane).zip(out.chunks_mut(per_sample)) {
                potential::convolution_rows(
                    level,
                    geometry,
                    number,
                    &parameters.weights,
                    &parameters.bias,
                    traces,
                    0,
                    out,
                );
            }
        }
        forward.push(1e3 * start.elapsed().as_secs_f64());
        let start = Instant::now();
        for (slice, gradient) in direct_gradient.iter_mut().enumerate() {
            gradient.fill(0.0);
            let first = slice * geometry.slice;
            let at_once = ((1 << 17) / geometry.trace_plane).clamp(1, 8).min(samples);
            let mut list = DeltaList::new(geometry.slice, at_once * positions);
            for group in (0..samples).step_by(at_once) {
                let at_once = at_once.min(samples - group);
                list.clear();
                for sample in group..group + at_once {
                    let plane = (sample - group) * geometry.trace_plane;
                    for (position, &start) in geometry.starts().iter().enumerate() {
                        let row = &deltas[(sample * positions + position) * outputs + first..][..geometry.slice];
                        list.push_row(row, |_| plane as u32 + start);
                        if (position + 1).is_multiple_of(geometry.output_plane[1]) {
                            list.end_row(geometry.traces_of_row());
                        }
                    }
                }
                let traces = &traces[group * geometry.trace_plane..(group + at_once) * geometry.trace_plane];
                gradient::convolution(level, geometry, slice, traces, &list, gradient, &mut []);
            }
        }
        backward.push(1e3 * start.elapsed().as_secs_f64());
    }
    // In the frequency domain.
    let mut scratch = Scratch::default();
    let mut of_traces = Aligned::zeros(samples * frequency.of_traces());
    let mut of_weights = Aligned::zeros(geometry.strips() * frequency.of_strip());
    let mut of_potentials = Aligned::zeros(frequency.of_potentials(samples));
    let mut of_errors = Aligned::zeros(samples * frequency.of_errors());
    let mut of_gradient = Aligned::zeros(frequency.of_gradient());
    let mut potentials = Aligned::zeros(direct.len());
    let mut gradients = vec![Aligned::zeros(geometry.weights_per_slice()); geometry.slices()];
    let mut squares = [vec![0.0; geometry.channels()], vec![0.0; frequency.outputs()], vec![0.0; frequency.outputs()]];
    let names = ["W rows", "P", "W·P", "U", "δ", "δ·P", "dW rows"];
    let mut times = vec![Vec::new(); names.len()];
    for _ in 0..RUNS {
        let mut marks = vec![Instant::now()];
        for (strip, half) in of_weights.chunks_exact_mut(frequency.of_strip()).enumerate() {
            let panel = &weights.block(strip * 16 / block).weights;
            let squares = &mut squares[1][strip * 16..(strip + 1) * 16];
            frequency.weights(level, panel, strip, &mut scratch, half, squares);
        }
        marks.push(Instant::now());
        for (plane, half) in
            traces.chunks_exact(geometry.trace_plane).zip(of_traces.chunks_exact_mut(frequency.of_traces()))
        {
            frequency.traces(level, plane, &mut scratch, half, &mut squares[0]);
        }
        marks.push(Instant::now());
        for piece in frequency.potential_pieces(samples, &mut of_potentials) {
            frequency.potential_piece(level, piece, &of_traces, &of_weights, &mut scratch);
        }
        marks.push(Instant::now());
        for (number, out) in potentials.chunks_mut(samples * per_sample).enumerate() {
            let bias = &weights.block(number).bias;
            for (sample, out) in out.chunks_mut(per_sample).enumerate() {
                for within in 0..block / 16 {
                    let bias = &bias[within * 16..];
                    let strip = number * (block / 16) + within;
                    frequency.potentials(
                        level,
                        &of_potentials,
                        [samples, sample],
                        strip,
                        (0.0, &squares[1][strip * 16..]),
                        bias,
                        &mut scratch,
                        &mut out[within * 16..],
                    );
                }
            }
        }
        marks.push(Instant::now());
        for (sample, half) in of_errors.chunks_exact_mut(frequency.of_errors()).enumerate() {
            let fill = |strip: usize, plane: &mut [f32]| {
                for (position, to) in plane.chunks_exact_mut(16).enumerate() {
                    to.copy_from_slice(&deltas[(sample * positions + position) * outputs + strip * 16..][..16]);
                }
            };
            frequency.errors(level, &fill, &mut scratch, half, &mut squares[2]);
        }
        marks.push(Instant::now());
        for piece in frequency.gradient_pieces(&mut of_gradient) {
            frequency.gradient_piece(level, piece, &of_traces, &of_errors, false, &mut scratch);
        }
        marks.push(Instant::now());
        for (slice, gradient) in gradients.iter_mut().enumerate() {
            gradient.fill(0.0);
            frequency.gradient(
                level,
                &of_gradient,
                slice * geometry.slice,
                [&squares[0], &squares[2]],
                &mut scratch,
                gradient,
            );
        }
        marks.push(Instant::now());
        for (times, marks) in times.iter_mut().zip(marks.windows(2)) {
            times.push(1e3 * (marks[1] - marks[0]).as_secs_f64());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let products: f64 = medians.iter().zip(names).filter(|(_, name)| name.contains('·')).map(|(time, _)| time).sum();
    let phases: Vec<String> = names.iter().zip(&medians).map(|(name, time)| format!("{name} {time:.2}")).collect();
    // A multiplication and an addition each, for the potential and for the gradient.
    let operations = 4.0 * frequency.multiply_adds(samples) as f64;
    host::print(format_args!(
        "{:<40} {:<8} {:>12.2} {:>19.2} {:>19.1}  {}",
        format!("{name}, {samples} samples"),
        level::name(level),
        median(&mut forward) + median(&mut backward),
        medians.iter().sum::<f64>(),
        operations / products / 1e6,
        phases.join(", ")
    ));
    let apart = |a: &[f32], b: &[f32]| {
        let largest = a.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        a.iter().zip(b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    let of_gradients = direct_gradient.iter().zip(&gradients).map(|(a, b)| apart(a, b)).fold(0.0, f32::max);
    assert!(apart(&direct, &potentials).max(of_gradients) < APART, "both ways should compute the same");
}

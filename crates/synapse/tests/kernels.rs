//! Every kernel gives the bits of its scalar reference, with every SIMD level of this machine.

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Aligned, Connection, Convolution, Geometry, RUN, TraceRun, Weights, level, potential};
use proptest::prelude::*;

fn connections() -> impl Strategy<Value = Connection> {
    prop_oneof![
        (1usize..90, 1usize..150).prop_map(|(inputs, units)| Connection::Dense { inputs, units }),
        (1usize..5, 3usize..10, 3usize..20, 1usize..40, 1usize..8, 0usize..4).prop_filter_map(
            "kernel larger than padded input",
            |(depth, height, width, channels, kernel, padding)| {
                fits(Convolution::square([depth, height, width], channels, kernel, padding))
            }
        ),
        convolutions(),
    ]
}

/// Convolutions of any shape, stride and number of groups.
fn convolutions() -> impl Strategy<Value = Connection> {
    let sides = ([1usize..12, 1usize..20], [1usize..8, 1usize..8], [0usize..4, 0usize..4], [1usize..5, 1usize..5]);
    let groups = (1usize..7, 1usize..4, prop_oneof![1usize..4, 7usize..36]);
    (sides, groups).prop_filter_map(
        "kernel larger than padded input",
        |(([height, width], kernel, padding, stride), (groups, depth, channels))| {
            let (input, channels) = ([depth * groups, height, width], channels * groups);
            fits(Convolution { input, channels, kernel, padding, stride, groups })
        },
    )
}

fn fits(convolution: Convolution) -> Option<Connection> {
    (!convolution.output_plane().contains(&0)).then_some(Connection::Convolution(convolution))
}

/// Numbers without pattern, about half of them zero where `sparse`.
fn numbers(seed: u32, count: usize, sparse: bool) -> Vec<f32> {
    let mut state = seed | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            if sparse && state & 0x80 == 0 { 0.0 } else { value }
        })
        .collect()
}

fn weights(geometry: &Geometry, seed: u32) -> Weights {
    let mut weights = Weights::zeros(geometry);
    let canonical = numbers(seed, geometry.outputs * geometry.fan_in(), false);
    Weights::set_weights(geometry, &mut weights.slices, &canonical);
    Weights::set_bias(geometry, &mut weights.slices, &numbers(seed + 9, geometry.outputs, false));
    weights.pack(level::best(), geometry);
    weights
}

/// Trace planes of some samples: numbers inside, zeros in the padding.
fn planes(geometry: &Geometry, samples: usize, seed: u32) -> Vec<f32> {
    let mut planes = vec![0.0; samples * geometry.trace_plane];
    for (sample, plane) in planes.chunks_exact_mut(geometry.trace_plane).enumerate() {
        let values = numbers(seed + sample as u32, geometry.inputs, true);
        for (&place, value) in geometry.places().iter().zip(values) {
            plane[place as usize] = value.abs();
        }
    }
    planes
}

/// The traces of a dense layer that are not zero.
fn runs(geometry: &Geometry, planes: &[f32]) -> Vec<TraceRun> {
    let count = if geometry.is_dense() { geometry.trace_plane.div_ceil(RUN) } else { 0 };
    let mut runs = vec![TraceRun::default(); count];
    for (number, run) in runs.iter_mut().enumerate() {
        run.gather(geometry, planes, number);
        run.turn();
    }
    runs
}

/// What a convolution is by its definition, from values by channel, row and column and weights as users see them: the sum of
/// an output, in float64, without its bias.
fn defined(convolution: &Convolution, values: &[f32], weights: &[f32], [output, y, x]: [usize; 3]) -> f64 {
    let Convolution { input: [_, height, width], channels, kernel: [rows, columns], padding, stride, groups } =
        *convolution;
    let depth = convolution.depth();
    let mut sum = 0.0;
    for channel in 0..depth {
        for row in 0..rows {
            for column in 0..columns {
                let at = [(y * stride[0] + row, padding[0], height), (x * stride[1] + column, padding[1], width)];
                let [at_row, at_column] =
                    at.map(|(place, padding, side)| place.checked_sub(padding).filter(|&p| p < side));
                let (Some(at_row), Some(at_column)) = (at_row, at_column) else { continue };
                let input = ((output / (channels / groups) * depth + channel) * height + at_row) * width + at_column;
                let weight = ((output * depth + channel) * rows + row) * columns + column;
                sum += f64::from(values[input]) * f64::from(weights[weight]);
            }
        }
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn potentials_of_a_convolution_are_what_defines_it(connection in convolutions(), seed in 1u32..1000) {
        let Connection::Convolution(convolution) = connection else { unreachable!() };
        let geometry = Geometry::new(connection).unwrap();
        let weights = weights(&geometry, seed);
        let canonical = Weights::weights(&geometry, &weights.slices);
        let values = numbers(seed + 77, geometry.inputs, true);
        let mut plane = vec![0.0; geometry.trace_plane];
        for (&place, &value) in geometry.places().iter().zip(&values) {
            plane[place as usize] = value;
        }
        let columns = geometry.output_plane[1];
        for block in 0..geometry.blocks() {
            let (panel, bias) = (&weights.block(block).weights, &weights.block(block).bias);
            let mut found = vec![f32::NAN; geometry.positions() * geometry.block];
            potential::convolution_rows(level::best(), &geometry, block, panel, bias, &plane, 0, &mut found);
            for (position, found) in found.chunks_exact(geometry.block).enumerate() {
                for (lane, &found) in found.iter().enumerate().take(geometry.outputs - block * geometry.block) {
                    let at = [block * geometry.block + lane, position / columns, position % columns];
                    let expected = defined(&convolution, &values, &canonical, at) + f64::from(bias[lane]);
                    prop_assert!((f64::from(found) - expected).abs() < 1e-4, "{at:?}: {found} {expected}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn potentials_are_the_references_bits(connection in connections(), samples in 1usize..11, seed in 1u32..1000) {
        let geometry = Geometry::new(connection).unwrap();
        let weights = weights(&geometry, seed);
        let planes = planes(&geometry, samples, seed + 77);
        let runs = runs(&geometry, &planes);
        let (per_sample, blocks) = (geometry.positions() * geometry.block, geometry.blocks());
        for simd in level::all() {
            let mut potentials = vec![f32::NAN; blocks * samples * per_sample];
            match connection {
                Connection::Dense { .. } => {
                    for (found, block) in potentials.chunks_mut(samples * per_sample).zip(0..) {
                        let (panel, bias) = (&weights.block(block).weights, &weights.block(block).bias);
                        // In two parts, as threads share it out.
                        let (some, rest) = found.split_at_mut(samples / 2 * per_sample);
                        potential::dense(simd, panel, bias, &runs, 0, some);
                        potential::dense(simd, panel, bias, &runs, samples / 2, rest);
                    }
                }
                Connection::Convolution(_) => {
                    for (block, found) in potentials.chunks_mut(samples * per_sample).enumerate() {
                        let (panel, bias) = (&weights.block(block).weights, &weights.block(block).bias);
                        for (found, traces) in found.chunks_mut(per_sample).zip(planes.chunks(geometry.trace_plane)) {
                            let line = geometry.output_plane[1] * geometry.block;
                            let (top, rest) = found.split_at_mut(line * (geometry.output_plane[0] / 2));
                            potential::convolution_rows(simd, &geometry, block, panel, bias, traces, 0, top);
                            let first = geometry.output_plane[0] / 2;
                            potential::convolution_rows(simd, &geometry, block, panel, bias, traces, first, rest);
                        }
                    }
                }
            }
            for (block, found) in potentials.chunks(samples * per_sample).enumerate() {
                let (panel, bias) = (&weights.block(block).weights, &weights.block(block).bias);
                for (sample, plane) in planes.chunks(geometry.trace_plane).enumerate() {
                    for position in 0..geometry.positions() {
                        for lane in 0..geometry.block.min(geometry.outputs - block * geometry.block) {
                            let output = block * geometry.block + lane;
                            let weight = |row: usize, column: usize| {
                                panel[(row * geometry.row_length + column) * geometry.block + lane]
                            };
                            let expected =
                                potential::scalar::potential(&geometry, output, weight, bias[lane], plane, position);
                            let place = sample * per_sample + position * geometry.block + lane;
                            prop_assert_eq!(found[place].to_bits(), expected.to_bits(),
                                "{} sample {} output {} position {}", level::name(simd), sample, output, position);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_are_the_references_bits(connection in connections(), samples in 1usize..20, seed in 1u32..1000) {
        let geometry = Geometry::new(connection).unwrap();
        let planes = planes(&geometry, samples, seed);
        match connection {
            Connection::Dense { .. } => dense_gradients(&geometry, &planes, samples, seed)?,
            Connection::Convolution(_) => convolution_gradients(&geometry, &planes, samples, seed)?,
        }
    }
}

fn dense_gradients(geometry: &Geometry, planes: &[f32], samples: usize, seed: u32) -> Result<(), TestCaseError> {
    let block = geometry.block;
    let deltas = numbers(seed + 5, samples * geometry.blocks() * block, true);
    let runs = runs(geometry, planes);
    for simd in level::all() {
        for index in 0..geometry.blocks() {
            let before = numbers(seed, geometry.weights_per_slice(), true);
            let (mut found, mut of_block) = (before.clone(), Aligned::default());
            gradient::block_deltas(geometry, &deltas, index, &mut of_block);
            for (run, found) in runs.iter().zip(found.chunks_mut(RUN * block)) {
                gradient::dense(simd, run, &of_block, found);
            }
            for lane in 0..block {
                let column: Vec<f32> =
                    (0..samples).map(|b| deltas[(b * geometry.blocks() + index) * block + lane]).collect();
                for input in 0..geometry.inputs {
                    let mut expected = before[input * block + lane];
                    gradient::scalar::dense(geometry, planes, input, &column, &mut expected);
                    prop_assert_eq!(found[input * block + lane].to_bits(), expected.to_bits(), "{}", level::name(simd));
                }
            }
        }
    }
    Ok(())
}

fn convolution_gradients(geometry: &Geometry, planes: &[f32], samples: usize, seed: u32) -> Result<(), TestCaseError> {
    let positions = geometry.positions();
    let slice = seed as usize % geometry.outputs.div_ceil(geometry.slice);
    let mut list = DeltaList::new(geometry.slice, samples * positions);
    let mut deltas = numbers(seed + 5, samples * positions * geometry.slice, true);
    for deltas in deltas.chunks_exact_mut(geometry.slice) {
        // There is no δ of what fills up a block.
        deltas.iter_mut().skip(geometry.outputs - slice * geometry.slice).for_each(|delta| *delta = 0.0);
    }
    for (row, deltas) in deltas.chunks_exact(geometry.slice).enumerate() {
        let start = (row / positions * geometry.trace_plane) as u32 + geometry.starts()[row % positions];
        list.push_row(deltas, |_| start);
        // Bands of any length.
        if (row as u32 + seed).is_multiple_of(3) {
            list.end_row(1 << (8 + row % 6));
        }
    }
    let mut before = vec![0.0; geometry.weights_per_slice()];
    for (i, row) in before.chunks_exact_mut(geometry.row_padded).enumerate() {
        row[..geometry.row_length].copy_from_slice(&numbers(seed + i as u32, geometry.row_length, true));
    }
    for simd in level::all() {
        let (mut found, mut bias) = (before.clone(), vec![0.0; geometry.slice]);
        gradient::convolution(simd, geometry, slice, planes, &list, &mut found, &mut bias);
        for (output, bias) in bias.iter().enumerate() {
            let range = output * geometry.weights_per_output()..(output + 1) * geometry.weights_per_output();
            let mut expected = before[range.clone()].to_vec();
            let (starts, deltas) = list.output(output);
            gradient::scalar::convolution(
                geometry,
                slice * geometry.slice + output,
                planes,
                starts,
                deltas,
                &mut expected,
            );
            for (found, expected) in found[range].iter().zip(&expected) {
                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}", level::name(simd));
            }
            prop_assert_eq!(*bias, deltas.iter().sum::<f32>());
        }
    }
    Ok(())
}

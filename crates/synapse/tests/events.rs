//! Every kernel that works by events gives the bits of its scalar reference, with every SIMD level of this machine.

use decolle_synapse::events::{self, ArrivalsByChannel, ArrivalsByColumn, Plane};
use decolle_synapse::{
    Connection, Convolution, Geometry, Parameters, STRIP, SpikeTrain, Weights, add_stencils, level, pack_stencils,
};
use proptest::prelude::*;

const STEPS: usize = 3;

/// Convolutions that take events: kernels with and without a fixed width of their own, planes, strides and groups of any kind.
fn convolutions() -> impl Strategy<Value = Convolution> {
    let plain = (1usize..5, 2usize..10, 2usize..18, 1usize..40, 1usize..8, 0usize..7).prop_map(
        |(depth, height, width, channels, kernel, padding)| {
            Convolution::square([depth, height, width], channels, kernel, padding)
        },
    );
    let sides = ([1usize..12, 1usize..20], [1usize..8, 1usize..8], [0usize..4, 0usize..4], [1usize..4, 1usize..4]);
    let groups = (prop_oneof![Just(1usize), 1usize..6], 1usize..4, prop_oneof![1usize..4, 7usize..36]);
    let any = (sides, groups).prop_map(|(([height, width], kernel, padding, stride), (groups, depth, channels))| {
        let (input, channels) = ([depth * groups, height, width], channels * groups);
        Convolution { input, channels, kernel, padding, stride, groups }
    });
    prop_oneof![plain, any].prop_filter("kernel within its padded input, padding below the kernel", |convolution| {
        let Convolution { kernel, padding, .. } = convolution;
        !convolution.output_plane().contains(&0) && padding[0] < kernel[0] && padding[1] < kernel[1]
    })
}

/// Numbers without pattern.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// About every third input spikes in a step, some with a count of their own, in no order; with even seeds the last step is
/// silent.
fn train(inputs: usize, seed: u32) -> SpikeTrain {
    let mut train = SpikeTrain::default();
    for step in 0..STEPS {
        let draws = numbers(seed + step as u32, inputs);
        let silent = step + 1 == STEPS && seed.is_multiple_of(2);
        for place in (0..inputs).filter(|_| !silent) {
            let input = (place * 7 + step) % inputs;
            if draws[input] > 0.3 {
                train.push(input as u32, if draws[input] > 0.8 { 2.5 } else { 1.0 });
            }
        }
        train.end_step();
    }
    train
}

fn weights(geometry: &Geometry, seed: u32) -> (Vec<f32>, Weights) {
    let canonical = numbers(seed, geometry.outputs * geometry.fan_in());
    let mut weights = Weights::zeros(geometry);
    Weights::set_weights(geometry, &mut weights.slices, &canonical);
    weights.pack(level::best(), geometry);
    if !geometry.is_dense() {
        let per_block = geometry.block / STRIP;
        let (stencils, panels) = weights.stencils_and_panels(geometry);
        for (strip, stencil) in stencils.iter_mut().enumerate() {
            pack_stencils(geometry, &panels[strip / per_block], strip, stencil);
        }
    }
    (canonical, weights)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn events_of_a_convolution_are_the_references_bits(convolution in convolutions(), seed in 1u32..1000) {
        let geometry = Geometry::new(Connection::Convolution(convolution)).unwrap();
        let (depth, [kernel_rows, kernel_columns]) = (convolution.depth(), convolution.kernel);
        let group_of = |output: usize| output / (convolution.channels / convolution.groups);
        let (canonical, weights) = weights(&geometry, seed);
        let train = train(geometry.inputs, seed);
        let mut arrivals = ArrivalsByColumn::default();
        arrivals.sort(&geometry, &train, 0..STEPS);
        let [rows, columns] = geometry.output_plane;
        // Some of the rows and steps, so that they are not confused.
        let (some_rows, some_steps) = (rows / 3..rows, 1..STEPS);
        let mut expected_operations = 0;
        for simd in level::all() {
            for strip in 0..geometry.outputs.div_ceil(STRIP) {
                let mut found = numbers(seed + 3, some_steps.len() * some_rows.len() * columns * STRIP);
                let stencil = weights.stencil(strip);
                events::convolution(
                    simd, &geometry, strip, &arrivals, some_rows.clone(), some_steps.clone(), stencil, &mut found);
                let mut found = found.chunks_exact(STRIP);
                for step in some_steps.clone() {
                    for row in some_rows.clone() {
                        for column in 0..columns {
                            let found = found.next().unwrap();
                            for (output, found) in (strip * STRIP..geometry.outputs).zip(found) {
                                let weight = |channel: usize, row: usize, column: usize| {
                                    if channel / depth != group_of(output) {
                                        return 0.0;
                                    }
                                    let channel = output * depth + channel % depth;
                                    canonical[(channel * kernel_rows + row) * kernel_columns + column]
                                };
                                let mut expected = 0.0;
                                events::scalar::convolution(
                                    &geometry, &arrivals, step, weight, [row, column], &mut expected);
                                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}", level::name(simd));
                            }
                        }
                    }
                }
            }
        }
        let (indices, counts) = train.step(1);
        let Convolution { input: [_, height, width], padding, stride, .. } = convolution;
        prop_assert_eq!(indices.len(), counts.len());
        for &index in indices {
            let place = index as usize % (height * width);
            let reach = |input: usize, output: usize, axis: usize| {
                let within = (input + padding[axis]).checked_sub(output * stride[axis]);
                within.is_some_and(|within| within < convolution.kernel[axis])
            };
            for row in 0..rows {
                for column in 0..columns {
                    expected_operations += u64::from(reach(place / width, row, 0) && reach(place % width, column, 1));
                }
            }
        }
        prop_assert_eq!(arrivals.operations(1), expected_operations);
    }

    #[test]
    fn gradients_of_a_convolution_by_events_are_the_references_bits(convolution in convolutions(), seed in 1u32..1000) {
        let geometry = Geometry::new(Connection::Convolution(convolution)).unwrap();
        let (depth, [kernel_rows, kernel_columns]) = (convolution.depth(), convolution.kernel);
        let group_of = |output: usize| output / (convolution.channels / convolution.groups);
        let mut arrivals = ArrivalsByChannel::default();
        arrivals.sort(&geometry, &train(geometry.inputs, seed), 0..STEPS);
        let plane = Plane::new(&geometry);
        // Margins are zero, as those who fill the planes leave them.
        let mut filtered = vec![0.0; 2 * plane.length()];
        for (step, values) in filtered.chunks_exact_mut(plane.length()).enumerate() {
            for row in 0..geometry.output_plane[0] {
                let range = plane.row(row);
                let draws = numbers(seed + 31 * (step * 50 + row) as u32, range.len());
                values[range].copy_from_slice(&draws);
            }
        }
        for simd in level::all() {
            let stencils: Vec<Vec<f32>> = (0..geometry.strips())
                .map(|strip| {
                    let mut found = vec![0.0; geometry.stencil_length(strip)];
                    let channels = geometry.strip_channels(strip);
                    events::convolution_gradient(simd, &plane, channels, &arrivals, 1..3, &filtered, &mut found);
                    found
                })
                .collect();
            let stencils: Vec<&[f32]> = stencils.iter().map(|stencil| &stencil[..]).collect();
            for slice in 0..geometry.slices() {
                let first = slice * geometry.slice;
                let mut found = Parameters::zeros(geometry.weights_per_slice(), geometry.slice);
                add_stencils(&geometry, &stencils, first, &mut found.weights);
                for output in first..geometry.outputs.min(first + geometry.slice) {
                    let lane = output % STRIP;
                    for channel in 0..depth {
                        for row in 0..kernel_rows {
                            for column in 0..kernel_columns {
                                let mut expected = 0.0;
                                for (step, filtered) in filtered.chunks_exact(plane.length()).enumerate() {
                                    let at = |row: usize, column: usize| {
                                        filtered[plane.row(row).start + column * STRIP + lane]
                                    };
                                    let of_input = group_of(output) * depth + channel;
                                    events::scalar::convolution_gradient(
                                        &geometry, &arrivals, 1 + step, at, [of_input, row, column], &mut expected);
                                }
                                let place = (output - first) * geometry.weights_per_output()
                                    + row * geometry.row_padded + column * depth + channel;
                                let found = found.weights[place];
                                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}", level::name(simd));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn events_of_a_dense_layer_are_the_references_bits(inputs in 1usize..90, units in 1usize..70, seed in 1u32..1000) {
        let geometry = Geometry::new(Connection::Dense { inputs, units }).unwrap();
        let (canonical, weights) = weights(&geometry, seed);
        let train = train(inputs, seed);
        let (indices, counts) = train.step(1);
        for simd in level::all() {
            for block in 0..geometry.blocks() {
                let mut found = numbers(seed + 3, geometry.block);
                let mut gradient = numbers(seed + 4, geometry.weights_per_slice());
                let (before, filtered) = (found.clone(), numbers(seed + 5, geometry.block));
                let gradient_before = gradient.clone();
                events::dense(simd, &weights.block(block).weights, indices, counts, &mut found);
                events::dense_gradient(simd, indices, counts, &filtered, &mut gradient);
                for lane in 0..geometry.block.min(units - block * geometry.block) {
                    let unit = block * geometry.block + lane;
                    let mut expected = before[lane];
                    events::scalar::dense(|input| canonical[unit * inputs + input], indices, counts, &mut expected);
                    prop_assert_eq!(found[lane].to_bits(), expected.to_bits(), "{}", level::name(simd));
                    for input in 0..inputs {
                        let mut expected = gradient_before[input * geometry.block + lane];
                        events::scalar::dense_gradient(input, indices, counts, filtered[lane], &mut expected);
                        let found = gradient[input * geometry.block + lane];
                        prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}", level::name(simd));
                    }
                }
            }
        }
    }
}

//! Every kernel gives the bits of its scalar reference, with every SIMD level of this machine.

use decolle_synapse::gradient::{self, DeltaList};
use decolle_synapse::{Connection, Geometry, INPUT_GROUP, Weights, level, potential};
use proptest::prelude::*;

fn connections() -> impl Strategy<Value = Connection> {
    prop_oneof![
        (1usize..90, 1usize..70).prop_map(|(inputs, units)| Connection::Dense { inputs, units }),
        (1usize..5, 3usize..10, 3usize..20, 1usize..40, 1usize..8, 0usize..4).prop_filter_map(
            "kernel larger than padded input",
            |(depth, height, width, channels, kernel, padding)| {
                (kernel <= height + 2 * padding && kernel <= width + 2 * padding).then_some(Connection::Convolution {
                    input: [depth, height, width],
                    channels,
                    kernel,
                    padding,
                })
            }
        ),
    ]
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn potentials_are_the_references_bits(connection in connections(), samples in 1usize..11, seed in 1u32..1000) {
        let geometry = Geometry::new(connection).unwrap();
        let weights = weights(&geometry, seed);
        let planes = planes(&geometry, samples, seed + 77);
        for simd in level::all() {
            for block in 0..geometry.blocks() {
                let (panel, bias) = (&weights.block(block).weights, &weights.block(block).bias);
                for (tile, traces) in planes.chunks(geometry.tile * geometry.trace_plane).enumerate() {
                    let in_tile = traces.len() / geometry.trace_plane;
                    let mut found = vec![f32::NAN; in_tile * geometry.positions() * geometry.block];
                    match connection {
                        Connection::Dense { .. } => {
                            let active: Vec<u32> = (0..geometry.inputs as u32).filter(|&input| {
                                (0..in_tile).any(|s| traces[s * geometry.trace_plane + input as usize] != 0.0)
                            }).collect();
                            potential::dense_tile(simd, &geometry, panel, bias, traces, &active, &mut found);
                        }
                        Connection::Convolution { .. } => {
                            let line = geometry.output_plane[1] * geometry.block;
                            let (top, rest) = found.split_at_mut(line * (geometry.output_plane[0] / 2));
                            potential::convolution_rows(simd, &geometry, panel, bias, traces, 0, top);
                            let first = geometry.output_plane[0] / 2;
                            potential::convolution_rows(simd, &geometry, panel, bias, traces, first, rest);
                        }
                    }
                    for sample in 0..in_tile {
                        let plane = &traces[sample * geometry.trace_plane..][..geometry.trace_plane];
                        for position in 0..geometry.positions() {
                            for lane in 0..geometry.block.min(geometry.outputs - block * geometry.block) {
                                let output = block * geometry.block + lane;
                                let weight = |row: usize, column: usize| {
                                    panel[(row * geometry.row_length + column) * geometry.block + lane]
                                };
                                let expected = potential::scalar::potential(
                                    &geometry, weight, bias[lane], plane, position);
                                let place = (sample * geometry.positions() + position) * geometry.block + lane;
                                prop_assert_eq!(found[place].to_bits(), expected.to_bits(),
                                    "{} tile {} output {} position {}", level::name(simd), tile, output, position);
                            }
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
            Connection::Convolution { .. } => convolution_gradients(&geometry, &planes, samples, seed)?,
        }
    }
}

fn dense_gradients(geometry: &Geometry, planes: &[f32], samples: usize, seed: u32) -> Result<(), TestCaseError> {
    let block = geometry.block;
    let tiles = samples.div_ceil(geometry.tile);
    let groups = geometry.trace_plane / INPUT_GROUP;
    let active: Vec<bool> = (0..tiles * groups)
        .map(|i| {
            let (tile, group) = (i / groups * geometry.tile, i % groups * INPUT_GROUP);
            (tile..samples.min(tile + geometry.tile)).any(|sample| {
                planes[sample * geometry.trace_plane + group..][..INPUT_GROUP].iter().any(|&trace| trace != 0.0)
            })
        })
        .collect();
    let deltas = numbers(seed + 5, samples * geometry.blocks() * block, true);
    for simd in level::all() {
        for index in 0..geometry.blocks() {
            let before = numbers(seed, geometry.weights_per_slice(), true);
            let (mut found, mut bias) = (before.clone(), vec![0.0; block]);
            gradient::dense(simd, geometry, planes, &active, &deltas, index, 0, &mut found, &mut bias);
            for lane in 0..block {
                let column: Vec<f32> =
                    (0..samples).map(|b| deltas[(b * geometry.blocks() + index) * block + lane]).collect();
                for input in 0..geometry.inputs {
                    let mut expected = before[input * block + lane];
                    gradient::scalar::dense(geometry, planes, input, &column, &mut expected);
                    prop_assert_eq!(found[input * block + lane].to_bits(), expected.to_bits(), "{}", level::name(simd));
                }
                prop_assert_eq!(bias[lane], column.iter().sum::<f32>());
            }
        }
    }
    Ok(())
}

fn convolution_gradients(geometry: &Geometry, planes: &[f32], samples: usize, seed: u32) -> Result<(), TestCaseError> {
    let positions = geometry.positions();
    let mut list = DeltaList::new(geometry.slice, samples * positions);
    let deltas = numbers(seed + 5, samples * positions * geometry.slice, true);
    for (row, deltas) in deltas.chunks_exact(geometry.slice).enumerate() {
        let start = (row / positions * geometry.trace_plane) as u32 + geometry.starts()[row % positions];
        list.push_row(deltas, |_| start);
    }
    let mut before = vec![0.0; geometry.weights_per_slice()];
    for (i, row) in before.chunks_exact_mut(geometry.row_padded).enumerate() {
        row[..geometry.row_length].copy_from_slice(&numbers(seed + i as u32, geometry.row_length, true));
    }
    for simd in level::all() {
        let (mut found, mut bias) = (before.clone(), vec![0.0; geometry.slice]);
        gradient::convolution(simd, geometry, planes, &list, &mut found, &mut bias);
        for (output, bias) in bias.iter().enumerate() {
            let range = output * geometry.weights_per_output()..(output + 1) * geometry.weights_per_output();
            let mut expected = before[range.clone()].to_vec();
            let (starts, deltas) = list.output(output);
            gradient::scalar::convolution(geometry, planes, starts, deltas, &mut expected);
            for (found, expected) in found[range].iter().zip(&expected) {
                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}", level::name(simd));
            }
            prop_assert_eq!(*bias, deltas.iter().sum::<f32>());
        }
    }
    Ok(())
}

//! Convolutions in the frequency domain compute what defines them, with the same bits on every SIMD level of this machine.

use decolle_synapse::frequency::{Frequency, Scratch};
use decolle_synapse::{Connection, Convolution, Geometry, Level, STRIP, Weights, level};
use proptest::prelude::*;

/// Convolutions that have a frequency domain: planes, kernels and padding of any kind, channels that fill no strip.
fn convolutions() -> impl Strategy<Value = Convolution> {
    let sides = ([1usize..14, 1usize..20], [1usize..8, 1usize..8], [0usize..9, 0usize..9]);
    let channels = (prop_oneof![1usize..20, Just(33)], prop_oneof![1usize..20, Just(70)]);
    (sides, channels)
        .prop_map(|(([height, width], kernel, padding), (depth, channels))| {
            let input = [depth, height, width];
            Convolution { input, channels, kernel, padding, stride: [1; 2], groups: 1 }
        })
        .prop_filter("a kernel that fits", |convolution| !convolution.output_plane().contains(&0))
}

/// Numbers from −1 to 1 without pattern, half of them zero; with every third seed, all but few.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed | 1;
    let share = if seed.is_multiple_of(3) { 0.03 } else { 0.5 };
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0
    };
    (0..count).map(|_| if uniform() < share { 2.0 * uniform() - 1.0 } else { 0.0 }).collect()
}

/// A convolution, weights, and the traces and errors of some samples, both in the order of channel, row, column.
struct Given {
    convolution: Convolution,
    geometry: Geometry,
    frequency: Frequency,
    weights: Weights,
    canonical: Vec<f32>,
    traces: Vec<Vec<f32>>,
    errors: Vec<Vec<f32>>,
}

impl Given {
    fn new(convolution: Convolution, samples: usize, seed: u32) -> Self {
        let geometry = Geometry::new(Connection::Convolution(convolution)).unwrap();
        let mut weights = Weights::zeros(&geometry);
        let canonical = numbers(seed, geometry.outputs * geometry.fan_in());
        Weights::set_weights(&geometry, &mut weights.slices, &canonical);
        Weights::set_bias(&geometry, &mut weights.slices, &numbers(seed + 9, geometry.outputs));
        weights.pack(level::best(), &geometry);
        // The second channel is silent, of inputs and outputs, where there are several.
        let draw = |first: u32, channels: usize, count: usize| -> Vec<Vec<f32>> {
            let one = |seed| {
                let mut values = numbers(seed, count);
                values
                    .iter_mut()
                    .skip(count / channels)
                    .take(if channels > 1 { count / channels } else { 0 })
                    .for_each(|value| *value = 0.0);
                values
            };
            (first..).take(samples).map(one).collect()
        };
        let traces = draw(seed + 20, geometry.channels(), geometry.inputs);
        let errors = draw(seed + 70, geometry.outputs, geometry.neurons());
        let frequency = Frequency::new(&geometry).expect("a frequency domain");
        Self { convolution, geometry, frequency, weights, canonical, traces, errors }
    }

    /// Spectra of the traces of all samples, and their sums of squares by channel.
    fn of_traces(&self, level: Level, scratch: &mut Scratch) -> (Vec<f32>, Vec<Vec<f32>>) {
        let Self { geometry, frequency, .. } = self;
        let mut spectra = vec![f32::NAN; self.traces.len() * frequency.of_traces()];
        let mut squares = vec![vec![f32::NAN; geometry.channels()]; self.traces.len()];
        let parts = spectra.chunks_exact_mut(frequency.of_traces()).zip(&mut squares);
        for (traces, (spectra, squares)) in self.traces.iter().zip(parts) {
            let mut plane = vec![0.0; geometry.trace_plane];
            for (&place, value) in geometry.places().iter().zip(traces) {
                plane[place as usize] = *value;
            }
            frequency.traces(level, &plane, scratch, spectra, squares);
        }
        (spectra, squares)
    }

    /// W·P + b, `[sample][channel, row, column]`.
    fn potentials(&self, level: Level) -> Vec<Vec<f32>> {
        let Self { geometry, frequency, weights, .. } = self;
        let (samples, positions, mut scratch) = (self.traces.len(), geometry.positions(), Scratch::default());
        let (of_traces, of_samples) = self.of_traces(level, &mut scratch);
        let mut of_weights = vec![f32::NAN; geometry.strips() * frequency.of_strip()];
        let mut squares = vec![f32::NAN; frequency.outputs()];
        for (strip, half) in of_weights.chunks_exact_mut(frequency.of_strip()).enumerate() {
            let panel = &weights.block(strip * STRIP / geometry.block).weights;
            let squares = &mut squares[strip * STRIP..(strip + 1) * STRIP];
            frequency.weights(level, panel, strip, &mut scratch, half, squares);
        }
        let mut of_outputs = vec![f32::NAN; frequency.of_potentials(samples)];
        for piece in frequency.potential_pieces(samples, &mut of_outputs) {
            frequency.potential_piece(level, piece, &of_traces, &of_weights, &mut scratch);
        }
        (0..samples)
            .map(|sample| {
                let mut all = vec![f32::NAN; geometry.outputs * positions];
                let of_sample = of_samples[sample].iter().sum::<f32>();
                for strip in 0..geometry.strips() {
                    let lane = strip * STRIP % geometry.block;
                    let bias = &weights.block(strip * STRIP / geometry.block).bias[lane..lane + STRIP];
                    let mut out = vec![f32::NAN; positions * geometry.block];
                    let to = &mut out[lane..];
                    let squares = (of_sample, &squares[strip * STRIP..(strip + 1) * STRIP]);
                    frequency.potentials(level, &of_outputs, [samples, sample], strip, squares, bias, &mut scratch, to);
                    for output in strip * STRIP..geometry.outputs.min((strip + 1) * STRIP) {
                        for position in 0..positions {
                            let place = position * geometry.block + output % geometry.block;
                            all[output * positions + position] = out[place];
                        }
                    }
                }
                all
            })
            .collect()
    }

    /// The gradient in the order of users, added to `before`.
    fn gradient(&self, level: Level, before: &[f32]) -> Vec<f32> {
        let Self { geometry, frequency, .. } = self;
        let (positions, mut scratch) = (geometry.positions(), Scratch::default());
        let (of_traces, of_samples) = self.of_traces(level, &mut scratch);
        let add =
            |sums: &mut [f32], squares: &[f32]| sums.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
        let (mut of_inputs, mut of_outputs) = (vec![0.0; geometry.channels()], vec![0.0; frequency.outputs()]);
        of_samples.iter().for_each(|squares| add(&mut of_inputs, squares));
        let mut of_errors = vec![f32::NAN; self.errors.len() * frequency.of_errors()];
        for (errors, spectra) in self.errors.iter().zip(of_errors.chunks_exact_mut(frequency.of_errors())) {
            let fill = |strip: usize, plane: &mut [f32]| {
                for output in strip * STRIP..geometry.outputs.min((strip + 1) * STRIP) {
                    for position in 0..positions {
                        plane[position * STRIP + output % STRIP] = errors[output * positions + position];
                    }
                }
            };
            let mut squares = vec![f32::NAN; frequency.outputs()];
            frequency.errors(level, &fill, &mut scratch, spectra, &mut squares);
            add(&mut of_outputs, &squares);
        }
        let mut half = vec![f32::NAN; frequency.of_gradient()];
        for piece in frequency.gradient_pieces(&mut half) {
            frequency.gradient_piece(level, piece, &of_traces, &of_errors, false, &mut scratch);
        }
        let mut slices = Weights::zeros(geometry).slices;
        Weights::set_weights(geometry, &mut slices, before);
        for (slice, gradient) in slices.iter_mut().enumerate() {
            let (output, squares) = (slice * geometry.slice, [&of_inputs[..], &of_outputs[..]]);
            frequency.gradient(level, &half, output, squares, &mut scratch, &mut gradient.weights);
        }
        Weights::weights(geometry, &slices)
    }

    /// Calls with weight, input and position of every product that the convolution is a sum of.
    fn products(&self, mut call: impl FnMut(usize, usize, usize, usize)) {
        let Convolution { input: [depth, height, width], channels, kernel, padding, .. } = self.convolution;
        let [rows, columns] = self.geometry.output_plane;
        for (output, channel) in (0..channels).flat_map(|output| (0..depth).map(move |channel| (output, channel))) {
            for (a, b) in (0..kernel[0]).flat_map(|a| (0..kernel[1]).map(move |b| (a, b))) {
                let weight = ((output * depth + channel) * kernel[0] + a) * kernel[1] + b;
                for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
                    let (Some(row), Some(column)) = ((y + a).checked_sub(padding[0]), (x + b).checked_sub(padding[1]))
                    else {
                        continue;
                    };
                    if row < height && column < width {
                        call(output, weight, (channel * height + row) * width + column, y * columns + x);
                    }
                }
            }
        }
    }
}

/// How far the results of a transform may be from the sums: they round relative to the largest, and what rounding may make of a sum
/// that is zero, of numbers with these sums of squares, counts as zero.
fn allowed(largest: f64, squares: [f64; 2]) -> f64 {
    4e-6 * largest.max(1.0) + 2.5e-7 * (squares[0] * squares[1]).sqrt()
}

/// The sum of the squares of some numbers.
fn squares<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> f64 {
    numbers.into_iter().map(|&number| f64::from(number).powi(2)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn potentials_are_the_sums_that_define_them_with_every_simd_level(
        convolution in convolutions(), samples in 1usize..9, seed in 1u32..1000,
    ) {
        let given = Given::new(convolution, samples, seed);
        let found = given.potentials(level::best());
        for other in level::all() {
            let bits = |potentials: Vec<Vec<f32>>| potentials.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>();
            prop_assert_eq!(bits(given.potentials(other)), bits(found.clone()), "{}", level::name(other));
        }
        let (positions, bias) = (given.geometry.positions(), Weights::bias(&given.geometry, &given.weights.slices));
        for (traces, found) in given.traces.iter().zip(&found) {
            let mut sums = vec![0.0f64; found.len()];
            let mut touched = vec![false; found.len()];
            given.products(|output, weight, input, position| {
                let place = output * positions + position;
                sums[place] += f64::from(given.canonical[weight]) * f64::from(traces[input]);
                touched[place] |= traces[input] != 0.0 && given.canonical[weight] != 0.0;
            });
            let largest = sums.iter().fold(0.0f64, |largest, sum| largest.max(sum.abs()));
            for (place, (sum, found)) in sums.iter().zip(found).enumerate() {
                let bias = bias[place / positions];
                if !touched[place] {
                    prop_assert_eq!(*found, bias, "exactly, where no trace meets a weight");
                }
                let fan_in = given.geometry.fan_in();
                let weights = &given.canonical[place / positions * fan_in..][..fan_in];
                let allowed = allowed(largest, [squares(traces), squares(weights)]);
                prop_assert!((sum + f64::from(bias) - f64::from(*found)).abs() < allowed, "{place}: {found} {sum}");
            }
        }
    }

    #[test]
    fn gradients_are_the_sums_that_define_them_with_every_simd_level(
        convolution in convolutions(), samples in 1usize..9, seed in 1u32..1000,
    ) {
        let given = Given::new(convolution, samples, seed);
        let before = numbers(seed + 5, given.canonical.len());
        let found = given.gradient(level::best(), &before);
        for other in level::all() {
            let bits = |gradient: &[f32]| gradient.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&given.gradient(other, &before)), bits(&found), "{}", level::name(other));
        }
        let mut sums: Vec<f64> = before.iter().map(|&value| f64::from(value)).collect();
        let positions = given.geometry.positions();
        // Exactly what it was, where no trace meets an error.
        let mut still = vec![true; sums.len()];
        given.products(|output, weight, input, position| {
            for (traces, errors) in given.traces.iter().zip(&given.errors) {
                still[weight] &= traces[input] == 0.0 || errors[output * positions + position] == 0.0;
            }
        });
        for ((still, before), found) in still.iter().zip(&before).zip(&found) {
            prop_assert!(!still || before == found, "{before} became {found}");
        }
        given.products(|output, weight, input, position| {
            for (traces, errors) in given.traces.iter().zip(&given.errors) {
                sums[weight] += f64::from(errors[output * positions + position]) * f64::from(traces[input]);
            }
        });
        let largest = sums.iter().fold(0.0f64, |largest, sum| largest.max(sum.abs()));
        let [traces, errors] = [&given.traces, &given.errors].map(|of| squares(of.iter().flatten()));
        let [channels, outputs] = [given.geometry.channels(), given.geometry.outputs].map(|count| count as f64);
        // Of a channel and an output, on average and four times that.
        let allowed = allowed(largest, [4.0 * traces / channels, 4.0 * errors / outputs]);
        for (sum, found) in sums.iter().zip(&found) {
            prop_assert!((sum - f64::from(*found)).abs() < allowed, "{found} {sum}");
        }
    }

    #[test]
    fn a_sample_has_the_same_bits_whatever_is_beside_it(convolution in convolutions(), seed in 1u32..1000) {
        let mut given = Given::new(convolution, 7, seed);
        let all = given.potentials(level::best());
        let alone = given.traces.split_off(6);
        given.traces = alone;
        prop_assert_eq!(&given.potentials(level::best())[0], &all[6]);
    }
}

#[test]
fn strides_groups_dense_layers_and_planes_beyond_the_longest_transform_have_no_frequency_domain() {
    let frequency = |connection| Frequency::new(&Geometry::new(connection).unwrap());
    let plain = Convolution::square([4, 12, 12], 8, 3, 1);
    assert!(frequency(Connection::Convolution(plain)).is_some());
    for other in [
        Convolution { stride: [2, 1], ..plain },
        Convolution { groups: 2, ..plain },
        Convolution { input: [4, 12, 256], ..plain },
    ] {
        assert_eq!(frequency(Connection::Convolution(other)), None, "{other:?}");
    }
    assert!(frequency(Connection::Convolution(Convolution { input: [4, 12, 255], ..plain })).is_some());
    assert_eq!(frequency(Connection::Dense { inputs: 144, units: 8 }), None);
}

//! Weights and biases in the layouts that the kernels read.

use fearless_simd::{Level, Simd, SimdBase, dispatch, f32x4};

use crate::geometry::STRIP;
use crate::{Aligned, Connection, Convolution, Geometry};

/// The trainable parameters of a synapse.
///
/// Learning works on slices of outputs, in the layout that the gradient kernel writes:
///
/// - dense, a slice being a block: `[input, padded][output]`, which is also what the potential kernel reads;
/// - convolution: `[output][kernel row][kernel column · channel of the group, padded]`. The potential kernel reads a panel for
///   each block, `[kernel row · kernel column · channel of the group][output]`, which [`Weights::pack`] brings up to date.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// What learning changes, slice of outputs by slice; padding is zero.
    pub slices: Vec<Parameters>,
    panels: Vec<Parameters>,
    /// What the event kernels of a convolution read, strip of outputs by strip:
    /// `[input channel][kernel row][kernel column, reversed][output]`, of the channels that the strip meets, and zero where a
    /// channel is of another group than the output. Empty until asked for.
    stencils: Vec<Aligned>,
}

/// Weights and biases of some outputs, or as many numbers that belong to them.
#[derive(Debug, Default, PartialEq)]
pub struct Parameters {
    /// The weights.
    pub weights: Aligned,
    /// The biases, one per output.
    pub bias: Aligned,
}

impl Parameters {
    /// All zero.
    pub fn zeros(weights: usize, bias: usize) -> Self {
        Self { weights: Aligned::zeros(weights), bias: Aligned::zeros(bias) }
    }
}

impl Clone for Parameters {
    fn clone(&self) -> Self {
        Self { weights: self.weights.clone(), bias: self.bias.clone() }
    }

    fn clone_from(&mut self, source: &Self) {
        self.weights.clone_from(&source.weights);
        self.bias.clone_from(&source.bias);
    }
}

impl Weights {
    /// Bytes that all of it takes.
    pub fn bytes(&self) -> usize {
        let of = |parameters: &Parameters| parameters.weights.len() + parameters.bias.len();
        let numbers = self.slices.iter().chain(&self.panels).map(of).chain(self.stencils.iter().map(|each| each.len()));
        4 * numbers.sum::<usize>()
    }

    /// All zero.
    pub fn zeros(geometry: &Geometry) -> Self {
        let panels = if geometry.is_dense() { 0 } else { geometry.blocks() };
        Self {
            slices: vec![Parameters::zeros(geometry.weights_per_slice(), geometry.slice); geometry.slices()],
            panels: vec![Parameters::zeros(panel_length(geometry), geometry.block); panels],
            stencils: Vec::new(),
        }
    }

    /// What the event kernels of a convolution read for a strip of outputs; empty for a dense layer, whose event kernels
    /// read [`Weights::block`].
    pub fn stencil(&self, strip: usize) -> &[f32] {
        self.stencils.get(strip).map_or(&[], |stencil| &stencil[..])
    }

    /// The stencils to bring up to date with [`pack_stencils`], and the panel of each block; none for a dense layer.
    pub fn stencils_and_panels(&mut self, geometry: &Geometry) -> (&mut [Aligned], &[Parameters]) {
        if self.stencils.is_empty() && !geometry.is_dense() {
            self.stencils =
                (0..geometry.strips()).map(|strip| Aligned::zeros(geometry.stencil_length(strip))).collect();
        }
        (&mut self.stencils, &self.panels)
    }

    /// What the potential kernel reads for a block of outputs.
    pub fn block(&self, block: usize) -> &Parameters {
        if self.panels.is_empty() { &self.slices[block] } else { &self.panels[block] }
    }

    /// The panels to bring up to date, each with the slices it is made from; none for a dense layer.
    pub fn panels_and_slices(&mut self) -> (&mut [Parameters], &[Parameters]) {
        (&mut self.panels, &self.slices)
    }

    /// Brings all panels up to date with the slices.
    pub fn pack(&mut self, level: Level, geometry: &Geometry) {
        let per_block = geometry.block / geometry.slice;
        for (panel, slices) in self.panels.iter_mut().zip(self.slices.chunks_exact(per_block)) {
            pack_panel(level, geometry, slices, panel);
        }
    }

    /// Fills weights from the order users see: `[unit, input]` or `[channel, input channel of the group, kernel row,
    /// kernel column]`.
    pub fn set_weights(geometry: &Geometry, slices: &mut [Parameters], canonical: &[f32]) {
        for_each_weight(geometry, |slice, place, index| slices[slice].weights[place] = canonical[index]);
    }

    /// Weights in the order users see.
    pub fn weights(geometry: &Geometry, slices: &[Parameters]) -> Vec<f32> {
        let mut canonical = vec![0.0; geometry.outputs * geometry.fan_in()];
        for_each_weight(geometry, |slice, place, index| canonical[index] = slices[slice].weights[place]);
        canonical
    }

    /// Fills biases, one per output.
    pub fn set_bias(geometry: &Geometry, slices: &mut [Parameters], bias: &[f32]) {
        for (output, &bias) in bias.iter().enumerate() {
            slices[output / geometry.slice].bias[output % geometry.slice] = bias;
        }
    }

    /// Biases, one per output.
    pub fn bias(geometry: &Geometry, slices: &[Parameters]) -> Vec<f32> {
        (0..geometry.outputs).map(|output| slices[output / geometry.slice].bias[output % geometry.slice]).collect()
    }
}

/// Brings the panel of one block of a convolution up to date with its slices: a transposition.
pub fn pack_panel(level: Level, geometry: &Geometry, slices: &[Parameters], panel: &mut Parameters) {
    for (bias, slice) in panel.bias.chunks_exact_mut(geometry.slice).zip(slices) {
        bias.copy_from_slice(&slice.bias);
    }
    dispatch!(level, simd => transpose(simd, geometry, slices, &mut panel.weights));
}

/// Brings the stencil of one strip of outputs of a convolution up to date with the panel of its block.
pub fn pack_stencils(geometry: &Geometry, panel: &Parameters, strip: usize, stencil: &mut [f32]) {
    let Connection::Convolution(convolution) = geometry.connection else { return };
    let (depth, [rows, columns], block) = (convolution.depth(), convolution.kernel, geometry.block);
    let first = strip % (block / STRIP) * STRIP;
    // Outputs of one group after another, each with where the channels of its group start among those of the strip.
    let starts = group_channels(geometry, strip);
    for (row, weights) in panel.weights.chunks_exact(columns * depth * block).enumerate() {
        for (column, weights) in weights.chunks_exact(depth * block).enumerate() {
            let place = row * columns + (columns - 1 - column);
            for (channel, weights) in weights.chunks_exact(block).enumerate() {
                let weights = &weights[first..first + STRIP];
                if convolution.groups == 1 {
                    let to = (channel * rows * columns + place) * STRIP;
                    stencil[to..to + STRIP].copy_from_slice(weights);
                    continue;
                }
                for (lane, (start, weight)) in starts.iter().zip(weights).enumerate() {
                    if let Some(start) = start {
                        stencil[((start + channel) * rows * columns + place) * STRIP + lane] = *weight;
                    }
                }
            }
        }
    }
}

/// Where the channels of each output's group start among those that the strip meets; none for what fills it up.
fn group_channels(geometry: &Geometry, strip: usize) -> [Option<usize>; STRIP] {
    let depth = geometry.channels() / geometry.groups();
    let first = geometry.strip_channels(strip).start;
    std::array::from_fn(|lane| {
        let output = strip * STRIP + lane;
        (output < geometry.outputs).then(|| geometry.group_of(output) * depth - first)
    })
}

/// Adds gradients laid out as stencils, one a strip of outputs, to the slice of outputs that starts at `output`, in the
/// layout that learning works on.
pub fn add_stencils(geometry: &Geometry, stencils: &[&[f32]], output: usize, gradient: &mut [f32]) {
    let Connection::Convolution(Convolution { kernel: [rows, columns], .. }) = geometry.connection else { return };
    let depth = geometry.channels() / geometry.groups();
    let per_output = geometry.weights_per_output();
    let starts = group_channels(geometry, output / STRIP);
    for (within, gradient) in gradient.chunks_exact_mut(per_output).enumerate() {
        let output = output + within;
        let stencil = stencils[output / STRIP];
        let lane = output % STRIP;
        // What fills up a block has no gradient.
        let Some(start) = starts[lane] else { break };
        for (row, gradient) in gradient.chunks_exact_mut(geometry.row_padded).enumerate() {
            for (column, gradient) in gradient[..geometry.row_length].chunks_exact_mut(depth).enumerate() {
                let place = row * columns + (columns - 1 - column);
                for (channel, sum) in gradient.iter_mut().enumerate() {
                    *sum += stencil[((start + channel) * rows * columns + place) * STRIP + lane];
                }
            }
        }
    }
}

/// Length of the panel of one block of a convolution.
pub(crate) fn panel_length(geometry: &Geometry) -> usize {
    geometry.fan_in() * geometry.block
}

/// Writes the rows of a block's outputs side by side, four by four.
#[inline(always)]
fn transpose<S: Simd>(simd: S, geometry: &Geometry, slices: &[Parameters], panel: &mut [f32]) {
    let (block, per_output, length) = (geometry.block, geometry.weights_per_output(), geometry.row_length);
    for (row, panel) in panel.chunks_exact_mut(block * length).enumerate() {
        let first = row * geometry.row_padded;
        let whole = length / 4 * 4;
        for output in (0..block).step_by(4) {
            let weights = &slices[output / geometry.slice].weights;
            let within = output % geometry.slice;
            let sources: [&[f32]; 4] = std::array::from_fn(|i| &weights[(within + i) * per_output + first..][..length]);
            for column in (0..whole).step_by(4) {
                let [a, b, c, d] = sources.map(|source| f32x4::from_slice(simd, &source[column..column + 4]));
                let (ac_low, ac_high) = (simd.zip_low_f32x4(a, c), simd.zip_high_f32x4(a, c));
                let (bd_low, bd_high) = (simd.zip_low_f32x4(b, d), simd.zip_high_f32x4(b, d));
                let columns = [
                    simd.zip_low_f32x4(ac_low, bd_low),
                    simd.zip_high_f32x4(ac_low, bd_low),
                    simd.zip_low_f32x4(ac_high, bd_high),
                    simd.zip_high_f32x4(ac_high, bd_high),
                ];
                for (i, lanes) in columns.iter().enumerate() {
                    let place = (column + i) * block + output;
                    lanes.store_slice(&mut panel[place..place + 4]);
                }
            }
            for column in whole..length {
                for (i, source) in sources.iter().enumerate() {
                    panel[column * block + output + i] = source[column];
                }
            }
        }
    }
}

/// Calls `each(slice, place in the slice, index in canonical order)` for every weight.
pub fn for_each_weight(geometry: &Geometry, mut each: impl FnMut(usize, usize, usize)) {
    let slice = geometry.slice;
    match geometry.connection {
        Connection::Dense { inputs, units } => {
            for unit in 0..units {
                for input in 0..inputs {
                    each(unit / slice, input * slice + unit % slice, unit * inputs + input);
                }
            }
        }
        Connection::Convolution(convolution) => {
            let (depth, [rows, columns]) = (convolution.depth(), convolution.kernel);
            for output in 0..convolution.channels {
                for channel in 0..depth {
                    for row in 0..rows {
                        for column in 0..columns {
                            let place = output % slice * geometry.weights_per_output()
                                + row * geometry.row_padded
                                + column * depth
                                + channel;
                            each(output / slice, place, ((output * depth + channel) * rows + row) * columns + column);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    fn geometries() -> Vec<Geometry> {
        [
            Connection::Dense { inputs: 37, units: 21 },
            Connection::Dense { inputs: 16, units: 10 },
            Connection::Convolution(Convolution::square([3, 5, 6], 40, 3, 1)),
            Connection::Convolution(Convolution {
                input: [6, 5, 9],
                channels: 12,
                kernel: [2, 5],
                padding: [0, 2],
                stride: [2, 3],
                groups: 3,
            }),
        ]
        .into_iter()
        .map(|connection| Geometry::new(connection).unwrap())
        .collect()
    }

    #[test]
    fn memory_and_canonical_order_are_inverse() {
        for geometry in geometries() {
            let canonical: Vec<f32> = (0..geometry.outputs * geometry.fan_in()).map(|i| i as f32).collect();
            let mut weights = Weights::zeros(&geometry);
            Weights::set_weights(&geometry, &mut weights.slices, &canonical);
            assert_eq!(Weights::weights(&geometry, &weights.slices), canonical);
            Weights::set_bias(&geometry, &mut weights.slices, &canonical[..geometry.outputs]);
            assert_eq!(Weights::bias(&geometry, &weights.slices), canonical[..geometry.outputs]);
        }
    }

    #[test]
    fn panels_hold_each_weight_beside_those_of_its_block_with_every_simd_level() {
        for geometry in geometries().into_iter().filter(|geometry| !geometry.is_dense()) {
            for simd in level::all() {
                let mut weights = Weights::zeros(&geometry);
                let canonical: Vec<f32> = (0..geometry.outputs * geometry.fan_in()).map(|i| 1.0 + i as f32).collect();
                Weights::set_weights(&geometry, &mut weights.slices, &canonical);
                weights.pack(simd, &geometry);
                for output in 0..geometry.outputs {
                    let panel = &weights.block(output / geometry.block).weights;
                    for row in 0..geometry.rows {
                        for column in 0..geometry.row_length {
                            let k = row * geometry.row_length + column;
                            let place = output % 8 * geometry.weights_per_output() + row * geometry.row_padded + column;
                            assert_eq!(
                                panel[k * geometry.block + output % geometry.block],
                                weights.slices[output / 8].weights[place]
                            );
                        }
                    }
                }
            }
        }
    }
}

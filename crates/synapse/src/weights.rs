//! Weights and biases in the layouts that the kernels read.

use fearless_simd::{Level, Simd, SimdBase, dispatch, f32x4};

use crate::geometry::STRIP;
use crate::{Aligned, Connection, Geometry};

/// The trainable parameters of a synapse.
///
/// Learning works on slices of outputs, in the layout that the gradient kernel writes:
///
/// - dense, a slice being a block: `[input, padded][output]`, which is also what the potential kernel reads;
/// - convolution: `[output][kernel row][kernel column · channel, padded]`. The potential kernel reads a panel for each
///   block, `[kernel row · kernel column · channel][output]`, which [`Weights::pack`] brings up to date.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// What learning changes, slice of outputs by slice; padding is zero.
    pub slices: Vec<Parameters>,
    panels: Vec<Parameters>,
    /// What the event kernels of a convolution read, strip of outputs by strip:
    /// `[input channel][kernel row][kernel column, reversed][output]`. Empty until asked for.
    stencils: Vec<Aligned>,
}

/// Weights and biases of some outputs.
#[derive(Debug, PartialEq)]
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
            let length = geometry.fan_in() * STRIP;
            self.stencils = vec![Aligned::zeros(length); geometry.blocks() * geometry.block / STRIP];
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

    /// Fills weights from the order users see: `[unit, input]` or `[channel, input channel, kernel row, kernel column]`.
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

/// Brings the stencil of one strip of a block up to date with the block's panel.
pub fn pack_stencils(geometry: &Geometry, panel: &Parameters, strip_in_block: usize, stencil: &mut [f32]) {
    let (depth, kernel, block) = (geometry.channels(), geometry.rows, geometry.block);
    let first = strip_in_block * STRIP;
    for (row, weights) in panel.weights.chunks_exact(kernel * depth * block).enumerate() {
        for (column, weights) in weights.chunks_exact(depth * block).enumerate() {
            let place = row * kernel + (kernel - 1 - column);
            for (channel, weights) in weights.chunks_exact(block).enumerate() {
                let to = (channel * kernel * kernel + place) * STRIP;
                stencil[to..to + STRIP].copy_from_slice(&weights[first..first + STRIP]);
            }
        }
    }
}

/// Adds gradients laid out as stencils, one a strip of outputs, to the slice of outputs that starts at `output`, in the
/// layout that learning works on.
pub fn add_stencils(geometry: &Geometry, stencils: &[&[f32]], output: usize, gradient: &mut [f32]) {
    let (depth, kernel) = (geometry.channels(), geometry.rows);
    let per_output = geometry.weights_per_output();
    for (within, gradient) in gradient.chunks_exact_mut(per_output).enumerate() {
        let output = output + within;
        let stencil = stencils[output / STRIP];
        let lane = output % STRIP;
        for (row, gradient) in gradient.chunks_exact_mut(geometry.row_padded).enumerate() {
            for (column, gradient) in gradient[..geometry.row_length].chunks_exact_mut(depth).enumerate() {
                let place = row * kernel + (kernel - 1 - column);
                for (channel, sum) in gradient.iter_mut().enumerate() {
                    *sum += stencil[(channel * kernel * kernel + place) * STRIP + lane];
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
        Connection::Convolution { input: [depth, ..], channels, kernel, .. } => {
            for output in 0..channels {
                for channel in 0..depth {
                    for row in 0..kernel {
                        for column in 0..kernel {
                            let place = output % slice * geometry.weights_per_output()
                                + row * geometry.row_padded
                                + column * depth
                                + channel;
                            each(output / slice, place, ((output * depth + channel) * kernel + row) * kernel + column);
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
            Connection::Convolution { input: [3, 5, 6], channels: 40, kernel: 3, padding: 1 },
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

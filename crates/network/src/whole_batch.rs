//! Batches out of lists that hold all samples.

use decolle_error::{Code, Fault, Result};
use decolle_layer::Options;
use decolle_number::product;

use crate::batch::{Batch, Layout, Lists, copied};
use crate::network::Network;
use crate::process::{Input, Target};

impl Network {
    /// Samples, steps, and this network's sizes.
    pub fn layout(&self, samples: usize, steps: usize) -> Layout {
        Layout { inputs: self.inputs(), layers: self.layers.len(), units: self.readout_units(), samples, steps }
    }

    /// A batch out of the lists of all samples in one row.
    ///
    /// # Errors
    /// `shape`, `range` or `not-finite` naming sample and place; `memory`.
    pub fn batch(&self, input: Input<'_>, target: Target<'_>, options: &Options) -> Result<Batch> {
        let Options { samples, steps, .. } = *options;
        let Input { offsets, indices, counts } = input;
        if product([samples, steps]).saturating_add(1) != offsets.len() as u64 {
            let expected = format_args!("samples · steps + 1 = {samples} · {steps} + 1 entries");
            return Err(Fault::unfit(Code::Shape, &"input.offsets", &expected, &offsets.len()));
        }
        let mut batch = Batch::new(self.layout(samples, steps))?;
        for sample in 0..samples {
            let offsets = &offsets[sample * steps..=(sample + 1) * steps];
            let of_sample = offsets[0] as usize..offsets[steps] as usize;
            let (Some(indices), Some(counts)) = (indices.get(of_sample.clone()), counts.get(of_sample)) else {
                let path = format_args!("input.offsets[{}]", (sample + 1) * steps);
                return Err(Fault::at(Code::Shape, &path, &"expected an end of indices and counts, found none"));
            };
            let mut own = copied(offsets, "input")?;
            own.iter_mut().for_each(|offset| *offset = offset.wrapping_sub(offsets[0]));
            let lists = Lists { offsets: own, indices: copied(indices, "input")?, counts: copied(counts, "input")? };
            batch.put(sample, lists).map_err(|fault| fault.within(&format!("input[{sample}]")))?;
        }
        match target {
            Target::None => {}
            Target::Classes(classes) => batch.set_classes(copied(classes, "target")?)?,
            Target::Values(values) => {
                let values = copied(values, "target")?;
                batch.set_values(values, options.target_per_step, options.target_per_layer)?;
            }
        }
        Ok(batch)
    }
}

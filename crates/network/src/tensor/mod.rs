//! Weights, state and constants by name, in the order users see: samples first, then channel, row, column.

mod computed;
mod fields;
mod layout;

use decolle_error::{Code, Fault, Result};

use self::fields::{Field, Follows, Kept, of_layer};
use crate::memory;
use crate::network::Network;
use crate::process::Tensor;

impl Network {
    fn fields(&self, index: usize) -> Vec<Field> {
        of_layer(index, &self.layers[index], self.samples)
    }

    /// Names of all tensors that exist now; those of neuron state only after a batch.
    pub fn tensor_names(&self) -> Vec<String> {
        (0..self.layers.len()).flat_map(|index| self.fields(index)).map(|field| field.name).collect()
    }

    /// Names of the tensors that a checkpoint holds: all but those that follow from others.
    pub(crate) fn saved_names(&self) -> Vec<String> {
        let of_layer = |index: usize| {
            let accumulated = self.layers[index].accumulated > 0;
            let is_saved = move |field: &Field| match field.kept {
                Kept::Always => true,
                Kept::WithGradient => accumulated,
                Kept::Never => false,
            };
            self.fields(index).into_iter().filter(is_saved).map(|field| field.name)
        };
        (0..self.layers.len()).flat_map(of_layer).collect()
    }

    fn find(&self, name: &str) -> Result<(usize, Field)> {
        (0..self.layers.len())
            .find_map(|index| Some((index, self.fields(index).into_iter().find(|field| field.name == name)?)))
            .ok_or_else(|| {
                let rest = if self.samples == 0 && name.starts_with("state.") { " (no batch has run)" } else { "" };
                Fault::unfit(Code::Config, &"tensor", &"one of tensorNames()", &format_args!("\"{name}\"{rest}"))
            })
    }

    /// A tensor by name.
    ///
    /// # Errors
    /// `config` for a name that does not exist, `busy` while a batch is being worked on, `memory` where there is none for it.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        self.check_idle()?;
        let (index, field) = self.find(name)?;
        let layer = &self.layers[index];
        let shape = field.axes(layer, self.samples);
        // In the order of users, on the way there, and as a binding gives it.
        memory::of_tensor(name, &shape, 3).demand(self.bytes)?;
        Ok(Tensor { shape, data: field.read(layer, self.samples) })
    }

    /// Lengths of a tensor's axes.
    ///
    /// # Errors
    /// As [`Network::tensor`].
    pub(crate) fn tensor_shape(&self, name: &str) -> Result<Vec<usize>> {
        let (index, field) = self.find(name)?;
        Ok(field.axes(&self.layers[index], self.samples))
    }

    /// Overwrites a tensor.
    ///
    /// # Errors
    /// As [`Network::tensor`]; `unsupported` for what follows from other tensors; `shape`, `range` or `not-finite` for
    /// the data. After an error nothing has changed.
    pub fn set_tensor(&mut self, name: &str, data: &[f32]) -> Result<()> {
        let (index, follows) = self.put(name, data)?;
        if matches!(follows, Follows::PackedAndCarried | Follows::Carried) {
            self.layers[index].batch.carried = false;
        }
        Ok(())
    }

    /// As [`Network::set_tensor`], for one of many that belong together.
    pub(crate) fn put_one_of_all(&mut self, name: &str, data: &[f32]) -> Result<()> {
        self.put(name, data).map(|_| ())
    }

    fn put(&mut self, name: &str, data: &[f32]) -> Result<(usize, Follows)> {
        self.check_idle()?;
        let (index, field) = self.find(name)?;
        let expected: usize = field.axes(&self.layers[index], self.samples).iter().product();
        if data.len() != expected {
            return Err(Fault::unfit(Code::Shape, &name, &format_args!("{expected} values"), &data.len()));
        }
        if let Some(place) = data.iter().position(|value| !value.is_finite()) {
            return Err(Fault::unfit(
                Code::NotFinite,
                &format_args!("{name}[{place}]"),
                &"a finite number",
                &data[place],
            ));
        }
        if let Some(place) = data.iter().position(|&value| !field.allowed.takes(value)) {
            let expected = field.allowed.expected();
            return Err(Fault::unfit(Code::Range, &format_args!("{name}[{place}]"), &expected, &data[place]));
        }
        if !field.is_set() {
            return Err(Fault::at(Code::Unsupported, &name, &"it follows from other state and cannot be set"));
        }
        let level = self.level;
        let layer = &mut self.layers[index];
        field.write(layer, self.samples, data);
        layer.replaced();
        field.follow(layer, data);
        if matches!(field.follows, Follows::Packed | Follows::PackedAndCarried) {
            layer.pack(level);
        }
        Ok((index, field.follows))
    }
}

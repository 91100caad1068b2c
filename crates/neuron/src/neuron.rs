//! The built-in neurons.

use decolle_error::Result;

use crate::Lif;

/// The built-in neuron models; a new one is one variant and one file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Neuron {
    /// Leaky integrate-and-fire with synaptic, membrane and refractory trace.
    Lif(Lif),
}

decolle_json::tagged! { Neuron { Lif } }

impl Neuron {
    /// Checks every constant.
    ///
    /// # Errors
    /// `range` with the path of the field below `path`.
    pub fn check(&self, path: &str) -> Result<()> {
        match self {
            Self::Lif(lif) => lif.check(path),
        }
    }

    /// The constants of the one that has a fused form, if it is that one; all others are compiled.
    pub fn lif(&self) -> Option<&Lif> {
        match self {
            Self::Lif(lif) => Some(lif),
        }
    }
}

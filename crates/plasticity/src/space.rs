//! What an expression has one value of: each neuron, each input, each class, each sample, or the whole layer.

/// What an expression has one value of. Samples are implied in all but [`Space::Layer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// One value for the layer and all samples.
    Layer,
    /// One value a sample.
    Sample,
    /// One value an input j.
    Input,
    /// One value a neuron i.
    Neuron,
    /// One value a readout unit k.
    Class,
    /// One value a synapse ij.
    Synapse,
}

impl Space {
    /// The space of an elementwise operation on two, `None` where they do not go together. A neuron and an input meet
    /// in a synapse; no graph of a user may do that (see `document`), eligibility traces do.
    pub fn join(self, other: Self) -> Option<Self> {
        use Space::*;
        Some(match (self, other) {
            (a, b) if a == b => a,
            (Layer, a) | (a, Layer) | (Sample, a) | (a, Sample) => a,
            (Neuron | Input | Synapse, Neuron | Input | Synapse) => Synapse,
            _ => return None,
        })
    }

    /// What messages call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Layer => "one value for the layer",
            Self::Sample => "one value a sample",
            Self::Input => "one value an input",
            Self::Neuron => "one value a neuron",
            Self::Class => "one value a class",
            Self::Synapse => "one value a synapse",
        }
    }
}

//! Neurons and costs as a layer names them: built-in ones, or documents of the user's.

use decolle_json::{Misfit, Read, Value, Write};
use decolle_learning::Cost;
use decolle_neuron::{Lif, Neuron};

use crate::builtin::{cost_document, neuron_document};
use crate::document::{CostDocument, NeuronDocument};
use crate::model::Model;

/// A built-in neuron, or the user's.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyNeuron {
    /// A built-in one.
    BuiltIn(Neuron),
    /// The user's.
    Custom(Box<NeuronDocument>),
}

/// A built-in cost, or the user's.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyCost {
    /// A built-in one.
    BuiltIn(Cost),
    /// The user's.
    Custom(Box<CostDocument>),
}

/// Whether a JSON object is of this type: the tag of a document says that it is of the user's making.
pub(crate) fn is_tagged(value: &Value, tag: &str) -> bool {
    value.get("type").and_then(|found| found.as_str()) == Some(tag)
}

impl Read for AnyNeuron {
    fn read(value: Value) -> Result<Self, Misfit> {
        if is_tagged(&value, "neuron") {
            NeuronDocument::read(value).map(|document| Self::Custom(Box::new(document)))
        } else {
            Neuron::read(value).map(Self::BuiltIn)
        }
    }
}

impl Read for AnyCost {
    fn read(value: Value) -> Result<Self, Misfit> {
        if is_tagged(&value, "cost") {
            CostDocument::read(value).map(|document| Self::Custom(Box::new(document)))
        } else {
            Cost::read(value).map(Self::BuiltIn)
        }
    }
}

impl Write for AnyNeuron {
    fn write(&self, text: &mut String) {
        match self {
            Self::BuiltIn(neuron) => neuron.write(text),
            Self::Custom(document) => document.write(text),
        }
    }
}

impl Write for AnyCost {
    fn write(&self, text: &mut String) {
        match self {
            Self::BuiltIn(cost) => cost.write(text),
            Self::Custom(document) => document.write(text),
        }
    }
}

impl AnyNeuron {
    /// The constants of the leaky integrate-and-fire neuron, if it is that one.
    pub fn lif(&self) -> Option<&Lif> {
        match self {
            Self::BuiltIn(neuron) => neuron.lif(),
            Self::Custom(_) => None,
        }
    }

    /// Checks it, whatever cost it will learn by.
    ///
    /// # Errors
    /// `range`, `config` or `shape`, naming the place below `path`.
    pub fn check(&self, path: &str) -> decolle_error::Result<()> {
        match self {
            Self::BuiltIn(neuron) => neuron.check(path),
            Self::Custom(document) => {
                Model::new(document, &[], None).map(|_| ()).map_err(|fault| fault.moved_to("neuron", path))
            }
        }
    }

    /// It in the language that users write theirs in.
    pub fn document(&self) -> NeuronDocument {
        match self {
            Self::BuiltIn(neuron) => neuron_document(neuron),
            Self::Custom(document) => (**document).clone(),
        }
    }
}

impl AnyCost {
    /// The cost, if it is built in.
    pub fn built_in(&self) -> Option<Cost> {
        match self {
            Self::BuiltIn(cost) => Some(*cost),
            Self::Custom(_) => None,
        }
    }

    /// It in the language that users write theirs in.
    pub fn document(&self) -> CostDocument {
        match self {
            Self::BuiltIn(cost) => cost_document(cost),
            Self::Custom(document) => (**document).clone(),
        }
    }
}

impl Default for AnyCost {
    fn default() -> Self {
        Self::BuiltIn(Cost::default())
    }
}

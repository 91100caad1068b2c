//! What stands at the leaves of a document's graph: names, and where in a neuron or cost each may stand.

use crate::expression::Symbol;

/// Where in a neuron or cost an expression stands; says which symbols it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Trace,
    Step,
    Membrane,
    Surrogate,
    Cost,
    Modulation,
}

impl Section {
    /// What messages call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "the step of a trace",
            Self::Step => "the step of a state variable",
            Self::Membrane => "the membrane potential",
            Self::Surrogate => "a surrogate",
            Self::Cost => "a cost",
            Self::Modulation => "a modulation",
        }
    }
}

/// What a leaf is.
#[derive(Clone, Copy)]
pub(crate) enum LeafKind {
    Number,
    /// A constant, of those that enter as decay factors or of the others.
    Constant {
        decays: bool,
    },
    Trace,
    /// Its value after the step.
    NextTrace,
    State,
    NextState,
    /// S and U: of this step in a cost, a surrogate or a modulation, of the one before in a step.
    Spike,
    Potential,
    /// A symbol that is the same wherever it stands.
    Symbol(Symbol),
}

/// A leaf.
pub(crate) struct Leaf {
    name: &'static str,
    pub(crate) kind: LeafKind,
    /// Whether it comes with the name of a constant or variable.
    pub(crate) is_named: bool,
    /// Where it may stand.
    pub(crate) sections: &'static [Section],
}

const fn leaf(name: &'static str, kind: LeafKind, is_named: bool, sections: &'static [Section]) -> Leaf {
    Leaf { name, kind, is_named, sections }
}

static LEAVES: [Leaf; 17] = {
    use LeafKind::*;
    use Section::{Cost, Membrane, Modulation, Step, Surrogate, Trace as OfTrace};
    let everywhere = &[OfTrace, Step, Membrane, Surrogate, Cost, Modulation];
    let dynamics = &[OfTrace, Step, Membrane, Surrogate];
    [
        leaf("number", Number, false, everywhere),
        leaf("constant", Constant { decays: false }, true, dynamics),
        leaf("decay", Constant { decays: true }, true, dynamics),
        leaf("event", Symbol(crate::Symbol::Event), false, &[OfTrace, Step, Membrane]),
        leaf("isRecurrent", Symbol(crate::Symbol::IsRecurrent), false, &[OfTrace, Step, Membrane]),
        leaf("trace", Trace, true, &[OfTrace, Step]),
        leaf("nextTrace", NextTrace, true, &[Step, Membrane]),
        leaf("state", State, true, &[Step, Cost]),
        leaf("nextState", NextState, true, &[Membrane]),
        leaf("spike", Spike, false, &[Step, Cost]),
        leaf("potential", Potential, false, &[Step, Surrogate, Cost, Modulation]),
        leaf("bias", Symbol(crate::Symbol::Bias), false, &[Membrane]),
        leaf("time", Symbol(crate::Symbol::Time), false, &[Cost]),
        leaf("readout", Symbol(crate::Symbol::Readout), false, &[Cost]),
        leaf("target", Symbol(crate::Symbol::Target), false, &[Cost]),
        leaf("error", Symbol(crate::Symbol::Error), false, &[Modulation]),
        leaf("errorThreshold", Symbol(crate::Symbol::ErrorThreshold), false, &[Modulation]),
    ]
};

impl Leaf {
    /// The leaf of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        LEAVES.iter().find(|leaf| leaf.name == name)
    }
}

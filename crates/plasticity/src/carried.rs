//! What a rule carries from one step to the next: traces, state, the last potential and spike, and what the gradient keeps
//! beside them. Whatever stores, counts, prints or runs a rule goes through this one list.

use crate::Space;
use crate::eligibility::EligibilityTrace;
use crate::expression::{Id, Symbol};
use crate::factorization::Treatment;
use crate::model::Model;

/// What something that is carried is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedKind {
    /// A trace of every input.
    Trace,
    /// A state variable of every neuron, or what is left of it where the weights were moved out.
    State,
    /// U.
    Potential,
    /// S.
    Spike,
    /// ∂z_i/∂W_ij or ∂U_i/∂W_ij.
    Eligibility,
    /// ∂z_i/∂b_i or ∂U_i/∂b_i.
    BiasEligibility,
    /// σ′(U_i).
    Surrogate,
    /// Derivative of a trace or of state by a constant that learns.
    Sensitivity,
    /// Derivative of U by a constant that learns.
    PotentialSensitivity,
}

/// Something that a rule carries from one step to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// What it is.
    pub kind: CarriedKind,
    /// Its value before the step.
    pub symbol: Symbol,
    /// Its value after the step.
    pub next: Id,
    /// Its value before the first step.
    pub initial: f64,
    /// What it has one value of.
    pub space: Space,
    /// Its name: that of the trace or state variable, or `membrane`, and behind a dot what of it the gradient keeps.
    pub name: String,
    /// How it prints, without subscript and time.
    pub letters: String,
}

impl Carried {
    /// What starts at zero.
    pub(crate) fn at_rest(kind: CarriedKind, symbol: Symbol, next: Id, name: String, letters: String) -> Self {
        Self { kind, symbol, next, initial: 0.0, space: symbol.space(), name, letters }
    }

    /// Whether it is a trace or state variable, of which what is small counts as zero, and which the rest of the step sees as it
    /// is kept.
    pub fn is_variable(&self) -> bool {
        matches!(self.kind, CarriedKind::Trace | CarriedKind::State)
    }
}

/// How a state variable prints: with a prime where the weights were moved out of it.
pub(crate) fn letters_of_state(model: &Model, treatments: &[Treatment], state: usize) -> String {
    let prime = if matches!(treatments[state], Treatment::Factorized { remainder: true, .. }) { "′" } else { "" };
    format!("{}{prime}", model.states[state].symbol)
}

/// What the neuron itself carries; of state that is nothing but a weighted trace, nothing.
pub(crate) fn of_neuron(model: &mut Model, treatments: &[Treatment]) -> Vec<Carried> {
    let spike = model.graph.leaf(Symbol::Spike);
    let mut carried = Vec::new();
    for (index, trace) in model.traces.iter().enumerate() {
        let (name, letters) = (trace.name.clone(), trace.symbol.clone());
        let at_rest = Carried::at_rest(CarriedKind::Trace, Symbol::Trace(index), trace.next, name, letters);
        carried.push(Carried { initial: trace.initial, ..at_rest });
    }
    for (index, state) in model.states.iter().enumerate() {
        if matches!(treatments[index], Treatment::Factorized { remainder: false, .. }) {
            continue;
        }
        let (name, letters) = (state.name.clone(), letters_of_state(model, treatments, index));
        let at_rest = Carried::at_rest(CarriedKind::State, Symbol::State(index), state.next, name, letters);
        carried.push(Carried { initial: state.initial, ..at_rest });
    }
    let last = [
        (CarriedKind::Potential, Symbol::PastPotential, model.potential, "membrane", "U"),
        (CarriedKind::Spike, Symbol::PastSpike, spike, "membrane.spike", "S"),
    ];
    carried.extend(
        last.map(|(kind, symbol, next, name, letters)| {
            Carried::at_rest(kind, symbol, next, name.into(), letters.into())
        }),
    );
    carried
}

/// Eligibility traces, each with its counterpart for the bias where that is not always zero.
pub(crate) fn of_synapses(model: &Model, traces: &[EligibilityTrace]) -> Vec<Carried> {
    let mut carried = Vec::new();
    for trace in traces {
        let (name, letters) = match trace.state {
            Some(state) => (&model.states[state].name[..], &model.states[state].symbol[..]),
            None => ("membrane", "U"),
        };
        let letters = format!("ε_{letters}");
        let [weight, bias] = trace.symbols();
        let kind = CarriedKind::Eligibility;
        carried.push(Carried::at_rest(kind, weight, trace.next, name.into(), letters.clone()));
        if model.graph.as_number(trace.next_bias) != Some(0.0) {
            let name = format!("{name}.biasEligibility");
            carried.push(Carried::at_rest(CarriedKind::BiasEligibility, bias, trace.next_bias, name, letters));
        }
    }
    carried
}

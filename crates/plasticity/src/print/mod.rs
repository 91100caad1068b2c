//! A rule in mathematics: its dynamics, its three factors, what is stored and what it costs.

mod formula;
mod layout;
mod notation;
mod remarks;
mod sections;

pub use notation::Form;
pub(crate) use remarks::{constants, stops, treatments};

use crate::rule::Rule;
use formula::{Printer, subscript};

/// An equation with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// What it is, such as `trace` or `error`.
    pub name: String,
    /// The equation.
    pub formula: String,
}

decolle_json::written! { Equation { name, formula } }

/// A rule, printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Traces, state, potential, spike and readout after a step.
    pub dynamics: Vec<Equation>,
    /// Error, surrogate, trace; several traces where the rule has several products.
    pub factors: Vec<Equation>,
    /// The changes of weights, biases and learnable constants.
    pub update: Vec<Equation>,
    /// Eligibility traces and sensitivities, carried forward.
    pub forward: Vec<Equation>,
    /// Expressions used more than once, that the others refer to.
    pub auxiliary: Vec<Equation>,
    /// All of it as one text, `aligned` environment or `math` element.
    pub whole: String,
}

decolle_json::written! { Printed { dynamics, factors, update, forward, auxiliary, whole } }

/// Prints a rule. `feedback` says whether other weights than the readout's own bring the error back.
pub fn print(rule: &Rule, form: Form, feedback: bool) -> Printed {
    let mut printer = Printer::new(form, &rule.model, &rule.carried, if feedback { "F" } else { "G" });
    let mut roots = rule.roots();
    roots.extend([rule.surrogate, rule.direct]);
    printer.name_shared(&roots);
    let auxiliary = |(id, name): (_, &String)| {
        let name = printer.named(name, subscript(rule.model.graph.space(id)), "");
        printer.define("auxiliary", name, id)
    };
    let mut printed = Printed {
        dynamics: printer.dynamics(rule),
        factors: printer.factors(rule),
        update: printer.update(rule),
        forward: printer.forward(rule),
        auxiliary: printer.auxiliary.iter().map(auxiliary).collect(),
        whole: String::new(),
    };
    printed.whole = layout::whole(&printed, rule, form);
    printed
}

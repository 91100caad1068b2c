//! Formulas of expressions, and the names of what stands in them.

use super::notation::{Form, Formula};
use crate::Space;
use crate::carried::{Carried, CarriedKind};
use crate::document::{ConstantDocument, ConstantOf};
use crate::expression::{Graph, Id, Node, Symbol};
use crate::model::Model;
use crate::numbered::{Map, Set};
use crate::operation::{Notation, Op};

/// Nodes of one expression up to which it prints in place.
pub(super) const LARGEST_IN_PLACE: usize = 12;
/// Nesting at which an expression gets a name of its own.
const DEEPEST_IN_PLACE: usize = 16;

/// A quantity that has a name: the name, its subscript and its time.
pub(super) type Name = (String, &'static str, &'static str);

pub(super) struct Printer<'a> {
    pub(super) form: Form,
    pub(super) model: &'a Model,
    pub(super) graph: &'a Graph,
    /// Quantities after the step, by what they are made of.
    pub(super) names: Map<Id, Name>,
    /// Quantities before the step, by their leaves.
    pub(super) past: Map<Id, Name>,
    /// Expressions that have a name for brevity.
    pub(super) auxiliary: Map<Id, String>,
    pub(super) feedback: &'static str,
}

pub(super) fn subscript(space: Space) -> &'static str {
    match space {
        Space::Layer | Space::Sample => "",
        Space::Input => "j",
        Space::Neuron => "i",
        Space::Class => "k",
        Space::Synapse => "ij",
    }
}

pub(super) fn index_of_constant(of: ConstantOf) -> &'static str {
    match of {
        ConstantOf::Layer => "",
        ConstantOf::Neuron => "i",
        ConstantOf::Input => "j",
    }
}

/// How a constant prints.
pub(super) fn letters_of_constant(constant: &ConstantDocument) -> &str {
    constant.symbol.as_ref().unwrap_or(&constant.name)
}

impl<'a> Printer<'a> {
    /// Of a model and what is carried in it; `feedback` names the weights that bring the error back.
    pub(super) fn new(form: Form, model: &'a Model, carried: &[Carried], feedback: &'static str) -> Self {
        let graph = &model.graph;
        let (mut names, mut past) = (Map::new(), Map::new());
        for carried in carried {
            let index = subscript(carried.space);
            // σ′ prints as a function, and what sensitivities are made of by what it is made of.
            let is_named = match carried.kind {
                CarriedKind::Surrogate => continue,
                CarriedKind::Sensitivity | CarriedKind::PotentialSensitivity => false,
                // A leaf keeps its own name: x_j stays x_j where a trace is nothing but the input.
                _ => !graph.arguments(carried.next).is_empty(),
            };
            if is_named {
                names.insert(carried.next, (carried.letters.clone(), index, "t"));
            }
            if let Some(leaf) = graph.find(&Node::Symbol(carried.symbol)) {
                past.insert(leaf, (carried.letters.clone(), index, "t−1"));
            }
        }
        Self { form, model, graph, names, past, auxiliary: Map::new(), feedback }
    }

    pub(super) fn named(&self, name: &str, subscript: &str, time: &str) -> Formula {
        self.form.name(name, subscript, time)
    }

    /// What is carried, after the step, or before.
    pub(super) fn carried(&self, carried: &Carried, is_before: bool) -> Formula {
        self.named(&carried.letters, subscript(carried.space), if is_before { "t−1" } else { "t" })
    }

    /// A constant by its number.
    fn constant(&self, index: usize) -> Formula {
        let constant = &self.model.constants[index];
        self.named(letters_of_constant(constant), index_of_constant(constant.of), "")
    }

    pub(super) fn symbol(&self, symbol: Symbol) -> Formula {
        let leaf = self.graph.find(&Node::Symbol(symbol));
        if let Some((name, subscript, time)) = leaf.and_then(|leaf| self.past.get(leaf)) {
            return self.named(name, subscript, time);
        }
        let (name, time) = match symbol {
            Symbol::Constant(index) => return self.constant(index),
            Symbol::PastSurrogate => return self.form.function("σ′", vec![self.named("U", "i", "t−1")]),
            Symbol::ReadoutError => return self.form.derivative(&self.symbol(Symbol::Readout)),
            Symbol::NextState(state) => (&self.model.states[state].symbol[..], "t"),
            Symbol::Count(Space::Sample) => ("N", ""),
            Symbol::Count(Space::Class) => ("K", ""),
            Symbol::Count(_) => ("M", ""),
            Symbol::Event => ("x", "t"),
            Symbol::IsRecurrent => ("rec", ""),
            Symbol::Bias => ("b", ""),
            Symbol::Time => ("t", ""),
            Symbol::Readout => ("Y", ""),
            Symbol::Target => ("Ŷ", ""),
            Symbol::Spike => ("S", "t"),
            Symbol::Potential => ("U", "t"),
            Symbol::Pass => ("pass", ""),
            Symbol::Error => ("E", ""),
            Symbol::ErrorThreshold => ("θ", ""),
            Symbol::Delta => ("δ", ""),
            carried => unreachable!("{carried:?} is not carried"),
        };
        self.named(name, subscript(symbol.space()), time)
    }

    /// An expression; `root` prints what it is made of even where it has a name.
    pub(super) fn formula(&self, id: Id, root: bool) -> Formula {
        let form = self.form;
        if !root {
            if let Some((name, subscript, time)) = self.names.get(id) {
                return self.named(name, subscript, time);
            }
            if let Some(name) = self.auxiliary.get(id) {
                return self.named(name, subscript(self.graph.space(id)), "");
            }
        }
        let (op, arguments) = match self.graph.node(id) {
            Node::Number(bits) => return form.number(f64::from_bits(*bits)),
            Node::Symbol(symbol) => return self.symbol(*symbol),
            Node::Apply(op, arguments) => (*op, arguments),
        };
        let at = |index: usize| self.formula(arguments[index], false);
        match op.entry().notation {
            Notation::Function(name) => {
                form.function(name, arguments.iter().map(|&argument| self.formula(argument, false)).collect())
            }
            Notation::Negative => form.negative(at(0)),
            Notation::Absolute => form.absolute(at(0)),
            Notation::Square => form.square(at(0)),
            Notation::Plus => {
                let (negative, second) = self.signed(arguments[1]);
                if negative { form.difference(at(0), second) } else { form.sum(at(0), second) }
            }
            Notation::Minus => form.difference(at(0), at(1)),
            Notation::Product => form.product(at(0), at(1)),
            Notation::Fraction => form.fraction(at(0), at(1)),
            Notation::Comparison(sign) => form.comparison(at(0), sign, at(1)),
            Notation::Cases => self.part(arguments).unwrap_or_else(|| form.cases(at(0), at(1), at(2))),
            Notation::Sum => {
                let index = subscript(self.graph.space(arguments[0]));
                form.over(if index.is_empty() { "k" } else { index }, at(0))
            }
            Notation::SumOfSamples => form.over("n", at(0)),
            Notation::Weights => form.over("j", form.product(self.named("W", "ij", ""), at(0))),
            Notation::FeedbackWeights => form.over("k", form.product(self.named(self.feedback, "ki", ""), at(0))),
        }
    }

    /// What an expression is for own spikes alone, or for inputs from below alone, as a product with 0 or 1; `select` are
    /// condition and values.
    fn part(&self, select: &[Id]) -> Option<Formula> {
        let &[condition, own, below] = select else { return None };
        if *self.graph.node(condition) != Node::Symbol(Symbol::IsRecurrent) {
            return None;
        }
        let (form, is_own) = (self.form, self.symbol(Symbol::IsRecurrent));
        let is_zero = |id: Id| self.graph.is(id, 0.0);
        if is_zero(below) {
            return Some(form.product(is_own, self.formula(own, false)));
        }
        let is_below = form.difference(form.number(1.0), is_own);
        is_zero(own).then(|| form.product(is_below, self.formula(below, false)))
    }

    /// An expression without its sign, and whether that is negative.
    pub(super) fn signed(&self, id: Id) -> (bool, Formula) {
        if !self.names.contains(id) && !self.auxiliary.contains(id) {
            if let Some(&[inner]) = self.graph.matches(id, Op::Neg) {
                return (true, self.formula(inner, false));
            }
            if let Some(&[above, below]) = self.graph.matches(id, Op::Div)
                && let Some(&[inner]) = self.graph.matches(above, Op::Neg)
            {
                let fraction = self.form.fraction(self.formula(inner, false), self.formula(below, false));
                return (true, fraction);
            }
        }
        (false, self.formula(id, false))
    }

    /// Sum of terms, each with its sign.
    pub(super) fn signed_sum(&self, terms: Vec<(bool, Formula)>) -> Option<Formula> {
        let form = self.form;
        let mut terms = terms.into_iter();
        let (negative, first) = terms.next()?;
        let first = if negative { form.negative(first) } else { first };
        Some(terms.fold(
            first,
            |sum, (negative, term)| {
                if negative { form.difference(sum, term) } else { form.sum(sum, term) }
            },
        ))
    }

    /// Names what is used more than once and large, or nested too deep, so that no formula grows without bounds; `roots` have
    /// formulas of their own, and are named only where others would otherwise grow by them.
    pub(super) fn name_shared(&mut self, roots: &[Id]) {
        let count = self.graph.len();
        let (mut sizes, mut depths, mut uses) = (vec![1usize; count], vec![0usize; count], vec![0usize; count]);
        let with_formula: Set<Id> = roots.iter().copied().collect();
        let order = self.graph.reachable(roots, &|_| false);
        let mut named = 0;
        for &id in &order {
            for &argument in self.graph.arguments(id) {
                uses[argument.index()] += 1;
            }
        }
        for &id in &order {
            let arguments = self.graph.arguments(id);
            if arguments.is_empty() || self.names.contains(id) {
                continue;
            }
            let size = 1 + arguments.iter().map(|argument| sizes[argument.index()]).sum::<usize>();
            let depth = 1 + arguments.iter().map(|argument| depths[argument.index()]).max().unwrap_or(0);
            let shared = uses[id.index()] > 1 && size > LARGEST_IN_PLACE;
            let grows = depth > DEEPEST_IN_PLACE || size > 8 * LARGEST_IN_PLACE;
            let is_used = uses[id.index()] > 0;
            if (shared && !with_formula.contains(id)) || (grows && (is_used || !with_formula.contains(id))) {
                named += 1;
                self.auxiliary.insert(id, format!("v{named}"));
            } else {
                (sizes[id.index()], depths[id.index()]) = (size, depth);
            }
        }
    }
}

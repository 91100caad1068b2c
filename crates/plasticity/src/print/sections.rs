//! The equations of a rule: dynamics, factors, update, and what is carried forward.

use super::Equation;
use super::formula::{Printer, index_of_constant, letters_of_constant};
use super::notation::Formula;
use crate::carried::CarriedKind;
use crate::document::{ConstantOf, SpikeCondition};
use crate::expression::{Id, Symbol};
use crate::products::SynapseFactor;
use crate::rule::Rule;

impl Printer<'_> {
    fn equation(&self, name: &str, left: Formula, right: Formula) -> Equation {
        Equation { name: name.into(), formula: self.form.equation(&left.text, &right.text) }
    }

    pub(super) fn define(&self, name: &str, left: Formula, id: Id) -> Equation {
        let right = self.formula(id, true);
        self.equation(name, left, right)
    }

    /// Traces, state, potential, spike and readout after a step.
    pub(super) fn dynamics(&self, rule: &Rule) -> Vec<Equation> {
        let form = self.form;
        let mut dynamics = Vec::new();
        for carried in &rule.carried {
            let name = match carried.kind {
                CarriedKind::Trace => "trace",
                CarriedKind::State => "state",
                CarriedKind::Potential => "potential",
                _ => continue,
            };
            dynamics.push(self.define(name, self.carried(carried, false), carried.next));
        }
        let sign = match rule.model.condition {
            SpikeCondition::Above => "<",
            SpikeCondition::At => "≤",
        };
        let (zero, spike) = (form.number(0.0), self.symbol(Symbol::Spike));
        let condition = form.comparison(zero.clone(), sign, self.symbol(Symbol::Potential));
        dynamics.push(self.equation("spike", spike.clone(), form.cases(condition, form.number(1.0), zero)));
        if rule.readout_error.is_some() {
            let sum = form.over("i", form.product(self.named("G", "ki", ""), spike));
            let sum = form.sum(sum, self.named("g", "k", ""));
            dynamics.push(self.equation("readout", self.symbol(Symbol::Readout), sum));
        }
        dynamics
    }

    fn is_zero(rule: &Rule, id: Id) -> bool {
        rule.model.graph.as_number(id) == Some(0.0)
    }

    /// σ′(U_i[t]).
    fn slope(&self) -> Formula {
        self.form.function("σ′", vec![self.symbol(Symbol::Potential)])
    }

    /// The eligibility trace of a product.
    fn eligibility(&self, rule: &Rule, factor: SynapseFactor) -> Formula {
        let (_, trace) = rule.eligibilities().nth(factor.trace).expect("it is a trace of the rule");
        if factor.before { self.carried(trace, true) } else { self.formula(trace.next, false) }
    }

    /// Error, surrogate and traces.
    pub(super) fn factors(&self, rule: &Rule) -> Vec<Equation> {
        let mut factors = Vec::new();
        if let Some(error) = rule.readout_error {
            factors.push(self.define("error", self.symbol(Symbol::ReadoutError), error));
        }
        if !Self::is_zero(rule, rule.error) {
            factors.push(self.define("error", self.symbol(Symbol::Error), rule.error));
            factors.push(self.define("surrogate", self.slope(), rule.surrogate));
        }
        let of_inputs = rule.factors.iter().map(|factor| self.formula(factor.pre, false));
        let of_synapses = rule.synapse_factors.iter().map(|&factor| self.eligibility(rule, factor));
        let traces = of_inputs.chain(of_synapses);
        factors.extend(traces.map(|trace| Equation { name: "trace".into(), formula: trace.text }));
        factors
    }

    /// δ, and the changes of weights, biases and constants that learn.
    pub(super) fn update(&self, rule: &Rule) -> Vec<Equation> {
        let form = self.form;
        let mut update = Vec::new();
        let through_spike =
            (!Self::is_zero(rule, rule.error)).then(|| (false, form.product(self.symbol(Symbol::Error), self.slope())));
        let direct = (!Self::is_zero(rule, rule.direct)).then(|| self.signed(rule.direct));
        if let Some(delta) = self.signed_sum(through_spike.into_iter().chain(direct).collect()) {
            update.push(self.equation("delta", self.symbol(Symbol::Delta), delta));
        }
        let change = |sum: Formula| form.negative(form.product(self.named("η", "", ""), form.over("n", sum)));
        let product = |post: Id, trace: Formula| {
            let (negative, post) = self.signed(post);
            (negative, form.product(post, trace))
        };
        let of_inputs = rule.factors.iter().map(|factor| product(factor.post, self.formula(factor.pre, false)));
        let of_synapses =
            rule.synapse_factors.iter().map(|&factor| product(factor.post, self.eligibility(rule, factor)));
        if let Some(sum) = self.signed_sum(of_inputs.chain(of_synapses).collect()) {
            update.push(self.equation("weight", self.named("ΔW", "ij", ""), change(sum)));
        }
        if let Some(bias) = rule.bias {
            update.push(self.equation("bias", self.named("Δb", "i", ""), change(self.formula(bias, false))));
        }
        for gradient in &rule.constants {
            let constant = &rule.model.constants[gradient.constant];
            let name = format!("Δ{}", letters_of_constant(constant));
            let mut sum = self.formula(gradient.gradient, false);
            if constant.of == ConstantOf::Layer {
                sum = form.over("i", sum);
            }
            update.push(self.equation("constant", self.named(&name, index_of_constant(constant.of), ""), change(sum)));
        }
        update
    }

    /// Eligibility traces and sensitivities.
    pub(super) fn forward(&self, rule: &Rule) -> Vec<Equation> {
        let mut forward = Vec::new();
        for carried in &rule.carried {
            let name = match carried.kind {
                CarriedKind::Eligibility | CarriedKind::BiasEligibility => "eligibility",
                CarriedKind::Sensitivity => "sensitivity",
                _ => continue,
            };
            forward.push(self.define(name, self.carried(carried, false), carried.next));
        }
        forward
    }
}

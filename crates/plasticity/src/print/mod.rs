//! A rule in mathematics: its dynamics, its three factors, what is stored and what it costs.

mod notation;

pub use notation::Form;
use notation::Formula;

use crate::Space;
use crate::account::{account, kept_states};
use crate::document::{ConstantKind, ConstantOf, SpikeCondition};
use crate::expression::{Graph, Id, Node, Symbol};
use crate::factorization::Treatment;
use crate::numbered::{Map, Set};
use crate::operation::{Notation, Op};
use crate::rule::{Rule, SynapseFactor};

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

/// Nodes of one expression up to which it prints in place.
const LARGEST_IN_PLACE: usize = 12;
/// Nesting at which an expression gets a name of its own.
const DEEPEST_IN_PLACE: usize = 16;

struct Printer<'a> {
    form: Form,
    rule: &'a Rule,
    graph: &'a Graph,
    /// Quantities that have a name: `(name, subscript, time)`.
    names: Map<Id, (String, String, String)>,
    auxiliary: Map<Id, String>,
    feedback: &'static str,
}

fn subscript(space: Space) -> &'static str {
    match space {
        Space::Layer | Space::Sample => "",
        Space::Input => "j",
        Space::Neuron => "i",
        Space::Class => "k",
        Space::Synapse => "ij",
    }
}

fn index_of_constant(of: ConstantOf) -> &'static str {
    match of {
        ConstantOf::Layer => "",
        ConstantOf::Neuron => "i",
        ConstantOf::Input => "j",
    }
}

impl Printer<'_> {
    fn named(&self, name: &str, subscript: &str, time: &str) -> Formula {
        self.form.name(name, subscript, time)
    }

    fn state_symbol(&self, state: usize) -> String {
        let symbol = &self.rule.model.states[state].symbol;
        match self.rule.treatments[state] {
            Treatment::Factorized { remainder: true, .. } => format!("{symbol}′"),
            _ => symbol.clone(),
        }
    }

    fn constant(&self, index: usize) -> Formula {
        let constant = &self.rule.model.constants[index];
        self.named(constant.symbol.as_ref().unwrap_or(&constant.name), index_of_constant(constant.of), "")
    }

    fn symbol(&self, symbol: Symbol) -> Formula {
        let model = &self.rule.model;
        let past = "t−1";
        match symbol {
            Symbol::Constant(index) => self.constant(index),
            Symbol::Count(Space::Sample) => self.named("N", "", ""),
            Symbol::Count(Space::Class) => self.named("K", "", ""),
            Symbol::Count(_) => self.named("M", "", ""),
            Symbol::Event => self.named("x", "j", "t"),
            Symbol::Trace(trace) => self.named(&model.traces[trace].symbol, "j", past),
            Symbol::State(state) => self.named(&self.state_symbol(state), "i", past),
            Symbol::PastSpike => self.named("S", "i", past),
            Symbol::PastPotential => self.named("U", "i", past),
            Symbol::Bias => self.named("b", "i", ""),
            Symbol::Time => self.named("t", "", ""),
            Symbol::Readout => self.named("Y", "k", ""),
            Symbol::Target => self.named("Ŷ", "k", ""),
            Symbol::Spike => self.named("S", "i", "t"),
            Symbol::Potential => self.named("U", "i", "t"),
            Symbol::NextState(state) => self.named(&model.states[state].symbol, "i", "t"),
            Symbol::Pass => self.named("pass", "i", ""),
            Symbol::ReadoutError => self.form.derivative(&self.named("Y", "k", "")),
            Symbol::Error => self.named("E", "i", ""),
            Symbol::ErrorThreshold => self.named("θ", "", ""),
            Symbol::Delta => self.named("δ", "i", ""),
            Symbol::PastSurrogate => self.form.function("σ′", vec![self.named("U", "i", past)]),
            Symbol::Eligibility(state) => self.named(&format!("ε_{}", model.states[state].symbol), "ij", past),
            Symbol::PotentialEligibility => self.named("ε_U", "ij", past),
            Symbol::BiasEligibility(state) => self.named(&format!("ε_{}", model.states[state].symbol), "i", past),
            Symbol::PotentialBiasEligibility => self.named("ε_U", "i", past),
            Symbol::TraceSensitivity(trace, constant) => {
                self.named(&self.sensitivity(&model.traces[trace].symbol, constant), "j", past)
            }
            Symbol::StateSensitivity(state, constant) => {
                self.named(&self.sensitivity(&self.state_symbol(state), constant), "i", past)
            }
            Symbol::PotentialSensitivity(constant) => self.named(&self.sensitivity("U", constant), "i", past),
        }
    }

    fn sensitivity(&self, of: &str, constant: usize) -> String {
        let constant = &self.rule.model.constants[constant];
        format!("{of}_{}", constant.symbol.as_ref().unwrap_or(&constant.name))
    }

    /// An expression; `root` prints what it is made of even where it has a name.
    fn formula(&self, id: Id, root: bool) -> Formula {
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
            Notation::Cases => form.cases(at(0), at(1), at(2)),
            Notation::Sum => {
                let index = subscript(self.graph.space(arguments[0]));
                form.over(if index.is_empty() { "k" } else { index }, at(0))
            }
            Notation::SumOfSamples => form.over("n", at(0)),
            Notation::Weights => form.over("j", form.product(self.named("W", "ij", ""), at(0))),
            Notation::FeedbackWeights => form.over("k", form.product(self.named(self.feedback, "ki", ""), at(0))),
        }
    }

    /// The eligibility trace of a product.
    fn eligibility(&self, factor: SynapseFactor) -> Formula {
        let trace = self.rule.eligibilities[factor.trace];
        if factor.before {
            self.symbol(trace.state.map_or(Symbol::PotentialEligibility, Symbol::Eligibility))
        } else {
            self.formula(trace.next, false)
        }
    }

    /// An expression without its sign, and whether that is negative.
    fn signed(&self, id: Id) -> (bool, Formula) {
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
    fn signed_sum(&self, terms: Vec<(bool, Formula)>) -> Option<Formula> {
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

    fn equation(&self, name: &str, left: Formula, right: Formula) -> Equation {
        Equation { name: name.into(), formula: self.form.equation(&left.text, &right.text) }
    }

    fn define(&self, name: &str, left: Formula, id: Id) -> Equation {
        let right = self.formula(id, true);
        self.equation(name, left, right)
    }

    /// Names what is used more than once and large, or nested too deep, so that no formula grows without bounds; `roots` have
    /// formulas of their own, and are named only where others would otherwise grow by them.
    fn name_shared(&mut self, roots: &[Id]) {
        let count = self.graph.len();
        let (mut sizes, mut depths, mut uses) = (vec![1usize; count], vec![0usize; count], vec![0usize; count]);
        let own: Set<Id> = roots.iter().copied().collect();
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
            if (shared && !own.contains(id)) || (grows && (is_used || !own.contains(id))) {
                named += 1;
                self.auxiliary.insert(id, format!("v{named}"));
            } else {
                (sizes[id.index()], depths[id.index()]) = (size, depth);
            }
        }
    }
}

/// Prints a rule. `feedback` says whether other weights than the readout's own bring the error back.
pub fn print(rule: &Rule, form: Form, feedback: bool) -> Printed {
    let model = &rule.model;
    let mut names = Map::new();
    let entry = |name: &str, subscript: &str| (name.to_string(), subscript.to_string(), "t".to_string());
    for trace in &model.traces {
        names.insert(trace.next, entry(&trace.symbol, "j"));
    }
    for (state, variable) in model.states.iter().enumerate() {
        match rule.treatments[state] {
            Treatment::Factorized { remainder: false, .. } => {}
            Treatment::Factorized { remainder: true, .. } => {
                names.insert(variable.next, entry(&format!("{}′", variable.symbol), "i"));
            }
            _ => {
                names.insert(model.values[state], entry(&variable.symbol, "i"));
            }
        }
    }
    names.insert(model.potential, entry("U", "i"));
    for trace in &rule.eligibilities {
        let of = trace.state.map_or("U", |state| &model.states[state].symbol);
        names.insert(trace.next, entry(&format!("ε_{of}"), "ij"));
        names.insert(trace.next_bias, entry(&format!("ε_{of}"), "i"));
    }
    // A leaf keeps its own name: x_j stays x_j where a trace is nothing but the input.
    for leaf in model.graph.ids().filter(|&id| model.graph.arguments(id).is_empty()) {
        names.remove(leaf);
    }
    let mut printer = Printer {
        form,
        rule,
        graph: &model.graph,
        names,
        auxiliary: Map::new(),
        feedback: if feedback { "F" } else { "G" },
    };
    let kept = kept_states(rule);
    let mut roots: Vec<Id> = model.traces.iter().map(|trace| trace.next).collect();
    roots.extend(kept.iter().map(|&state| model.states[state].next));
    roots.extend([model.potential, rule.error, rule.surrogate, rule.direct]);
    roots.extend(rule.readout_error);
    roots.extend(rule.bias);
    for factor in &rule.factors {
        roots.extend([factor.post, factor.pre]);
    }
    roots.extend(rule.synapse_factors.iter().map(|factor| factor.post));
    for trace in &rule.eligibilities {
        roots.extend([trace.next, trace.next_bias]);
    }
    for gradient in &rule.constants {
        roots.push(gradient.gradient);
        roots.extend(gradient.traces.iter().map(|&(_, id)| id));
        roots.extend(gradient.states.iter().map(|&(_, id)| id));
    }
    printer.name_shared(&roots);

    let p = &printer;
    let mut dynamics = Vec::new();
    for trace in &model.traces {
        dynamics.push(p.define("trace", p.named(&trace.symbol, "j", "t"), trace.next));
    }
    for &state in &kept {
        dynamics.push(p.define("state", p.named(&p.state_symbol(state), "i", "t"), model.states[state].next));
    }
    let potential = p.named("U", "i", "t");
    dynamics.push(p.define("potential", potential.clone(), model.potential));
    let zero = form.number(0.0);
    let condition = match model.condition {
        SpikeCondition::Above => form.comparison(zero.clone(), "<", potential.clone()),
        SpikeCondition::At => form.comparison(zero.clone(), "≤", potential.clone()),
    };
    let spikes = form.cases(condition, form.number(1.0), zero);
    dynamics.push(p.equation("spike", p.named("S", "i", "t"), spikes));
    if rule.readout_error.is_some() {
        let sum = form.over("i", form.product(p.named("G", "ki", ""), p.named("S", "i", "t")));
        let sum = form.sum(sum, p.named("g", "k", ""));
        dynamics.push(p.equation("readout", p.named("Y", "k", ""), sum));
    }

    let is_zero = |id: Id| model.graph.as_number(id) == Some(0.0);
    let mut factors = Vec::new();
    if let Some(error) = rule.readout_error {
        factors.push(p.define("error", p.symbol(Symbol::ReadoutError), error));
    }
    let spiking = !is_zero(rule.error);
    if spiking {
        factors.push(p.define("error", p.named("E", "i", ""), rule.error));
        let slope = form.function("σ′", vec![potential.clone()]);
        factors.push(p.define("surrogate", slope, rule.surrogate));
    }
    for factor in &rule.factors {
        let trace = p.formula(factor.pre, false);
        factors.push(Equation { name: "trace".into(), formula: trace.text });
    }
    for &factor in &rule.synapse_factors {
        let trace = p.eligibility(factor);
        factors.push(Equation { name: "trace".into(), formula: trace.text });
    }

    let mut update = Vec::new();
    let mut delta = spiking.then(|| {
        let slope = form.function("σ′", vec![potential.clone()]);
        form.product(p.named("E", "i", ""), slope)
    });
    if !is_zero(rule.direct) {
        let direct = p.signed(rule.direct);
        delta = p.signed_sum(delta.map(|delta| (false, delta)).into_iter().chain([direct]).collect());
    }
    if let Some(delta) = delta {
        update.push(p.equation("delta", p.named("δ", "i", ""), delta));
    }
    let change = |sum: Formula| form.negative(form.product(p.named("η", "", ""), form.over("n", sum)));
    let product = |post: Id, trace: Id| {
        let (negative, post) = p.signed(post);
        (negative, form.product(post, p.formula(trace, false)))
    };
    let mut products: Vec<(bool, Formula)> =
        rule.factors.iter().map(|factor| product(factor.post, factor.pre)).collect();
    products.extend(rule.synapse_factors.iter().map(|&factor| {
        let (negative, post) = p.signed(factor.post);
        (negative, form.product(post, p.eligibility(factor)))
    }));
    if let Some(sum) = p.signed_sum(products) {
        update.push(p.equation("weight", p.named("ΔW", "ij", ""), change(sum)));
    }
    if let Some(bias) = rule.bias {
        update.push(p.equation("bias", p.named("Δb", "i", ""), change(p.formula(bias, false))));
    }
    for gradient in &rule.constants {
        let constant = &model.constants[gradient.constant];
        let name = format!("Δ{}", constant.symbol.as_ref().unwrap_or(&constant.name));
        let mut sum = p.formula(gradient.gradient, false);
        if constant.of == ConstantOf::Layer {
            sum = form.over("i", sum);
        }
        update.push(p.equation("constant", p.named(&name, index_of_constant(constant.of), ""), change(sum)));
    }

    let mut forward = Vec::new();
    for trace in &rule.eligibilities {
        let of = format!("ε_{}", trace.state.map_or("U", |state| &model.states[state].symbol));
        forward.push(p.define("eligibility", p.named(&of, "ij", "t"), trace.next));
        if !is_zero(trace.next_bias) {
            forward.push(p.define("eligibility", p.named(&of, "i", "t"), trace.next_bias));
        }
    }
    for gradient in &rule.constants {
        for &(trace, id) in &gradient.traces {
            let name = p.sensitivity(&model.traces[trace].symbol, gradient.constant);
            forward.push(p.define("sensitivity", p.named(&name, "j", "t"), id));
        }
        for &(state, id) in &gradient.states {
            let name = p.sensitivity(&p.state_symbol(state), gradient.constant);
            forward.push(p.define("sensitivity", p.named(&name, "i", "t"), id));
        }
    }
    let auxiliary: Vec<Equation> = p
        .auxiliary
        .iter()
        .map(|(id, name)| p.define("auxiliary", p.named(name, subscript(model.graph.space(id)), ""), id))
        .collect();
    let mut printed = Printed { dynamics, factors, update, forward, auxiliary, whole: String::new() };
    printed.whole = whole(&printed, rule, form);
    printed
}

/// The lines that say what the gradient does at each state variable.
pub(crate) fn treatments(rule: &Rule) -> Vec<String> {
    let names = |state: usize| &rule.original.states[state].name;
    rule.treatments
        .iter()
        .enumerate()
        .map(|(state, treatment)| match treatment {
            Treatment::Independent => {
                format!("{}: no gradient, it depends on the weights through stops only", names(state))
            }
            Treatment::Instantaneous => format!("{}: gradient within the step, nothing is carried on", names(state)),
            Treatment::Factorized { remainder: false, .. } => {
                format!("{}: linear, weights moved out: 4 bytes per input, 0 per synapse", names(state))
            }
            Treatment::Factorized { remainder: true, .. } => format!(
                "{}: linear, weights moved out: 4 bytes per input, 4 per neuron for the rest, 0 per synapse",
                names(state)
            ),
            Treatment::Eligibility(obstacle) => format!(
                "{}: {}; eligibility trace: 4 bytes per synapse (stop: 0, and no gradient through its past)",
                names(state),
                obstacle.reason
            ),
            Treatment::Stopped(obstacle) => format!(
                "{}: {}; stopped: 0 bytes per synapse (eligibility: 4, and exact)",
                names(state),
                obstacle.reason
            ),
        })
        .collect()
}

/// Every stop within the dynamics, as text, with where it stands.
pub(crate) fn stops(rule: &Rule) -> Vec<String> {
    let mut original = rule.clone();
    original.model = rule.original.clone();
    original.treatments = vec![Treatment::Independent; rule.treatments.len()];
    let model = &original.model;
    let printer = Printer {
        form: Form::Text,
        rule: &original,
        graph: &model.graph,
        names: Map::new(),
        auxiliary: Map::new(),
        feedback: "G",
    };
    let roots = model
        .states
        .iter()
        .map(|state| (format!("step.{}", state.name), state.next))
        .chain([("membrane".to_string(), model.potential)]);
    // The membrane is made of states after their step, whose stops are told there.
    let values: Vec<Id> = model.values.clone();
    let mut places: Map<Id, Vec<String>> = Map::new();
    for (place, root) in roots {
        let membrane = place == "membrane";
        for id in model.graph.reachable(&[root], &|id| membrane && values.contains(&id)) {
            if model.graph.matches(id, Op::Stop).is_some() {
                places.entry(id).get_or_insert_default().push(place.clone());
            }
        }
    }
    // How many nodes each expression has where it is written out.
    let mut sizes: Vec<usize> = Vec::with_capacity(model.graph.len());
    for id in model.graph.ids() {
        let parts = model.graph.arguments(id).iter().map(|argument| sizes[argument.index()]);
        sizes.push(parts.fold(1, usize::saturating_add));
    }
    let shown = |id: Id| {
        let inner = model.graph.arguments(id)[0];
        let small = sizes[inner.index()] <= 8 * LARGEST_IN_PLACE
            && model.graph.reachable(&[inner], &|_| false).len() <= LARGEST_IN_PLACE;
        if small { printer.formula(inner, false).text } else { "an expression".into() }
    };
    places.iter().map(|(id, places)| format!("{} in {}", shown(id), places.join(", "))).collect()
}

/// The constants with their values, such as `α = 0.97`.
pub(crate) fn constants(rule: &Rule) -> Vec<String> {
    rule.model
        .constants
        .iter()
        .map(|constant| {
            let symbol = constant.symbol.as_ref().unwrap_or(&constant.name);
            let index = index_of_constant(constant.of);
            let symbol = if index.is_empty() { symbol.clone() } else { format!("{symbol}_{index}") };
            let about = if index.is_empty() { "=" } else { "≈" };
            let learned = if constant.learn { ", learned" } else { "" };
            match constant.kind {
                ConstantKind::Time => {
                    format!("{symbol} {about} exp(−Δt / {} ms){learned}", constant.value / 1000.0)
                }
                _ => format!("{symbol} {about} {}{learned}", constant.value),
            }
        })
        .collect()
}

fn whole(printed: &Printed, rule: &Rule, form: Form) -> String {
    let sections = [
        ("dynamics", &printed.dynamics),
        ("factors", &printed.factors),
        ("forward in time", &printed.forward),
        ("update", &printed.update),
        ("where", &printed.auxiliary),
    ];
    match form {
        Form::Latex => {
            let lines: Vec<&str> = sections
                .iter()
                .flat_map(|(_, equations)| equations.iter())
                // A factor that is nothing but a name is no equation.
                .filter(|equation| equation.formula.contains("&="))
                .map(|equation| equation.formula.as_str())
                .collect();
            format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n"))
        }
        Form::Mathml => {
            let rows: String = sections
                .iter()
                .flat_map(|(_, equations)| equations.iter())
                .map(|equation| format!("<mtr><mtd>{}</mtd></mtr>", equation.formula))
                .collect();
            format!(
                "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\"><mtable>{rows}</mtable></math>"
            )
        }
        Form::Text => {
            let mut lines = Vec::new();
            for (title, equations) in sections.iter().filter(|(_, equations)| !equations.is_empty()) {
                lines.push((*title).to_string());
                let named = *title == "factors";
                for equation in equations.iter() {
                    let label = if named { format!("{:<11}", equation.name) } else { String::new() };
                    lines.push(format!("  {label}{}", equation.formula));
                }
            }
            let mut list = |title: &str, items: Vec<String>| {
                if !items.is_empty() {
                    lines.push(title.to_string());
                    lines.extend(items.into_iter().map(|item| format!("  {item}")));
                }
            };
            list("constants", constants(rule));
            list("gradient", treatments(rule));
            list("stops", stops(rule));
            let account = account(rule);
            list(
                "stored, per sample",
                vec![format!(
                    "{} bytes per synapse, {} per input, {} per neuron",
                    account.bytes_per_synapse, account.bytes_per_input, account.bytes_per_neuron
                )],
            );
            list(
                "operations, per sample and step",
                vec![format!(
                    "{} per synapse, {} per input, {} per neuron, {} per readout unit",
                    account.operations_per_synapse,
                    account.operations_per_input,
                    account.operations_per_neuron,
                    account.operations_per_class
                )],
            );
            lines.join("\n")
        }
    }
}

//! The plasticity rule of a neuron and a cost, derived.
//!
//! ∂L/∂W_ij = δ_i · ∂U_i/∂W_ij with δ_i = ∂L/∂S_i · σ′(U_i) + ∂L/∂U_i: the error that comes back through the local
//! readout, times the surrogate, times what the synapse has to do with the potential. There is no gradient between layers
//! and none backwards in time; what the past has to do with today's potential is carried forward, in a trace for each
//! input where the dynamics factorise, else in an eligibility trace for each synapse.

use decolle_error::{Code, Fault, Result};

use crate::derivative::reverse;
use crate::document::{ConstantOf, Remainder};
use crate::expression::{Graph, Id, Node, Symbol};
use crate::factorization::{Obstacle, Treatment, carrying, factorize, obstacles};
use crate::model::Model;
use crate::numbered::{Map, Set};
use crate::operation::Op;

/// One product of the gradient: what belongs to the neuron times what belongs to the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Of the neuron, over [`Symbol::Delta`].
    pub post: Id,
    /// Of the input.
    pub pre: Id,
}

/// An eligibility trace: ∂z_i/∂W_ij, and ∂z_i/∂b_i beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EligibilityTrace {
    /// The state variable z; `None` for the membrane potential.
    pub state: Option<usize>,
    /// ∂z_i/∂W_ij after the step.
    pub next: Id,
    /// ∂z_i/∂b_i after the step.
    pub next_bias: Id,
}

/// A product of the gradient with an eligibility trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynapseFactor {
    /// Of the neuron, over [`Symbol::Delta`].
    pub post: Id,
    /// The trace, by index into [`Rule::eligibilities`].
    pub trace: usize,
    /// Whether it is the trace before the step, because the gradient goes through the value before the step.
    pub before: bool,
}

/// The gradient of a learnable constant, and the sensitivities that carry it forward in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstantGradient {
    /// The constant, as [`Symbol::Constant`] counts.
    pub constant: usize,
    /// Each neuron's share, over [`Symbol::Delta`].
    pub gradient: Id,
    /// Derivatives of traces after the step.
    pub traces: Vec<(usize, Id)>,
    /// Derivatives of state variables after the step.
    pub states: Vec<(usize, Id)>,
    /// Derivative of U, where past potentials or spikes carry gradient.
    pub potential: Option<Id>,
}

/// A derived rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Dynamics and cost with the weights moved out of what factorises, in one graph with the rule.
    pub model: Model,
    /// Dynamics and cost as given, stops included.
    pub original: Model,
    /// What the gradient does at each state variable.
    pub treatments: Vec<Treatment>,
    /// σ′ over [`Symbol::Potential`].
    pub surrogate: Id,
    /// ∂L/∂Y_k, if the cost looks at the readout.
    pub readout_error: Option<Id>,
    /// ∂L/∂S_i over [`Symbol::ReadoutError`], modulated.
    pub error: Id,
    /// ∂L/∂U_i other than through the spike.
    pub direct: Id,
    /// δ_i over [`Symbol::Error`].
    pub delta: Id,
    /// The products that make the gradient.
    pub factors: Vec<Factor>,
    /// Products of a neuron's factor and an eligibility trace.
    pub synapse_factors: Vec<SynapseFactor>,
    /// ∂L/∂b_i, if there is a bias.
    pub bias: Option<Id>,
    /// Eligibility traces, in the order of evaluation.
    pub eligibilities: Vec<EligibilityTrace>,
    /// Gradients of learnable constants.
    pub constants: Vec<ConstantGradient>,
}

/// What of the readout's settings shapes the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleOptions {
    /// Whether spikes are dropped on their way to the readout.
    pub dropout: bool,
}

impl Rule {
    /// Derives the rule of a model.
    ///
    /// # Errors
    /// `config` where the dynamics do not factorise and no choice is made, where the potential does not depend on the
    /// weights or the cost on the layer; `unsupported` where a derivative is missing.
    pub fn derive(mut model: Model, options: RuleOptions) -> Result<Self> {
        let mut treatments = vec![Treatment::Independent; model.states.len()];
        let left = settle_remainder(&mut model, &mut treatments)?;
        let original = model.clone();
        for (state, treatment) in factorize(&mut model)? {
            treatments[state] = treatment;
        }
        for (state, obstacle) in left.iter() {
            treatments[state] = Treatment::Eligibility(obstacle.clone());
        }
        check_weighted(&model)?;

        let leaf_potential = model.graph.leaf(Symbol::Potential);
        let surrogate = match model.surrogate {
            Some(surrogate) => surrogate,
            None => {
                let one = model.graph.number(1.0);
                let leaves = [leaf_potential].into_iter().collect();
                let primitive = model.primitive;
                let derivatives = reverse(&mut model.graph, &[(primitive, one)], &leaves, true, "surrogate.primitive")?;
                derivatives.get(leaf_potential).copied().ok_or_else(|| {
                    Fault::new(Code::Config, "surrogate.primitive: expected a function of the potential")
                })?
            }
        };

        let cost = CostDerivatives::new(&mut model)?;
        let graph = &mut model.graph;
        let mut error = cost.spike.unwrap_or_else(|| graph.number(0.0));
        if cost.readout.is_some() {
            let readout_error = graph.leaf(Symbol::ReadoutError);
            let mut back = graph.apply(Op::Feedback, &[readout_error]);
            if options.dropout {
                let pass = graph.leaf(Symbol::Pass);
                back = graph.mul(back, pass);
            }
            error = sum_onto(graph, back, error);
        }
        if let Some(modulation) = model.modulation {
            let symbol = graph.leaf(Symbol::Error);
            error = graph.substitute(&[modulation], &[(symbol, error)].into_iter().collect(), "modulation")?[0];
        }
        let zero = graph.number(0.0);
        let direct = cost.potential.unwrap_or(zero);
        let delta = if error == zero {
            direct
        } else {
            let symbol = graph.leaf(Symbol::Error);
            let through_spike = graph.mul(symbol, surrogate);
            sum_onto(graph, through_spike, direct)
        };

        let carrying = eligible_states(&treatments);
        let (eligibilities, past) = eligibilities(&mut model, &carrying)?;
        let mut rule = Self {
            original,
            treatments,
            surrogate,
            readout_error: cost.readout,
            error,
            direct,
            delta,
            factors: Vec::new(),
            synapse_factors: Vec::new(),
            bias: None,
            eligibilities,
            constants: Vec::new(),
            model,
        };
        rule.collect_factors(&cost.states)?;
        rule.constants = constant_gradients(&mut rule.model, &cost.states, past)?;
        rule.mark_instantaneous();
        Ok(rule)
    }

    /// What belongs to the neuron in each product of the gradient: those with what weights meet, then those with eligibility
    /// traces; and last the gradients of constants that learn.
    pub fn posts(&self) -> Vec<Id> {
        let mut posts: Vec<Id> = self.factors.iter().map(|factor| factor.post).collect();
        posts.extend(self.synapse_factors.iter().map(|factor| factor.post));
        posts.extend(self.constants.iter().map(|gradient| gradient.gradient));
        posts
    }

    /// The seeds of the gradient: δ at U, and what the cost asks of state.
    fn collect_factors(&mut self, states: &Map<usize, Id>) -> Result<()> {
        let graph = &mut self.model.graph;
        let delta = graph.leaf(Symbol::Delta);
        let mut seeds = vec![(self.model.potential, delta)];
        seeds.extend(states.iter().map(|(state, &seed)| (self.model.values[state], seed)));
        let bias = graph.leaf(Symbol::Bias);
        let mut leaves: Set<Id> = weighted_nodes(graph).into_iter().collect();
        leaves.insert(bias);
        // Values after the step come first in a path; one that only looks at the step before ends at the values before it.
        let (mut after, mut before): (Map<Id, usize>, _) = (Map::new(), Vec::new());
        for (index, eligibility) in self.eligibilities.iter().enumerate() {
            match eligibility.state {
                Some(state) => {
                    after.entry(self.model.values[state]).get_or_insert(index);
                    before.push((graph.leaf(Symbol::State(state)), index));
                }
                None => {
                    before.extend([Symbol::PastPotential, Symbol::PastSpike].map(|symbol| (graph.leaf(symbol), index)));
                }
            }
        }
        leaves.extend(after.keys().chain(before.iter().map(|&(leaf, _)| leaf)));
        let derivatives = reverse(graph, &seeds, &leaves, true, "membrane")?;
        for (trace, eligibility) in self.eligibilities.iter().enumerate() {
            let Some(value) = eligibility.state.map(|state| self.model.values[state]) else { continue };
            // Of those with the same value it is the first.
            if let Some(&post) = derivatives.get(value).filter(|_| after[value] == trace) {
                self.synapse_factors.push(SynapseFactor { post, trace, before: false });
            }
        }
        let past_spike = graph.leaf(Symbol::PastSpike);
        for &(leaf, trace) in before.iter().filter(|(leaf, _)| !after.contains(*leaf)) {
            if let Some(&post) = derivatives.get(leaf) {
                let slope = graph.leaf(Symbol::PastSurrogate);
                let post = if leaf == past_spike { graph.mul(post, slope) } else { post };
                self.synapse_factors.push(SynapseFactor { post, trace, before: true });
            }
        }
        for (leaf, &post) in derivatives.iter().filter(|(leaf, _)| !after.contains(*leaf)) {
            if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
                self.factors.push(Factor { post, pre });
            }
        }
        let mut gradient = derivatives.get(bias).copied();
        for &SynapseFactor { post, trace, before } in &self.synapse_factors {
            let zero = graph.number(0.0);
            let EligibilityTrace { state, next_bias, .. } = self.eligibilities[trace];
            let carried = state.map_or(Symbol::PotentialBiasEligibility, Symbol::BiasEligibility);
            let own = if before && next_bias != zero { graph.leaf(carried) } else { next_bias };
            if own != zero {
                let part = graph.mul(post, own);
                gradient = Some(match gradient {
                    Some(sum) => graph.add(sum, part),
                    None => part,
                });
            }
        }
        self.bias = gradient;
        if self.factors.is_empty() && self.synapse_factors.is_empty() {
            return Err(Fault::new(
                Code::Config,
                "membrane: expected a potential that depends on the weights, by input or weighted(), other than through stops",
            ));
        }
        Ok(())
    }

    /// Marks state that depends on the weights without carrying a gradient on.
    fn mark_instantaneous(&mut self) {
        let graph = &self.model.graph;
        let active = crate::factorization::active(graph, &eligible_states(&self.treatments));
        for (state, treatment) in self.treatments.iter_mut().enumerate() {
            if *treatment == Treatment::Independent && active[self.model.values[state].index()] {
                *treatment = Treatment::Instantaneous;
            }
        }
    }
}

/// Makes the choice for state that does not factorise; gives what is left to eligibility traces.
fn settle_remainder(model: &mut Model, treatments: &mut [Treatment]) -> Result<Map<usize, Obstacle>> {
    loop {
        let found = obstacles(model)?;
        if found.is_empty() {
            return Ok(found);
        }
        match model.remainder {
            Some(Remainder::Eligibility) => return Ok(found),
            None => {
                let (state, obstacle) =
                    found.iter().find(|(_, obstacle)| obstacle.follows.is_none()).expect("some obstacle comes first");
                return Err(Fault::new(
                    Code::Config,
                    format!(
                        "neuron.remainder: the state variable {} {}, so that the weights cannot be moved out of it; \
                         choose \"eligibility\" (exact, {} bytes more per synapse) or \"stop\" (no gradient through its \
                         past), or put stopGradient around the part",
                        model.states[state].name,
                        obstacle.reason,
                        4 * found.keys().count()
                    ),
                ));
            }
            Some(Remainder::Stop) => {
                let mut stops = Map::new();
                for (state, obstacle) in found.iter().filter(|(_, obstacle)| obstacle.follows.is_none()) {
                    treatments[state] = Treatment::Stopped(obstacle.clone());
                    for symbol in [Symbol::State(state), Symbol::PastSpike, Symbol::PastPotential] {
                        let leaf = model.graph.leaf(symbol);
                        stops.insert(leaf, model.graph.apply(Op::Stop, &[leaf]));
                    }
                }
                let roots: Vec<Id> = model.states.iter().map(|state| state.next).chain([model.potential]).collect();
                let stopped = model.graph.substitute(&roots, &stops, "step")?;
                for (state, &next) in model.states.iter_mut().zip(&stopped) {
                    state.next = next;
                }
                model.values = stopped[..model.states.len()].to_vec();
                model.potential = stopped[model.states.len()];
            }
        }
    }
}

/// Refuses weighted sums of what itself depends on the weights: those of one neuron would enter another's rule.
fn check_weighted(model: &Model) -> Result<()> {
    let graph = &model.graph;
    let active = crate::factorization::active(graph, &carrying(model));
    for id in weighted_nodes(graph) {
        if active[graph.arguments(id)[0].index()] {
            return Err(Fault::new(
                Code::Config,
                "weighted: expected values of inputs that do not depend on the weights; put stopGradient around them",
            ));
        }
    }
    Ok(())
}

/// All weighted sums in a graph.
fn weighted_nodes(graph: &Graph) -> Vec<Id> {
    graph.ids().filter(|&id| graph.matches(id, Op::Weighted).is_some()).collect()
}

/// `base` + the terms of `sum`, one after the other, so that the float32 sum is that of the fused code.
fn sum_onto(graph: &mut Graph, base: Id, sum: Id) -> Id {
    // Shared sums of sums could unfold without end.
    const MOST_TERMS: usize = 32;
    let mut terms: Vec<(Id, bool)> = Vec::new();
    let mut open = vec![(sum, false)];
    while let Some((id, negative)) = open.pop() {
        match graph.node(id) {
            Node::Apply(Op::Add, arguments) if terms.len() + open.len() < MOST_TERMS => {
                open.extend([(arguments[1], negative), (arguments[0], negative)]);
            }
            Node::Apply(Op::Sub, arguments) if terms.len() + open.len() < MOST_TERMS => {
                open.extend([(arguments[1], !negative), (arguments[0], negative)]);
            }
            // A share of a sum is the sum of shares, each rounded for itself as where it is added up.
            Node::Apply(Op::Div, arguments)
                if graph.is_count(arguments[1]) && terms.len() + open.len() < MOST_TERMS =>
            {
                let (above, count) = (arguments[0], arguments[1]);
                match graph.node(above).clone() {
                    Node::Apply(op @ (Op::Add | Op::Sub), arguments) => {
                        let [first, second] = [arguments[0], arguments[1]].map(|part| graph.div(part, count));
                        open.extend([(second, negative != (op == Op::Sub)), (first, negative)]);
                    }
                    _ => terms.push((id, negative)),
                }
            }
            _ => terms.push((id, negative)),
        }
    }
    terms.into_iter().fold(
        base,
        |total, (term, negative)| {
            if negative { graph.sub(total, term) } else { graph.add(total, term) }
        },
    )
}

/// Derivatives of the cost by what it looks at.
struct CostDerivatives {
    readout: Option<Id>,
    spike: Option<Id>,
    potential: Option<Id>,
    states: Map<usize, Id>,
}

impl CostDerivatives {
    fn new(model: &mut Model) -> Result<Self> {
        let graph = &mut model.graph;
        let [readout, spike, potential] = [Symbol::Readout, Symbol::Spike, Symbol::Potential].map(|s| graph.leaf(s));
        let states: Vec<Id> = (0..model.states.len()).map(|state| graph.leaf(Symbol::NextState(state))).collect();
        let leaves = [readout, spike, potential].into_iter().chain(states.iter().copied()).collect();
        let one = graph.number(1.0);
        let found = reverse(graph, &[(model.cost, one)], &leaves, false, "cost")?;
        let zero = graph.number(0.0);
        let of = |leaf: Id| found.get(leaf).copied().filter(|&derivative| derivative != zero);
        let derivatives = Self {
            readout: of(readout),
            spike: of(spike),
            potential: of(potential),
            states: states.iter().enumerate().filter_map(|(state, &leaf)| Some((state, of(leaf)?))).collect(),
        };
        if derivatives.readout.or(derivatives.spike).or(derivatives.potential).is_none()
            && derivatives.states.is_empty()
        {
            return Err(Fault::new(
                Code::Config,
                "cost: expected a cost that depends on readout, spike, membrane or state, other than through stops",
            ));
        }
        Ok(derivatives)
    }
}

fn eligible_states(treatments: &[Treatment]) -> Set<usize> {
    treatments
        .iter()
        .enumerate()
        .filter(|(_, treatment)| matches!(treatment, Treatment::Eligibility(_)))
        .map(|(state, _)| state)
        .collect()
}

/// Eligibility traces of the given states, and whether past potentials or spikes carry gradient.
fn eligibilities(model: &mut Model, states: &Set<usize>) -> Result<(Vec<EligibilityTrace>, bool)> {
    if states.is_empty() {
        return Ok((Vec::new(), false));
    }
    let graph = &mut model.graph;
    let [past_spike, past_potential] = [Symbol::PastSpike, Symbol::PastPotential].map(|symbol| graph.leaf(symbol));
    let read: Vec<Id> = model.values.iter().copied().chain([model.potential]).collect();
    let unstopped = graph.reachable(&read, &|id| graph.matches(id, Op::Stop).is_some());
    let past = unstopped.contains(&past_spike) || unstopped.contains(&past_potential);
    // Values that are part of others come first.
    let mut order: Vec<usize> = Vec::new();
    for state in states.iter() {
        let is_part = |&other: &usize| model.values[other] <= model.values[state];
        let place = order.iter().rposition(is_part).map_or(0, |place| place + 1);
        order.insert(place, state);
    }
    let mut traces: Vec<EligibilityTrace> = Vec::new();
    let bias = graph.leaf(Symbol::Bias);
    for root in order.iter().map(|&state| Some(state)).chain(past.then_some(None)) {
        let node = root.map_or(model.potential, |state| model.values[state]);
        let mut leaves: Set<Id> = weighted_nodes(graph).into_iter().collect();
        leaves.extend([past_spike, past_potential, bias]);
        let mut old: Map<Id, usize> = Map::new();
        for state in states.iter() {
            let leaf = graph.leaf(Symbol::State(state));
            leaves.insert(leaf);
            old.insert(leaf, state);
        }
        let known: Map<Id, (Id, Id)> = traces
            .iter()
            .filter_map(|trace| Some((model.values[trace.state?], (trace.next, trace.next_bias))))
            .filter(|&(value, _)| value != node)
            .collect();
        leaves.extend(known.keys());
        let one = graph.number(1.0);
        let at = root.map_or("membrane".to_string(), |state| format!("step.{}", model.states[state].name));
        let partials = reverse(graph, &[(node, one)], &leaves, true, &at)?;
        let (mut next, mut next_bias) = (graph.number(0.0), graph.number(0.0));
        for (leaf, &partial) in partials.iter() {
            let (of_weight, of_bias) = if let Some(&known) = known.get(leaf) {
                known
            } else if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
                (pre, graph.number(0.0))
            } else if let Some(&state) = old.get(leaf) {
                (graph.leaf(Symbol::Eligibility(state)), graph.leaf(Symbol::BiasEligibility(state)))
            } else if leaf == bias {
                (graph.number(0.0), graph.number(1.0))
            } else {
                let pair = (graph.leaf(Symbol::PotentialEligibility), graph.leaf(Symbol::PotentialBiasEligibility));
                if leaf == past_spike {
                    let slope = graph.leaf(Symbol::PastSurrogate);
                    (graph.mul(slope, pair.0), graph.mul(slope, pair.1))
                } else {
                    pair
                }
            };
            let part = graph.mul(partial, of_weight);
            next = graph.add(next, part);
            let part = graph.mul(partial, of_bias);
            next_bias = graph.add(next_bias, part);
        }
        traces.push(EligibilityTrace { state: root, next, next_bias });
    }
    let zero = graph.number(0.0);
    if !past {
        // The bias enters at the membrane only, so without a way back no state depends on it.
        for trace in &mut traces {
            trace.next_bias = zero;
        }
    }
    drop_zero_biases(graph, &mut traces, zero)?;
    Ok((traces, past))
}

/// Leaves out what derivatives by biases carry on that is always zero, until nothing refers to it.
fn drop_zero_biases(graph: &mut Graph, traces: &mut [EligibilityTrace], zero: Id) -> Result<()> {
    loop {
        let gone: Map<Id, Id> = traces
            .iter()
            .filter(|trace| trace.next_bias == zero)
            .map(|trace| trace.state.map_or(Symbol::PotentialBiasEligibility, Symbol::BiasEligibility))
            .map(|symbol| (graph.leaf(symbol), zero))
            .collect();
        let biases: Vec<Id> = traces.iter().map(|trace| trace.next_bias).collect();
        let left = graph.substitute(&biases, &gone, "step")?;
        if left == biases {
            return Ok(());
        }
        for (trace, left) in traces.iter_mut().zip(left) {
            trace.next_bias = left;
        }
    }
}

/// What forward derivatives by one constant know of traces and state.
struct Sensitivity {
    constant: Id,
    index: usize,
    traces: Set<usize>,
    states: Set<usize>,
    past: bool,
}

impl Sensitivity {
    /// Derivative of `root` by the constant, of each input or neuron.
    fn of(&self, graph: &mut Graph, root: Id, at: &str) -> Result<Id> {
        let mut leaves: Set<Id> = [self.constant].into_iter().collect();
        let mut tangents: Map<Id, Id> = Map::new();
        let one = graph.number(1.0);
        tangents.insert(self.constant, one);
        for trace in self.traces.iter() {
            let leaf = graph.leaf(Symbol::Trace(trace));
            leaves.insert(leaf);
            tangents.insert(leaf, graph.leaf(Symbol::TraceSensitivity(trace, self.index)));
        }
        for state in self.states.iter() {
            let leaf = graph.leaf(Symbol::State(state));
            leaves.insert(leaf);
            tangents.insert(leaf, graph.leaf(Symbol::StateSensitivity(state, self.index)));
        }
        if self.past {
            let past = graph.leaf(Symbol::PotentialSensitivity(self.index));
            let potential = graph.leaf(Symbol::PastPotential);
            tangents.insert(potential, past);
            let (spike, slope) = (graph.leaf(Symbol::PastSpike), graph.leaf(Symbol::PastSurrogate));
            tangents.insert(spike, graph.mul(slope, past));
            leaves.extend([potential, spike]);
        }
        let inputs = leaves.clone();
        leaves.extend(weighted_nodes(graph));
        let partials = reverse(graph, &[(root, one)], &leaves, true, at)?;
        let mut sum = graph.number(0.0);
        for (leaf, &partial) in partials.iter() {
            let tangent = if let Some(&[pre]) = graph.matches(leaf, Op::Weighted) {
                let mut inner = graph.number(0.0);
                for (leaf, &partial) in reverse(graph, &[(pre, one)], &inputs, true, at)?.iter() {
                    let part = graph.mul(partial, tangents[leaf]);
                    inner = graph.add(inner, part);
                }
                graph.apply(Op::Weighted, &[inner])
            } else {
                tangents[leaf]
            };
            let part = graph.mul(partial, tangent);
            sum = graph.add(sum, part);
        }
        Ok(sum)
    }
}

fn constant_gradients(model: &mut Model, states: &Map<usize, Id>, past: bool) -> Result<Vec<ConstantGradient>> {
    let mut gradients = Vec::new();
    let learnable: Vec<usize> = (0..model.constants.len()).filter(|&index| model.constants[index].learn).collect();
    for index in learnable {
        let document = &model.constants[index];
        let at = format!("constants.{}", document.name);
        if document.of == ConstantOf::Input {
            return Err(Fault::new(
                Code::Unsupported,
                format!("{at}: expected a learnable constant of the layer or of each neuron, found one of each input"),
            ));
        }
        let constant = model.graph.symbol(Symbol::Constant(index), document.of.space());
        let mut sensitivity = Sensitivity { constant, index, traces: Set::new(), states: Set::new(), past };
        // What depends on the constant, directly or through what it carries on, past potentials and spikes included.
        let mut by_output = false;
        loop {
            let mut leaves: Set<Id> = [constant].into_iter().collect();
            if by_output {
                leaves.extend([Symbol::PastPotential, Symbol::PastSpike].map(|symbol| model.graph.leaf(symbol)));
            }
            leaves.extend(sensitivity.traces.iter().map(|trace| model.graph.leaf(Symbol::Trace(trace))));
            leaves.extend(sensitivity.states.iter().map(|state| model.graph.leaf(Symbol::State(state))));
            let depends = crate::derivative::depends(&model.graph, &leaves);
            let traces: Set<usize> =
                (0..model.traces.len()).filter(|&trace| depends[model.traces[trace].next.index()]).collect();
            let states: Set<usize> =
                (0..model.states.len()).filter(|&state| depends[model.states[state].next.index()]).collect();
            let now = past && depends[model.potential.index()];
            if traces == sensitivity.traces && states == sensitivity.states && now == by_output {
                break;
            }
            (sensitivity.traces, sensitivity.states, by_output) = (traces, states, now);
        }
        let graph = &mut model.graph;
        let mut traces = Vec::new();
        for trace in sensitivity.traces.iter() {
            traces.push((trace, sensitivity.of(graph, model.traces[trace].next, &at)?));
        }
        let mut own = Vec::new();
        for state in sensitivity.states.iter() {
            own.push((state, sensitivity.of(graph, model.states[state].next, &at)?));
        }
        let by_potential = sensitivity.of(graph, model.potential, &at)?;
        let delta = graph.leaf(Symbol::Delta);
        let mut gradient = graph.mul(delta, by_potential);
        for (state, &seed) in states.iter() {
            let by_state = sensitivity.of(graph, model.values[state], &at)?;
            let part = graph.mul(seed, by_state);
            gradient = graph.add(gradient, part);
        }
        gradients.push(ConstantGradient {
            constant: index,
            gradient,
            traces,
            states: own,
            potential: past.then_some(by_potential),
        });
    }
    Ok(gradients)
}

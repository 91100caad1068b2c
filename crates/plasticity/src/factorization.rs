//! State whose dynamics are linear, time-invariant and shared by all neurons: there the weights can be moved outside.
//!
//! With z_i[t] = Σ_m a_m z_m,i[t−1] + Σ_j W_ij f_j[t] + r_i[t] and constants a_m, superposition gives
//! z_i = Σ_j W_ij T_j + y_i: one trace T_j[t] = Σ_m a_m T_m,j[t−1] + f_j[t] for each input, and a remainder y that
//! follows the same dynamics driven by r. So ∂z_i/∂W_ij = T_j, and nothing is stored for a synapse. This is how
//! current and potential of the textbooks become Q and P (Kaiser, Mostafa & Neftci 2020, eqs. 1–4).

use decolle_error::Fault;

use crate::Space;
use crate::expression::{Graph, Id, Node, Symbol};
use crate::model::{Model, Variable};
use crate::numbered::{Map, Set};
use crate::operation::Op;

/// An expression that is linear in the state and in weighted sums, taken apart.
#[derive(Clone)]
struct Linear {
    /// State variables it is linear in.
    states: Set<usize>,
    /// The linear part, with traces for states and a_j for Σ_j W_ij a_j.
    homogeneous: Id,
}

/// Why the weights cannot be moved out of a state variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The reason, as a sentence without its subject.
    pub reason: String,
    /// The other state variable whose obstacle it is, if it is not its inner.
    pub follows: Option<usize>,
}

fn obstacle<T>(reason: impl Into<String>) -> Result<T, Obstacle> {
    Err(Obstacle { reason: reason.into(), follows: None })
}

/// Which state variables depend on the weights, and what the gradient does there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Does not depend on the weights but through stops.
    Independent,
    /// Depends on the weights within a step only: nothing is carried over to the next.
    Instantaneous,
    /// The weights were moved out: the trace of this index carries the gradient.
    Factorized {
        /// The trace, as [`Symbol::Trace`] counts.
        trace: usize,
        /// Whether something that does not depend on the weights is left over, and stays a state variable.
        remainder: bool,
    },
    /// An eligibility trace for every synapse.
    Eligibility(Obstacle),
    /// The gradient through the value of the step before is stopped.
    Stopped(Obstacle),
}

/// Which nodes depend on the weights otherwise than through a stop, given the states that do.
pub(crate) fn active(graph: &Graph, states: &Set<usize>) -> Vec<bool> {
    let mut active = vec![false; graph.len()];
    for id in graph.ids() {
        active[id.index()] = match graph.node(id) {
            Node::Apply(Op::Stop, _) | Node::Number(_) => false,
            Node::Apply(Op::Weighted, _) | Node::Symbol(Symbol::PastSpike | Symbol::PastPotential) => true,
            Node::Symbol(Symbol::State(state)) => states.contains(*state),
            Node::Symbol(_) => false,
            Node::Apply(_, arguments) => arguments.iter().any(|argument| active[argument.index()]),
        };
    }
    active
}

/// State variables through which the past carries a gradient into this step: by their own value of the step before, or by
/// the neuron's past spikes and potential.
pub(crate) fn carrying(model: &Model) -> Set<usize> {
    let graph = &model.graph;
    let unstopped = |roots: &[Id]| graph.reachable(roots, &|id| graph.matches(id, Op::Stop).is_some());
    // Of those that depend on the weights, the ones whose past value is used outside of a stop, or that follow the output.
    let roots: Vec<Id> = model.states.iter().map(|state| state.next).chain([model.potential]).collect();
    let mut carries: Set<usize> = unstopped(&roots)
        .into_iter()
        .filter_map(|id| match graph.node(id) {
            Node::Symbol(Symbol::State(state)) => Some(*state),
            _ => None,
        })
        .collect();
    let is_output = |id: Id| matches!(graph.node(id), Node::Symbol(Symbol::PastSpike | Symbol::PastPotential));
    let follows = |state: &Variable| unstopped(&[state.next]).into_iter().any(is_output);
    carries.extend(model.states.iter().enumerate().filter(|(_, state)| follows(state)).map(|(index, _)| index));
    let mut states = Set::new();
    loop {
        let flags = active(graph, &states);
        let grown: Set<usize> = carries.iter().filter(|&state| flags[model.states[state].next.index()]).collect();
        if grown == states {
            return states;
        }
        states = grown;
    }
}

/// States whose expressions are linear in what depends on the weights, and what stands in the way of the others.
type Linearity = (Map<usize, Linear>, Map<usize, Obstacle>);

/// Takes the expression of each carrying state apart; those that cannot be are given with what stands in the way.
fn linear_states(model: &mut Model, carrying: &Set<usize>, trace_of: &Map<usize, usize>) -> Result<Linearity, Fault> {
    let flags = active(&model.graph, carrying);
    let mut parts: Map<Id, Result<Linear, Obstacle>> = Map::new();
    let roots: Vec<Id> = carrying.iter().map(|state| model.states[state].next).collect();
    let zero = model.graph.number(0.0);
    for id in model.graph.reachable(&roots, &|_| false) {
        if flags.get(id.index()) == Some(&true) {
            let part = linear(model, id, &flags, &parts, trace_of, zero);
            parts.insert(id, part);
            model.graph.within_bounds("step")?;
        }
    }
    let (mut linear, mut obstacles) = (Map::new(), Map::new());
    for state in carrying.iter() {
        match parts.get(model.states[state].next) {
            Some(Ok(part)) => {
                linear.insert(state, part.clone());
            }
            Some(Err(obstacle)) => {
                obstacles.insert(state, obstacle.clone());
            }
            None => {}
        }
    }
    // What is linear in a state that is not does not factorise either.
    let blocked = |linear: &Map<usize, Linear>, obstacles: &Map<usize, Obstacle>| {
        linear.iter().find_map(|(state, part)| Some((state, part.states.iter().find(|&s| obstacles.contains(s))?)))
    };
    while let Some((state, other)) = blocked(&linear, &obstacles) {
        linear.remove(state);
        let reason = format!("follows {}, which does not factorise", model.states[other].name);
        obstacles.insert(state, Obstacle { reason, follows: Some(other) });
    }
    Ok((linear, obstacles))
}

fn linear(
    model: &mut Model,
    id: Id,
    flags: &[bool],
    parts: &Map<Id, Result<Linear, Obstacle>>,
    trace_of: &Map<usize, usize>,
    zero: Id,
) -> Result<Linear, Obstacle> {
    let graph = &mut model.graph;
    let is_active = |id: Id| flags.get(id.index()) == Some(&true);
    let part = |id: Id| {
        if is_active(id) { parts[id].clone() } else { Ok(Linear { states: Set::new(), homogeneous: zero }) }
    };
    match graph.node(id).clone() {
        Node::Symbol(Symbol::State(state)) => {
            let homogeneous = graph.leaf(Symbol::Trace(trace_of[state]));
            Ok(Linear { states: [state].into_iter().collect(), homogeneous })
        }
        Node::Symbol(Symbol::PastSpike) => obstacle("depends on past spikes, whose gradient is not stopped"),
        Node::Symbol(_) => obstacle("depends on the past potential, whose gradient is not stopped"),
        Node::Apply(Op::Weighted, arguments) => Ok(Linear { states: Set::new(), homogeneous: arguments[0] }),
        Node::Apply(op @ (Op::Add | Op::Sub | Op::Neg), arguments) => {
            let mut states = Set::new();
            let mut homogeneous = Vec::new();
            for argument in arguments {
                let part = part(argument)?;
                states.extend(part.states.iter());
                homogeneous.push(part.homogeneous);
            }
            Ok(Linear { states, homogeneous: graph.apply(op, &homogeneous) })
        }
        Node::Apply(op @ (Op::Mul | Op::Div), arguments) => {
            let (a, b) = (arguments[0], arguments[1]);
            if op == Op::Div && is_active(b) || is_active(a) && is_active(b) {
                return obstacle("is not linear in what depends on the weights");
            }
            let (inner, factor) = if is_active(a) { (a, b) } else { (b, a) };
            shared_constant(graph, factor, &model.constants)?;
            let inner = part(inner)?;
            let operands = if is_active(a) { [inner.homogeneous, factor] } else { [factor, inner.homogeneous] };
            Ok(Linear { states: inner.states, homogeneous: graph.apply(op, &operands) })
        }
        Node::Apply(op, _) => {
            obstacle(format!("takes {} of what depends on the weights, which is not linear", op.called()))
        }
        Node::Number(_) => unreachable!("a number depends on nothing"),
    }
}

/// Whether an expression has one value for the layer that never changes.
fn shared_constant(graph: &Graph, id: Id, constants: &[crate::document::ConstantDocument]) -> Result<(), Obstacle> {
    for id in graph.reachable(&[id], &|_| false) {
        match graph.node(id) {
            Node::Symbol(Symbol::Constant(index)) if graph.space(id) != Space::Layer => {
                return obstacle(format!(
                    "is multiplied by the constant {}, which differs from neuron to neuron",
                    constants[*index].name
                ));
            }
            Node::Symbol(Symbol::Constant(_) | Symbol::Count(_)) | Node::Number(_) => {}
            Node::Symbol(_) => return obstacle("is multiplied by what changes over time"),
            Node::Apply(..) => {}
        }
    }
    Ok(())
}

/// The carrying state variables that the weights cannot be moved out of.
///
/// # Errors
/// `range` where taking them apart makes more expressions than a rule may have.
pub(crate) fn obstacles(model: &Model) -> Result<Map<usize, Obstacle>, Fault> {
    let carrying = carrying(model);
    let trace_of = carrying.iter().enumerate().map(|(place, state)| (state, model.traces.len() + place)).collect();
    Ok(linear_states(&mut model.clone(), &carrying, &trace_of)?.1)
}

/// Moves the weights out of every state variable that allows it; says what became of each.
///
/// The model afterwards computes the same, in exact arithmetic and with weights that do not change; with weights that do,
/// the new form applies today's weights to all of the past, as the paper's does.
///
/// # Errors
/// `range` where that makes more expressions than a rule may have.
pub(crate) fn factorize(model: &mut Model) -> Result<Vec<(usize, Treatment)>, Fault> {
    let carrying = carrying(model);
    let first_trace = model.traces.len();
    let trace_of: Map<usize, usize> =
        carrying.iter().enumerate().map(|(place, state)| (state, first_trace + place)).collect();
    let (linear, _) = linear_states(model, &carrying, &trace_of)?;
    if linear.is_empty() {
        return Ok(Vec::new());
    }
    // Traces are numbered without gaps: those of states that did not factorise are left out.
    let new_trace: Map<usize, usize> =
        linear.keys().enumerate().map(|(place, state)| (state, first_trace + place)).collect();
    let mut renamed = Map::new();
    for (state, &old) in trace_of.iter() {
        if let Some(&new) = new_trace.get(state) {
            let (old, new) = (model.graph.leaf(Symbol::Trace(old)), model.graph.leaf(Symbol::Trace(new)));
            renamed.insert(old, new);
        }
    }
    let homogeneous: Vec<Id> = linear.iter().map(|(_, part)| part.homogeneous).collect();
    let traces = model.graph.substitute(&homogeneous, &renamed, "step")?;
    let states: Vec<usize> = linear.keys().collect();
    let (rests, remainders) = rests(model, &carrying, &states)?;
    let moved = Moved { states, traces, first_trace, remainders };
    let rests = moved.rewrite(model, &rests)?;
    Ok(moved.treat(model, &rests))
}

/// What is left of each of these states when weighted sums are taken away (nothing, in the LIF), and the states of which
/// something is.
fn rests(model: &mut Model, carrying: &Set<usize>, states: &[usize]) -> Result<(Vec<Id>, Set<usize>), Fault> {
    let zero = model.graph.number(0.0);
    let of_states: Vec<Id> = states.iter().map(|&state| model.states[state].next).collect();
    let starts = |model: &Model, state: usize| model.states[state].initial != 0.0;
    let mut remainders: Set<usize> = states.iter().copied().filter(|&state| starts(model, state)).collect();
    loop {
        let flags = active(&model.graph, carrying);
        let mut taken_away = Map::new();
        for id in model.graph.ids() {
            match model.graph.node(id) {
                Node::Apply(Op::Weighted, _) => {
                    taken_away.insert(id, zero);
                }
                Node::Symbol(Symbol::State(state)) if states.contains(state) && !remainders.contains(*state) => {
                    taken_away.insert(id, zero);
                }
                // What is stopped, or does not depend on the weights, stays whole.
                _ if flags.get(id.index()) == Some(&false) => {
                    taken_away.insert(id, id);
                }
                _ => {}
            }
        }
        let rests = model.graph.substitute(&of_states, &taken_away, "step")?;
        let left = states.iter().zip(&rests).filter(|&(&state, &rest)| rest != zero || starts(model, state));
        let grown: Set<usize> = left.map(|(&state, _)| state).collect();
        if grown.is_subset(&remainders) {
            return Ok((rests, remainders));
        }
        remainders.extend(grown.iter());
    }
}

/// State variables that the weights are moved out of.
struct Moved {
    states: Vec<usize>,
    /// Values of their traces after the step, and the number of the first of these.
    traces: Vec<Id>,
    first_trace: usize,
    /// The states of which something is left.
    remainders: Set<usize>,
}

impl Moved {
    /// Puts the weighted trace plus what is left of it in the place of each state; gives what is left, after the step.
    fn rewrite(&self, model: &mut Model, rests: &[Id]) -> Result<Vec<Id>, Fault> {
        let next: Vec<Id> = model.states.iter().map(|state| state.next).collect();
        let mut whole = Map::new();
        for (place, &state) in self.states.iter().enumerate() {
            let old = model.graph.leaf(Symbol::State(state));
            let trace = model.graph.leaf(Symbol::Trace(self.first_trace + place));
            let weighted = model.graph.apply(Op::Weighted, &[trace]);
            let value = if self.remainders.contains(state) { model.graph.add(weighted, old) } else { weighted };
            whole.insert(old, value);
            let weighted = model.graph.apply(Op::Weighted, &[self.traces[place]]);
            whole.insert(next[state], model.graph.add(weighted, rests[place]));
        }
        let rests = whole_within_stops(model, rests, &whole)?;
        for (place, &state) in self.states.iter().enumerate() {
            let weighted = model.graph.apply(Op::Weighted, &[self.traces[place]]);
            let value = model.graph.add(weighted, rests[place]);
            whole.insert(next[state], value);
        }
        let others: Vec<usize> = (0..model.states.len()).filter(|state| !self.states.contains(state)).collect();
        let roots: Vec<Id> = others.iter().map(|&state| next[state]).chain([model.potential]).collect();
        let rewritten = model.graph.substitute(&roots, &whole, "membrane")?;
        for (&state, &next) in others.iter().zip(&rewritten) {
            model.states[state].next = next;
            model.values[state] = next;
        }
        model.potential = rewritten[others.len()];
        for &state in &self.states {
            model.values[state] = whole[next[state]];
        }
        Ok(rests)
    }

    /// Adds the traces, and says what became of each state.
    fn treat(&self, model: &mut Model, rests: &[Id]) -> Vec<(usize, Treatment)> {
        let mut treatments = Vec::new();
        for (place, &state) in self.states.iter().enumerate() {
            let variable = &mut model.states[state];
            variable.next = rests[place];
            model.traces.push(Variable {
                name: variable.name.clone(),
                symbol: variable.symbol.clone(),
                initial: 0.0,
                next: self.traces[place],
            });
            let (trace, remainder) = (self.first_trace + place, self.remainders.contains(state));
            treatments.push((state, Treatment::Factorized { trace, remainder }));
        }
        treatments
    }
}

/// The remainders' own dynamics refer to remainders where they are linear, to whole values within stops.
fn whole_within_stops(model: &mut Model, rests: &[Id], whole: &Map<Id, Id>) -> Result<Vec<Id>, Fault> {
    let graph = &mut model.graph;
    let reached = graph.reachable(rests, &|id| graph.matches(id, Op::Stop).is_some());
    let (stops, inner): (Vec<Id>, Vec<Id>) =
        reached.into_iter().filter_map(|id| Some((id, graph.matches(id, Op::Stop)?[0]))).unzip();
    let inner = graph.substitute(&inner, whole, "step")?;
    let mut within_stops = Map::new();
    for (stop, inner) in stops.into_iter().zip(inner) {
        within_stops.insert(stop, graph.apply(Op::Stop, &[inner]));
    }
    graph.substitute(rests, &within_stops, "step")
}

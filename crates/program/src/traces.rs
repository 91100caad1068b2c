//! The traces that the weights of a rule meet, recognised as one leak or two in a row: what every kernel that works by
//! events, carries potentials or filters errors is made for.

use decolle_neuron::{DecayValues, Gain, TraceDynamics, TraceOrder};
use decolle_plasticity::{Graph, Id, Model, Node, Op, Rule, Symbol};

use crate::Fixed;

/// A trace's step: decay · trace + gain · source.
struct Leak {
    decay: f32,
    gain: f32,
    source: Id,
}

/// The dynamics of the traces that make `pre`, what the weights are multiplied with, if that is the input, a leak of it or a
/// leak of such a leak.
pub(crate) fn recognize(rule: &Rule, fixed: &Fixed, pre: Id) -> Option<TraceDynamics> {
    let model = &rule.model;
    let graph = &model.graph;
    let dynamics = |alpha: f32, beta: f32, gains: [f32; 2], order: TraceOrder| TraceDynamics {
        alpha: DecayValues::Shared(alpha),
        beta: DecayValues::Shared(beta),
        membrane_gain: Gain::Fixed(gains[0]),
        synaptic_gain: Gain::Fixed(gains[1]),
        order,
    };
    if is_event(graph, pre) {
        return Some(dynamics(0.0, 0.0, [1.0, 1.0], TraceOrder::Current));
    }
    let numbers = fixed.numbers(graph);
    let of_input = |trace: usize| leak(model, &numbers, trace).filter(|leak| is_event(graph, leak.source));
    if let Node::Symbol(Symbol::Trace(before)) = graph.node(pre) {
        // A leak that forgets at once hands on what another was before the step.
        let first = of_input(*before)?;
        return Some(dynamics(0.0, first.decay, [1.0, first.gain], TraceOrder::Previous));
    }
    let outer = trace_of(model, pre)?;
    let last = leak(model, &numbers, outer)?;
    if is_event(graph, last.source) {
        return Some(dynamics(last.decay, 0.0, [last.gain, 1.0], TraceOrder::Current));
    }
    let (inner, order) = match graph.node(last.source) {
        Node::Symbol(Symbol::Trace(inner)) if *inner != outer => (*inner, TraceOrder::Previous),
        _ => (trace_of(model, last.source)?, TraceOrder::Current),
    };
    let first = of_input(inner)?;
    Some(dynamics(last.decay, first.decay, [last.gain, first.gain], order))
}

fn is_event(graph: &Graph, id: Id) -> bool {
    *graph.node(id) == Node::Symbol(Symbol::Event)
}

/// The trace whose value after the step an expression is.
fn trace_of(model: &Model, id: Id) -> Option<usize> {
    model.traces.iter().position(|trace| trace.next == id)
}

/// The step of a trace as a leak, if that is what it is, float operation by float operation.
fn leak(model: &Model, numbers: &[Option<f32>], trace: usize) -> Option<Leak> {
    let graph = &model.graph;
    let of = |id: Id| numbers[id.index()];
    let &[a, b] = graph.matches(model.traces[trace].next, Op::Add)? else { return None };
    let kept = |id: Id| {
        let &[x, y] = graph.matches(id, Op::Mul)? else { return None };
        let is_trace = |id: Id| *graph.node(id) == Node::Symbol(Symbol::Trace(trace));
        if is_trace(x) { of(y) } else { of(x).filter(|_| is_trace(y)) }
    };
    let (decay, source) = match (kept(a), kept(b)) {
        (Some(decay), _) => (decay, b),
        (_, Some(decay)) => (decay, a),
        _ => return None,
    };
    let scaled = graph.matches(source, Op::Mul).and_then(|arguments| {
        let (x, y) = (arguments[0], arguments[1]);
        of(x).map(|gain| (gain, y)).or_else(|| of(y).map(|gain| (gain, x)))
    });
    let (gain, source) = scaled.unwrap_or((1.0, source));
    let fits = (0.0..1.0).contains(&decay) && gain > 0.0 && gain <= 1e30 && model.traces[trace].initial == 0.0;
    fits.then_some(Leak { decay, gain, source })
}

/// What messages call something that weights meet.
pub(crate) fn called(model: &Model, pre: Id) -> String {
    match model.graph.node(pre) {
        Node::Symbol(Symbol::Event) => "the input".into(),
        Node::Symbol(Symbol::Trace(trace)) => format!("{} before the step", model.traces[*trace].name),
        _ => trace_of(model, pre).map_or_else(|| "an expression".into(), |trace| model.traces[trace].name.clone()),
    }
}

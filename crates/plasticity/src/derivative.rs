//! Derivatives of expressions, in reverse.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::expression::{Graph, Id, Node, Op, Symbol};
use crate::numbered::{Map, Set};

/// Which nodes depend, not counting what stands below a stop, on one of `leaves`.
pub(crate) fn depends(graph: &Graph, leaves: &Set<Id>) -> Vec<bool> {
    let mut depends = vec![false; graph.len()];
    for id in graph.ids() {
        depends[id.index()] = leaves.contains(id)
            || (graph.matches(id, Op::Stop).is_none()
                && graph.arguments(id).iter().any(|argument| depends[argument.index()]));
    }
    depends
}

/// Derivatives of Σ seed · root over all `(root, seed)` by each of `leaves`, which are not looked below.
///
/// A leaf's derivative is in the space of the expressions that use it: one shared by neurons gets one value a neuron,
/// which whoever wants the sum adds up. With `local` nothing is summed on the way either: derivatives are those of each
/// neuron's own value, and sums over the layer are refused.
///
/// # Errors
/// `unsupported` for an operation without derivative on the way, with `at` and the operation; `range` where that makes more
/// expressions than a rule may have.
pub(crate) fn reverse(
    graph: &mut Graph,
    seeds: &[(Id, Id)],
    leaves: &Set<Id>,
    local: bool,
    at: &str,
) -> Result<Map<Id, Id>> {
    graph.within_bounds(at)?;
    let depends = depends(graph, leaves);
    let roots: Vec<Id> = seeds.iter().map(|&(root, _)| root).collect();
    let order = graph.reachable(&roots, &|id| leaves.contains(id) || !depends[id.index()]);
    // Contributions come from uses with large numbers first; they are added up in the order of the expression.
    let mut contributions: Map<Id, Vec<Id>> = Map::new();
    for &(root, seed) in seeds.iter().rev() {
        contributions.entry(root).get_or_insert_default().push(seed);
    }
    let mut derivatives = Map::new();
    for &id in order.iter().rev() {
        if !depends[id.index()] {
            continue;
        }
        let Some(parts) = contributions.remove(id) else { continue };
        let mut total = graph.number(0.0);
        for &part in parts.iter().rev() {
            total = graph.add(total, part);
        }
        if leaves.contains(id) {
            derivatives.insert(id, total);
            continue;
        }
        let Node::Apply(op, arguments) = graph.node(id).clone() else { continue };
        for (argument, part) in partials(graph, id, op, &arguments, total, &depends, local, at)? {
            let part = if local || leaves.contains(argument) {
                part
            } else {
                reduced(graph, part, graph.space(id), graph.space(argument))
            };
            contributions.entry(argument).get_or_insert_default().push(part);
        }
        graph.within_bounds(at)?;
    }
    Ok(derivatives)
}

/// Adds up over what a narrower expression is shared by. `wide` is where the use stands; the derivative itself may be
/// narrower, then each of those it is shared by adds the same.
fn reduced(graph: &mut Graph, derivative: Id, wide: Space, narrow: Space) -> Id {
    let mut derivative = derivative;
    let (mut space, own) = (wide, |graph: &Graph, id: Id| graph.space(id));
    if space == narrow || matches!(space, Space::Layer) {
        return derivative;
    }
    if matches!(space, Space::Class | Space::Neuron) && matches!(narrow, Space::Sample | Space::Layer) {
        derivative = if own(graph, derivative) == space {
            graph.apply(Op::Sum, &[derivative])
        } else {
            let count = graph.leaf(Symbol::Count(space));
            graph.mul(count, derivative)
        };
        space = Space::Sample;
    }
    if space == Space::Sample && narrow == Space::Layer {
        derivative = if own(graph, derivative) == Space::Layer {
            let count = graph.leaf(Symbol::Count(Space::Sample));
            graph.mul(count, derivative)
        } else {
            graph.apply(Op::BatchSum, &[derivative])
        };
    }
    derivative
}

/// What an operation passes on to those of its arguments that depend on a leaf.
#[expect(clippy::too_many_arguments, reason = "one node with all that its derivative needs")]
fn partials(
    graph: &mut Graph,
    id: Id,
    op: Op,
    arguments: &[Id],
    d: Id,
    depends: &[bool],
    local: bool,
    at: &str,
) -> Result<Vec<(Id, Id)>> {
    let active = |id: Id| depends[id.index()];
    let none = |name: &str, hint: &str| {
        Err(Fault::new(Code::Unsupported, format!("{at}: {name} has no derivative where one is needed{hint}")))
    };
    let stop = "; put stopGradient around it, or choose a smooth operation";
    let a = arguments[0];
    let b = arguments.get(1).copied().unwrap_or(a);
    let mut parts: Vec<(Id, Id)> = Vec::new();
    match op {
        Op::Stop => {}
        Op::Neg => parts.push((a, graph.neg(d))),
        Op::Exp => parts.push((a, graph.mul(d, id))),
        Op::Log => parts.push((a, graph.div(d, a))),
        Op::Sqrt => {
            let two = graph.number(2.0);
            let twice = graph.mul(two, id);
            parts.push((a, graph.div(d, twice)));
        }
        Op::Tanh => {
            let (one, square) = (graph.number(1.0), graph.apply(Op::Square, &[id]));
            let slope = graph.sub(one, square);
            parts.push((a, graph.mul(d, slope)));
        }
        Op::Sigmoid => {
            let one = graph.number(1.0);
            let rest = graph.sub(one, id);
            let slope = graph.mul(id, rest);
            parts.push((a, graph.mul(d, slope)));
        }
        Op::Relu => {
            let zero = graph.number(0.0);
            let above = graph.apply(Op::Less, &[zero, a]);
            parts.push((a, graph.select(above, d, zero)));
        }
        Op::Abs => {
            let sign = graph.apply(Op::Sign, &[a]);
            parts.push((a, graph.mul(d, sign)));
        }
        Op::Square => {
            let two = graph.number(2.0);
            let twice = graph.mul(two, a);
            parts.push((a, graph.mul(d, twice)));
        }
        Op::Add => parts.extend([(a, d), (b, d)]),
        Op::Sub => parts.extend([(a, d), (b, graph.neg(d))]),
        Op::Mul => {
            if active(a) {
                parts.push((a, graph.mul(d, b)));
            }
            if active(b) {
                parts.push((b, graph.mul(d, a)));
            }
        }
        Op::Div => {
            if active(a) {
                parts.push((a, graph.div(d, b)));
            }
            if active(b) {
                let product = graph.mul(d, id);
                let quotient = graph.div(product, b);
                parts.push((b, graph.neg(quotient)));
            }
        }
        Op::Min | Op::Max => {
            let zero = graph.number(0.0);
            let first = if op == Op::Min { [a, b] } else { [b, a] };
            let first = graph.apply(Op::AtMost, &first);
            parts.push((a, graph.select(first, d, zero)));
            parts.push((b, graph.select(first, zero, d)));
        }
        Op::Select => {
            let zero = graph.number(0.0);
            // What a comparison compares moves no value: it chooses a branch.
            if active(a) && graph.matches(a, Op::Less).is_none() && graph.matches(a, Op::AtMost).is_none() {
                return none("a condition that is not a comparison", stop);
            }
            parts.push((b, graph.select(a, d, zero)));
            parts.push((arguments[2], graph.select(a, zero, d)));
        }
        Op::Clamp => {
            if active(b) || active(arguments[2]) {
                return none("a bound of clamp", "; use min and max");
            }
            let zero = graph.number(0.0);
            let (above, below) = (graph.apply(Op::AtMost, &[b, a]), graph.apply(Op::AtMost, &[a, arguments[2]]));
            let inner = graph.select(below, d, zero);
            parts.push((a, graph.select(above, inner, zero)));
        }
        Op::Sum | Op::BatchSum | Op::LogSumExp | Op::Softmax if local => {
            return none(
                "a sum over the layer",
                ": it would make the rule of one neuron depend on the weights of others; put stopGradient around it",
            );
        }
        Op::Sum | Op::BatchSum => parts.push((a, d)),
        Op::LogSumExp => {
            let softmax = graph.apply(Op::Softmax, &[a]);
            parts.push((a, graph.mul(d, softmax)));
        }
        Op::Softmax => {
            let weighted = graph.mul(d, id);
            let mean = graph.apply(Op::Sum, &[weighted]);
            let difference = graph.sub(d, mean);
            parts.push((a, graph.mul(id, difference)));
        }
        Op::Sign => return none("sign", stop),
        Op::Floor => return none("floor", stop),
        Op::Less | Op::AtMost => return none("a comparison taken as a number", stop),
        Op::Weighted | Op::Feedback => {
            return none("a weighted sum within a cost", "");
        }
    }
    parts.retain(|&(argument, _)| active(argument));
    Ok(parts)
}

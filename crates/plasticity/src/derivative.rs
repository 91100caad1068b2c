//! Derivatives of expressions, in reverse.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::expression::{Graph, Id, Node, Symbol};
use crate::numbered::{Map, Set};
use crate::operation::{Derivative, Op};

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
        let (depends, arguments) = (&depends[..], &arguments[..]);
        let node = Passing { graph, id, op, arguments, by: total, depends, local, at, parts: Vec::new() };
        for (argument, part) in node.parts()? {
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
    let mut space = wide;
    if space == narrow || matches!(space, Space::Layer) {
        return derivative;
    }
    if matches!(space, Space::Class | Space::Neuron) && matches!(narrow, Space::Sample | Space::Layer) {
        derivative = if graph.space(derivative) == space {
            graph.apply(Op::Sum, &[derivative])
        } else {
            let count = graph.leaf(Symbol::Count(space));
            graph.mul(count, derivative)
        };
        space = Space::Sample;
    }
    if space == Space::Sample && narrow == Space::Layer {
        derivative = if graph.space(derivative) == Space::Layer {
            let count = graph.leaf(Symbol::Count(Space::Sample));
            graph.mul(count, derivative)
        } else {
            graph.apply(Op::BatchSum, &[derivative])
        };
    }
    derivative
}

/// A node through which a derivative passes on to its arguments.
pub(crate) struct Passing<'a> {
    pub(crate) graph: &'a mut Graph,
    /// The node, its operation and its arguments.
    pub(crate) id: Id,
    op: Op,
    pub(crate) arguments: &'a [Id],
    /// The derivative by the node.
    pub(crate) by: Id,
    /// Which nodes depend on what is derived by.
    depends: &'a [bool],
    /// Whether nothing is summed on the way.
    local: bool,
    at: &'a str,
    /// What each argument gets.
    parts: Vec<(Id, Id)>,
}

impl Passing<'_> {
    /// What the node passes on to those of its arguments that depend on a leaf.
    fn parts(mut self) -> Result<Vec<(Id, Id)>> {
        let operation = self.op.entry();
        match operation.derivative {
            Derivative::Missing(name, hint) => return self.missing(name, hint),
            Derivative::Chain(_) if self.local && operation.over.is_some() => {
                return self.missing(
                    "a sum over the layer",
                    ": it would make the rule of one neuron depend on the weights of others; put stopGradient around it",
                );
            }
            Derivative::Chain(rule) => rule(&mut self)?,
        }
        let depends = self.depends;
        self.parts.retain(|&(argument, _)| depends[argument.index()]);
        Ok(self.parts)
    }

    /// The fault of a derivative that is missing.
    pub(crate) fn missing<T>(&self, name: &str, hint: &str) -> Result<T> {
        let wrong = format_args!("{name} has no derivative where one is needed{hint}");
        Err(Fault::at(Code::Unsupported, &self.at, &wrong))
    }

    /// Whether an argument depends on a leaf.
    pub(crate) fn depends(&self, argument: usize) -> bool {
        self.depends[self.arguments[argument].index()]
    }

    /// Passes something on to an argument.
    pub(crate) fn pass(&mut self, argument: usize, part: Id) -> Result<()> {
        self.parts.push((self.arguments[argument], part));
        Ok(())
    }

    /// Passes on the derivative with its sign turned.
    pub(crate) fn pass_negative(&mut self, argument: usize) -> Result<()> {
        let part = self.graph.neg(self.by);
        self.pass(argument, part)
    }

    /// Passes on the derivative times a slope.
    pub(crate) fn pass_times(&mut self, argument: usize, slope: Id) -> Result<()> {
        let part = self.graph.mul(self.by, slope);
        self.pass(argument, part)
    }

    /// Passes on the derivative where a condition holds to one argument, elsewhere to another.
    pub(crate) fn pass_either(&mut self, condition: Id, [then, other]: [usize; 2]) -> Result<()> {
        let zero = self.graph.number(0.0);
        let part = self.graph.select(condition, self.by, zero);
        self.pass(then, part)?;
        let part = self.graph.select(condition, zero, self.by);
        self.pass(other, part)
    }
}

//! Expressions as one graph in which equal expressions are one node, simplified as they are made (`simplification.rs`).
//!
//! Identities hold in exact arithmetic. Where several forms are equal there but not in float32, the form kept is that of
//! the fused code: divisions by counts (samples, classes, neurons) come last, signs come first, sums keep their order.

use std::collections::HashMap;

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::numbered::{Map, Number};
use crate::operation::Op;

/// A node of a [`Graph`]; those a node depends on have smaller numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(u32);

impl Id {
    /// Its place in the graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Number for Id {
    fn numbered(number: usize) -> Self {
        Self(u32::try_from(number).expect("graphs are bounded far below 2³² nodes"))
    }
    fn number(self) -> usize {
        self.index()
    }
}

/// What stands at a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A constant of the neuron, by index: a number, or a decay factor exp(−Δt/τ).
    Constant(usize),
    /// How many samples ([`Space::Sample`]), neurons or classes there are.
    Count(Space),
    /// x_j, events or spikes that arrive in this step.
    Event,
    /// 1 where an input is the layer's own spike of the step before, 0 where it comes from below.
    IsRecurrent,
    /// A trace of every input, before the step.
    Trace(usize),
    /// A state variable of every neuron, before the step.
    State(usize),
    /// S_i of the step before.
    PastSpike,
    /// U_i of the step before.
    PastPotential,
    /// b_i.
    Bias,
    /// Milliseconds since the sequence began.
    Time,
    /// Y_k.
    Readout,
    /// Ŷ_k.
    Target,
    /// S_i of this step.
    Spike,
    /// U_i of this step; the argument of a surrogate.
    Potential,
    /// A state variable after the step, as a cost sees it.
    NextState(usize),
    /// What a spike counts on its way to the readout: 0 or 1/(1−p) with dropout of probability p.
    Pass,
    /// ∂L/∂Y_k.
    ReadoutError,
    /// ∂L/∂S_i, the error that has come back to a neuron.
    Error,
    /// θ that errors are counted in multiples of, where it moves.
    ErrorThreshold,
    /// δ_i = ∂L/∂U_i.
    Delta,
    /// σ′(U_i) of the step before.
    PastSurrogate,
    /// ∂z_i/∂W_ij of a state variable, before the step.
    Eligibility(usize),
    /// ∂U_i/∂W_ij of the step before.
    PotentialEligibility,
    /// ∂b counterpart of [`Symbol::Eligibility`].
    BiasEligibility(usize),
    /// ∂U_i/∂b_i of the step before.
    PotentialBiasEligibility,
    /// Derivative of a trace by a learnable constant (trace, constant), before the step.
    TraceSensitivity(usize, usize),
    /// Derivative of a state variable by a learnable constant (state, constant), before the step.
    StateSensitivity(usize, usize),
    /// Derivative of U by a learnable constant, of the step before.
    PotentialSensitivity(usize),
}

impl Symbol {
    /// What it has one value of.
    ///
    /// # Panics
    /// For [`Symbol::Constant`], which is as its declaration says.
    pub fn space(self) -> Space {
        use Symbol::*;
        match self {
            Constant(_) => unreachable!("a constant's space is that of its declaration"),
            Count(_) | Time | ErrorThreshold => Space::Layer,
            Event | IsRecurrent | Trace(_) | TraceSensitivity(..) => Space::Input,
            Readout | Target | ReadoutError => Space::Class,
            Eligibility(_) | PotentialEligibility => Space::Synapse,
            _ => Space::Neuron,
        }
    }
}

/// A node: a number, a symbol, or an operation on nodes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A number, by its bits.
    Number(u64),
    /// A leaf.
    Symbol(Symbol),
    /// An operation.
    Apply(Op, Vec<Id>),
}

/// Expressions over one set of symbols.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    spaces: Vec<Space>,
    /// How many counts each node is the product of; 0 where it is something else.
    counts: Vec<u8>,
    known: HashMap<Node, Id>,
    pub(crate) effort: Effort,
    /// Values of state variables after a step, which stay as they are where something is added to them.
    pub(crate) whole: Vec<Id>,
}

/// What the simplification of the node in the making has come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Effort {
    pub(crate) nested: usize,
    pub(crate) tried: usize,
}

/// Most nodes of a graph with all its derivatives: a bound on time and memory, far above any rule that a person reads.
pub(crate) const MOST_EXPRESSIONS: usize = 1 << 15;
/// Most counts that are a product of counts; beyond, their product is a factor like others.
const MOST_COUNTS: u8 = 8;

impl Graph {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.index()]
    }

    /// What a node has one value of.
    pub fn space(&self, id: Id) -> Space {
        self.spaces[id.index()]
    }

    /// What a node depends on directly.
    pub fn arguments(&self, id: Id) -> &[Id] {
        match self.node(id) {
            Node::Apply(_, arguments) => arguments,
            _ => &[],
        }
    }

    pub(crate) fn insert(&mut self, node: Node, space: Space) -> Id {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let counts = match &node {
            Node::Symbol(Symbol::Count(_)) => 1,
            Node::Apply(Op::Mul, arguments) => {
                match arguments.iter().map(|id| self.counts[id.index()]).collect::<Vec<_>>()[..] {
                    [0, _] | [_, 0] => 0,
                    [a, b] if a + b <= MOST_COUNTS => a + b,
                    _ => 0,
                }
            }
            _ => 0,
        };
        self.counts.push(counts);
        let id = Id::numbered(self.nodes.len());
        self.nodes.push(node.clone());
        self.spaces.push(space);
        self.known.insert(node, id);
        id
    }

    /// A number.
    pub fn number(&mut self, value: f64) -> Id {
        // One zero, so that both signs are the same node.
        self.insert(Node::Number((value + 0.0).to_bits()), Space::Layer)
    }

    /// A leaf.
    pub fn symbol(&mut self, symbol: Symbol, space: Space) -> Id {
        self.insert(Node::Symbol(symbol), space)
    }

    /// A leaf whose space is the same in every graph.
    ///
    /// # Panics
    /// For [`Symbol::Constant`], which is as its declaration says.
    pub fn leaf(&mut self, symbol: Symbol) -> Id {
        self.symbol(symbol, symbol.space())
    }

    /// The place of a node, if it is there.
    pub fn find(&self, node: &Node) -> Option<Id> {
        self.known.get(node).copied()
    }

    /// The value of a number.
    pub fn as_number(&self, id: Id) -> Option<f64> {
        match self.node(id) {
            Node::Number(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    pub(crate) fn is(&self, id: Id, value: f64) -> bool {
        self.as_number(id) == Some(value)
    }

    /// The arguments of a node that applies `op`.
    pub fn matches(&self, id: Id, op: Op) -> Option<&[Id]> {
        match self.node(id) {
            Node::Apply(applied, arguments) if *applied == op => Some(arguments),
            _ => None,
        }
    }

    /// Whether a node is a count or a product of counts.
    pub fn is_count(&self, id: Id) -> bool {
        self.counts[id.index()] > 0
    }

    /// Refuses to go on where there are more nodes than a rule may have; whatever makes many nodes asks one by one.
    ///
    /// # Errors
    /// `range`, naming `at` and the bound.
    pub fn within_bounds(&self, at: &str) -> Result<()> {
        if self.len() <= MOST_EXPRESSIONS {
            return Ok(());
        }
        let expected = format_args!("a rule of at most {MOST_EXPRESSIONS} expressions");
        Err(Fault::unfit(Code::Range, &at, &expected, &"more; use fewer or smaller ones"))
    }

    /// The same expressions with nodes replaced: `replacements` maps a node to what stands in its place, for each of
    /// `roots`. Stops are looked through, too.
    ///
    /// # Errors
    /// `range` where that makes more expressions than a rule may have, naming `at`.
    pub(crate) fn substitute(&mut self, roots: &[Id], replacements: &Map<Id, Id>, at: &str) -> Result<Vec<Id>> {
        let mut new: Map<Id, Id> = Map::new();
        for id in self.reachable(roots, &|id| replacements.contains(id)) {
            let replaced = match replacements.get(id) {
                Some(&replacement) => replacement,
                None => match self.node(id).clone() {
                    Node::Apply(op, arguments) => {
                        let arguments: Vec<Id> = arguments.iter().map(|&argument| new[argument]).collect();
                        self.apply(op, &arguments)
                    }
                    _ => id,
                },
            };
            new.insert(id, replaced);
            self.within_bounds(at)?;
        }
        Ok(roots.iter().map(|&root| new[root]).collect())
    }

    /// All nodes that `roots` depend on, themselves included, in ascending order; below nodes for which `cut` holds
    /// nothing is looked for.
    pub fn reachable(&self, roots: &[Id], cut: &dyn Fn(Id) -> bool) -> Vec<Id> {
        let mut seen = vec![false; self.len()];
        let mut open: Vec<Id> = roots.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut seen[id.index()], true) && !cut(id) {
                open.extend_from_slice(self.arguments(id));
            }
        }
        self.ids().filter(|id| seen[id.index()]).collect()
    }

    /// All node numbers.
    pub fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..decolle_number::index(self.len())).map(Id)
    }
}

/// All weighted sums of a graph.
pub(crate) fn weighted_sums(graph: &Graph) -> Vec<Id> {
    graph.ids().filter(|&id| graph.matches(id, Op::Weighted).is_some()).collect()
}

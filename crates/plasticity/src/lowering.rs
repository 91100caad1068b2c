//! Graphs of documents lowered into expressions, their spaces and symbols checked.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::document::{ConstantDocument, ConstantKind, NodeDocument, VariableDocument, shown};
use crate::expression::{Graph, Id, Symbol};
use crate::leaf::{Leaf, LeafKind, Section};
use crate::numbered::Map;
use crate::operation::Spelling;

/// A graph to be lowered, and what its leaves may name.
pub(crate) struct Lowering<'a> {
    /// What messages call it.
    pub(crate) path: &'a str,
    pub(crate) nodes: &'a [NodeDocument],
    pub(crate) constants: &'a [ConstantDocument],
    pub(crate) traces: &'a [VariableDocument],
    pub(crate) states: &'a [VariableDocument],
    /// Lowered values after the step, as far as there are any yet.
    pub(crate) next_traces: &'a [Id],
    pub(crate) next_states: &'a [Id],
}

impl Lowering<'_> {
    /// The expression of node `root`, which stands at `at` in `section`.
    pub(crate) fn lower(&self, graph: &mut Graph, root: usize, section: Section, at: &str) -> Result<Id> {
        let mut needed = vec![false; root + 1];
        needed[root] = true;
        for index in (0..=root).rev() {
            if needed[index] {
                for &argument in &self.nodes[index].args {
                    needed[argument] = true;
                }
            }
        }
        let mut lowered: Map<usize, Id> = Map::new();
        for index in (0..=root).filter(|&index| needed[index]) {
            let node = &self.nodes[index];
            let arguments: Vec<Id> = node.args.iter().map(|&argument| lowered[argument]).collect();
            let id = self
                .node(graph, index, arguments, section)
                .map_err(|fault| fault.remarked(&format!(" ({}, in {at})", node.op)))?;
            lowered.insert(index, id);
        }
        Ok(lowered[root])
    }

    /// The expression of a node whose arguments are lowered.
    fn node(&self, graph: &mut Graph, index: usize, arguments: Vec<Id>, section: Section) -> Result<Id> {
        let (node, place) = (&self.nodes[index], format!("{}.nodes[{index}]", self.path));
        let id = if arguments.is_empty() {
            self.leaf(graph, node, section, &place)?
        } else {
            operation(graph, node, arguments, &place)?
        };
        graph.within_bounds(&place)?;
        Ok(id)
    }

    /// As [`Lowering::lower`], of what is to have one value of `expected`.
    pub(crate) fn lower_into(
        &self,
        graph: &mut Graph,
        root: usize,
        section: Section,
        at: &str,
        expected: Space,
    ) -> Result<Id> {
        let id = self.lower(graph, root, section, at)?;
        let found = graph.space(id);
        if expected.join(found) == Some(expected) {
            return Ok(id);
        }
        // A modulation is one expression, which has the name of the whole.
        let at = if at == self.path { at.to_string() } else { format!("{}.{at}", self.path) };
        Err(Fault::unfit(Code::Shape, &at, &expected.as_str(), &found.as_str()))
    }

    fn leaf(&self, graph: &mut Graph, node: &NodeDocument, section: Section, place: &str) -> Result<Id> {
        let leaf = Leaf::find(&node.op).expect("nodes without arguments were checked to be leaves");
        if !leaf.sections.contains(&section) {
            let wrong = format_args!("{} has no {}", section.as_str(), node.op);
            return Err(Fault::at(Code::Config, &place, &wrong));
        }
        let name = node.name.as_deref().unwrap_or_default();
        let trace = || variable(self.traces, name, "trace", place);
        let state = |kind: &str| variable(self.states, name, kind, place);
        Ok(match leaf.kind {
            LeafKind::Number => graph.number(node.value.unwrap_or_default()),
            LeafKind::Constant { decays } => {
                let index = self.constant(name, decays, place)?;
                graph.symbol(Symbol::Constant(index), self.constants[index].of.space())
            }
            LeafKind::Trace => graph.leaf(Symbol::Trace(trace()?)),
            LeafKind::NextTrace => self.next_traces[trace()?],
            LeafKind::State if section == Section::Cost => {
                graph.leaf(Symbol::NextState(state("state variable of the neuron")?))
            }
            LeafKind::State => graph.leaf(Symbol::State(state("state variable")?)),
            LeafKind::NextState => self.next_states[state("state variable")?],
            LeafKind::Spike if section == Section::Step => graph.leaf(Symbol::PastSpike),
            LeafKind::Spike => graph.leaf(Symbol::Spike),
            LeafKind::Potential if section == Section::Step => graph.leaf(Symbol::PastPotential),
            LeafKind::Potential => graph.leaf(Symbol::Potential),
            LeafKind::Symbol(symbol) => graph.leaf(symbol),
        })
    }

    /// The constant of this name, which enters as a decay factor or does not.
    fn constant(&self, name: &str, decays: bool, place: &str) -> Result<usize> {
        let Some(index) = self.constants.iter().position(|constant| constant.name == name) else {
            let known = self.constants.iter().map(|constant| constant.name.as_str()).collect();
            return Err(none_of(place, "constant", known, name));
        };
        let kind = self.constants[index].kind;
        if (kind == ConstantKind::Number) == decays {
            let wrong = format_args!(
                "numbers enter by \"constant\", time constants and decay factors by \"decay\"; {name} is a {kind:?}"
            );
            return Err(Fault::at(Code::Config, &place, &wrong));
        }
        Ok(index)
    }
}

/// The trace or state variable of this name.
fn variable(variables: &[VariableDocument], name: &str, kind: &str, place: &str) -> Result<usize> {
    match variables.iter().position(|variable| variable.name == name) {
        Some(index) => Ok(index),
        None => {
            let known = variables.iter().map(|variable| variable.name.as_str()).collect();
            Err(none_of(place, kind, known, name))
        }
    }
}

/// The fault of a name that is none of those known of its kind.
fn none_of(place: &str, kind: &str, known: Vec<&str>, name: &str) -> Fault {
    let expected = format_args!("a {kind} ({})", known.join(", "));
    Fault::unfit(Code::Config, &place, &expected, &format_args!("{:?}", shown(name)))
}

/// An operation on lowered arguments.
fn operation(graph: &mut Graph, node: &NodeDocument, mut arguments: Vec<Id>, place: &str) -> Result<Id> {
    let mut space = Space::Layer;
    for &argument in &arguments {
        let of_argument = graph.space(argument);
        space = match space.join(of_argument) {
            Some(joined) if joined != Space::Synapse => joined,
            _ => {
                let both = [space, of_argument];
                let hint = if both.contains(&Space::Input) && both.contains(&Space::Neuron) {
                    "; weighted() makes of values of inputs one value a neuron"
                } else {
                    ""
                };
                let [first, second] = both.map(Space::as_str);
                let wrong = format_args!("{first} and {second} do not go together{hint}");
                return Err(Fault::at(Code::Shape, &place, &wrong));
            }
        };
    }
    let Spelling { op, is_reversed, is_mean } =
        Spelling::find(&node.op).expect("nodes with arguments were checked to be operations");
    if let Some(over) = &op.entry().over
        && !over.takes.contains(&space)
    {
        return Err(Fault::unfit(Code::Shape, &place, &over.expected, &space.as_str()));
    }
    if is_reversed {
        arguments.reverse();
    }
    let value = graph.apply(op, &arguments);
    if !is_mean {
        return Ok(value);
    }
    let count = graph.leaf(Symbol::Count(space));
    Ok(graph.div(value, count))
}

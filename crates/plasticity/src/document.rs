//! Neurons and costs as they travel: plain graphs of operations in JSON, checked in bounded time and memory.
//!
//! A graph is a list of nodes. A node names an operation and the nodes it applies to, which come before it in the list,
//! so that no graph can run in a circle.

use std::fmt::Display;

use decolle_error::{Code, Fault, Result};
use decolle_json::Read;

use crate::Space;
use crate::leaf::Leaf;
use crate::operation::{Op, Spelling};

/// Longest JSON text of a neuron or a cost, in bytes.
pub const LONGEST_TEXT: usize = 1 << 20;
/// Most nodes of a graph.
pub const MOST_NODES: usize = 4096;
/// Deepest nesting of operations.
pub const DEEPEST: usize = 256;
/// Most constants, most traces and most state variables of a neuron.
pub const MOST_VARIABLES: usize = 64;
/// Longest name.
const LONGEST_NAME: usize = 40;

/// One node of a graph as it travels.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDocument {
    /// The operation's name.
    pub op: String,
    /// Indices of the nodes it applies to.
    pub args: Vec<usize>,
    /// The value of a `number`.
    pub value: Option<f64>,
    /// The name of a `constant`, `decay`, `trace` or `state`.
    pub name: Option<String>,
}

decolle_json::object! { NodeDocument { op, args = Vec::new() => omitted, value = None => omitted, name = None => omitted } }

/// How a constant enters expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantKind {
    /// A number, by `constant`.
    Number,
    /// A time constant τ in microseconds; enters as its decay factor exp(−Δt/τ), by `decay`.
    Time,
    /// A decay factor itself, in [0, 1); enters by `decay`.
    Decay,
}

decolle_json::names! { ConstantKind { Number, Time, Decay } }

/// What there is one constant of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConstantOf {
    /// One for the layer.
    #[default]
    Layer,
    /// One for each neuron.
    Neuron,
    /// One for each input.
    Input,
}

decolle_json::names! { ConstantOf { Layer, Neuron, Input } }

impl ConstantOf {
    /// The space its values live in.
    pub fn space(self) -> Space {
        match self {
            Self::Layer => Space::Layer,
            Self::Neuron => Space::Neuron,
            Self::Input => Space::Input,
        }
    }
}

/// A constant of a neuron or a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstantDocument {
    /// Its name.
    pub name: String,
    /// How it enters.
    pub kind: ConstantKind,
    /// Its value, or the middle of the values of neurons or inputs.
    pub value: f64,
    /// What there is one of.
    pub of: ConstantOf,
    /// Whether its gradient is part of the rule.
    pub learn: bool,
    /// How it prints, such as `α`; its name by default. A time constant's symbol is that of its decay factor.
    pub symbol: Option<String>,
}

decolle_json::object! { ConstantDocument { name, kind, value, of = ConstantOf::default(), learn = false, symbol = None => omitted } }

/// A trace or state variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableDocument {
    /// Its name.
    pub name: String,
    /// Its value before the first step.
    pub initial: f64,
    /// Index of the node that is its value after a step.
    pub next: usize,
    /// How it prints; its name by default.
    pub symbol: Option<String>,
}

decolle_json::object! { VariableDocument { name, initial = 0.0, next, symbol = None => omitted } }

/// Whether a potential of exactly zero spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpikeCondition {
    /// U > 0.
    #[default]
    Above,
    /// U ≥ 0.
    At,
}

decolle_json::names! { SpikeCondition { Above, At } }

impl SpikeCondition {
    /// The operation by which zero is compared with U.
    pub fn comparison(self) -> Op {
        match self {
            Self::Above => Op::Less,
            Self::At => Op::AtMost,
        }
    }
}

/// What the gradient does at state variables from which the weights cannot be moved out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// An eligibility trace for every synapse, exact forward in time (Bellec et al. 2020, doi:10.1038/s41467-020-17236-y).
    Eligibility,
    /// No gradient through the value of the step before.
    Stop,
}

decolle_json::names! { Remainder { Eligibility, Stop } }

/// The two expressions of a surrogate, over `potential`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurrogateDocument {
    /// σ(U), what a spike is replaced by in the smoothed network.
    pub primitive: usize,
    /// σ′(U); the derivative of the primitive where absent.
    pub derivative: Option<usize>,
}

decolle_json::object! { SurrogateDocument { primitive, derivative = None => omitted } }

/// A neuron: dynamics of traces and state, membrane potential, spike condition, surrogate.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuronDocument {
    /// `neuron`.
    pub r#type: NeuronTag,
    /// What messages call it.
    pub name: String,
    /// Constants.
    pub constants: Vec<ConstantDocument>,
    /// Traces, one value an input.
    pub traces: Vec<VariableDocument>,
    /// State variables, one value a neuron.
    pub state: Vec<VariableDocument>,
    /// The graph.
    pub nodes: Vec<NodeDocument>,
    /// Index of the node that is the membrane potential after the step.
    pub membrane: usize,
    /// When it spikes.
    pub spike: SpikeCondition,
    /// What stands in for the spike's derivative.
    pub surrogate: SurrogateDocument,
    /// The choice for state that does not factorise; without one such a neuron is refused.
    pub remainder: Option<Remainder>,
}

decolle_json::object! {
    NeuronDocument {
        r#type,
        name,
        constants = Vec::new(),
        traces = Vec::new(),
        state = Vec::new(),
        nodes,
        membrane,
        spike = SpikeCondition::default(),
        surrogate,
        remainder = None => omitted,
    }
}

/// The tag of a neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeuronTag {
    /// `neuron`.
    Neuron,
}

decolle_json::names! { NeuronTag { Neuron } }

/// The tag of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostTag {
    /// `cost`.
    Cost,
}

decolle_json::names! { CostTag { Cost } }

/// A cost: one number a sample (then their mean counts), or one for the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct CostDocument {
    /// `cost`.
    pub r#type: CostTag,
    /// What messages call it.
    pub name: String,
    /// The graph.
    pub nodes: Vec<NodeDocument>,
    /// Index of the node that is the cost.
    pub cost: usize,
}

decolle_json::object! { CostDocument { r#type, name, nodes, cost } }

/// Reads a document, refusing texts above [`LONGEST_TEXT`] before looking into them.
///
/// # Errors
/// `range` for the length, `config` with the path for anything the fields do not allow.
pub(crate) fn read<T: Read>(text: &str, what: &str) -> Result<T> {
    if text.len() > LONGEST_TEXT {
        let expected = format_args!("at most {LONGEST_TEXT} bytes of JSON");
        return Err(Fault::unfit(Code::Range, &what, &expected, &text.len()));
    }
    decolle_json::read(what, text)
}

/// Checks a name: a letter, then letters, digits and underscores, at most 40.
pub(crate) fn check_name(path: &str, name: &str) -> Result<()> {
    let fits = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        return Ok(());
    }
    let shown: String = name.chars().take(60).collect();
    let expected = format_args!("a name of at most {LONGEST_NAME} letters, digits and _");
    Err(Fault::unfit(Code::Config, &path, &expected, &format_args!("{shown:?}")))
}

fn check_symbol(path: &str, symbol: &Option<String>) -> Result<()> {
    let Some(symbol) = symbol else { return Ok(()) };
    let count = symbol.chars().count();
    if (1..=LONGEST_NAME).contains(&count) && symbol.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Ok(());
    }
    let expected = format_args!("1 to {LONGEST_NAME} letters, digits and _");
    Err(Fault::unfit(Code::Config, &path, &expected, &format_args!("{count} characters")))
}

/// Checks the constants of a neuron.
pub(crate) fn check_constants(path: &str, constants: &[ConstantDocument]) -> Result<()> {
    check_count(&format!("{path}.constants"), constants.len(), MOST_VARIABLES)?;
    for (index, constant) in constants.iter().enumerate() {
        let place = format!("{path}.constants[{index}]");
        check_name(&format!("{place}.name"), &constant.name)?;
        check_symbol(&format!("{place}.symbol"), &constant.symbol)?;
        if constants[..index].iter().any(|other| other.name == constant.name) {
            return Err(taken(&place, &constant.name, "another constant"));
        }
        let value = constant.value;
        // Numbers are float32 at work, so what that cannot hold is refused here.
        let (fits, expected) = match constant.kind {
            ConstantKind::Number => (value.abs() <= 1e30, "a number of size at most 1e30"),
            ConstantKind::Time => ((1.0..=1e12).contains(&value), "a time constant of 1 to 1e12 microseconds"),
            ConstantKind::Decay => ((0.0..1.0).contains(&value), "a decay factor of at least 0 and below 1"),
        };
        if !fits {
            let fault = Fault::unfit(Code::Range, &place, &expected, &value);
            return Err(fault.remarked(&format!(" ({})", constant.name)));
        }
    }
    Ok(())
}

/// The fault of a name that what stands at `place` has in common with another.
fn taken(place: &str, name: &str, by: &str) -> Fault {
    Fault::at(Code::Config, &format_args!("{place}.name"), &format_args!("{name:?} is taken by {by}"))
}

/// Checks traces or state variables.
pub(crate) fn check_variables(path: &str, variables: &[VariableDocument], nodes: usize) -> Result<()> {
    check_count(path, variables.len(), MOST_VARIABLES)?;
    for (index, variable) in variables.iter().enumerate() {
        let place = format!("{path}[{index}]");
        check_name(&format!("{place}.name"), &variable.name)?;
        check_symbol(&format!("{place}.symbol"), &variable.symbol)?;
        if variables[..index].iter().any(|other| other.name == variable.name) {
            return Err(taken(&place, &variable.name, "another"));
        }
        if variable.initial.abs() > 1e30 {
            let (place, expected) = (format_args!("{place}.initial"), "a number of size at most 1e30");
            return Err(Fault::unfit(Code::Range, &place, &expected, &variable.initial));
        }
        check_index(&format!("{place}.next"), variable.next, nodes)?;
    }
    Ok(())
}

pub(crate) fn check_index(path: &str, index: usize, nodes: usize) -> Result<()> {
    if index < nodes {
        return Ok(());
    }
    Err(Fault::unfit(Code::Config, &path, &format_args!("the index of a node below {nodes}"), &index))
}

fn check_count(path: &str, found: usize, most: usize) -> Result<()> {
    if found <= most {
        return Ok(());
    }
    Err(Fault::unfit(Code::Range, &path, &format_args!("at most {most}"), &found))
}

/// Checks the list of nodes by itself: count, operations, arity, order, depth, finiteness.
pub(crate) fn check_nodes(path: &str, nodes: &[NodeDocument]) -> Result<()> {
    check_count(&format!("{path}.nodes"), nodes.len(), MOST_NODES)?;
    let mut depths = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let depth = check_node(&format!("{path}.nodes[{index}]"), index, node, &depths)
            .map_err(|fault| fault.remarked(&format!(" ({})", shown(&node.op))))?;
        depths.push(depth);
    }
    Ok(())
}

/// Checks node `index`, which stands at `place` behind nodes of these depths; gives its own depth.
fn check_node(place: &str, index: usize, node: &NodeDocument, depths: &[usize]) -> Result<usize> {
    let unfit =
        |code: Code, expected: &dyn Display, found: &dyn Display| Err(Fault::unfit(code, &place, expected, found));
    let wrong = |wrong: &str| Err(Fault::at(Code::Config, &place, &wrong));
    let leaf = Leaf::find(&node.op);
    let Some(arity) = leaf.map(|_| 0).or_else(|| Some(Spelling::find(&node.op)?.op.arity())) else {
        return unfit(Code::Config, &"an operation of the language", &format_args!("{:?}", shown(&node.op)));
    };
    if node.args.len() != arity {
        return unfit(Code::Config, &format_args!("{arity} arguments"), &node.args.len());
    }
    if let Some(&argument) = node.args.iter().find(|&&argument| argument >= index) {
        let found = format_args!("{argument}: a graph has no circles");
        return unfit(Code::Config, &"arguments that come before it in the list", &found);
    }
    let depth = node.args.iter().map(|&argument| depths[argument] + 1).max().unwrap_or(0usize);
    if depth > DEEPEST {
        let wrong = format_args!("expected operations nested at most {DEEPEST} deep");
        return Err(Fault::at(Code::Range, &place, &wrong));
    }
    match (node.op == "number", node.value) {
        (true, None) => return wrong("expected a value"),
        (true, Some(value)) if value.abs() > 1e30 => {
            return unfit(Code::Range, &"a number of size at most 1e30", &value);
        }
        (false, Some(_)) => return wrong("only a number has a value"),
        _ => {}
    }
    if leaf.is_some_and(|leaf| leaf.is_named) != node.name.is_some() {
        return wrong(if node.name.is_some() { "expected no name" } else { "expected a name" });
    }
    Ok(depth)
}

/// What messages show of a name that a user gave.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

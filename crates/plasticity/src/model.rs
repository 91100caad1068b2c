//! A neuron and its costs as expressions: documents lowered into one graph, their spaces and symbols checked.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::document::{
    ConstantDocument, ConstantKind, CostDocument, NeuronDocument, NodeDocument, Remainder, SpikeCondition,
    VariableDocument, check_constants, check_index, check_name, check_nodes, check_variables,
};
use crate::expression::{Graph, Id, Op, Symbol};
use crate::numbered::Map;

/// A trace or state variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// How it prints.
    pub symbol: String,
    /// Its value before the first step.
    pub initial: f64,
    /// Its value after a step.
    pub next: Id,
}

/// A neuron's dynamics and its costs as expressions.
#[derive(Clone, Debug)]
pub struct Model {
    /// All expressions.
    pub graph: Graph,
    /// The neuron's name.
    pub name: String,
    /// Constants, as [`Symbol::Constant`] counts them.
    pub constants: Vec<ConstantDocument>,
    /// Traces, as [`Symbol::Trace`] counts them.
    pub traces: Vec<Variable>,
    /// State variables, as [`Symbol::State`] counts them.
    pub states: Vec<Variable>,
    /// Value of each state variable after the step; differs from its `next` where the weights were moved out.
    pub values: Vec<Id>,
    /// U after the step.
    pub potential: Id,
    /// When it spikes.
    pub condition: SpikeCondition,
    /// σ over [`Symbol::Potential`].
    pub primitive: Id,
    /// σ′ over [`Symbol::Potential`], where it is given.
    pub surrogate: Option<Id>,
    /// The choice for state that does not factorise.
    pub remainder: Option<Remainder>,
    /// L over the symbols of costs: one value for the layer.
    pub cost: Id,
    /// What becomes of the error that comes back to a neuron, over [`Symbol::Error`].
    pub modulation: Option<Id>,
    /// The value of [`Symbol::ErrorThreshold`] at first.
    pub error_threshold: f64,
}

/// Changes the error that comes back to a neuron: a graph over `error`, `potential` and `errorThreshold`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModulationDocument {
    /// The graph.
    pub nodes: Vec<NodeDocument>,
    /// Index of the node that is the error to go on with.
    pub error: usize,
    /// θ at first, above 0, where `errorThreshold` stands in the graph.
    pub threshold: Option<f64>,
}

decolle_json::object! { ModulationDocument { nodes, error, threshold = None => omitted } }

/// Where in a neuron or cost an expression stands; says which symbols it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Trace,
    Step,
    Membrane,
    Surrogate,
    Cost,
    Modulation,
}

struct Lowering<'a> {
    path: &'a str,
    nodes: &'a [NodeDocument],
    constants: &'a [ConstantDocument],
    traces: &'a [VariableDocument],
    states: &'a [VariableDocument],
    /// Lowered values after the step, as far as there are any yet.
    next_traces: Vec<Id>,
    next_states: Vec<Id>,
}

fn fault<T>(code: Code, message: String) -> Result<T> {
    Err(Fault::new(code, message))
}

impl Lowering<'_> {
    /// The expression of node `root`, which stands at `at` in `section`.
    fn lower(&self, graph: &mut Graph, root: usize, section: Section, at: &str) -> Result<Id> {
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
            let place = format!("{}.nodes[{index}] ({}, in {at})", self.path, node.op);
            let arguments: Vec<Id> = node.args.iter().map(|&argument| lowered[argument]).collect();
            let id = if arguments.is_empty() {
                self.leaf(graph, node, section, &place)?
            } else {
                operation(graph, node, &arguments, &place)?
            };
            lowered.insert(index, id);
            graph.within_bounds(&place)?;
        }
        Ok(lowered[root])
    }

    fn leaf(&self, graph: &mut Graph, node: &NodeDocument, section: Section, place: &str) -> Result<Id> {
        use Section::*;
        let name = node.name.as_deref().unwrap_or_default();
        let allowed = |sections: &[Section]| {
            if sections.contains(&section) {
                return Ok(());
            }
            let here = match section {
                Trace => "the step of a trace",
                Step => "the step of a state variable",
                Membrane => "the membrane potential",
                Surrogate => "a surrogate",
                Cost => "a cost",
                Modulation => "a modulation",
            };
            fault(Code::Config, format!("{place}: {here} has no {}", node.op))
        };
        let find = |variables: &[VariableDocument], kind: &str| match variables.iter().position(|v| v.name == name) {
            Some(index) => Ok(index),
            None => {
                let known: Vec<_> = variables.iter().map(|v| v.name.as_str()).collect();
                let shown: String = name.chars().take(40).collect();
                fault(Code::Config, format!("{place}: expected a {kind} ({}), found {shown:?}", known.join(", ")))
            }
        };
        let dynamics = [Trace, Step, Membrane, Surrogate];
        Ok(match node.op.as_str() {
            "number" => graph.number(node.value.unwrap_or_default()),
            op @ ("constant" | "decay") => {
                allowed(&dynamics)?;
                let Some(index) = self.constants.iter().position(|constant| constant.name == name) else {
                    let known: Vec<_> = self.constants.iter().map(|constant| constant.name.as_str()).collect();
                    let shown: String = name.chars().take(40).collect();
                    return fault(
                        Code::Config,
                        format!("{place}: expected a constant ({}), found {shown:?}", known.join(", ")),
                    );
                };
                let constant = &self.constants[index];
                if (constant.kind == ConstantKind::Number) != (op == "constant") {
                    return fault(
                        Code::Config,
                        format!(
                            "{place}: numbers enter by \"constant\", time constants and decay factors by \"decay\"; \
                             {name} is a {:?}",
                            constant.kind
                        ),
                    );
                }
                graph.symbol(Symbol::Constant(index), constant.of.space())
            }
            "event" => {
                allowed(&[Trace, Step, Membrane])?;
                graph.leaf(Symbol::Event)
            }
            "trace" => {
                allowed(&[Trace, Step])?;
                let index = find(self.traces, "trace")?;
                graph.leaf(Symbol::Trace(index))
            }
            "nextTrace" => {
                allowed(&[Step, Membrane])?;
                self.next_traces[find(self.traces, "trace")?]
            }
            "state" if section == Cost => {
                let index = find(self.states, "state variable of the neuron")?;
                graph.leaf(Symbol::NextState(index))
            }
            "state" => {
                allowed(&[Step])?;
                let index = find(self.states, "state variable")?;
                graph.leaf(Symbol::State(index))
            }
            "nextState" => {
                allowed(&[Membrane])?;
                self.next_states[find(self.states, "state variable")?]
            }
            "spike" => {
                allowed(&[Step, Cost])?;
                graph.leaf(if section == Cost { Symbol::Spike } else { Symbol::PastSpike })
            }
            "potential" => {
                allowed(&[Step, Surrogate, Cost, Modulation])?;
                graph.leaf(if section == Step { Symbol::PastPotential } else { Symbol::Potential })
            }
            "bias" => {
                allowed(&[Membrane])?;
                graph.leaf(Symbol::Bias)
            }
            "time" => {
                allowed(&[Cost])?;
                graph.leaf(Symbol::Time)
            }
            "readout" => {
                allowed(&[Cost])?;
                graph.leaf(Symbol::Readout)
            }
            "target" => {
                allowed(&[Cost])?;
                graph.leaf(Symbol::Target)
            }
            "error" => {
                allowed(&[Modulation])?;
                graph.leaf(Symbol::Error)
            }
            "errorThreshold" => {
                allowed(&[Modulation])?;
                graph.leaf(Symbol::ErrorThreshold)
            }
            other => unreachable!("{other} was checked to be an operation without arguments"),
        })
    }
}

/// An operation on lowered arguments.
fn operation(graph: &mut Graph, node: &NodeDocument, arguments: &[Id], place: &str) -> Result<Id> {
    let mut space = Space::Layer;
    for &argument in arguments {
        let own = graph.space(argument);
        space = match space.join(own) {
            Some(joined) if joined != Space::Synapse => joined,
            _ => {
                let hint = if [space, own].contains(&Space::Input) && [space, own].contains(&Space::Neuron) {
                    "; weighted() makes of values of inputs one value a neuron"
                } else {
                    ""
                };
                return fault(
                    Code::Shape,
                    format!("{place}: {} and {} do not go together{hint}", space.as_str(), own.as_str()),
                );
            }
        };
    }
    let expect = |fits: bool, expected: &str| {
        if fits {
            return Ok(());
        }
        fault(Code::Shape, format!("{place}: expected {expected}, found {}", space.as_str()))
    };
    let a = arguments[0];
    Ok(match node.op.as_str() {
        "sum" | "mean" => {
            expect(matches!(space, Space::Class | Space::Neuron), "one value a neuron or a class to sum up")?;
            let sum = graph.apply(Op::Sum, &[a]);
            if node.op == "sum" {
                sum
            } else {
                let count = graph.leaf(Symbol::Count(space));
                graph.div(sum, count)
            }
        }
        "sampleSum" | "sampleMean" => {
            expect(space == Space::Sample, "one value a sample to sum up")?;
            let sum = graph.apply(Op::BatchSum, &[a]);
            if node.op == "sampleSum" {
                sum
            } else {
                let count = graph.leaf(Symbol::Count(Space::Sample));
                graph.div(sum, count)
            }
        }
        "logSumExp" | "softmax" => {
            expect(space == Space::Class, "one value a class")?;
            graph.apply(if node.op == "softmax" { Op::Softmax } else { Op::LogSumExp }, &[a])
        }
        "weighted" => {
            expect(space == Space::Input, "one value an input")?;
            graph.apply(Op::Weighted, &[a])
        }
        "greater" => graph.apply(Op::Less, &[arguments[1], a]),
        "greaterEqual" => graph.apply(Op::AtMost, &[arguments[1], a]),
        "neg" => graph.neg(a),
        "exp" => graph.apply(Op::Exp, arguments),
        "log" => graph.apply(Op::Log, arguments),
        "sqrt" => graph.apply(Op::Sqrt, arguments),
        "tanh" => graph.apply(Op::Tanh, arguments),
        "sigmoid" => graph.apply(Op::Sigmoid, arguments),
        "relu" => graph.apply(Op::Relu, arguments),
        "abs" => graph.apply(Op::Abs, arguments),
        "sign" => graph.apply(Op::Sign, arguments),
        "floor" => graph.apply(Op::Floor, arguments),
        "square" => graph.apply(Op::Square, arguments),
        "stop" => graph.apply(Op::Stop, arguments),
        "add" => graph.apply(Op::Add, arguments),
        "sub" => graph.apply(Op::Sub, arguments),
        "mul" => graph.apply(Op::Mul, arguments),
        "div" => graph.apply(Op::Div, arguments),
        "min" => graph.apply(Op::Min, arguments),
        "max" => graph.apply(Op::Max, arguments),
        "less" => graph.apply(Op::Less, arguments),
        "lessEqual" => graph.apply(Op::AtMost, arguments),
        "select" => graph.apply(Op::Select, arguments),
        "clamp" => graph.apply(Op::Clamp, arguments),
        other => unreachable!("{other} was checked to be an operation with arguments"),
    })
}

/// θ at first of a modulation; 0 where it has none.
fn threshold_of(document: &ModulationDocument) -> Result<f64> {
    let used = document.nodes.iter().any(|node| node.op == "errorThreshold");
    let found = document.threshold.map_or_else(|| "none".to_string(), |threshold| threshold.to_string());
    let wrong =
        |expected: &str| fault(Code::Range, format!("modulation.threshold: expected {expected}, found {found}"));
    match document.threshold {
        None if !used => Ok(0.0),
        Some(threshold) if used && threshold > 0.0 && threshold.is_finite() => Ok(threshold),
        _ if used => wrong("a number above 0"),
        _ => wrong("none, since no errorThreshold stands in the graph"),
    }
}

/// Checks that an expression has one value of what it is for.
fn fits(graph: &Graph, id: Id, expected: Space, at: &str) -> Result<()> {
    let found = graph.space(id);
    if expected.join(found) == Some(expected) {
        return Ok(());
    }
    fault(Code::Shape, format!("{at}: expected {}, found {}", expected.as_str(), found.as_str()))
}

impl Model {
    /// Lowers a neuron, its costs (which add up) and a modulation of its error.
    ///
    /// # Errors
    /// `config`, `range` or `shape`, with the node and where it stands.
    pub fn new(
        neuron: &NeuronDocument,
        costs: &[CostDocument],
        modulation: Option<&ModulationDocument>,
    ) -> Result<Self> {
        let path = "neuron";
        check_name("neuron.name", &neuron.name)?;
        check_constants(path, &neuron.constants)?;
        check_nodes(path, &neuron.nodes)?;
        let count = neuron.nodes.len();
        check_variables("neuron.traces", &neuron.traces, count)?;
        check_variables("neuron.state", &neuron.state, count)?;
        check_index("neuron.membrane", neuron.membrane, count)?;
        check_index("neuron.surrogate.primitive", neuron.surrogate.primitive, count)?;
        if let Some(derivative) = neuron.surrogate.derivative {
            check_index("neuron.surrogate.derivative", derivative, count)?;
        }
        let mut graph = Graph::default();
        let mut lowering = Lowering {
            path,
            nodes: &neuron.nodes,
            constants: &neuron.constants,
            traces: &neuron.traces,
            states: &neuron.state,
            next_traces: Vec::new(),
            next_states: Vec::new(),
        };
        let next = |lowering: &Lowering<'_>, graph: &mut Graph, variable: &VariableDocument, kind, section, space| {
            let at = format!("{kind}.{}", variable.name);
            let id = lowering.lower(graph, variable.next, section, &at)?;
            fits(graph, id, space, &format!("{path}.{at}"))?;
            Ok::<Id, Fault>(id)
        };
        let mut next_traces = Vec::new();
        for trace in &neuron.traces {
            next_traces.push(next(&lowering, &mut graph, trace, "trace", Section::Trace, Space::Input)?);
        }
        lowering.next_traces = next_traces;
        let mut next_states = Vec::new();
        for state in &neuron.state {
            next_states.push(next(&lowering, &mut graph, state, "step", Section::Step, Space::Neuron)?);
        }
        lowering.next_states = next_states;
        let potential = lowering.lower(&mut graph, neuron.membrane, Section::Membrane, "membrane")?;
        fits(&graph, potential, Space::Neuron, "neuron.membrane")?;
        let primitive =
            lowering.lower(&mut graph, neuron.surrogate.primitive, Section::Surrogate, "surrogate.primitive")?;
        fits(&graph, primitive, Space::Neuron, "neuron.surrogate.primitive")?;
        let surrogate = match neuron.surrogate.derivative {
            Some(root) => {
                let id = lowering.lower(&mut graph, root, Section::Surrogate, "surrogate.derivative")?;
                fits(&graph, id, Space::Neuron, "neuron.surrogate.derivative")?;
                Some(id)
            }
            None => None,
        };
        let variables = |documents: &[VariableDocument], next: &[Id]| {
            documents
                .iter()
                .zip(next)
                .map(|(document, &next)| Variable {
                    name: document.name.clone(),
                    symbol: document.symbol.clone().unwrap_or_else(|| document.name.clone()),
                    initial: document.initial,
                    next,
                })
                .collect::<Vec<_>>()
        };
        let mut cost = graph.number(0.0);
        for (index, document) in costs.iter().enumerate() {
            let path = if costs.len() == 1 { "cost".to_string() } else { format!("costs[{index}]") };
            check_name(&format!("{path}.name"), &document.name)?;
            check_nodes(&path, &document.nodes)?;
            check_index(&format!("{path}.cost"), document.cost, document.nodes.len())?;
            let own = Lowering { path: &path, nodes: &document.nodes, constants: &[], ..lowering.clone_shape() };
            let id = own.lower(&mut graph, document.cost, Section::Cost, &document.name)?;
            let term = match graph.space(id) {
                Space::Layer => id,
                Space::Sample => {
                    let (sum, samples) = (graph.apply(Op::BatchSum, &[id]), graph.leaf(Symbol::Count(Space::Sample)));
                    graph.div(sum, samples)
                }
                other => {
                    return fault(
                        Code::Shape,
                        format!("{path}: expected one value a sample, found {}: take its sum or mean", other.as_str()),
                    );
                }
            };
            cost = graph.add(cost, term);
        }
        let mut error_threshold = 0.0;
        let modulation = match modulation {
            Some(document) => {
                let path = "modulation";
                check_nodes(path, &document.nodes)?;
                error_threshold = threshold_of(document)?;
                check_index("modulation.error", document.error, document.nodes.len())?;
                let own = Lowering { path, nodes: &document.nodes, constants: &[], ..lowering.clone_shape() };
                let id = own.lower(&mut graph, document.error, Section::Modulation, path)?;
                fits(&graph, id, Space::Neuron, path)?;
                Some(id)
            }
            None => None,
        };
        Ok(Self {
            name: neuron.name.clone(),
            constants: neuron.constants.clone(),
            traces: variables(&neuron.traces, &lowering.next_traces),
            states: variables(&neuron.state, &lowering.next_states),
            values: lowering.next_states.clone(),
            potential,
            condition: neuron.spike,
            primitive,
            surrogate,
            remainder: neuron.remainder,
            cost,
            modulation,
            error_threshold,
            graph,
        })
    }

    /// Where an expression stands in a neuron or cost, for messages.
    pub fn section(&self, id: Id) -> String {
        let within = |root: Id| self.graph.reachable(&[root], &|_| false).contains(&id);
        if let Some(trace) = self.traces.iter().find(|trace| within(trace.next)) {
            return format!("trace.{}", trace.name);
        }
        if let Some((state, _)) = self.states.iter().zip(&self.values).find(|(_, value)| within(**value)) {
            return format!("step.{}", state.name);
        }
        if within(self.potential) {
            return "membrane".into();
        }
        if within(self.cost) { "cost".into() } else { "the gradient".into() }
    }
}

impl Lowering<'_> {
    /// The same variables, for graphs that see state after the step only.
    fn clone_shape(&self) -> Lowering<'_> {
        Lowering {
            path: self.path,
            nodes: self.nodes,
            constants: self.constants,
            traces: self.traces,
            states: self.states,
            next_traces: self.next_traces.clone(),
            next_states: self.next_states.clone(),
        }
    }
}

//! A neuron and its costs as expressions of one graph.

use decolle_error::{Code, Fault, Result};

use crate::Space;
use crate::document::{
    ConstantDocument, CostDocument, NeuronDocument, Remainder, SpikeCondition, VariableDocument, check_constants,
    check_index, check_name, check_nodes, check_variables,
};
use crate::expression::{Graph, Id, Node, Symbol};
use crate::leaf::Section;
use crate::lowering::Lowering;
use crate::modulation::ModulationDocument;
use crate::operation::Op;

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
        check(neuron)?;
        let mut graph = Graph::default();
        let Dynamics { next_traces, next_states, potential, primitive, surrogate } = Dynamics::new(&mut graph, neuron)?;
        let after = Lowering {
            path: "",
            nodes: &[],
            constants: &[],
            traces: &neuron.traces,
            states: &neuron.state,
            next_traces: &next_traces,
            next_states: &next_states,
        };
        let cost = sum_of_costs(&mut graph, costs, &after)?;
        let (mut error_threshold, mut error) = (0.0, None);
        if let Some(document) = modulation {
            let path = "modulation";
            check_nodes(path, &document.nodes)?;
            error_threshold = document.first_threshold()?;
            check_index("modulation.error", document.error, document.nodes.len())?;
            let lowering = Lowering { path, nodes: &document.nodes, ..after };
            error = Some(lowering.lower_into(&mut graph, document.error, Section::Modulation, path, Space::Neuron)?);
        }
        Ok(Self {
            name: neuron.name.clone(),
            constants: neuron.constants.clone(),
            traces: variables(&neuron.traces, &next_traces),
            states: variables(&neuron.state, &next_states),
            values: next_states,
            potential,
            condition: neuron.spike,
            primitive,
            surrogate,
            remainder: neuron.remainder,
            cost,
            modulation: error,
            error_threshold,
            graph,
        })
    }

    /// Makes it that of a layer whose inputs all come from below, so that [`Symbol::IsRecurrent`] is 0.
    ///
    /// Done before anything is derived, but after documents are lowered: there what an expression has one value of must not
    /// depend on the layer.
    ///
    /// # Errors
    /// `range` where that makes more expressions than a rule may have.
    pub(crate) fn make_feed_forward(&mut self) -> Result<()> {
        let Some(symbol) = self.graph.find(&Node::Symbol(Symbol::IsRecurrent)) else { return Ok(()) };
        let zero = self.graph.number(0.0);
        let variables = self.traces.iter().chain(&self.states);
        let roots: Vec<Id> = variables.map(|variable| variable.next).chain([self.potential]).collect();
        let replaced = self.graph.substitute(&roots, &[(symbol, zero)].into_iter().collect(), "step")?;
        for (variable, &next) in self.traces.iter_mut().chain(&mut self.states).zip(&replaced) {
            variable.next = next;
        }
        self.values = replaced[self.traces.len()..roots.len() - 1].to_vec();
        self.potential = replaced[roots.len() - 1];
        Ok(())
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

/// Checks what a neuron's document says beside its expressions.
fn check(neuron: &NeuronDocument) -> Result<()> {
    check_name("neuron.name", &neuron.name)?;
    check_constants("neuron", &neuron.constants)?;
    check_nodes("neuron", &neuron.nodes)?;
    let count = neuron.nodes.len();
    check_variables("neuron.traces", &neuron.traces, count)?;
    check_variables("neuron.state", &neuron.state, count)?;
    check_index("neuron.membrane", neuron.membrane, count)?;
    check_index("neuron.surrogate.primitive", neuron.surrogate.primitive, count)?;
    match neuron.surrogate.derivative {
        Some(derivative) => check_index("neuron.surrogate.derivative", derivative, count),
        None => Ok(()),
    }
}

/// What a neuron does in a step.
struct Dynamics {
    next_traces: Vec<Id>,
    next_states: Vec<Id>,
    potential: Id,
    primitive: Id,
    surrogate: Option<Id>,
}

impl Dynamics {
    fn new(graph: &mut Graph, neuron: &NeuronDocument) -> Result<Self> {
        let mut lowering = Lowering {
            path: "neuron",
            nodes: &neuron.nodes,
            constants: &neuron.constants,
            traces: &neuron.traces,
            states: &neuron.state,
            next_traces: &[],
            next_states: &[],
        };
        let mut next_traces = Vec::new();
        for trace in &neuron.traces {
            let at = format!("trace.{}", trace.name);
            next_traces.push(lowering.lower_into(graph, trace.next, Section::Trace, &at, Space::Input)?);
        }
        lowering.next_traces = &next_traces;
        let mut next_states = Vec::new();
        for state in &neuron.state {
            let at = format!("step.{}", state.name);
            next_states.push(lowering.lower_into(graph, state.next, Section::Step, &at, Space::Neuron)?);
        }
        graph.whole.clone_from(&next_states);
        lowering.next_states = &next_states;
        let mut of_neuron =
            |root: usize, section: Section, at: &str| lowering.lower_into(graph, root, section, at, Space::Neuron);
        let potential = of_neuron(neuron.membrane, Section::Membrane, "membrane")?;
        let primitive = of_neuron(neuron.surrogate.primitive, Section::Surrogate, "surrogate.primitive")?;
        let surrogate = match neuron.surrogate.derivative {
            Some(root) => Some(of_neuron(root, Section::Surrogate, "surrogate.derivative")?),
            None => None,
        };
        Ok(Self { next_traces, next_states, potential, primitive, surrogate })
    }
}

/// The sum of costs, of which each is one number for the layer or the mean of one number a sample; `after` is what they see
/// of the neuron.
fn sum_of_costs(graph: &mut Graph, costs: &[CostDocument], after: &Lowering<'_>) -> Result<Id> {
    let mut sum = graph.number(0.0);
    for (index, document) in costs.iter().enumerate() {
        let path = if costs.len() == 1 { "cost".to_string() } else { format!("costs[{index}]") };
        check_name(&format!("{path}.name"), &document.name)?;
        check_nodes(&path, &document.nodes)?;
        check_index(&format!("{path}.cost"), document.cost, document.nodes.len())?;
        let lowering = Lowering { path: &path, nodes: &document.nodes, ..*after };
        let id = lowering.lower(graph, document.cost, Section::Cost, &document.name)?;
        let term = match graph.space(id) {
            Space::Layer => id,
            Space::Sample => {
                let (sum, samples) = (graph.apply(Op::BatchSum, &[id]), graph.leaf(Symbol::Count(Space::Sample)));
                graph.div(sum, samples)
            }
            other => {
                let found = other.as_str();
                let found = format_args!("{found}: take its sum or mean");
                return Err(Fault::unfit(Code::Shape, &path, &"one value a sample", &found));
            }
        };
        sum = graph.add(sum, term);
    }
    Ok(sum)
}

/// Traces or state variables with their values after a step.
fn variables(documents: &[VariableDocument], next: &[Id]) -> Vec<Variable> {
    documents
        .iter()
        .zip(next)
        .map(|(document, &next)| Variable {
            name: document.name.clone(),
            symbol: document.symbol.clone().unwrap_or_else(|| document.name.clone()),
            initial: document.initial,
            next,
        })
        .collect()
}

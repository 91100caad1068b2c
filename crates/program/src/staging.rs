//! Expressions of a cost and of δ, ordered by the sums they wait for.

use decolle_error::Result;
use decolle_plasticity::{Graph, Id, Map, Node, Op, Rule, Space, Symbol};

use crate::Fixed;
use crate::assembler::{Assembler, Value};
use crate::kernel::{Kernel, Registers};
use crate::neuron_values::NeuronValues;

/// Where an input of a pass comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Scalar(usize),
    Readout,
    Target,
    Potential,
    Pass,
    Back,
    Delta,
    NeuronValue(usize),
}

/// What becomes of the values of an output over all classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    Greatest,
}

/// A kernel that passes over classes or neurons, or computes scalars, and where its outputs go.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) kernel: Kernel,
    pub(crate) inputs: Vec<Input>,
    /// For each of the first outputs the slot that takes it in.
    pub(crate) reductions: Vec<(usize, Reduction)>,
    /// Whether the output after these is ∂L/∂Y.
    pub(crate) gives_error: bool,
}

impl Pass {
    pub(crate) fn registers(&self) -> Registers {
        self.kernel.registers()
    }
}

/// What is computed between two sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage {
    pub(crate) scalars: Option<Pass>,
    pub(crate) classes: Option<Pass>,
    pub(crate) neurons: Option<Pass>,
    /// Slots to be summed over samples, and those that take in the sums.
    pub(crate) batch: Vec<(usize, usize)>,
}

/// A number of a sample that is kept between stages.
#[derive(Clone, Copy, Debug)]
enum Key {
    Node(Id),
    /// The greatest of an expression's values over the classes, and Σ exp(value − greatest).
    Greatest(Id),
    Total(Id),
}

#[derive(Default)]
struct Slots {
    nodes: Map<Id, usize>,
    greatest: Map<Id, usize>,
    totals: Map<Id, usize>,
    count: usize,
    /// What each stage has to have computed when it is over, and the slots for it.
    asked: Map<usize, Vec<(Key, usize)>>,
    stages: Map<Id, usize>,
}

impl Slots {
    fn slot(&mut self, key: Key) -> usize {
        let (slots, id, later) = match key {
            Key::Node(id) => (&mut self.nodes, id, 0),
            Key::Greatest(id) => (&mut self.greatest, id, 1),
            Key::Total(id) => (&mut self.totals, id, 2),
        };
        if let Some(&slot) = slots.get(id) {
            return slot;
        }
        let slot = self.count + Staging::GIVEN;
        self.count += 1;
        slots.insert(id, slot);
        self.asked.entry(self.stages[id] + later).get_or_insert_default().push((key, slot));
        slot
    }
}

/// Makes the passes of a judgement.
pub(crate) struct Staging<'a> {
    rule: &'a Rule,
    fixed: &'a Fixed,
    graph: Graph,
    numbers: Vec<Option<f32>>,
    slots: Slots,
    neuron_values: NeuronValues,
    /// Whether an expression with one value a sample or layer is at hand where neurons are only, since it is made of what is
    /// looked at of them, such as constants that learn.
    of_neurons: Vec<bool>,
    /// ∂L/∂Y, where it is computed here.
    error: Option<Id>,
    losses: [Option<Id>; 2],
}

/// A sample's share of a cost, and what belongs to no sample.
type Shares = [Option<Id>; 2];

/// What a cost is the sum of, taken apart.
///
/// # Errors
/// `range` where that makes more expressions than a rule may have.
fn split(graph: &mut Graph, cost: Id) -> Result<Shares> {
    let is_linear = |graph: &Graph, id: Id| match graph.node(id) {
        Node::Apply(Op::Neg | Op::Add | Op::Sub, _) => true,
        Node::Apply(Op::Div, arguments) => graph.is_count(arguments[1]),
        Node::Apply(Op::Mul, arguments) => graph.as_number(arguments[0]).is_some(),
        _ => false,
    };
    let mut shares: Map<Id, Shares> = Map::new();
    for id in graph.reachable(&[cost], &|id| !is_linear(graph, id)) {
        let (op, arguments) = match graph.node(id) {
            Node::Apply(op, arguments) => (*op, arguments.clone()),
            _ => {
                shares.insert(id, [None, Some(id)]);
                continue;
            }
        };
        let parts = match (op, &arguments[..]) {
            (Op::BatchSum, &[share]) => [Some(share), None],
            (Op::Neg, &[a]) => shares[a].map(|part| part.map(|part| graph.neg(part))),
            (Op::Div, &[a, count]) if graph.is_count(count) => {
                shares[a].map(|part| part.map(|part| graph.div(part, count)))
            }
            (Op::Mul, &[factor, a]) if graph.as_number(factor).is_some() => {
                shares[a].map(|part| part.map(|part| graph.mul(factor, part)))
            }
            (Op::Add | Op::Sub, &[a, b]) => {
                let (first, second) = (shares[a], shares[b]);
                [0, 1].map(|part| match (first[part], second[part]) {
                    (Some(a), Some(b)) => Some(graph.apply(op, &[a, b])),
                    (None, Some(b)) if op == Op::Sub => Some(graph.neg(b)),
                    (a, b) => a.or(b),
                })
            }
            _ => [None, Some(id)],
        };
        shares.insert(id, parts);
        graph.within_bounds("cost")?;
    }
    Ok(shares[cost])
}

impl<'a> Staging<'a> {
    /// Slots of the number of samples, of the time and of θ, and how many these are.
    pub(crate) const SAMPLES: usize = 0;
    pub(crate) const TIME: usize = 1;
    pub(crate) const ERROR_THRESHOLD: usize = 2;
    const GIVEN: usize = 3;

    pub(crate) fn new(rule: &'a Rule, fixed: &'a Fixed, cost: bool, neuron_values: NeuronValues) -> Result<Self> {
        let mut graph = rule.model.graph.clone();
        let losses = if cost { split(&mut graph, rule.model.cost)? } else { [None, None] };
        let numbers = fixed.numbers(&graph);
        let losses = losses.map(|loss| loss.filter(|id| numbers[id.index()] != Some(0.0)));
        let error = rule.readout_error.filter(|_| cost);
        let mut of_neurons = vec![false; graph.len()];
        for id in graph.ids().filter(|&id| has_one_value(&graph, id)) {
            let made_of = |argument: &Id| of_neurons[argument.index()];
            of_neurons[id.index()] =
                neuron_values.index(id).is_some() || !is_sum(graph.node(id)) && graph.arguments(id).iter().any(made_of);
        }
        let slots = Slots::default();
        let mut staging = Self { rule, fixed, graph, numbers, slots, neuron_values, of_neurons, error, losses };
        let first: Vec<Id> = staging.losses.into_iter().flatten().chain(error).collect();
        staging.find_stages(&first);
        staging.find_stages(&[rule.error]);
        staging.find_stages(&[rule.delta]);
        let mut posts = rule.posts();
        posts.extend(rule.bias);
        staging.find_stages(&posts);
        Ok(staging)
    }

    /// The stage in which each expression below `roots` can be computed: how many sums it waits for.
    fn find_stages(&mut self, roots: &[Id]) {
        let Self { graph, slots, neuron_values, .. } = self;
        for id in graph.reachable(roots, &|id| neuron_values.index(id).is_some()) {
            if slots.stages.contains(id) {
                continue;
            }
            let of = |id: Id| slots.stages.get(id).copied().unwrap_or(0);
            let stage = match graph.node(id) {
                _ if neuron_values.index(id).is_some() => 0,
                Node::Symbol(Symbol::Error) => of(self.rule.error),
                Node::Apply(Op::Feedback, _) => self.error.map_or(0, |error| of(error) + 1),
                Node::Apply(op, arguments) => {
                    let before = arguments.iter().map(|&argument| of(argument)).max().unwrap_or(0);
                    match op {
                        Op::Sum | Op::BatchSum => before + 1,
                        Op::LogSumExp | Op::Softmax => before + 2,
                        _ => before,
                    }
                }
                _ => 0,
            };
            slots.stages.insert(id, stage);
        }
    }

    /// The node of a leaf, if there is one.
    pub(crate) fn leaf(&self, symbol: Symbol) -> Option<Id> {
        self.graph.find(&Node::Symbol(symbol))
    }

    /// A pass over neurons that computes these expressions.
    pub(crate) fn neurons(&mut self, roots: &[Id]) -> Pass {
        self.optional_neurons(&roots.iter().map(|&root| Some(root)).collect::<Vec<_>>())
    }

    /// As [`Staging::neurons`], with zero for what is not there.
    pub(crate) fn optional_neurons(&mut self, roots: &[Option<Id>]) -> Pass {
        let outputs: Vec<Output> = roots.iter().map(|root| root.map_or(Output::Zero, Output::Node)).collect();
        self.pass(&outputs)
    }

    /// Slots of the two parts of the cost.
    pub(crate) fn losses(&mut self) -> [Option<usize>; 2] {
        self.losses.map(|loss| loss.map(|id| self.slots.slot(Key::Node(id))))
    }

    /// Makes all that was asked for.
    pub(crate) fn finish(mut self) -> (Vec<Stage>, usize) {
        let most = self.slots.stages.iter().map(|(_, &stage)| stage).max().unwrap_or(0) + 1;
        let mut stages: Vec<Stage> = Vec::new();
        // From the last to the first, since each asks for what earlier ones have to compute.
        for stage in (0..=most).rev() {
            let (mut classes, mut neurons, mut batch) = (Vec::new(), Vec::new(), Vec::new());
            for (key, slot) in self.slots.asked.get(stage + 1).cloned().unwrap_or_default() {
                match key {
                    Key::Greatest(id) => classes.push((Output::Node(id), (slot, Reduction::Greatest))),
                    Key::Total(id) => classes.push((Output::Exponential(id), (slot, Reduction::Sum))),
                    Key::Node(id) => match self.graph.node(id) {
                        Node::Apply(Op::Sum, arguments) => {
                            let sums = if self.graph.space(arguments[0]) == Space::Class {
                                &mut classes
                            } else {
                                &mut neurons
                            };
                            sums.push((Output::Node(arguments[0]), (slot, Reduction::Sum)));
                        }
                        Node::Apply(Op::BatchSum, arguments) => {
                            let from = Key::Node(arguments[0]);
                            batch.push((self.slots.slot(from), slot));
                        }
                        _ => {}
                    },
                }
            }
            let error = self.error.filter(|&error| self.slots.stages[error] == stage);
            let mut made = Stage { batch, ..Stage::default() };
            if !classes.is_empty() || error.is_some() {
                let (mut outputs, reductions): (Vec<_>, Vec<_>) = classes.into_iter().unzip();
                outputs.extend(error.map(Output::Node));
                made.classes = Some(Pass { reductions, gives_error: error.is_some(), ..self.pass(&outputs) });
            }
            if !neurons.is_empty() {
                let (outputs, reductions): (Vec<_>, Vec<_>) = neurons.into_iter().unzip();
                made.neurons = Some(Pass { reductions, ..self.pass(&outputs) });
            }
            made.scalars = self.scalars(stage);
            let empty =
                made.scalars.is_none() && made.classes.is_none() && made.neurons.is_none() && made.batch.is_empty();
            if !empty || !stages.is_empty() {
                stages.push(made);
            }
        }
        stages.reverse();
        (stages, self.slots.count + Self::GIVEN)
    }

    /// The scalars that a stage starts with.
    fn scalars(&mut self, stage: usize) -> Option<Pass> {
        let asked = self.slots.asked.get(stage).cloned().unwrap_or_default();
        let (outputs, reductions): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .filter_map(|(key, slot)| match key {
                Key::Node(id) if !is_sum(self.graph.node(id)) => Some((Output::Scalar(id), (slot, Reduction::Sum))),
                _ => None,
            })
            .unzip();
        (!outputs.is_empty()).then(|| Pass { reductions, ..self.pass(&outputs) })
    }

    fn pass(&mut self, outputs: &[Output]) -> Pass {
        let Self { rule, fixed, graph, numbers, slots, neuron_values, of_neurons, .. } = self;
        let leaf = |node: &Node| fixed.leaf(node);
        let mut assembler = Assembler::new(graph, &leaf);
        let mut making =
            Making { rule, graph, numbers, slots, neuron_values, of_neurons, inputs: Vec::new(), potential: None };
        let values: Vec<Value> = outputs.iter().map(|output| making.output(&mut assembler, *output)).collect();
        let inputs = making.inputs;
        Pass { kernel: assembler.finish(&values), inputs, reductions: Vec::new(), gives_error: false }
    }
}

/// Whether a node has one value a sample, or one for all samples.
fn has_one_value(graph: &Graph, id: Id) -> bool {
    matches!(graph.space(id), Space::Layer | Space::Sample)
}

/// Whether a node has one value a sample that a sum over something gives.
fn is_sum(node: &Node) -> bool {
    matches!(node, Node::Apply(Op::Sum | Op::BatchSum, _))
}

/// What a pass computes.
#[derive(Clone, Copy)]
enum Output {
    Node(Id),
    /// Of an expression with one value a sample that is computed here.
    Scalar(Id),
    /// exp(value − greatest).
    Exponential(Id),
    Zero,
}

/// A pass in the making.
struct Making<'a> {
    rule: &'a Rule,
    graph: &'a Graph,
    numbers: &'a [Option<f32>],
    slots: &'a mut Slots,
    neuron_values: &'a NeuronValues,
    of_neurons: &'a [bool],
    inputs: Vec<Input>,
    potential: Option<Value>,
}

impl Making<'_> {
    fn output(&mut self, assembler: &mut Assembler<'_>, output: Output) -> Value {
        match output {
            Output::Node(id) => self.node(assembler, id, None),
            Output::Scalar(id) => self.node(assembler, id, Some(id)),
            Output::Exponential(id) => {
                let value = self.node(assembler, id, None);
                self.exponential(assembler, id, value)
            }
            Output::Zero => assembler.constant(0.0),
        }
    }

    /// One value a sample, which is the same for all its classes and neurons and not known beforehand.
    fn is_scalar(&self, id: Id) -> bool {
        has_one_value(self.graph, id) && self.numbers[id.index()].is_none() && !self.of_neurons[id.index()]
    }

    /// The value of a node; scalars other than `here` are taken from their slots.
    fn node(&mut self, assembler: &mut Assembler<'_>, root: Id, here: Option<Id>) -> Value {
        let graph = self.graph;
        let by_class = |id: Id| here.is_some() && graph.matches(id, Op::LogSumExp).is_some();
        let cut = |id: Id| {
            self.is_at_hand(id, here) || self.neuron_values.index(id).is_some() || is_back(graph, id) || by_class(id)
        };
        for id in graph.reachable(&[root], &cut) {
            if assembler.has(id) {
                continue;
            }
            if self.is_at_hand(id, here) {
                let slot = match graph.node(id) {
                    Node::Symbol(Symbol::Count(_)) => Staging::SAMPLES,
                    Node::Symbol(Symbol::Time) => Staging::TIME,
                    Node::Symbol(Symbol::ErrorThreshold) => Staging::ERROR_THRESHOLD,
                    _ => self.slots.slot(Key::Node(id)),
                };
                self.input(assembler, id, Input::Scalar(slot));
            } else if let Some(index) = self.neuron_values.index(id) {
                self.input(assembler, id, Input::NeuronValue(index));
            } else {
                self.unit(assembler, id);
            }
        }
        assembler.value(root)
    }

    /// Whether a node is taken from its slot, or is an input with one value a sample. In a pass of scalars only sums, the time and
    /// the number of samples are at hand.
    fn is_at_hand(&self, id: Id, here: Option<Id>) -> bool {
        let node = self.graph.node(id);
        self.is_scalar(id) && (here.is_none() || is_sum(node) || matches!(node, Node::Symbol(_)))
    }

    /// Makes the next input the value of a node.
    fn input(&mut self, assembler: &mut Assembler<'_>, id: Id, input: Input) {
        assembler.input(id);
        self.inputs.push(input);
    }

    /// Gives a node its value that is not an elementwise operation on others, but belongs to a class or a neuron.
    fn unit(&mut self, assembler: &mut Assembler<'_>, id: Id) {
        let value = match self.graph.node(id) {
            Node::Symbol(Symbol::Readout) => return self.input(assembler, id, Input::Readout),
            Node::Symbol(Symbol::Target) => return self.input(assembler, id, Input::Target),
            Node::Symbol(Symbol::Pass) => return self.input(assembler, id, Input::Pass),
            Node::Symbol(Symbol::Delta) => return self.input(assembler, id, Input::Delta),
            Node::Apply(Op::Feedback, _) => return self.input(assembler, id, Input::Back),
            Node::Symbol(Symbol::Potential) => self.potential(assembler),
            Node::Symbol(Symbol::Spike) => {
                let (zero, potential) = (assembler.constant(0.0), self.potential(assembler));
                assembler.apply(self.rule.model.condition.comparison(), &[zero, potential])
            }
            Node::Symbol(Symbol::Error) => self.node(assembler, self.rule.error, None),
            Node::Apply(Op::Softmax, arguments) => {
                let value = assembler.value(arguments[0]);
                let share = self.exponential(assembler, arguments[0], value);
                let total = self.slot(assembler, Key::Total(arguments[0]));
                assembler.apply(Op::Div, &[share, total])
            }
            Node::Apply(Op::LogSumExp, arguments) => {
                let total = self.slot(assembler, Key::Total(arguments[0]));
                let greatest = self.slot(assembler, Key::Greatest(arguments[0]));
                let logarithm = assembler.apply(Op::Log, &[total]);
                assembler.apply(Op::Add, &[logarithm, greatest])
            }
            _ => return,
        };
        assembler.set(id, value);
    }

    fn potential(&mut self, assembler: &mut Assembler<'_>) -> Value {
        *self.potential.get_or_insert_with(|| {
            self.inputs.push(Input::Potential);
            assembler.free_input()
        })
    }

    fn slot(&mut self, assembler: &mut Assembler<'_>, key: Key) -> Value {
        let slot = self.slots.slot(key);
        self.inputs.push(Input::Scalar(slot));
        assembler.free_input()
    }

    /// exp(value − greatest).
    fn exponential(&mut self, assembler: &mut Assembler<'_>, id: Id, value: Value) -> Value {
        let greatest = self.slot(assembler, Key::Greatest(id));
        let difference = assembler.apply(Op::Sub, &[value, greatest]);
        assembler.apply(Op::Exp, &[difference])
    }
}

fn is_back(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Apply(Op::Feedback, _))
}

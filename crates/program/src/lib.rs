//! Programs: what a derived rule makes of a neuron and a cost, compiled to run inside a network.
//!
//! ```text
//! kernel.rs      elementwise expressions as instructions over tiles of neurons or classes; assembler.rs makes them
//! traces.rs      the traces that weights meet, recognised as one leak or two
//! input.rs       other traces, and several that weights meet
//! neuron.rs      state, potential and spikes after a step
//! judgement.rs   cost, ∂L/∂Y and δ, in stages between which sums are taken     staging.rs, neuron_values.rs
//! synapse.rs     each synapse by itself, where the gradient is more than δ times one trace
//! ```
//!
//! Weights and traces stay what they are for the built-in neurons, so that every kernel is at hand; only what follows the
//! drive W·trace + b is the user's. All of it gives the bits of the interpreter ([`decolle_plasticity::Simulation`]).
//!
//! A rule is derived once, its programs run in every step: a crate of their own, they are compiled for speed where what derives
//! may be compiled for size.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod assembler;
mod input;
mod judgement;
mod kernel;
mod neuron;
mod neuron_values;
mod staging;
mod strips;
mod synapse;
mod traces;

use decolle_error::{Code, Fault, Result};
use decolle_neuron::TraceDynamics;
use decolle_plasticity::{
    Carried, CarriedKind, ConstantGradient, ConstantKind, ConstantOf, Graph, Id, Node, Op, Real, Rule, Shape, Space,
    Symbol, Treatment, constant_values, value,
};

use neuron::NeuronParts;
use neuron_values::NeuronValues;

pub use input::{Arriving, InputProgram, InputScratch};
pub use judgement::{CopyValue, Judgement, JudgementScratch, Regularization, Units};
pub use kernel::{LANES, STRIP};
pub use neuron::{Lanes, NeuronProgram, NeuronScratch, StateVariable};
pub use strips::{STRIPS_ABREAST, StripsScratch};
pub use synapse::{SynapseGradient, SynapseProgram, SynapseScratch};

/// Sizes that expressions can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSize {
    /// Units, neurons after pooling.
    pub units: usize,
    /// Readout units.
    pub classes: usize,
    /// Microseconds a step.
    pub time_step: u64,
    /// Whether many synapses share a weight, as in a convolution.
    pub shares_weights: bool,
}

/// What of a rule is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The neuron's dynamics; if not, the fused ones run.
    pub neuron: bool,
    /// The cost; if not, the fused one runs.
    pub cost: bool,
}

/// Most expressions over inputs that weights meet, and most constants that learn.
pub const MOST_PRESYNAPTIC: usize = 16;

/// A constant that learns.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedConstant {
    /// Its name.
    pub name: String,
    /// Its value at first; of a time constant, its decay factor.
    pub value: f32,
    /// Whether each neuron has its own.
    pub of_neuron: bool,
    /// Whether it is a decay factor, which stays below 1.
    pub is_decay: bool,
    index: usize,
}

/// The constants of a rule that learn.
fn learned(rule: &Rule, values: &[Vec<f32>]) -> Vec<LearnedConstant> {
    let of = |gradient: &ConstantGradient| {
        let constant = &rule.model.constants[gradient.constant];
        LearnedConstant {
            name: constant.name.clone(),
            value: values[gradient.constant][0],
            of_neuron: constant.of == ConstantOf::Neuron,
            is_decay: constant.kind != ConstantKind::Number,
            index: gradient.constant,
        }
    };
    rule.constants.iter().map(of).collect()
}

/// How inputs become what weights meet.
#[derive(Clone, Debug)]
pub enum Inputs {
    /// One leak or two: every kernel is at hand.
    Leaks(TraceDynamics),
    /// Any traces, any number of them that weights meet: weighted densely.
    Program(InputProgram),
}

/// What a layer runs instead of, or beside, what is fused.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The traces that weights meet, and the neuron's step, where it is compiled.
    pub neuron: Option<(Inputs, NeuronProgram)>,
    /// The gradient of each synapse, where it is more than δ times one trace.
    pub synapse: Option<SynapseProgram>,
    /// Cost and δ.
    pub judgement: Judgement,
    /// Which of what weights meet each product of their gradient is with: the first with δ, the others with
    /// the [`Judgement::postsynaptic_factors`] after that of biases.
    pub products: Vec<usize>,
    /// Constants that learn, in the order in which programs take their values and δ gives their gradients.
    pub learned: Vec<LearnedConstant>,
}

/// Values that never change.
pub(crate) struct Fixed {
    /// Of each constant, unless it learns.
    constants: Vec<Option<f32>>,
    size: LayerSize,
}

impl Fixed {
    /// The value of a leaf, if it is one that never changes.
    pub(crate) fn leaf(&self, node: &Node) -> Option<f32> {
        match node {
            Node::Number(bits) => Some(f32::from_f64(f64::from_bits(*bits))),
            Node::Symbol(Symbol::Constant(index)) => self.constants[*index],
            Node::Symbol(Symbol::Count(Space::Neuron)) => Some(self.size.units as f32),
            Node::Symbol(Symbol::Count(Space::Class)) => Some(self.size.classes as f32),
            _ => None,
        }
    }

    /// The value of every expression of a graph that never changes.
    pub(crate) fn numbers(&self, graph: &Graph) -> Vec<Option<f32>> {
        let mut numbers: Vec<Option<f32>> = Vec::with_capacity(graph.len());
        for id in graph.ids() {
            let number = match graph.node(id) {
                Node::Apply(op, arguments) if op.is_elementwise() => {
                    let known: Option<Vec<f32>> = arguments.iter().map(|argument| numbers[argument.index()]).collect();
                    known.map(|known| value(*op, &known))
                }
                Node::Apply(..) => None,
                leaf => self.leaf(leaf),
            };
            numbers.push(number);
        }
        numbers
    }
}

impl Programs {
    /// Whether all steps run densely, since weights meet more than one trace or none that is a leak, something is kept for
    /// each synapse, constants learn, or neurons look at the layer.
    pub fn is_dense(&self) -> bool {
        let neuron = self.neuron.as_ref();
        self.synapse.is_some()
            || !self.learned.is_empty()
            || neuron.is_some_and(|(inputs, neuron)| matches!(inputs, Inputs::Program(_)) || neuron.sums() > 0)
    }
}

/// Compiles a rule for a layer.
///
/// # Errors
/// `config` for sums over samples in the dynamics; and, where synapses share weights, for eligibility traces, constants of
/// each neuron that learn, dynamics that look at other neurons of the layer.
pub fn compile(rule: &Rule, parts: Parts, size: LayerSize) -> Result<Programs> {
    refuse(rule, size)?;
    let model = &rule.model;
    let shape = Shape { samples: 1, inputs: 1, neurons: 1, classes: 1 };
    let values = constant_values::<f32>(&model.constants, shape, size.time_step as f64);
    let learned = learned(rule, &values);
    let learns = |index: usize| learned.iter().any(|constant| constant.index == index);
    let constants = values.iter().enumerate().map(|(index, values)| (!learns(index)).then(|| values[0])).collect();
    let fixed = Fixed { constants, size };
    let is_output = |kind: CarriedKind| matches!(kind, CarriedKind::Potential | CarriedKind::Spike);
    let of_neuron = |carried: &&Carried| carried.space == Space::Neuron && !is_output(carried.kind);
    let carried: Vec<&Carried> = rule.carried.iter().filter(of_neuron).collect();
    if parts.neuron {
        refuse_late_sums(rule)?;
    }
    let neuron_values = NeuronValues::new(rule, &fixed, &carried, parts.neuron)?;
    let (mut neuron, mut synapse, mut products) = (None, None, Vec::new());
    if parts.neuron {
        let drives = drives(rule, neuron_values.extra(), size)?;
        let presynaptic: Vec<Id> = drives.iter().map(|&drive| model.graph.arguments(drive)[0]).collect();
        let inputs = match only_trace(rule, &fixed, &presynaptic) {
            Some(traces) => Inputs::Leaks(traces),
            None => Inputs::Program(InputProgram::new(rule, &fixed, &learned, &presynaptic)),
        };
        products = rule
            .factors
            .iter()
            .filter_map(|factor| presynaptic.iter().position(|&value| value == factor.pre))
            .collect();
        let by_synapse =
            matches!(inputs, Inputs::Program(_)) || rule.eligibilities().next().is_some() || !learned.is_empty();
        if by_synapse && !size.shares_weights {
            synapse = Some(SynapseProgram::new(rule, &fixed, &presynaptic, &products, &neuron_values)?);
        }
        let parts_of = NeuronParts { carried: &carried, learned: &learned };
        neuron = Some((inputs, NeuronProgram::new(rule, &fixed, &parts_of, &drives, neuron_values.extra())));
    }
    let judgement = Judgement::new(rule, &fixed, parts.cost, neuron_values)?;
    Ok(Programs { neuron, synapse, judgement, products, learned })
}

/// Refuses, of a convolution, what would have to be kept for each synapse, and constants of each neuron that learn.
fn refuse(rule: &Rule, size: LayerSize) -> Result<()> {
    let model = &rule.model;
    for (state, treatment) in rule.treatments.iter().enumerate() {
        if let Treatment::Eligibility(obstacle) = treatment
            && size.shares_weights
        {
            let found = format_args!(
                "one for {}, which {} (choose the remainder \"stop\", or put stopGradient around the part); dense layers \
                 take this neuron",
                model.states[state].name, obstacle.reason
            );
            let expected = "a convolution's state without an eligibility trace for each synapse";
            return Err(Fault::unfit(Code::Config, &"neuron", &expected, &found));
        }
    }
    let learned = rule.constants.iter().map(|gradient| &model.constants[gradient.constant]);
    if let Some(constant) = learned.clone().find(|constant| constant.of == ConstantOf::Neuron && size.shares_weights) {
        let place = format_args!("constants.{}", constant.name);
        let expected = "a convolution's constants that learn to be one for the layer";
        let found = "one for each neuron; dense layers take this neuron";
        return Err(Fault::unfit(Code::Config, &place, &expected, &found).of("neuron"));
    }
    let found = learned.len();
    if found > MOST_PRESYNAPTIC {
        let expected = format_args!("at most {MOST_PRESYNAPTIC} that learn");
        return Err(Fault::unfit(Code::Config, &"constants", &expected, &found).of("neuron"));
    }
    Ok(())
}

/// Refuses a surrogate that is kept for the next step and looks at other neurons: sums are taken before the step.
fn refuse_late_sums(rule: &Rule) -> Result<()> {
    let graph = &rule.model.graph;
    let is_sum = |id: Id| matches!(graph.node(id), Node::Apply(Op::Sum | Op::BatchSum, _));
    let is_kept = rule.carried.iter().any(|carried| carried.kind == CarriedKind::Surrogate);
    if is_kept && graph.reachable(&[rule.surrogate], &|_| false).into_iter().any(is_sum) {
        let expected = "one that looks at its own neuron where past spikes carry gradient";
        let found = "a sum over the layer; rule() and checkRule() take this neuron";
        return Err(Fault::unfit(Code::Config, &"surrogate", &expected, &found).of("neuron"));
    }
    Ok(())
}

/// The weighted sums that a neuron's dynamics are driven by.
fn drives(rule: &Rule, extra: &[Id], size: LayerSize) -> Result<Vec<Id>> {
    let model = &rule.model;
    let graph = &model.graph;
    let carried = rule.carried.iter().filter(|carried| carried.space != Space::Input);
    let mut roots: Vec<Id> = carried.map(|carried| carried.next).collect();
    roots.extend(rule.factors.iter().map(|factor| factor.post));
    roots.extend(extra);
    let reached = graph.reachable(&roots, &|id| graph.matches(id, Op::Weighted).is_some());
    let find = |op: Op| reached.iter().copied().find(|&id| graph.matches(id, op).is_some());
    let over = [(find(Op::Sum).filter(|_| size.shares_weights), "layer"), (find(Op::BatchSum), "samples")];
    for (sum, what) in over {
        let Some(sum) = sum else { continue };
        let at = model.section(sum);
        let taker = if what == "layer" { "dense layers take" } else { "rule() and checkRule() take" };
        let found = format_args!("a sum over the {what}; {taker} this neuron");
        return Err(Fault::unfit(Code::Config, &at, &"dynamics of each neuron by itself", &found).of("neuron"));
    }
    let drives: Vec<Id> = reached.into_iter().filter(|&id| graph.matches(id, Op::Weighted).is_some()).collect();
    if drives.len() > MOST_PRESYNAPTIC {
        let expected = format_args!("at most {MOST_PRESYNAPTIC} weighted sums");
        let found = format_args!("{}; rule() and checkRule() take this neuron", drives.len());
        return Err(Fault::unfit(Code::Config, &"neuron", &expected, &found));
    }
    Ok(drives)
}

/// The leaks that the weights meet, if it is one trace that they do.
fn only_trace(rule: &Rule, fixed: &Fixed, presynaptic: &[Id]) -> Option<TraceDynamics> {
    match presynaptic {
        &[pre] if rule.factors.len() <= 1 => traces::recognize(rule, fixed, pre),
        _ => None,
    }
}

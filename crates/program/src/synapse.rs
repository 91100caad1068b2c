//! What a rule does at every synapse of a dense layer, where its gradient is more than δ times one trace.
//!
//! Where the weights cannot be moved out of the dynamics, each synapse carries eligibility traces forward. With
//! e_ij = ∂z_i/∂W_ij, forward-mode differentiation gives e_ij[t] = Σ a_i e_ij[t−1] + c_i x_j[t]: coefficients of the neuron,
//! traces of the synapse, and what the weight meets of the input. So the synapses of an input that has never been heard from
//! stay at zero, and are left out.

use decolle_error::{Code, Fault, Result};
use decolle_plasticity::{Carried, Id, Node, Op, Rule, Space};
use fearless_simd::{Level, dispatch};

use crate::Fixed;
use crate::assembler::Assembler;
use crate::kernel::{Kernel, LANES, Lanewise, Registers, STRIP, STRIPS, Tile};
use crate::neuron::not_finite;
use crate::neuron_values::NeuronValues;

/// Where an input of the kernel comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// What weights meet.
    Presynaptic(usize),
    /// An eligibility trace before the step.
    Trace(usize),
    /// A value of the neuron, as [`CopyValue`](crate::CopyValue) counts.
    Neuron(usize),
}

/// The step of a rule's synapses: eligibility traces, if there are any, multiplied by what belongs to the neuron.
#[derive(Clone, Debug)]
pub struct SynapseProgram {
    kernel: Kernel,
    sources: Vec<Source>,
    names: Vec<String>,
    /// What δ is multiplied with, if it is with what weights meet.
    first: Option<usize>,
    /// What the other postsynaptic factors are multiplied with.
    operands: Vec<Operand>,
}

/// What of a synapse a δ is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operand {
    /// What weights meet.
    Presynaptic(usize),
    /// An eligibility trace.
    Trace(usize),
    /// An eligibility trace before the step.
    Before(usize),
}

/// Where a program works.
#[derive(Clone, Debug, Default)]
pub struct SynapseScratch {
    registers: Registers,
    /// Eligibility traces before the step, where the gradient looks at them.
    before: Vec<Tile>,
}

/// The gradient of the synapses onto a block of neurons, for one sample.
pub struct SynapseGradient<'a> {
    /// δ of the block's neurons for weights, which multiplies what these meet.
    pub delta: &'a [f32],
    /// The other postsynaptic factors of the whole layer, one after the other: those of
    /// [`Judgement::postsynaptic_factors`](crate::Judgement::postsynaptic_factors) after that of biases; those of constants that
    /// learn follow.
    pub factors: &'a [f32],
    /// Units of the layer in memory.
    pub memory: usize,
    /// Where in them the block starts.
    pub start: usize,
    /// ∂L/∂W as `[input][neuron of the block]`, to be added to.
    pub gradient: &'a mut [f32],
}

impl SynapseProgram {
    /// Of a rule whose weights meet `presynaptic`, each product of the gradient the one that `products` says.
    pub(crate) fn new(
        rule: &Rule,
        fixed: &Fixed,
        presynaptic: &[Id],
        products: &[usize],
        values: &NeuronValues,
    ) -> Result<Self> {
        let graph = &rule.model.graph;
        let leaf = |node: &Node| fixed.leaf(node);
        let numbers = fixed.numbers(graph);
        let eligibilities: Vec<&Carried> = rule.eligibilities().map(|(_, trace)| trace).collect();
        let roots: Vec<Id> = eligibilities.iter().map(|trace| trace.next).collect();
        let before = |node: &Node| match node {
            Node::Symbol(symbol) => eligibilities.iter().position(|trace| trace.symbol == *symbol),
            _ => None,
        };
        let whole = |id: Id| {
            presynaptic.contains(&id)
                || numbers[id.index()].is_some()
                || matches!(graph.space(id), Space::Neuron | Space::Input)
        };
        let mut assembler = Assembler::new(graph, &leaf);
        let mut sources = Vec::new();
        for id in graph.reachable(&roots, &whole) {
            let source = if let Some(place) = presynaptic.iter().position(|&value| value == id) {
                Source::Presynaptic(place)
            } else if let Some(number) = numbers[id.index()] {
                let value = assembler.constant(number);
                assembler.set(id, value);
                continue;
            } else if let Some(index) = values.index(id).filter(|_| graph.space(id) == Space::Neuron) {
                Source::Neuron(index)
            } else if let Some(trace) = before(graph.node(id)) {
                Source::Trace(trace)
            } else if graph.space(id) == Space::Synapse && !matches!(graph.node(id), Node::Apply(Op::Weighted, _)) {
                continue;
            } else {
                let found = format_args!(
                    "one of {}; rule() and checkRule() take this neuron, a network does not",
                    crate::traces::called(&rule.model, id)
                );
                let expected = "eligibility traces of what weights meet and of the neuron";
                return Err(Fault::unfit(Code::Config, &"neuron", &expected, &found));
            };
            assembler.input(id);
            sources.push(source);
        }
        let outputs: Vec<_> = roots.iter().map(|&root| assembler.value(root)).collect();
        let mut products = products.iter().copied();
        let first = products.next();
        let mut operands: Vec<Operand> = products.map(Operand::Presynaptic).collect();
        operands.extend(rule.synapse_factors.iter().map(|factor| match factor.before {
            false => Operand::Trace(factor.trace),
            true => Operand::Before(factor.trace),
        }));
        let names = eligibilities.iter().map(|trace| trace.name.clone()).collect();
        Ok(Self { kernel: assembler.finish(&outputs), sources, names, first, operands })
    }

    /// The state variables, or `membrane`, whose derivatives the eligibility traces are.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Somewhere to work.
    pub fn scratch(&self) -> SynapseScratch {
        let looks_back = self.operands.iter().any(|operand| matches!(operand, Operand::Before(_)));
        let before = vec![[[0.0; STRIP]; STRIPS]; if looks_back { self.names.len() } else { 0 }];
        SynapseScratch { registers: self.kernel.registers(), before }
    }

    /// Operations for one synapse of an input that is heard from, with its gradient or without.
    pub fn operations(&self, learns: bool) -> usize {
        self.names.len() + if learns { self.operands.len() + usize::from(self.first.is_some()) } else { 0 }
    }

    /// One step of the synapses of one sample onto a block of `width` neurons, a multiple of [`STRIP`]; false if an
    /// eligibility trace is not finite.
    ///
    /// `presynaptic` is what weights meet of each input, `reached` whether that has ever been other than zero; `neuron_values` gives a value
    /// of the block's neurons; `traces` is `[input][trace][neuron]`.
    #[expect(clippy::too_many_arguments, reason = "all that a synapse looks at")]
    pub fn step<'a>(
        &self,
        level: Level,
        scratch: &mut SynapseScratch,
        width: usize,
        presynaptic: &[&[f32]],
        reached: &[bool],
        neuron_values: &dyn Fn(usize) -> &'a [f32],
        traces: &mut [f32],
        mut learning: Option<SynapseGradient<'_>>,
    ) -> bool {
        let mut finite = true;
        for first in (0..width).step_by(LANES) {
            let lanes = LANES.min(width - first);
            if lanes == LANES {
                finite &= dispatch!(level, _simd => self.lanes::<STRIPS>(
                    level, scratch, width, first, presynaptic, reached, neuron_values, traces, learning.as_mut()
                ));
            } else {
                for first in (first..first + lanes).step_by(STRIP) {
                    finite &= dispatch!(level, _simd => self.lanes::<1>(
                        level, scratch, width, first, presynaptic, reached, neuron_values, traces, learning.as_mut()
                    ));
                }
            }
        }
        finite
    }

    /// As [`SynapseProgram::step`], onto `N` strips of neurons from `first` on.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all that a synapse looks at")]
    fn lanes<'a, const N: usize>(
        &self,
        level: Level,
        SynapseScratch { registers, before }: &mut SynapseScratch,
        width: usize,
        first: usize,
        presynaptic: &[&[f32]],
        reached: &[bool],
        neuron_values: &dyn Fn(usize) -> &'a [f32],
        traces: &mut [f32],
        mut learning: Option<&mut SynapseGradient<'_>>,
    ) -> bool {
        let lanes = first..first + N * STRIP;
        let count = self.names.len();
        for (register, source) in self.sources.iter().enumerate() {
            if let Source::Neuron(value) = *source {
                registers.at(register).load(&neuron_values(value)[lanes.clone()]);
            }
        }
        let mut exponents = 0;
        for (input, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
            let traces = &mut traces[input * count * width..][..count * width];
            for (register, source) in self.sources.iter().enumerate() {
                match *source {
                    Source::Presynaptic(place) => registers.at(register).spread(presynaptic[place][input]),
                    Source::Trace(trace) => registers.at(register).load(&traces[trace * width..][lanes.clone()]),
                    Source::Neuron(_) => {}
                }
            }
            self.kernel.run(level, N, registers);
            for (trace, tile) in before.iter_mut().enumerate() {
                tile.load(&traces[trace * width..][lanes.clone()]);
            }
            for trace in 0..count {
                let tile = registers.get(self.kernel.output(trace));
                tile.store(&mut traces[trace * width..][lanes.clone()]);
                exponents |= not_finite::<N, _>(tile);
            }
            let Some(SynapseGradient { delta, factors, memory, start, gradient }) = learning.as_deref_mut() else {
                continue;
            };
            let gradient = &mut gradient[input * width..][lanes.clone()];
            if let Some(place) = self.first {
                add(gradient, &delta[lanes.clone()], presynaptic[place][input]);
            }
            for (operand, factor) in self.operands.iter().zip(factors.chunks_exact(*memory)) {
                let post = &factor[*start..][lanes.clone()];
                match *operand {
                    Operand::Presynaptic(place) => add(gradient, post, presynaptic[place][input]),
                    Operand::Trace(trace) => add_each(gradient, post, registers.get(self.kernel.output(trace))),
                    Operand::Before(trace) => add_each(gradient, post, &before[trace]),
                }
            }
        }
        exponents == 0
    }
}

/// Adds δ times what the weights from one input meet.
#[inline(always)]
fn add(gradient: &mut [f32], delta: &[f32], presynaptic: f32) {
    for (sum, delta) in gradient.iter_mut().zip(delta) {
        *sum += delta * presynaptic;
    }
}

/// Adds δ times an eligibility trace of each synapse.
#[inline(always)]
fn add_each(gradient: &mut [f32], delta: &[f32], traces: &Tile) {
    for ((sum, delta), trace) in gradient.iter_mut().zip(delta).zip(traces.as_flattened()) {
        *sum += delta * trace;
    }
}

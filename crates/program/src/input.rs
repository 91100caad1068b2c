//! Traces of inputs that are no leak, and what several weighted sums meet of them: any dynamics.

use std::ops::{Deref, DerefMut};

use decolle_plasticity::{Carried, Id, Node, Rule, Space, Symbol};
use fearless_simd::{Level, dispatch};

use crate::assembler::{Assembler, Value};
use crate::kernel::{Kernel, LANES, Lanewise, Registers, STRIP, STRIPS};
use crate::neuron::{StateVariable, keep, not_finite};
use crate::{Fixed, LearnedConstant};

/// Where an input of the kernel comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Event,
    /// Whether it is a spike of the layer itself.
    IsRecurrent,
    Trace(usize),
    /// A constant that learns.
    Constant(usize),
}

/// The step of the traces of a layer's inputs.
#[derive(Clone, Debug)]
pub struct InputProgram {
    kernel: Kernel,
    sources: Vec<Source>,
    traces: Vec<StateVariable>,
    /// How many expressions weights meet.
    presynaptic: usize,
}

/// What arrives at inputs in a step, as many values as there are inputs in memory.
#[derive(Clone, Copy, Debug)]
pub struct Arriving<'a> {
    /// Events of each input.
    pub events: &'a [f32],
    /// 1 for each input that is a spike of the layer itself, else 0; looked at if [`InputProgram::tells_recurrent`].
    pub is_recurrent: &'a [f32],
}

/// Where a program works.
#[derive(Clone, Debug, Default)]
pub struct InputScratch(Registers);

impl InputProgram {
    /// Of a rule whose weights meet `presynaptic`.
    pub(crate) fn new(rule: &Rule, fixed: &Fixed, learned: &[LearnedConstant], presynaptic: &[Id]) -> Self {
        let graph = &rule.model.graph;
        let leaf = |node: &Node| fixed.leaf(node);
        let mut assembler = Assembler::new(graph, &leaf);
        let carried: Vec<&Carried> = rule.carried.iter().filter(|carried| carried.space == Space::Input).collect();
        let roots: Vec<Id> = carried.iter().map(|carried| carried.next).chain(presynaptic.iter().copied()).collect();
        let mut sources = Vec::new();
        for id in graph.reachable(&roots, &|_| false) {
            let source = match graph.node(id) {
                Node::Symbol(Symbol::Event) => Source::Event,
                Node::Symbol(Symbol::IsRecurrent) => Source::IsRecurrent,
                Node::Symbol(Symbol::Constant(index)) => {
                    match learned.iter().position(|constant| constant.index == *index) {
                        Some(place) => Source::Constant(place),
                        None => continue,
                    }
                }
                Node::Symbol(symbol) => match carried.iter().position(|carried| carried.symbol == *symbol) {
                    Some(place) => Source::Trace(place),
                    None => continue,
                },
                _ => continue,
            };
            assembler.input(id);
            sources.push(source);
        }
        let mut outputs: Vec<Value> = carried.iter().map(|carried| keep(graph, &mut assembler, carried)).collect();
        outputs.extend(presynaptic.iter().map(|&id| assembler.value(id)));
        let traces = carried.into_iter().map(StateVariable::new).collect();
        Self { kernel: assembler.finish(&outputs), sources, traces, presynaptic: presynaptic.len() }
    }

    /// The traces that are kept, and their derivatives by constants that learn.
    pub fn traces(&self) -> &[StateVariable] {
        &self.traces
    }

    /// How many values there are that weights meet.
    pub fn presynaptic(&self) -> usize {
        self.presynaptic
    }

    /// Whether it looks at which inputs are spikes of the layer itself.
    pub fn tells_recurrent(&self) -> bool {
        self.sources.contains(&Source::IsRecurrent)
    }

    /// Somewhere to work.
    pub fn scratch(&self) -> InputScratch {
        InputScratch(self.kernel.registers())
    }

    /// One step of a sample's inputs, whose number in memory is a multiple of [`STRIP`], with what arrives and the values of
    /// constants that learn; false if a trace is not finite.
    pub fn step<A>(
        &self,
        level: Level,
        scratch: &mut InputScratch,
        constants: &[f32],
        arriving: Arriving<'_>,
        traces: &mut [A],
        presynaptic: &mut [A],
    ) -> bool
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        for (register, source) in self.sources.iter().enumerate() {
            if let Source::Constant(constant) = *source {
                scratch.0.at(register).spread(constants[constant]);
            }
        }
        let mut exponents = 0;
        dispatch!(level, _simd => {
            let count = arriving.events.len();
            for first in (0..count).step_by(LANES) {
                let last = count.min(first + LANES);
                if last - first == LANES {
                    exponents |= self.tile::<STRIPS, A>(level, &mut scratch.0, arriving, traces, presynaptic, first, last);
                } else {
                    for first in (first..last).step_by(STRIP) {
                        exponents |= self.tile::<1, A>(level, &mut scratch.0, arriving, traces, presynaptic, first, first + STRIP);
                    }
                }
            }
        });
        exponents == 0
    }

    /// One tile; not zero if a trace is not finite.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    fn tile<const N: usize, A>(
        &self,
        level: Level,
        registers: &mut Registers,
        arriving: Arriving<'_>,
        traces: &mut [A],
        presynaptic: &mut [A],
        first: usize,
        last: usize,
    ) -> u32
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        for (register, source) in self.sources.iter().enumerate() {
            let values = match *source {
                Source::Event => arriving.events,
                Source::IsRecurrent => arriving.is_recurrent,
                Source::Trace(trace) => &traces[trace],
                Source::Constant(_) => continue,
            };
            registers.at(register).load(&values[first..last]);
        }
        self.kernel.run(level, N, registers);
        let mut exponents = 0;
        for output in 0..traces.len() {
            exponents |= not_finite::<N, _>(registers.get(self.kernel.output(output)));
        }
        for (output, to) in traces.iter_mut().chain(presynaptic).enumerate() {
            registers.get(self.kernel.output(output)).store(&mut to[first..last]);
        }
        exponents
    }
}

//! Traces of inputs that are no leak, and what several weighted sums meet of them: any dynamics.

use std::ops::{Deref, DerefMut};

use decolle_plasticity::{Id, Node, Real, Rule, Space, Symbol};
use fearless_simd::{Level, dispatch};

use crate::assembler::{Assembler, Value};
use crate::kernel::{Kernel, LANES, Lanewise, Registers, STRIP, STRIPS};
use crate::neuron::{StateVariable, not_finite};
use crate::{Fixed, LearnedConstant};

/// Where an input of the kernel comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Event,
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
    met: usize,
}

/// Where a program works.
#[derive(Clone, Debug, Default)]
pub struct InputRoom(Registers);

impl InputProgram {
    /// Of a rule whose weights meet `met`.
    pub(crate) fn new(rule: &Rule, fixed: &Fixed, learned: &[LearnedConstant], met: &[Id]) -> Self {
        let model = &rule.model;
        let graph = &model.graph;
        let leaf = |node: &Node| fixed.leaf(node);
        let mut assembler = Assembler::new(graph, &leaf);
        let sensitivities = sensitivities(rule);
        let mut roots: Vec<Id> = model.traces.iter().map(|trace| trace.next).collect();
        roots.extend(sensitivities.iter().map(|(_, _, next)| *next));
        roots.extend(met);
        let mut sources = Vec::new();
        for id in graph.reachable(&roots, &|_| false) {
            let source = match graph.node(id) {
                Node::Symbol(Symbol::Event) => Source::Event,
                Node::Symbol(Symbol::Trace(trace)) => Source::Trace(*trace),
                Node::Symbol(Symbol::Constant(index)) => {
                    match learned.iter().position(|constant| constant.index == *index) {
                        Some(place) => Source::Constant(place),
                        None => continue,
                    }
                }
                Node::Symbol(symbol) => match sensitivities.iter().position(|(own, _, _)| own == symbol) {
                    Some(place) => Source::Trace(model.traces.len() + place),
                    None => continue,
                },
                _ => continue,
            };
            assembler.input(id);
            sources.push(source);
        }
        let mut outputs: Vec<Value> = Vec::new();
        for trace in &model.traces {
            let value = assembler.value(trace.next);
            let floored = assembler.floored(value);
            // What follows in this step sees the trace as it is kept.
            if graph.space(trace.next) == Space::Input {
                assembler.set(trace.next, floored);
            }
            outputs.push(floored);
        }
        outputs.extend(sensitivities.iter().map(|&(_, _, next)| assembler.value(next)));
        outputs.extend(met.iter().map(|&id| assembler.value(id)));
        let own = model.traces.iter();
        let own = own.map(|trace| StateVariable { name: trace.name.clone(), initial: f32::from_f64(trace.initial) });
        let mut traces: Vec<StateVariable> = own.collect();
        traces.extend(sensitivities.into_iter().map(|(_, name, _)| StateVariable { name, initial: 0.0 }));
        Self { kernel: assembler.finish(&outputs), sources, traces, met: met.len() }
    }

    /// The traces that are kept, and their derivatives by constants that learn.
    pub fn traces(&self) -> &[StateVariable] {
        &self.traces
    }

    /// How many values there are that weights meet.
    pub fn met(&self) -> usize {
        self.met
    }

    /// Somewhere to work.
    pub fn room(&self) -> InputRoom {
        InputRoom(self.kernel.registers())
    }

    /// One step of a sample's inputs, whose number in memory is a multiple of [`STRIP`], with their events and the values of
    /// constants that learn; false if a trace is not finite.
    pub fn step<A>(
        &self,
        level: Level,
        room: &mut InputRoom,
        constants: &[f32],
        events: &[f32],
        traces: &mut [A],
        met: &mut [A],
    ) -> bool
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        for (register, source) in self.sources.iter().enumerate() {
            if let Source::Constant(constant) = *source {
                room.0.at(register).spread(constants[constant]);
            }
        }
        let mut exponents = 0;
        dispatch!(level, _simd => {
            for first in (0..events.len()).step_by(LANES) {
                let last = events.len().min(first + LANES);
                if last - first == LANES {
                    exponents |= self.tile::<STRIPS, A>(level, &mut room.0, events, traces, met, first, last);
                } else {
                    for first in (first..last).step_by(STRIP) {
                        exponents |= self.tile::<1, A>(level, &mut room.0, events, traces, met, first, first + STRIP);
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
        events: &[f32],
        traces: &mut [A],
        met: &mut [A],
        first: usize,
        last: usize,
    ) -> u32
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        for (register, source) in self.sources.iter().enumerate() {
            match *source {
                Source::Event => registers.at(register).load(&events[first..last]),
                Source::Trace(trace) => registers.at(register).load(&traces[trace][first..last]),
                Source::Constant(_) => {}
            }
        }
        self.kernel.run(level, N, registers);
        let mut exponents = 0;
        for output in 0..traces.len() {
            exponents |= not_finite::<N, _>(registers.get(self.kernel.output(output)));
        }
        for (output, to) in traces.iter_mut().chain(met).enumerate() {
            registers.get(self.kernel.output(output)).store(&mut to[first..last]);
        }
        exponents
    }
}

/// Derivatives of traces by constants that learn: symbol, name, and value after the step.
fn sensitivities(rule: &Rule) -> Vec<(Symbol, String, Id)> {
    let model = &rule.model;
    let mut sensitivities = Vec::new();
    for gradient in &rule.constants {
        let (constant, by) = (gradient.constant, &model.constants[gradient.constant].name);
        for &(trace, next) in &gradient.traces {
            let name = format!("{}.by.{by}", model.traces[trace].name);
            sensitivities.push((Symbol::TraceSensitivity(trace, constant), name, next));
        }
    }
    sensitivities
}

//! A neuron's step, tile by tile: state, potential and spikes from the drive and those of the step before.

use std::ops::{Deref, DerefMut};

use decolle_number::nearest;
use decolle_plasticity::{Carried, Graph, Id, Node, Op, Real, Rule, SpikeCondition, Symbol};
use fearless_simd::{Level, dispatch};

use crate::assembler::{Assembler, Value};
use crate::kernel::{Kernel, LANES, Lanewise, Registers, STRIP, Tile};
use crate::{Fixed, LearnedConstant};

/// A state variable that is kept for each neuron, or what the gradient carries on beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct StateVariable {
    /// Its name; that of the gradient's has a dot.
    pub name: String,
    /// Its value before the first step.
    pub initial: f32,
}

impl StateVariable {
    pub(crate) fn new(carried: &Carried) -> Self {
        Self { name: carried.name.clone(), initial: f32::from_f64(carried.initial) }
    }
}

/// Where an input of the kernel comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    /// A weighted sum, of those that drive the neuron.
    Drive(usize),
    Bias,
    State(usize),
    PastSpike,
    PastPotential,
    /// A sum over the layer.
    Sum(usize),
    /// A constant that learns.
    Constant(usize),
}

impl Source {
    /// The output of the step before that this is, where the first so many outputs are what is kept of a neuron, U and S behind
    /// them.
    pub(crate) fn comes_from(self, stored: usize) -> Option<usize> {
        match self {
            Self::State(state) => Some(state),
            Self::PastPotential => Some(stored),
            Self::PastSpike => Some(stored + 1),
            Self::Drive(_) | Self::Bias | Self::Sum(_) | Self::Constant(_) => None,
        }
    }
}

/// What a neuron keeps beside U and S, and which of its constants learn.
pub(crate) struct NeuronParts<'a> {
    /// State variables first.
    pub carried: &'a [&'a Carried],
    pub learned: &'a [LearnedConstant],
}

/// The step of a neuron of the user's.
#[derive(Clone, Debug)]
pub struct NeuronProgram {
    pub(crate) kernel: Kernel,
    pub(crate) sources: Vec<Source>,
    /// What is summed over the layer before a step.
    sums: Vec<(Kernel, Vec<Source>)>,
    pub(crate) states: Vec<StateVariable>,
    /// Whether the drive is W·trace + b, rather than W·trace.
    with_bias: bool,
    condition: SpikeCondition,
    /// Further values that δ looks at.
    pub(crate) extra: usize,
}

/// Where a program works.
#[derive(Clone, Debug, Default)]
pub struct NeuronScratch {
    registers: Registers,
    of_sums: Vec<Registers>,
    /// Sums over the layer.
    sums: Vec<f32>,
}

impl NeuronScratch {
    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        let of_sums: u64 = self.of_sums.iter().map(Registers::bytes).sum();
        self.registers.bytes() + of_sums + size_of_val(&self.of_sums[..]) as u64 + size_of_val(&self.sums[..]) as u64
    }
}

/// A run of neurons: their number is a multiple of [`STRIP`].
pub struct Lanes<'a, A> {
    /// Σ_j W_ij f_j for each f that weights meet, with the bias where [`NeuronProgram::takes_bias_with_drive`].
    pub drives: &'a [&'a [f32]],
    /// Constants that learn, their values one by one for the neurons of the run.
    pub constants: &'a [&'a [f32]],
    /// Biases, over and over again in runs of this length, a multiple of [`STRIP`].
    pub bias: &'a [f32],
    /// State variables, and behind them what δ looks at.
    pub states: &'a mut [A],
    /// U of the step before, and then of this one.
    pub potential: &'a mut [f32],
    /// S of the step before, and then of this one.
    pub spike: &'a mut [f32],
}

impl NeuronProgram {
    pub(crate) fn new(rule: &Rule, fixed: &Fixed, parts: &NeuronParts<'_>, drives: &[Id], extra: &[Id]) -> Self {
        let carried = parts.carried;
        let model = &rule.model;
        let graph = &model.graph;
        let leaf = |node: &Node| fixed.leaf(node);
        let roots = carried.iter().map(|carried| carried.next).chain([model.potential]);
        let roots: Vec<Id> = roots.chain(extra.iter().copied()).collect();
        let joined = if let [drive] = drives { sum_with_bias(graph, &roots, *drive) } else { None };
        let entries = joined.map_or_else(|| drives.to_vec(), |sum| vec![sum]);
        let reached = graph.reachable(&roots, &|id| entries.contains(&id));
        let summed: Vec<Id> = reached.into_iter().filter(|&id| graph.matches(id, Op::Sum).is_some()).collect();
        let start = |roots: &[Id], summed: &[Id]| {
            let mut assembler = Assembler::new(graph, &leaf);
            let sources = inputs(graph, &mut assembler, roots, &entries, summed, parts);
            (assembler, sources)
        };
        let of_sum = |(place, &sum): (usize, &Id)| {
            let root = graph.arguments(sum)[0];
            let (mut assembler, sources) = start(&[root], &summed[..place]);
            let within = graph.reachable(&[root], &|id| entries.contains(&id) || summed[..place].contains(&id));
            for variable in carried.iter().filter(|carried| carried.is_variable() && within.contains(&carried.next)) {
                keep(graph, &mut assembler, variable);
            }
            let value = assembler.value(root);
            (assembler.finish(&[value]), sources)
        };
        let sums = summed.iter().enumerate().map(of_sum).collect();
        let (mut assembler, sources) = start(&roots, &summed);
        let (variables, derivatives) = carried.split_at(carried.partition_point(|carried| carried.is_variable()));
        let mut outputs: Vec<Value> = variables.iter().map(|variable| keep(graph, &mut assembler, variable)).collect();
        let potential = assembler.value(model.potential);
        if let Some(leaf) = graph.find(&Node::Symbol(Symbol::Potential)) {
            assembler.set(leaf, potential);
        }
        outputs.extend(derivatives.iter().map(|carried| assembler.value(carried.next)));
        let zero = assembler.constant(0.0);
        for &id in extra {
            let value = assembler.value(id);
            // It may be what goes in, whose register the next state is to have.
            outputs.push(assembler.kept(value));
        }
        let spike = assembler.apply(model.condition.comparison(), &[zero, potential]);
        outputs.extend([potential, spike]);
        let stored = carried.len() + extra.len();
        let again: Vec<(usize, usize)> = sources
            .iter()
            .enumerate()
            .filter_map(|(input, source)| Some((source.comes_from(stored)?, input)))
            .collect();
        Self {
            kernel: assembler.finish_recurrent(&outputs, &again),
            sources,
            sums,
            states: carried.iter().map(|carried| StateVariable::new(carried)).collect(),
            with_bias: joined.is_some(),
            condition: model.condition,
            extra: extra.len(),
        }
    }

    /// State variables that are kept, and what the gradient carries on for each neuron.
    pub fn states(&self) -> &[StateVariable] {
        &self.states
    }

    /// How many further values there are of each neuron, which δ looks at.
    pub fn extra(&self) -> usize {
        self.extra
    }

    /// Whether the bias enters together with the drive and nowhere else.
    pub fn takes_bias_with_drive(&self) -> bool {
        self.with_bias
    }

    /// Whether a potential of zero spikes.
    pub fn spikes_at_threshold(&self) -> bool {
        self.condition == SpikeCondition::At
    }

    /// Somewhere to work.
    pub fn scratch(&self) -> NeuronScratch {
        NeuronScratch {
            registers: self.kernel.registers(),
            of_sums: self.sums.iter().map(|(kernel, _)| kernel.registers()).collect(),
            sums: vec![0.0; self.sums.len()],
        }
    }

    /// How many sums over the layer a step starts with, which [`NeuronProgram::set_sum`] takes one after the other.
    pub fn sums(&self) -> usize {
        self.sums.len()
    }

    /// Adds what a run of neurons, of which the first so many are real, has to do with sum `index`.
    pub fn add_to_sum<A>(
        &self,
        level: Level,
        scratch: &mut NeuronScratch,
        index: usize,
        lanes: &Lanes<'_, A>,
        real: usize,
        sum: &mut f64,
    ) where
        A: Deref<Target = [f32]>,
    {
        let NeuronScratch { of_sums, sums, .. } = scratch;
        let (registers, (kernel, sources)) = (&mut of_sums[index], &self.sums[index]);
        for first in (0..lanes.potential.len()).step_by(STRIP) {
            load(sources, registers, lanes, sums, first, first + STRIP);
            kernel.run(level, 1, registers);
            let values = registers.get(kernel.output(0))[0];
            for &value in &values[..STRIP.min(real.saturating_sub(first))] {
                *sum += f64::from(value);
            }
        }
    }

    /// Takes sum `index`, which starts from −0, as the interpreter's do.
    pub fn set_sum(&self, scratch: &mut NeuronScratch, index: usize, sum: f64) {
        scratch.sums[index] = nearest(sum);
    }

    /// One step of a run of neurons; false if a potential or a state variable is not finite.
    pub fn step<A>(&self, level: Level, scratch: &mut NeuronScratch, lanes: &mut Lanes<'_, A>) -> bool
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        dispatch!(level, _simd => self.all(level, scratch, lanes))
    }

    #[inline(always)]
    fn all<A>(&self, level: Level, scratch: &mut NeuronScratch, lanes: &mut Lanes<'_, A>) -> bool
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        let mut exponents = 0u32;
        let length = lanes.potential.len();
        for first in (0..length).step_by(LANES) {
            let last = length.min(first + LANES);
            if last - first == LANES {
                exponents |= self.tile::<{ LANES / STRIP }, A>(level, scratch, lanes, first, last);
            } else {
                for first in (first..last).step_by(STRIP) {
                    exponents |= self.tile::<1, A>(level, scratch, lanes, first, first + STRIP);
                }
            }
        }
        exponents == 0
    }

    /// One tile; not zero if something is not finite.
    #[inline(always)]
    fn tile<const N: usize, A>(
        &self,
        level: Level,
        scratch: &mut NeuronScratch,
        lanes: &mut Lanes<'_, A>,
        first: usize,
        last: usize,
    ) -> u32
    where
        A: Deref<Target = [f32]> + DerefMut,
    {
        let NeuronScratch { registers, sums, .. } = scratch;
        load(&self.sources, registers, lanes, sums, first, last);
        self.kernel.run(level, N, registers);
        let mut exponents = 0;
        let stored = self.states.len() + self.extra;
        for (output, state) in lanes.states[..stored].iter_mut().enumerate() {
            let tile = registers.get(self.kernel.output(output));
            tile.store(&mut state[first..last]);
            exponents |= not_finite::<N, _>(tile);
        }
        let potential = registers.get(self.kernel.output(stored));
        potential.store(&mut lanes.potential[first..last]);
        registers.get(self.kernel.output(stored + 1)).store(&mut lanes.spike[first..last]);
        exponents | not_finite::<N, _>(potential)
    }
}

/// Makes what `roots` come from inputs of a kernel: weighted sums first, then what a neuron keeps and sums over the layer.
fn inputs(
    graph: &Graph,
    assembler: &mut Assembler<'_>,
    roots: &[Id],
    entries: &[Id],
    summed: &[Id],
    parts: &NeuronParts<'_>,
) -> Vec<Source> {
    let NeuronParts { carried, learned } = *parts;
    let mut sources: Vec<Source> = Vec::new();
    for (place, &entry) in entries.iter().enumerate() {
        assembler.input(entry);
        sources.push(Source::Drive(place));
    }
    for id in graph.reachable(roots, &|id| entries.contains(&id) || summed.contains(&id)) {
        let source = if let Some(place) = summed.iter().position(|&sum| sum == id) {
            Source::Sum(place)
        } else {
            match graph.node(id) {
                Node::Symbol(Symbol::Bias) => Source::Bias,
                Node::Symbol(Symbol::PastSpike) => Source::PastSpike,
                Node::Symbol(Symbol::PastPotential) => Source::PastPotential,
                Node::Symbol(Symbol::Constant(index)) => {
                    match learned.iter().position(|constant| constant.index == *index) {
                        Some(place) => Source::Constant(place),
                        None => continue,
                    }
                }
                // A state that is nothing but a weighted trace is never looked at itself.
                Node::Symbol(symbol) => match carried.iter().position(|carried| carried.symbol == *symbol) {
                    Some(place) => Source::State(place),
                    None => continue,
                },
                _ => continue,
            }
        };
        assembler.input(id);
        sources.push(source);
    }
    sources
}

/// The value after the step of something that is carried: of traces and state variables as it is kept, which is what all that
/// follows in the step sees.
pub(crate) fn keep(graph: &Graph, assembler: &mut Assembler<'_>, carried: &Carried) -> Value {
    let value = assembler.value(carried.next);
    if !carried.is_variable() {
        return value;
    }
    let floored = assembler.floored(value);
    if graph.space(carried.next) == carried.space {
        assembler.set(carried.next, floored);
    }
    floored
}

/// Loads what a tile of neurons starts from.
#[inline(always)]
fn load<A: Deref<Target = [f32]>>(
    sources: &[Source],
    registers: &mut Registers,
    lanes: &Lanes<'_, A>,
    sums: &[f32],
    first: usize,
    last: usize,
) {
    for (register, source) in sources.iter().enumerate() {
        let tile = registers.at(register);
        match *source {
            Source::Drive(drive) => tile.load(&lanes.drives[drive][first..last]),
            Source::State(state) => tile.load(&lanes.states[state][first..last]),
            Source::PastSpike => tile.load(&lanes.spike[first..last]),
            Source::PastPotential => tile.load(&lanes.potential[first..last]),
            Source::Sum(sum) => tile.spread(sums[sum]),
            Source::Constant(constant) => tile.load(&lanes.constants[constant][first..last]),
            Source::Bias => {
                for (strip, place) in (first..last).step_by(STRIP).enumerate() {
                    let start = place % lanes.bias.len();
                    tile[strip].copy_from_slice(&lanes.bias[start..start + STRIP]);
                }
            }
        }
    }
}

/// Not zero if a number in the first strips is an infinity or NaN, which have all exponent bits set.
#[inline(always)]
pub(crate) fn not_finite<const N: usize, const S: usize>(tile: &Tile<S>) -> u32 {
    const EXPONENT: u32 = 0x7f80_0000;
    // Lane by lane, for the compiler would gather strips from memory to make one number of them.
    let mut greatest = [0; STRIP];
    for strip in &tile[..N] {
        let mut next = [0; STRIP];
        for lane in 0..STRIP {
            next[lane] = greatest[lane].max(strip[lane].to_bits() & EXPONENT);
        }
        greatest = next;
    }
    u32::from(greatest.contains(&EXPONENT))
}

/// The sum of the drive and the bias, if neither enters anywhere else.
fn sum_with_bias(graph: &Graph, roots: &[Id], drive: Id) -> Option<Id> {
    let is_bias = |id: Id| *graph.node(id) == Node::Symbol(Symbol::Bias);
    let reached = graph.reachable(roots, &|id| id == drive);
    let sum = *reached.iter().find(|&&id| match graph.matches(id, Op::Add) {
        Some(&[a, b]) => a == drive && is_bias(b) || b == drive && is_bias(a),
        _ => false,
    })?;
    let elsewhere = roots.iter().any(|&root| root == drive || is_bias(root))
        || reached
            .iter()
            .filter(|&&id| id != sum && id != drive)
            .any(|&id| graph.arguments(id).iter().any(|&argument| argument == drive || is_bias(argument)));
    (!elsewhere).then_some(sum)
}

//! Kernels made of expressions: which instructions there are, fused where one product or floor has one use, and which
//! registers values are in.

use std::collections::HashMap;

use decolle_number::index;
use decolle_plasticity::{Graph, Id, Map, Node, Number, Op, Real, value};

use crate::kernel::{Code, Instruction, Kernel};

/// Where a value is while a kernel is made; each is given once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value(u32);

impl Number for Value {
    fn numbered(number: usize) -> Self {
        Self(index(number))
    }

    fn number(self) -> usize {
        self.0 as usize
    }
}

/// Makes a kernel of expressions of a graph.
pub(crate) struct Assembler<'a> {
    graph: &'a Graph,
    /// Values of leaves that are known beforehand.
    fixed: &'a dyn Fn(&Node) -> Option<f32>,
    values: Map<Id, Value>,
    constants: HashMap<u32, Value>,
    constant_of: Map<Value, f32>,
    instructions: Vec<(Code, [Value; 3], Value)>,
    inputs: Vec<Value>,
    count: u32,
}

impl<'a> Assembler<'a> {
    pub(crate) fn new(graph: &'a Graph, fixed: &'a dyn Fn(&Node) -> Option<f32>) -> Self {
        Self {
            graph,
            fixed,
            values: Map::new(),
            constants: HashMap::new(),
            constant_of: Map::new(),
            instructions: Vec::new(),
            inputs: Vec::new(),
            count: 0,
        }
    }

    fn fresh(&mut self) -> Value {
        self.count += 1;
        Value(self.count - 1)
    }

    /// Makes the next input the value of a node.
    pub(crate) fn input(&mut self, id: Id) -> Value {
        let value = self.free_input();
        self.values.insert(id, value);
        value
    }

    /// The next input, of no node.
    pub(crate) fn free_input(&mut self) -> Value {
        let value = self.fresh();
        self.inputs.push(value);
        value
    }

    /// Gives a node the value of another.
    pub(crate) fn set(&mut self, id: Id, value: Value) {
        self.values.insert(id, value);
    }

    /// A number.
    pub(crate) fn constant(&mut self, number: f32) -> Value {
        if let Some(&value) = self.constants.get(&number.to_bits()) {
            return value;
        }
        let value = self.fresh();
        self.constants.insert(number.to_bits(), value);
        self.constant_of.insert(value, number);
        value
    }

    /// Whether a node has a value already.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.values.contains(id)
    }

    /// The number that a value is known to be.
    pub(crate) fn number(&self, value: Value) -> Option<f32> {
        self.constant_of.get(value).copied()
    }

    /// The value of a node, computed from what has a value already.
    ///
    /// # Panics
    /// Where a leaf below it has neither a value nor a known number, or an operation is not elementwise.
    pub(crate) fn value(&mut self, root: Id) -> Value {
        for id in self.graph.reachable(&[root], &|id| self.values.contains(id)) {
            if self.values.contains(id) {
                continue;
            }
            let value = match self.graph.node(id) {
                Node::Apply(op, arguments) => {
                    let arguments: Vec<Value> = arguments.iter().map(|argument| self.values[*argument]).collect();
                    self.apply(*op, &arguments)
                }
                leaf => {
                    let number = (self.fixed)(leaf).unwrap_or_else(|| panic!("{leaf:?} has no value here"));
                    self.constant(number)
                }
            };
            self.values.insert(id, value);
        }
        self.values[root]
    }

    /// An operation on values.
    pub(crate) fn apply(&mut self, op: Op, arguments: &[Value]) -> Value {
        if op == Op::Stop {
            return arguments[0];
        }
        let numbers: Option<Vec<f32>> = arguments.iter().map(|&argument| self.number(argument)).collect();
        if let Some(numbers) = numbers {
            return self.constant(value(op, &numbers));
        }
        let first = arguments[0];
        let padded = std::array::from_fn(|place| arguments.get(place).copied().unwrap_or(first));
        self.emit(Code::Apply(op), padded)
    }

    /// A value in a register that is no input's.
    pub(crate) fn kept(&mut self, value: Value) -> Value {
        if self.inputs.contains(&value) { self.emit(Code::Apply(Op::Stop), [value; 3]) } else { value }
    }

    /// A value as it is kept from step to step.
    pub(crate) fn floored(&mut self, value: Value) -> Value {
        match self.number(value) {
            Some(number) => self.constant(number.floored()),
            None => self.emit(Code::Floored, [value; 3]),
        }
    }

    fn emit(&mut self, code: Code, arguments: [Value; 3]) -> Value {
        let out = self.fresh();
        self.instructions.push((code, arguments, out));
        out
    }

    /// The kernel that computes `outputs`.
    pub(crate) fn finish(self, outputs: &[Value]) -> Kernel {
        self.finish_recurrent(outputs, &[])
    }

    /// As [`Assembler::finish`], of a kernel that runs again and again on its own outputs: each pair is an output and the input
    /// whose place it takes. The register is the same wherever nothing reads the input afterwards; elsewhere
    /// [`Registers::copy`](crate::kernel::Registers::copy) is due before the next run.
    pub(crate) fn finish_recurrent(mut self, outputs: &[Value], recurrent: &[(usize, usize)]) -> Kernel {
        self.fuse(outputs);
        self.drop_unused(outputs);
        let mut homes = Map::new();
        for &(output, input) in recurrent {
            homes.insert(outputs[output], self.inputs[input]);
        }
        self.allocate(outputs, &homes)
    }

    /// How often each value is used.
    fn uses(&self, outputs: &[Value]) -> Vec<usize> {
        let mut uses = vec![0; self.count as usize];
        let arguments = self.instructions.iter().flat_map(|(code, arguments, _)| &arguments[..code.arity()]);
        for used in arguments.chain(outputs) {
            uses[used.number()] += 1;
        }
        uses
    }

    /// Joins a product and the sum that is its only use, and that and its floor: fewer loads and stores, the same roundings.
    fn fuse(&mut self, outputs: &[Value]) {
        let uses = self.uses(outputs);
        let mut made = Map::new();
        for (place, &(_, _, out)) in self.instructions.iter().enumerate() {
            made.insert(out, place);
        }
        let once = |value: Value| made.get(value).copied().filter(|_| uses[value.number()] == 1);
        for place in 0..self.instructions.len() {
            let (code, [a, b, _], out) = self.instructions[place];
            let product = |instructions: &[(Code, [Value; 3], Value)], value: Value| {
                let (code, [x, y, _], _) = instructions[once(value)?];
                (code == Code::Apply(Op::Mul)).then_some([x, y])
            };
            let fused = match code {
                Code::Apply(Op::Add) => {
                    let of =
                        |value, other| product(&self.instructions, value).map(|[x, y]| (Code::MulAdd, [x, y, other]));
                    if a == b { None } else { of(a, b).or_else(|| of(b, a)) }
                }
                Code::Apply(Op::Sub) if a != b => {
                    product(&self.instructions, b).map(|[x, y]| (Code::MulSub, [x, y, a]))
                }
                Code::Floored => once(a).and_then(|place| match self.instructions[place] {
                    (Code::MulAdd, arguments, _) => Some((Code::MulAddFloored, arguments)),
                    _ => None,
                }),
                _ => None,
            };
            if let Some((code, arguments)) = fused {
                self.instructions[place] = (code, arguments, out);
            }
        }
    }

    /// Leaves out what no output needs.
    fn drop_unused(&mut self, outputs: &[Value]) {
        let mut needed = vec![false; self.count as usize];
        for output in outputs {
            needed[output.number()] = true;
        }
        let mut kept = Vec::new();
        for (code, arguments, out) in self.instructions.drain(..).rev() {
            if needed[out.number()] {
                for argument in &arguments[..code.arity()] {
                    needed[argument.number()] = true;
                }
                kept.push((code, arguments, out));
            }
        }
        kept.reverse();
        self.instructions = kept;
        self.constant_of = self
            .constant_of
            .iter()
            .filter(|(value, _)| needed[value.number()])
            .map(|(value, &number)| (value, number))
            .collect();
    }

    /// Gives values registers, those that are needed no more to others. `homes` are inputs whose registers values would have.
    fn allocate(self, outputs: &[Value], homes: &Map<Value, Value>) -> Kernel {
        let mut register = vec![usize::MAX; self.count as usize];
        let mut fixed = 0;
        for &input in &self.inputs {
            register[input.number()] = fixed;
            fixed += 1;
        }
        let mut constants = Vec::new();
        for (value, &number) in self.constant_of.iter() {
            register[value.number()] = fixed;
            constants.push((fixed, number));
            fixed += 1;
        }
        let mut last = Map::new();
        for (place, (code, arguments, _)) in self.instructions.iter().enumerate() {
            for &argument in &arguments[..code.arity()] {
                last.insert(argument, place);
            }
        }
        for &output in outputs {
            last.insert(output, usize::MAX);
        }
        let mut registers = fixed;
        let mut free: Vec<usize> = Vec::new();
        let mut instructions = Vec::with_capacity(self.instructions.len());
        for (place, (code, arguments, out)) in self.instructions.into_iter().enumerate() {
            let used = &arguments[..code.arity()];
            let of = std::array::from_fn(|place| index(register[used.get(place).unwrap_or(&used[0]).number()]));
            for (index, argument) in used.iter().enumerate() {
                let taken = register[argument.number()];
                if taken >= fixed && last.get(*argument) == Some(&place) && !used[..index].contains(argument) {
                    free.push(taken);
                }
            }
            let unread = |input: &Value| last.get(*input).is_none_or(|last| *last <= place);
            let home = homes.get(out).copied().filter(unread).map(|input| register[input.number()]);
            let target = home.or_else(|| free.pop()).unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            register[out.number()] = target;
            instructions.push(Instruction { code, arguments: of, out: index(target) });
        }
        Kernel {
            instructions,
            constants,
            registers,
            outputs: outputs.iter().map(|output| register[output.number()]).collect(),
        }
    }
}

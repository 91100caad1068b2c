//! Evaluation of expressions, node by node: the reference that every faster way must equal.
//!
//! In float32 each operation rounds once, sums run in the order of inputs, classes and neurons, and exponential and
//! logarithm are our own, so that all targets give the same bits (`docs/numbers.md`).

use crate::Space;
use crate::expression::{Graph, Id, Node, Symbol};
use crate::numbered::Map;
use crate::operation::{Op, elementwise};
use crate::real::Real;

/// How many there are of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Samples N.
    pub samples: usize,
    /// Inputs J.
    pub inputs: usize,
    /// Neurons I.
    pub neurons: usize,
    /// Readout units K.
    pub classes: usize,
}

impl Shape {
    /// How many values a space has for one sample.
    pub fn per_sample(&self, space: Space) -> usize {
        match space {
            Space::Layer | Space::Sample => 1,
            Space::Input => self.inputs,
            Space::Neuron => self.neurons,
            Space::Class => self.classes,
            Space::Synapse => self.neurons * self.inputs,
        }
    }

    /// How many values a space has.
    pub fn count(&self, space: Space) -> usize {
        if space == Space::Layer { 1 } else { self.samples * self.per_sample(space) }
    }

    /// Where value `index` of space `wide` finds its own in the narrower `narrow`.
    fn place(&self, wide: Space, narrow: Space, index: usize) -> usize {
        if wide == narrow {
            return index;
        }
        let (sample, within) = (index / self.per_sample(wide), index % self.per_sample(wide));
        match narrow {
            Space::Layer => 0,
            Space::Sample => sample,
            Space::Neuron => sample * self.neurons + within / self.inputs,
            Space::Input => sample * self.inputs + within % self.inputs,
            Space::Class | Space::Synapse => unreachable!("nothing is wider"),
        }
    }
}

/// Values of symbols and of nodes, in one step.
pub struct Evaluation<'a, T> {
    graph: &'a Graph,
    shape: Shape,
    /// W as `[neuron][input]`.
    weights: &'a [T],
    /// Feedback weights as `[class][neuron]`.
    feedback: &'a [T],
    /// Of the symbols that the graph has, by node.
    symbols: Map<Id, Vec<T>>,
    nodes: Map<Id, Vec<T>>,
}

impl<'a, T: Real> Evaluation<'a, T> {
    /// An evaluation in which no symbol but counts has a value yet.
    pub fn new(graph: &'a Graph, shape: Shape, weights: &'a [T], feedback: &'a [T]) -> Self {
        let mut evaluation = Self { graph, shape, weights, feedback, symbols: Map::new(), nodes: Map::new() };
        for (space, count) in
            [(Space::Sample, shape.samples), (Space::Neuron, shape.neurons), (Space::Class, shape.classes)]
        {
            evaluation.set(Symbol::Count(space), vec![T::from_f64(count as f64)]);
        }
        evaluation
    }

    /// Gives a symbol its values.
    pub fn set(&mut self, symbol: Symbol, values: Vec<T>) {
        if let Some(id) = self.graph.find(&Node::Symbol(symbol)) {
            self.symbols.insert(id, values);
        }
    }

    /// Gives a node its values, whatever it is made of.
    pub fn fix(&mut self, node: Id, values: Vec<T>) {
        self.nodes.insert(node, values);
    }

    /// The values of a node, in its own space.
    ///
    /// # Panics
    /// Where a symbol below it has no values.
    pub fn values(&mut self, root: Id) -> &[T] {
        if !self.nodes.contains(root) {
            let known: Vec<bool> = self.graph.ids().map(|id| self.nodes.contains(id)).collect();
            for id in self.graph.reachable(&[root], &|id| known[id.index()]) {
                if !known[id.index()] {
                    let values = self.evaluate(id);
                    self.nodes.insert(id, values);
                }
            }
        }
        &self.nodes[root]
    }

    /// The values of a node, one for each value of a space at least as wide.
    pub fn spread(&mut self, root: Id, space: Space) -> Vec<T> {
        let (narrow, shape) = (self.graph.space(root), self.shape);
        let values = self.values(root);
        (0..shape.count(space)).map(|index| values[shape.place(space, narrow, index)]).collect()
    }

    /// The first node with a value that is not finite, and where that value is.
    pub fn first_not_finite(&self) -> Option<(Id, usize)> {
        self.nodes.iter().find_map(|(id, values)| {
            let place = values.iter().position(|value| !value.to_f64().is_finite())?;
            Some((id, place))
        })
    }

    fn evaluate(&self, id: Id) -> Vec<T> {
        match self.graph.node(id) {
            Node::Number(bits) => vec![T::from_f64(f64::from_bits(*bits))],
            Node::Symbol(symbol) => {
                self.symbols.get(id).unwrap_or_else(|| panic!("{symbol:?} has no value here")).clone()
            }
            Node::Apply(op, arguments) if op.is_elementwise() => self.elementwise(*op, arguments, self.graph.space(id)),
            Node::Apply(op, arguments) => self.over_many(*op, arguments[0]),
        }
    }

    fn elementwise(&self, op: Op, arguments: &[Id], space: Space) -> Vec<T> {
        let shape = self.shape;
        let (spaces, values): (Vec<Space>, Vec<&[T]>) =
            arguments.iter().map(|&argument| (self.graph.space(argument), &self.nodes[argument][..])).unzip();
        (0..shape.count(space))
            .map(|index| elementwise(op, |argument| values[argument][shape.place(space, spaces[argument], index)]))
            .collect()
    }

    /// An operation that takes many values at a time.
    fn over_many(&self, op: Op, argument: Id) -> Vec<T> {
        let (shape, space, values) = (self.shape, self.graph.space(argument), &self.nodes[argument][..]);
        let total = |shares: &[T]| summed(shares, true);
        match op {
            Op::Sum => {
                let of_sample = values.chunks(shape.per_sample(space));
                of_sample.map(|values| summed(values, space == Space::Class)).collect()
            }
            Op::BatchSum => vec![summed(values, false)],
            Op::LogSumExp => {
                let of_sample = values.chunks(shape.classes).map(exponentials);
                of_sample.map(|(greatest, shares)| total(&shares).ln().add(greatest)).collect()
            }
            Op::Softmax => {
                let of_sample = values.chunks(shape.classes).map(exponentials);
                of_sample
                    .flat_map(|(_, shares)| {
                        let total = total(&shares);
                        shares.into_iter().map(move |share| share.div(total))
                    })
                    .collect()
            }
            Op::Weighted => self.weighted(argument),
            Op::Feedback => self.feedback(argument),
            _ => unreachable!("{op:?} is elementwise"),
        }
    }

    /// Σ_k F_ki a_k, class by class.
    fn feedback(&self, argument: Id) -> Vec<T> {
        let (shape, space, values) = (self.shape, self.graph.space(argument), &self.nodes[argument]);
        let mut back = vec![T::from_f64(0.0); shape.count(Space::Neuron)];
        for (sample, back) in back.chunks_mut(shape.neurons).enumerate() {
            for class in 0..shape.classes {
                let place = shape.place(Space::Class, space, sample * shape.classes + class);
                let weights = &self.feedback[class * shape.neurons..];
                for (back, &weight) in back.iter_mut().zip(weights) {
                    *back = back.add(values[place].mul(weight));
                }
            }
        }
        back
    }

    /// Σ_j W_ij a_j, input by input.
    fn weighted(&self, argument: Id) -> Vec<T> {
        let shape = self.shape;
        let (space, values) = (self.graph.space(argument), &self.nodes[argument]);
        let mut sums = Vec::with_capacity(shape.count(Space::Neuron));
        for sample in 0..shape.samples {
            for neuron in 0..shape.neurons {
                let weights = &self.weights[neuron * shape.inputs..][..shape.inputs];
                sums.push(weights.iter().enumerate().fold(T::from_f64(0.0), |sum, (input, &weight)| {
                    let place = shape.place(Space::Input, space, sample * shape.inputs + input);
                    sum.add(values[place].mul(weight))
                }));
            }
        }
        sums
    }
}

/// A sum in order: over classes as the costs do it, over neurons and samples in float64 as the regulariser does it.
fn summed<T: Real>(values: &[T], narrow: bool) -> T {
    if narrow {
        values.iter().fold(T::from_f64(0.0), |sum, &value| sum.add(value))
    } else {
        T::from_f64(values.iter().map(|value| value.to_f64()).sum())
    }
}

/// The greatest value, and exp(y − greatest).
fn exponentials<T: Real>(y: &[T]) -> (T, Vec<T>) {
    let greatest = y.iter().fold(y[0], |greatest, &y| if y > greatest { y } else { greatest });
    (greatest, y.iter().map(|y| y.sub(greatest).exp()).collect())
}

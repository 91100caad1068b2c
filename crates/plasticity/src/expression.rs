//! Expressions as one graph in which equal expressions are one node, simplified as they are made.
//!
//! Identities hold in exact arithmetic. Where several forms are equal there but not in float32, the form kept is that of
//! the fused code: divisions by counts (samples, classes, neurons) come last, signs come first, sums keep their order.

use std::collections::HashMap;

use crate::Space;

/// A node of a [`Graph`]; those a node depends on have smaller numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(u32);

impl Id {
    /// Its place in the graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What stands at a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A constant of the neuron, by index: a number, or a decay factor exp(−Δt/τ).
    Constant(usize),
    /// How many samples ([`Space::Sample`]), neurons or classes there are.
    Count(Space),
    /// x_j, events or spikes that arrive in this step.
    Event,
    /// A trace of every input, before the step.
    Trace(usize),
    /// A state variable of every neuron, before the step.
    State(usize),
    /// S_i of the step before.
    PastSpike,
    /// U_i of the step before.
    PastPotential,
    /// b_i.
    Bias,
    /// Milliseconds since the sequence began.
    Time,
    /// Y_k.
    Readout,
    /// Ŷ_k.
    Target,
    /// S_i of this step.
    Spike,
    /// U_i of this step; the argument of a surrogate.
    Potential,
    /// A state variable after the step, as a cost sees it.
    NextState(usize),
    /// What a spike counts on its way to the readout: 0 or 1/(1−p) with dropout of probability p.
    Pass,
    /// ∂L/∂Y_k.
    ReadoutError,
    /// ∂L/∂S_i, the error that has come back to a neuron.
    Error,
    /// θ that errors are counted in multiples of, where it moves.
    ErrorThreshold,
    /// δ_i = ∂L/∂U_i.
    Delta,
    /// σ′(U_i) of the step before.
    PastSurrogate,
    /// ∂z_i/∂W_ij of a state variable, before the step.
    Eligibility(usize),
    /// ∂U_i/∂W_ij of the step before.
    PotentialEligibility,
    /// ∂b counterpart of [`Symbol::Eligibility`].
    BiasEligibility(usize),
    /// ∂U_i/∂b_i of the step before.
    PotentialBiasEligibility,
    /// Derivative of a trace by a learnable constant (trace, constant), before the step.
    TraceSensitivity(usize, usize),
    /// Derivative of a state variable by a learnable constant (state, constant), before the step.
    StateSensitivity(usize, usize),
    /// Derivative of U by a learnable constant, of the step before.
    PotentialSensitivity(usize),
}

/// An operation on one to three expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// −a.
    Neg,
    /// eᵃ.
    Exp,
    /// ln a.
    Log,
    /// √a.
    Sqrt,
    /// tanh a.
    Tanh,
    /// 1 / (1 + e⁻ᵃ).
    Sigmoid,
    /// max(a, 0).
    Relu,
    /// |a|.
    Abs,
    /// −1, 0 or 1.
    Sign,
    /// Largest whole number at most a.
    Floor,
    /// a².
    Square,
    /// a, through which no gradient passes.
    Stop,
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a · b.
    Mul,
    /// a / b.
    Div,
    /// The lesser, a where equal.
    Min,
    /// The greater, a where equal.
    Max,
    /// a < b as 1 or 0.
    Less,
    /// a ≤ b as 1 or 0.
    AtMost,
    /// b where a ≠ 0, else c.
    Select,
    /// a, at least b and at most c.
    Clamp,
    /// Sum over the classes or neurons of a sample.
    Sum,
    /// Sum over samples.
    BatchSum,
    /// ln Σ_k exp a_k.
    LogSumExp,
    /// exp a_k / Σ_l exp a_l.
    Softmax,
    /// Σ_j W_ij a_j.
    Weighted,
    /// Σ_k F_ki a_k.
    Feedback,
}

/// A node: a number, a symbol, or an operation on nodes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A number, by its bits.
    Number(u64),
    /// A leaf.
    Symbol(Symbol),
    /// An operation.
    Apply(Op, Vec<Id>),
}

/// Expressions over one set of symbols.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    spaces: Vec<Space>,
    known: HashMap<Node, Id>,
}

impl Graph {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.index()]
    }

    /// What a node has one value of.
    pub fn space(&self, id: Id) -> Space {
        self.spaces[id.index()]
    }

    /// What a node depends on directly.
    pub fn arguments(&self, id: Id) -> &[Id] {
        match self.node(id) {
            Node::Apply(_, arguments) => arguments,
            _ => &[],
        }
    }

    fn insert(&mut self, node: Node, space: Space) -> Id {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = Id(u32::try_from(self.nodes.len()).expect("graphs are bounded far below 2³² nodes"));
        self.nodes.push(node.clone());
        self.spaces.push(space);
        self.known.insert(node, id);
        id
    }

    /// A number.
    pub fn number(&mut self, value: f64) -> Id {
        // One zero, so that both signs are the same node.
        self.insert(Node::Number((value + 0.0).to_bits()), Space::Layer)
    }

    /// A leaf.
    pub fn symbol(&mut self, symbol: Symbol, space: Space) -> Id {
        self.insert(Node::Symbol(symbol), space)
    }

    /// A leaf whose space is the same in every graph.
    ///
    /// # Panics
    /// For [`Symbol::Constant`], which is as its declaration says.
    pub fn leaf(&mut self, symbol: Symbol) -> Id {
        use Symbol::*;
        let space = match symbol {
            Constant(_) => unreachable!("a constant's space is that of its declaration"),
            Count(_) | Time | ErrorThreshold => Space::Layer,
            Event | Trace(_) | TraceSensitivity(..) => Space::Input,
            Readout | Target | ReadoutError => Space::Class,
            Eligibility(_) | PotentialEligibility => Space::Synapse,
            _ => Space::Neuron,
        };
        self.symbol(symbol, space)
    }

    /// The place of a node, if it is there.
    pub fn find(&self, node: &Node) -> Option<Id> {
        self.known.get(node).copied()
    }

    /// The value of a number.
    pub fn as_number(&self, id: Id) -> Option<f64> {
        match self.node(id) {
            Node::Number(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    fn is(&self, id: Id, value: f64) -> bool {
        self.as_number(id) == Some(value)
    }

    /// The arguments of a node that applies `op`.
    pub fn matches(&self, id: Id, op: Op) -> Option<&[Id]> {
        match self.node(id) {
            Node::Apply(own, arguments) if *own == op => Some(arguments),
            _ => None,
        }
    }

    /// a / k with k a count or a product of counts.
    fn as_share(&self, id: Id) -> Option<(Id, Id)> {
        let arguments = self.matches(id, Op::Div)?;
        self.is_count(arguments[1]).then(|| (arguments[0], arguments[1]))
    }

    /// Whether a node is a count or a product of counts.
    pub fn is_count(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Symbol(Symbol::Count(_)) => true,
            Node::Apply(Op::Mul, arguments) => arguments.iter().all(|&argument| self.is_count(argument)),
            _ => false,
        }
    }

    /// a + b.
    pub fn add(&mut self, a: Id, b: Id) -> Id {
        self.apply(Op::Add, &[a, b])
    }

    /// a − b.
    pub fn sub(&mut self, a: Id, b: Id) -> Id {
        self.apply(Op::Sub, &[a, b])
    }

    /// a · b.
    pub fn mul(&mut self, a: Id, b: Id) -> Id {
        self.apply(Op::Mul, &[a, b])
    }

    /// a / b.
    pub fn div(&mut self, a: Id, b: Id) -> Id {
        self.apply(Op::Div, &[a, b])
    }

    /// −a.
    pub fn neg(&mut self, a: Id) -> Id {
        self.apply(Op::Neg, &[a])
    }

    /// `then` where `condition` is not zero, else `other`.
    pub fn select(&mut self, condition: Id, then: Id, other: Id) -> Id {
        self.apply(Op::Select, &[condition, then, other])
    }

    /// An operation, simplified.
    ///
    /// # Panics
    /// Where the spaces of the arguments do not go together; documents are checked before.
    pub fn apply(&mut self, op: Op, arguments: &[Id]) -> Id {
        if let Some(values) = arguments.iter().map(|&id| self.as_number(id)).collect::<Option<Vec<_>>>()
            && let Some(value) = folded(op, &values)
        {
            return self.number(value);
        }
        match (op, arguments) {
            (Op::Neg, &[a]) => self.negated(a),
            (Op::Add, &[a, b]) => self.added(a, b),
            (Op::Sub, &[a, b]) => self.subtracted(a, b),
            (Op::Mul, &[a, b]) => self.multiplied(a, b),
            (Op::Div, &[a, b]) => self.divided(a, b),
            (Op::Select, &[condition, then, other]) => self.selected(condition, then, other),
            (Op::Sum | Op::BatchSum, &[a]) if self.is(a, 0.0) => a,
            (Op::Sum | Op::BatchSum, &[a]) => self.summed(op, a),
            (Op::Stop, &[a]) if self.matches(a, Op::Stop).is_some() || self.as_number(a).is_some() => a,
            (Op::Weighted | Op::Feedback, &[a]) if self.is(a, 0.0) => a,
            _ => self.raw(op, arguments),
        }
    }

    fn raw(&mut self, op: Op, arguments: &[Id]) -> Id {
        let space = match op {
            Op::Sum | Op::LogSumExp => Space::Sample,
            Op::BatchSum => Space::Layer,
            Op::Weighted | Op::Feedback => Space::Neuron,
            _ => arguments.iter().fold(Space::Layer, |space, &id| {
                space.join(self.space(id)).expect("spaces are checked where documents are read")
            }),
        };
        self.insert(Node::Apply(op, arguments.to_vec()), space)
    }

    fn negated(&mut self, a: Id) -> Id {
        if let Some(&[inner]) = self.matches(a, Op::Neg) {
            return inner;
        }
        if let Some(&[b, c]) = self.matches(a, Op::Sub) {
            return self.sub(c, b);
        }
        if let Some((b, count)) = self.as_share(a) {
            let negative = self.neg(b);
            return self.div(negative, count);
        }
        self.raw(Op::Neg, &[a])
    }

    fn added(&mut self, a: Id, b: Id) -> Id {
        if self.is(a, 0.0) {
            return b;
        }
        if self.is(b, 0.0) {
            return a;
        }
        if a == b {
            let two = self.number(2.0);
            return self.mul(two, a);
        }
        if let Some(&[negative]) = self.matches(b, Op::Neg) {
            return self.sub(a, negative);
        }
        if let Some(&[negative]) = self.matches(a, Op::Neg) {
            return self.sub(b, negative);
        }
        if let (Some((x, k)), Some((y, l))) = (self.as_share(a), self.as_share(b))
            && k == l
        {
            let sum = self.add(x, y);
            return self.div(sum, k);
        }
        if let (Some(&[c, x, u]), Some(&[d, v, y])) = (self.matches(a, Op::Select), self.matches(b, Op::Select))
            && c == d
        {
            if self.is(u, 0.0) && self.is(v, 0.0) {
                return self.select(c, x, y);
            }
            if self.is(x, 0.0) && self.is(y, 0.0) {
                return self.select(c, v, u);
            }
        }
        self.raw(Op::Add, &[a, b])
    }

    fn subtracted(&mut self, a: Id, b: Id) -> Id {
        if self.is(b, 0.0) {
            return a;
        }
        if self.is(a, 0.0) {
            return self.neg(b);
        }
        if a == b {
            return self.number(0.0);
        }
        if let Some(&[negative]) = self.matches(b, Op::Neg) {
            return self.add(a, negative);
        }
        if let (Some((x, k)), Some((y, l))) = (self.as_share(a), self.as_share(b))
            && k == l
        {
            let difference = self.sub(x, y);
            return self.div(difference, k);
        }
        self.raw(Op::Sub, &[a, b])
    }

    fn multiplied(&mut self, a: Id, b: Id) -> Id {
        for (one, other) in [(a, b), (b, a)] {
            match self.as_number(one) {
                Some(0.0) => return one,
                Some(1.0) => return other,
                Some(-1.0) => return self.neg(other),
                Some(value) => {
                    if let Some(&[inner, rest]) = self.matches(other, Op::Mul)
                        && let Some(factor) = self.as_number(inner)
                    {
                        let product = self.number(value * factor);
                        return self.mul(product, rest);
                    }
                }
                None => {}
            }
            if let Some(&[negative]) = self.matches(one, Op::Neg) {
                let product = self.mul(negative, other);
                return self.neg(product);
            }
            if let Some((x, count)) = self.as_share(one) {
                let product = if one == a { self.mul(x, other) } else { self.mul(other, x) };
                return self.div(product, count);
            }
            if let Some(&[condition, x, y]) = self.matches(one, Op::Select)
                && (self.is(x, 0.0) || self.is(y, 0.0))
            {
                let (x, y) = if one == a {
                    (self.mul(x, other), self.mul(y, other))
                } else {
                    (self.mul(other, x), self.mul(other, y))
                };
                return self.select(condition, x, y);
            }
        }
        if self.as_number(b).is_some() {
            return self.raw(Op::Mul, &[b, a]);
        }
        self.raw(Op::Mul, &[a, b])
    }

    fn divided(&mut self, a: Id, b: Id) -> Id {
        if self.is(a, 0.0) || self.is(b, 1.0) {
            return a;
        }
        if let Some(&[negative]) = self.matches(a, Op::Neg) {
            // A division by a count stays outermost, where sums look for it.
            if !self.is_count(b) {
                let quotient = self.div(negative, b);
                return self.neg(quotient);
            }
        }
        if self.is_count(b)
            && let Some((x, count)) = self.as_share(a)
        {
            let counts = self.mul(count, b);
            return self.div(x, counts);
        }
        self.raw(Op::Div, &[a, b])
    }

    fn selected(&mut self, condition: Id, then: Id, other: Id) -> Id {
        if then == other {
            return then;
        }
        if let Some(value) = self.as_number(condition) {
            return if value == 0.0 { other } else { then };
        }
        let (then_share, other_share) = (self.as_share(then), self.as_share(other));
        let zero = |share: Option<(Id, Id)>, id: Id| share.is_none() && self.is(id, 0.0);
        match (then_share, other_share) {
            (Some((x, k)), Some((y, l))) if k == l => {
                let chosen = self.select(condition, x, y);
                return self.div(chosen, k);
            }
            (Some((x, k)), None) if zero(other_share, other) => {
                let chosen = self.select(condition, x, other);
                return self.div(chosen, k);
            }
            (None, Some((y, k))) if zero(then_share, then) => {
                let chosen = self.select(condition, then, y);
                return self.div(chosen, k);
            }
            _ => {}
        }
        // d where |d| < 1, else its sign: the derivative of smooth L1.
        if let Some(&[magnitude, bound]) = self.matches(condition, Op::Less)
            && self.is(bound, 1.0)
            && self.matches(magnitude, Op::Abs) == Some(&[then])
            && self.matches(other, Op::Sign) == Some(&[then])
        {
            let (least, most) = (self.number(-1.0), self.number(1.0));
            return self.raw(Op::Clamp, &[then, least, most]);
        }
        self.raw(Op::Select, &[condition, then, other])
    }

    fn summed(&mut self, op: Op, a: Id) -> Id {
        if let Some((x, count)) = self.as_share(a) {
            let sum = self.apply(op, &[x]);
            return self.div(sum, count);
        }
        if let Some(&[x]) = self.matches(a, Op::Neg) {
            let sum = self.apply(op, &[x]);
            return self.neg(sum);
        }
        self.raw(op, &[a])
    }

    /// The same expressions with nodes replaced: `replacements` maps a node to what stands in its place, for each of
    /// `roots`. Stops are looked through, too.
    pub fn substitute(&mut self, roots: &[Id], replacements: &HashMap<Id, Id>) -> Vec<Id> {
        let mut new: HashMap<Id, Id> = HashMap::new();
        for id in self.reachable(roots, |id| replacements.contains_key(&id)) {
            let replaced = match replacements.get(&id) {
                Some(&replacement) => replacement,
                None => match self.node(id).clone() {
                    Node::Apply(op, arguments) => {
                        let arguments: Vec<Id> = arguments.iter().map(|argument| new[argument]).collect();
                        self.apply(op, &arguments)
                    }
                    _ => id,
                },
            };
            new.insert(id, replaced);
        }
        roots.iter().map(|root| new[root]).collect()
    }

    /// All nodes that `roots` depend on, themselves included, in ascending order; below nodes for which `cut` holds
    /// nothing is looked for.
    pub fn reachable(&self, roots: &[Id], cut: impl Fn(Id) -> bool) -> Vec<Id> {
        let mut seen = vec![false; self.len()];
        let mut open: Vec<Id> = roots.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut seen[id.index()], true) && !cut(id) {
                open.extend_from_slice(self.arguments(id));
            }
        }
        (0..self.len() as u32).map(Id).filter(|id| seen[id.index()]).collect()
    }

    /// All node numbers.
    pub fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..self.len() as u32).map(Id)
    }
}

/// The value of an operation on numbers, where it has a finite one.
fn folded(op: Op, values: &[f64]) -> Option<f64> {
    let value = match (op, values) {
        (Op::Neg, &[a]) => -a,
        (Op::Add, &[a, b]) => a + b,
        (Op::Sub, &[a, b]) => a - b,
        (Op::Mul, &[a, b]) => a * b,
        (Op::Div, &[a, b]) => a / b,
        (Op::Abs, &[a]) => a.abs(),
        (Op::Square, &[a]) => a * a,
        (Op::Min, &[a, b]) => a.min(b),
        (Op::Max, &[a, b]) => a.max(b),
        _ => return None,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_expressions_are_one_node() {
        let mut graph = Graph::default();
        let (u, b) = (graph.leaf(Symbol::Potential), graph.leaf(Symbol::Bias));
        assert_eq!(graph.add(u, b), graph.add(u, b));
        assert_ne!(graph.sub(u, b), graph.sub(b, u));
    }

    #[test]
    fn neutral_elements_signs_and_shares_are_simplified() {
        let mut graph = Graph::default();
        let u = graph.leaf(Symbol::Potential);
        let (zero, one) = (graph.number(0.0), graph.number(1.0));
        assert_eq!(graph.add(u, zero), u);
        assert_eq!(graph.mul(one, u), u);
        assert_eq!(graph.mul(u, zero), zero);
        let negative = graph.neg(u);
        assert_eq!(graph.neg(negative), u);
        assert_eq!(graph.sub(u, u), zero);
        let (n, k) = (graph.leaf(Symbol::Count(Space::Sample)), graph.leaf(Symbol::Count(Space::Class)));
        let share = graph.div(one, n);
        let share = graph.div(share, k);
        let product = graph.mul(share, u);
        let counts = graph.mul(n, k);
        assert_eq!(product, graph.div(u, counts));
    }
}

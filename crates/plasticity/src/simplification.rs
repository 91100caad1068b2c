//! Identities by which expressions are simplified as they are made.
//!
//! Each holds in exact arithmetic, so that none is owed: where one would lead to another too often, the expression stays as it
//! is. That keeps the making of a node within a few hundred steps and a nesting that fits into any stack, whatever graph a
//! user hands in (a product of selects unfolds into as many as it has factors, and its square into twice as many).

use crate::Space;
use crate::expression::{Graph, Id, Node};
use crate::operation::{Op, value};

/// How deep simplifications may lead to one another.
const MOST_NESTED: usize = 48;
/// How many nodes may be tried in making one.
const MOST_TRIED: usize = 256;

impl Graph {
    /// a / k with k a count or a product of counts.
    fn as_share(&self, id: Id) -> Option<(Id, Id)> {
        let arguments = self.matches(id, Op::Div)?;
        self.is_count(arguments[1]).then(|| (arguments[0], arguments[1]))
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
        if let Some(value) = self.folded(op, arguments) {
            return self.number(value);
        }
        if let Some(id) = self.trivial(op, arguments) {
            return id;
        }
        if self.effort.nested == 0 {
            self.effort.tried = 0;
        }
        self.effort.tried += 1;
        if self.effort.nested == MOST_NESTED || self.effort.tried > MOST_TRIED {
            return self.raw(op, arguments);
        }
        self.effort.nested += 1;
        let id = match (op, arguments) {
            (Op::Neg, &[a]) => self.negated(a),
            (Op::Add, &[a, b]) => self.added(a, b),
            (Op::Sub, &[a, b]) => self.subtracted(a, b),
            (Op::Mul, &[a, b]) => self.multiplied(a, b),
            (Op::Div, &[a, b]) => self.divided(a, b),
            (Op::Select, &[condition, then, other]) => self.selected(condition, then, other),
            (Op::Sum | Op::BatchSum, &[a]) => self.summed(op, a),
            _ => self.raw(op, arguments),
        };
        self.effort.nested -= 1;
        id
    }

    /// The value of an operation on numbers, where it is computed at once and finite.
    fn folded(&self, op: Op, arguments: &[Id]) -> Option<f64> {
        if !op.entry().folds {
            return None;
        }
        let numbers: Option<Vec<f64>> = arguments.iter().map(|&id| self.as_number(id)).collect();
        numbers.map(|numbers| value(op, &numbers)).filter(|value| value.is_finite())
    }

    /// What an operation gives without another one, if that is so.
    fn trivial(&mut self, op: Op, arguments: &[Id]) -> Option<Id> {
        match (op, arguments) {
            (Op::Neg, &[a]) => self.matches(a, Op::Neg).map(|inner| inner[0]),
            (Op::Add, &[a, b]) if self.is(a, 0.0) => Some(b),
            (Op::Add | Op::Sub, &[a, b]) if self.is(b, 0.0) => Some(a),
            (Op::Sub, &[a, b]) if a == b => Some(self.number(0.0)),
            (Op::Mul, &[a, b]) => match (self.as_number(a), self.as_number(b)) {
                (Some(0.0), _) | (_, Some(1.0)) => Some(a),
                (Some(1.0), _) | (_, Some(0.0)) => Some(b),
                _ => None,
            },
            (Op::Div, &[a, b]) if self.is(a, 0.0) || self.is(b, 1.0) => Some(a),
            (Op::Select, &[_, then, other]) if then == other => Some(then),
            (Op::Select, &[condition, then, other]) => {
                self.as_number(condition).map(|value| if value == 0.0 { other } else { then })
            }
            (Op::Sum | Op::BatchSum | Op::Weighted | Op::Feedback, &[a]) if self.is(a, 0.0) => Some(a),
            (Op::Stop, &[a]) if self.matches(a, Op::Stop).is_some() || self.as_number(a).is_some() => Some(a),
            _ => None,
        }
    }

    fn raw(&mut self, op: Op, arguments: &[Id]) -> Id {
        let given = op.entry().over.as_ref().and_then(|over| over.gives);
        let space = given.unwrap_or_else(|| {
            arguments.iter().fold(Space::Layer, |space, &id| {
                space.join(self.space(id)).expect("spaces are checked where documents are read")
            })
        });
        self.insert(Node::Apply(op, arguments.to_vec()), space)
    }

    fn negated(&mut self, a: Id) -> Id {
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
        if let Some(joined) = self.joined(a, b) {
            return joined;
        }
        // Where one of two summands is the other half of a third, as recurrent and feed-forward input behind a leak.
        if let Some(&[x, y]) = self.matches(a, Op::Add).filter(|_| !self.whole.contains(&a)) {
            for (half, rest) in [(y, x), (x, y)] {
                if let Some(joined) = self.joined(half, b) {
                    return self.add(rest, joined);
                }
            }
        }
        self.raw(Op::Add, &[a, b])
    }

    /// The sum of two halves, each of which is zero where the other is not: as values, or behind the weights.
    fn joined(&mut self, a: Id, b: Id) -> Option<Id> {
        if let (Some(&[x]), Some(&[y])) = (self.matches(a, Op::Weighted), self.matches(b, Op::Weighted)) {
            let both = self.joined(x, y)?;
            return Some(self.apply(Op::Weighted, &[both]));
        }
        let (&[c, x, u], &[d, v, y]) = (self.matches(a, Op::Select)?, self.matches(b, Op::Select)?) else {
            return None;
        };
        if c == d && self.is(u, 0.0) && self.is(v, 0.0) {
            return Some(self.select(c, x, y));
        }
        (c == d && self.is(x, 0.0) && self.is(y, 0.0)).then(|| self.select(c, v, u))
    }

    fn subtracted(&mut self, a: Id, b: Id) -> Id {
        if self.is(a, 0.0) {
            return self.neg(b);
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Symbol;

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

    #[test]
    fn recurrent_and_feed_forward_input_are_the_input() {
        let mut graph = Graph::default();
        let (own, x) = (graph.leaf(Symbol::IsRecurrent), graph.leaf(Symbol::Event));
        let (zero, leaking) = (graph.number(0.0), graph.leaf(Symbol::State(0)));
        let (recurrent, feed_forward) = (graph.select(own, x, zero), graph.select(own, zero, x));
        assert_eq!(graph.add(recurrent, feed_forward), x);
        let [all, recurrent, feed_forward] =
            [x, recurrent, feed_forward].map(|value| graph.apply(Op::Weighted, &[value]));
        assert_eq!(graph.add(feed_forward, recurrent), all);
        let whole = graph.add(leaking, all);
        for [first, second] in [[recurrent, feed_forward], [feed_forward, recurrent]] {
            let sum = graph.add(leaking, first);
            assert_eq!(graph.add(sum, second), whole);
        }
    }
}

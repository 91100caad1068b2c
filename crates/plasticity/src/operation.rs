//! The operations of the language, one entry each: its name in documents, arguments and value, how it prints, where it has
//! kinks, whether it folds, its derivative. All else that goes through them asks this table.

use decolle_error::Result;

use crate::Space;
use crate::derivative::Passing;
use crate::real::Real;

/// What stands in the table for an operation.
pub(crate) struct Operation {
    /// Its name in documents; none of what only derivatives are made of.
    name: &'static str,
    arity: usize,
    /// What it takes many values of at a time; none of an elementwise operation.
    pub(crate) over: Option<Over>,
    pub(crate) notation: Notation,
    pub(crate) smoothness: Smoothness,
    /// Whether it is computed at once where its arguments are numbers.
    pub(crate) folds: bool,
    pub(crate) derivative: Derivative,
}

/// What an operation takes many values of at a time.
pub(crate) struct Over {
    /// The spaces that documents may apply it to, and what messages call these.
    pub(crate) takes: &'static [Space],
    pub(crate) expected: &'static str,
    /// What it gives one value of; that of its argument where there is none.
    pub(crate) gives: Option<Space>,
}

/// How an operation prints.
#[derive(Clone, Copy)]
pub(crate) enum Notation {
    Function(&'static str),
    Negative,
    Absolute,
    Square,
    Plus,
    Minus,
    Product,
    Fraction,
    Comparison(&'static str),
    Cases,
    /// Σ over neurons or classes, and over samples.
    Sum,
    SumOfSamples,
    /// Σ_j W_ij and Σ_k F_ki.
    Weights,
    FeedbackWeights,
}

/// Whether an operation has kinks, or jumps, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Smoothness {
    Smooth,
    Kink(Place),
    Jump(Place),
}

/// Where an operation has its kinks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where its argument is zero.
    Zero,
    /// Where it is a whole number.
    Whole,
    /// Where two are equal.
    Equal,
    /// Where its condition changes.
    Condition,
    /// At its bounds.
    Bounds,
}

/// What an operation passes on to its arguments.
pub(crate) enum Derivative {
    /// The chain rule.
    Chain(fn(&mut Passing<'_>) -> Result<()>),
    /// None; what messages call the operation, and what they advise.
    Missing(&'static str, &'static str),
}

/// What messages say where a derivative is missing.
const STOP: &str = "; put stopGradient around it, or choose a smooth operation";
const A_COMPARISON: &str = "a comparison taken as a number";
const A_WEIGHTED_SUM: &str = "a weighted sum within a cost";

const NEURONS_OR_CLASSES: Over = Over {
    takes: &[Space::Class, Space::Neuron],
    expected: "one value a neuron or a class to sum up",
    gives: Some(Space::Sample),
};
const SAMPLES: Over =
    Over { takes: &[Space::Sample], expected: "one value a sample to sum up", gives: Some(Space::Layer) };
const CLASSES: Over = Over { takes: &[Space::Class], expected: "one value a class", gives: Some(Space::Sample) };
const EACH_CLASS: Over = Over { gives: None, ..CLASSES };
const INPUTS: Over = Over { takes: &[Space::Input], expected: "one value an input", gives: Some(Space::Neuron) };

/// Of what no document asks for.
const ERRORS: Over = Over { takes: &[], expected: "", gives: Some(Space::Neuron) };

/// From the entries: the operations, their table, and the values of the elementwise ones. `$d` stands for a dollar sign, which
/// the macro that it makes needs.
macro_rules! operations {
    (
        $d:tt
        elementwise { $(
            $(#[doc = $doc:literal])*
            $op:ident $name:literal ($($argument:ident),+) => $value:expr;
            $notation:expr, $smoothness:expr, $folds:literal, $derivative:expr;
        )* }
        over many { $(
            $(#[doc = $many_doc:literal])*
            $many:ident $many_name:literal $over:ident; $many_notation:expr, $many_derivative:expr;
        )* }
    ) => {
        /// An operation on one to three expressions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Op {
            $($(#[doc = $doc])* $op,)*
            $($(#[doc = $many_doc])* $many,)*
        }

        /// In the order of [`Op`].
        static OPERATIONS: &[(Op, Operation)] = {
            use Derivative::*;
            use Notation::*;
            use Place::*;
            use Smoothness::*;
            &[
                $((Op::$op, Operation {
                    name: $name,
                    arity: [$(stringify!($argument)),+].len(),
                    over: None,
                    notation: $notation,
                    smoothness: $smoothness,
                    folds: $folds,
                    derivative: $derivative,
                }),)*
                $((Op::$many, Operation {
                    name: $many_name,
                    arity: 1,
                    over: Some($over),
                    notation: $many_notation,
                    smoothness: Smooth,
                    folds: false,
                    derivative: $many_derivative,
                }),)*
            ]
        };

        /// An operation that takes one value of each argument to one value, given those of its arguments by their places.
        /// Always a part of its caller, which is a loop over lanes in the programs of a network.
        ///
        /// # Panics
        /// For sums and what else takes many values to one.
        #[inline(always)]
        pub fn elementwise<T: Real>(op: Op, at: impl Fn(usize) -> T) -> T {
            match op {
                $(Op::$op => { arguments!(at: $($argument)+); $value })*
                $(Op::$many)|* => unreachable!("not elementwise"),
            }
        }

        /// Calls the macro of this name with all elementwise operations.
        #[macro_export]
        macro_rules! with_elementwise {
            ($d callback:ident) => { $d callback! { $($op),* } };
        }
    };
}

/// Gives arguments their names.
macro_rules! arguments {
    ($at:ident: $a:ident) => {
        let $a = $at(0);
    };
    ($at:ident: $a:ident $b:ident) => {
        let ($a, $b) = ($at(0), $at(1));
    };
    ($at:ident: $a:ident $b:ident $c:ident) => {
        let ($a, $b, $c) = ($at(0), $at(1), $at(2));
    };
}

// Of each: name in documents, arguments => value; notation, kinks, whether it folds, derivative.
operations! { $
    elementwise {
        /// −a.
        Neg "neg" (a) => zero::<T>().sub(a);
        Negative, Smooth, true, Chain(|c| c.pass_negative(0));
        /// eᵃ.
        Exp "exp" (a) => a.exp();
        Function("exp"), Smooth, false, Chain(|c| c.pass_times(0, c.id));
        /// ln a.
        Log "log" (a) => a.ln();
        Function("ln"), Smooth, false, Chain(logarithm);
        /// √a.
        Sqrt "sqrt" (a) => a.sqrt();
        Function("√"), Kink(Zero), false, Chain(root);
        /// tanh a.
        Tanh "tanh" (a) => a.tanh();
        Function("tanh"), Smooth, false, Chain(tangent);
        /// 1 / (1 + e⁻ᵃ).
        Sigmoid "sigmoid" (a) => a.sigmoid();
        Function("sigmoid"), Smooth, false, Chain(logistic);
        /// max(a, 0).
        Relu "relu" (a) => if a > zero() { a } else { zero() };
        Function("relu"), Kink(Zero), false, Chain(rectified);
        /// |a|.
        Abs "abs" (a) => if a < zero() { zero::<T>().sub(a) } else { a };
        Absolute, Kink(Zero), true, Chain(size);
        /// −1, 0 or 1.
        Sign "sign" (a) => if a > zero() { one() } else if a < zero() { zero::<T>().sub(one()) } else { zero() };
        Function("sign"), Jump(Zero), false, Missing("sign", STOP);
        /// Largest whole number at most a.
        Floor "floor" (a) => a.floor();
        Function("floor"), Jump(Whole), false, Missing("floor", STOP);
        /// a².
        Square "square" (a) => a.mul(a);
        Square, Smooth, true, Chain(square);
        /// a, through which no gradient passes.
        Stop "stop" (a) => a;
        Function("stop"), Smooth, false, Chain(|_| Ok(()));
        /// a + b.
        Add "add" (a, b) => a.add(b);
        Plus, Smooth, true, Chain(|c| c.pass(0, c.by).and_then(|()| c.pass(1, c.by)));
        /// a − b.
        Sub "sub" (a, b) => a.sub(b);
        Minus, Smooth, true, Chain(|c| c.pass(0, c.by).and_then(|()| c.pass_negative(1)));
        /// a · b.
        Mul "mul" (a, b) => a.mul(b);
        Product, Smooth, true, Chain(product);
        /// a / b.
        Div "div" (a, b) => a.div(b);
        Fraction, Smooth, true, Chain(quotient);
        /// The lesser, a where equal.
        Min "min" (a, b) => if a <= b { a } else { b };
        Function("min"), Kink(Equal), true, Chain(lesser);
        /// The greater, a where equal.
        Max "max" (a, b) => if a >= b { a } else { b };
        Function("max"), Kink(Equal), true, Chain(greater);
        /// a < b as 1 or 0.
        Less "less" (a, b) => truth(a < b);
        Comparison("<"), Jump(Equal), false, Missing(A_COMPARISON, STOP);
        /// a ≤ b as 1 or 0.
        AtMost "lessEqual" (a, b) => truth(a <= b);
        Comparison("≤"), Jump(Equal), false, Missing(A_COMPARISON, STOP);
        /// b where a ≠ 0, else c.
        Select "select" (a, b, c) => if a.to_f64() != 0.0 { b } else { c };
        Cases, Jump(Condition), false, Chain(choice);
        /// a, at least b and at most c.
        Clamp "clamp" (a, b, c) => if a < b { b } else if a > c { c } else { a };
        Function("clamp"), Kink(Bounds), false, Chain(bounded);
    }
    over many {
        /// Sum over the classes or neurons of a sample.
        Sum "sum" NEURONS_OR_CLASSES;
        Sum, Chain(|c| c.pass(0, c.by));
        /// Sum over samples.
        BatchSum "sampleSum" SAMPLES;
        SumOfSamples, Chain(|c| c.pass(0, c.by));
        /// ln Σ_k exp a_k.
        LogSumExp "logSumExp" CLASSES;
        Function("logsumexp"), Chain(log_sum_exp);
        /// exp a_k / Σ_l exp a_l.
        Softmax "softmax" EACH_CLASS;
        Function("softmax"), Chain(softmax);
        /// Σ_j W_ij a_j.
        Weighted "weighted" INPUTS;
        Weights, Missing(A_WEIGHTED_SUM, "");
        /// Σ_k F_ki a_k.
        Feedback "" ERRORS;
        FeedbackWeights, Missing(A_WEIGHTED_SUM, "");
    }
}

/// Names in documents for what operations of other names compute.
const SYNONYMS: [(&str, Spelling); 4] = [
    ("greater", Spelling { op: Op::Less, is_reversed: true, is_mean: false }),
    ("greaterEqual", Spelling { op: Op::AtMost, is_reversed: true, is_mean: false }),
    ("mean", Spelling { op: Op::Sum, is_reversed: false, is_mean: true }),
    ("sampleMean", Spelling { op: Op::BatchSum, is_reversed: false, is_mean: true }),
];

/// What a name in a document stands for.
#[derive(Clone, Copy)]
pub(crate) struct Spelling {
    pub(crate) op: Op,
    /// Whether the arguments are to be taken in reverse.
    pub(crate) is_reversed: bool,
    /// Whether a sum is to be divided by how many there are.
    pub(crate) is_mean: bool,
}

impl Spelling {
    /// The operation of this name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let is_named = |(_, operation): &&(Op, Operation)| operation.name == name && !name.is_empty();
        match OPERATIONS.iter().find(is_named) {
            Some(&(op, _)) => Some(Self { op, is_reversed: false, is_mean: false }),
            None => SYNONYMS.iter().find(|(synonym, _)| *synonym == name).map(|&(_, spelling)| spelling),
        }
    }
}

impl Op {
    /// Its entry.
    pub(crate) fn entry(self) -> &'static Operation {
        &OPERATIONS[self as usize].1
    }

    /// How many arguments it has.
    pub fn arity(self) -> usize {
        self.entry().arity
    }

    /// Whether it takes one value of each argument to one value.
    pub fn is_elementwise(self) -> bool {
        self.entry().over.is_none()
    }

    /// What messages call it.
    pub(crate) fn called(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }
}

/// [`elementwise`] by itself, for what is not worth a copy of all operations.
///
/// # Panics
/// For sums and what else takes many values to one.
#[inline(never)]
pub fn value<T: Real>(op: Op, arguments: &[T]) -> T {
    elementwise(op, |place| arguments[place])
}

#[inline(always)]
fn zero<T: Real>() -> T {
    T::from_f64(0.0)
}

#[inline(always)]
fn one<T: Real>() -> T {
    T::from_f64(1.0)
}

#[inline(always)]
fn truth<T: Real>(holds: bool) -> T {
    if holds { one() } else { zero() }
}

fn logarithm(node: &mut Passing<'_>) -> Result<()> {
    let part = node.graph.div(node.by, node.arguments[0]);
    node.pass(0, part)
}

fn root(node: &mut Passing<'_>) -> Result<()> {
    let two = node.graph.number(2.0);
    let twice = node.graph.mul(two, node.id);
    let part = node.graph.div(node.by, twice);
    node.pass(0, part)
}

fn tangent(node: &mut Passing<'_>) -> Result<()> {
    let (one, square) = (node.graph.number(1.0), node.graph.apply(Op::Square, &[node.id]));
    let slope = node.graph.sub(one, square);
    node.pass_times(0, slope)
}

fn logistic(node: &mut Passing<'_>) -> Result<()> {
    let one = node.graph.number(1.0);
    let rest = node.graph.sub(one, node.id);
    let slope = node.graph.mul(node.id, rest);
    node.pass_times(0, slope)
}

fn rectified(node: &mut Passing<'_>) -> Result<()> {
    let zero = node.graph.number(0.0);
    let above = node.graph.apply(Op::Less, &[zero, node.arguments[0]]);
    let part = node.graph.select(above, node.by, zero);
    node.pass(0, part)
}

fn size(node: &mut Passing<'_>) -> Result<()> {
    let sign = node.graph.apply(Op::Sign, &[node.arguments[0]]);
    node.pass_times(0, sign)
}

fn square(node: &mut Passing<'_>) -> Result<()> {
    let two = node.graph.number(2.0);
    let twice = node.graph.mul(two, node.arguments[0]);
    node.pass_times(0, twice)
}

fn product(node: &mut Passing<'_>) -> Result<()> {
    if node.depends(0) {
        node.pass_times(0, node.arguments[1])?;
    }
    if node.depends(1) {
        node.pass_times(1, node.arguments[0])?;
    }
    Ok(())
}

fn quotient(node: &mut Passing<'_>) -> Result<()> {
    let divisor = node.arguments[1];
    if node.depends(0) {
        let part = node.graph.div(node.by, divisor);
        node.pass(0, part)?;
    }
    if node.depends(1) {
        let product = node.graph.mul(node.by, node.id);
        let quotient = node.graph.div(product, divisor);
        let part = node.graph.neg(quotient);
        node.pass(1, part)?;
    }
    Ok(())
}

fn lesser(node: &mut Passing<'_>) -> Result<()> {
    let first = node.graph.apply(Op::AtMost, &[node.arguments[0], node.arguments[1]]);
    node.pass_either(first, [0, 1])
}

fn greater(node: &mut Passing<'_>) -> Result<()> {
    let first = node.graph.apply(Op::AtMost, &[node.arguments[1], node.arguments[0]]);
    node.pass_either(first, [0, 1])
}

fn choice(node: &mut Passing<'_>) -> Result<()> {
    let condition = node.arguments[0];
    // What a comparison compares moves no value: it chooses a branch.
    let compares = |op| node.graph.matches(condition, op).is_some();
    if node.depends(0) && !compares(Op::Less) && !compares(Op::AtMost) {
        return node.missing("a condition that is not a comparison", STOP);
    }
    node.pass_either(condition, [1, 2])
}

fn bounded(node: &mut Passing<'_>) -> Result<()> {
    if node.depends(1) || node.depends(2) {
        return node.missing("a bound of clamp", "; use min and max");
    }
    let &[value, least, most] = node.arguments else { unreachable!("clamp has three arguments") };
    let graph = &mut *node.graph;
    let zero = graph.number(0.0);
    let (above, below) = (graph.apply(Op::AtMost, &[least, value]), graph.apply(Op::AtMost, &[value, most]));
    let inner = graph.select(below, node.by, zero);
    let part = graph.select(above, inner, zero);
    node.pass(0, part)
}

fn log_sum_exp(node: &mut Passing<'_>) -> Result<()> {
    let softmax = node.graph.apply(Op::Softmax, &[node.arguments[0]]);
    node.pass_times(0, softmax)
}

fn softmax(node: &mut Passing<'_>) -> Result<()> {
    let weighted = node.graph.mul(node.by, node.id);
    let mean = node.graph.apply(Op::Sum, &[weighted]);
    let difference = node.graph.sub(node.by, mean);
    let part = node.graph.mul(node.id, difference);
    node.pass(0, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_operations_and_its_names_are_found() {
        for (place, (op, operation)) in OPERATIONS.iter().enumerate() {
            assert_eq!(*op as usize, place);
            let found = Spelling::find(operation.name).map(|spelling| spelling.op);
            assert_eq!(found, (*op != Op::Feedback).then_some(*op));
        }
        for (name, _) in SYNONYMS {
            assert!(OPERATIONS.iter().all(|(_, operation)| operation.name != name), "{name}");
        }
    }
}

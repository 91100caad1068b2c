//! The error that comes back to a neuron, and δ_i = ∂L/∂S_i · σ′(U_i) + ∂L/∂U_i.

use decolle_error::{Code, Fault, Result};

use crate::derivative::reverse;
use crate::expression::{Graph, Id, Node, Symbol};
use crate::model::Model;
use crate::numbered::Map;
use crate::operation::Op;

/// What of the layer shapes the rule beside neuron and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleOptions {
    /// Whether spikes are dropped on their way to the readout.
    pub dropout: bool,
    /// Whether no input is a spike of the layer itself; otherwise some may be, and [`Symbol::IsRecurrent`] tells which.
    pub feed_forward: bool,
}

/// δ and what it is made of.
pub(crate) struct Delta {
    /// σ′ over [`Symbol::Potential`].
    pub(crate) surrogate: Id,
    /// ∂L/∂Y_k, if the cost looks at the readout.
    pub(crate) readout_error: Option<Id>,
    /// ∂L/∂S_i over [`Symbol::ReadoutError`], modulated.
    pub(crate) error: Id,
    /// ∂L/∂U_i other than through the spike.
    pub(crate) direct: Id,
    /// δ_i over [`Symbol::Error`].
    pub(crate) delta: Id,
    /// ∂L/∂z_i of the state variables that the cost looks at.
    pub(crate) states: Map<usize, Id>,
}

impl Delta {
    pub(crate) fn new(model: &mut Model, options: RuleOptions) -> Result<Self> {
        let surrogate = surrogate(model)?;
        let cost = CostDerivatives::new(model)?;
        let graph = &mut model.graph;
        let mut error = cost.spike.unwrap_or_else(|| graph.number(0.0));
        if cost.readout.is_some() {
            let readout_error = graph.leaf(Symbol::ReadoutError);
            let mut back = graph.apply(Op::Feedback, &[readout_error]);
            if options.dropout {
                let pass = graph.leaf(Symbol::Pass);
                back = graph.mul(back, pass);
            }
            error = sum_onto(graph, back, error);
        }
        if let Some(modulation) = model.modulation {
            let symbol = graph.leaf(Symbol::Error);
            error = graph.substitute(&[modulation], &[(symbol, error)].into_iter().collect(), "modulation")?[0];
        }
        let zero = graph.number(0.0);
        let direct = cost.potential.unwrap_or(zero);
        let delta = if error == zero {
            direct
        } else {
            let symbol = graph.leaf(Symbol::Error);
            let through_spike = graph.mul(symbol, surrogate);
            sum_onto(graph, through_spike, direct)
        };
        Ok(Self { surrogate, readout_error: cost.readout, error, direct, delta, states: cost.states })
    }
}

/// σ′ as it is given, or the derivative of σ.
fn surrogate(model: &mut Model) -> Result<Id> {
    let potential = model.graph.leaf(Symbol::Potential);
    if let Some(surrogate) = model.surrogate {
        return Ok(surrogate);
    }
    let one = model.graph.number(1.0);
    let leaves = [potential].into_iter().collect();
    let derivatives = reverse(&mut model.graph, &[(model.primitive, one)], &leaves, true, "surrogate.primitive")?;
    derivatives
        .get(potential)
        .copied()
        .ok_or_else(|| Fault::at(Code::Config, &"surrogate.primitive", &"expected a function of the potential"))
}

/// `base` + the terms of `sum`, one after the other, so that the float32 sum is that of the fused code.
fn sum_onto(graph: &mut Graph, base: Id, sum: Id) -> Id {
    // Shared sums of sums could unfold without end.
    const MOST_TERMS: usize = 32;
    let mut terms: Vec<(Id, bool)> = Vec::new();
    let mut open = vec![(sum, false)];
    while let Some((id, negative)) = open.pop() {
        match graph.node(id) {
            Node::Apply(Op::Add, arguments) if terms.len() + open.len() < MOST_TERMS => {
                open.extend([(arguments[1], negative), (arguments[0], negative)]);
            }
            Node::Apply(Op::Sub, arguments) if terms.len() + open.len() < MOST_TERMS => {
                open.extend([(arguments[1], !negative), (arguments[0], negative)]);
            }
            // A share of a sum is the sum of shares, each rounded for itself as where it is added up.
            Node::Apply(Op::Div, arguments)
                if graph.is_count(arguments[1]) && terms.len() + open.len() < MOST_TERMS =>
            {
                let (above, count) = (arguments[0], arguments[1]);
                match graph.node(above).clone() {
                    Node::Apply(op @ (Op::Add | Op::Sub), arguments) => {
                        let [first, second] = [arguments[0], arguments[1]].map(|part| graph.div(part, count));
                        open.extend([(second, negative != (op == Op::Sub)), (first, negative)]);
                    }
                    _ => terms.push((id, negative)),
                }
            }
            _ => terms.push((id, negative)),
        }
    }
    terms.into_iter().fold(
        base,
        |total, (term, negative)| {
            if negative { graph.sub(total, term) } else { graph.add(total, term) }
        },
    )
}

/// Derivatives of the cost by what it looks at.
struct CostDerivatives {
    readout: Option<Id>,
    spike: Option<Id>,
    potential: Option<Id>,
    states: Map<usize, Id>,
}

impl CostDerivatives {
    fn new(model: &mut Model) -> Result<Self> {
        let graph = &mut model.graph;
        let [readout, spike, potential] = [Symbol::Readout, Symbol::Spike, Symbol::Potential].map(|s| graph.leaf(s));
        let states: Vec<Id> = (0..model.states.len()).map(|state| graph.leaf(Symbol::NextState(state))).collect();
        let leaves = [readout, spike, potential].into_iter().chain(states.iter().copied()).collect();
        let one = graph.number(1.0);
        let found = reverse(graph, &[(model.cost, one)], &leaves, false, "cost")?;
        let zero = graph.number(0.0);
        let of = |leaf: Id| found.get(leaf).copied().filter(|&derivative| derivative != zero);
        let derivatives = Self {
            readout: of(readout),
            spike: of(spike),
            potential: of(potential),
            states: states.iter().enumerate().filter_map(|(state, &leaf)| Some((state, of(leaf)?))).collect(),
        };
        if derivatives.readout.or(derivatives.spike).or(derivatives.potential).is_none()
            && derivatives.states.is_empty()
        {
            return Err(Fault::at(
                Code::Config,
                &"cost",
                &"expected a cost that depends on readout, spike, membrane or state, other than through stops",
            ));
        }
        Ok(derivatives)
    }
}

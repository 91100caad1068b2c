//! A derived rule against central finite differences, in float64.
//!
//! The reference is the neuron as it was written, weights inside its dynamics: a small random layer runs from rest, once as
//! it is and once with one parameter moved by ±h over the whole past. Spikes that gradient passes through are smoothed,
//! S₀ + σ(U) − σ(U₀); what is stopped keeps the values of the unmoved run. The last step's cost then has a derivative that
//! the rule must give: whether the weights were rightly moved out, eligibility traces carry what they should and the three
//! factors are right, all shows here.

mod reference;
mod stimulus;
mod trial;

use decolle_error::{Code, Fault, Result};

use crate::carried::CarriedKind;
use crate::evaluation::Shape;
use crate::expression::{Node, Symbol};
use crate::products::Factor;
use crate::rule::Rule;

use stimulus::stimuli;
use trial::Trial;

/// Largest deviation that passes, relative to the largest derivative of the same kind of parameter.
const TOLERANCE: f64 = 1e-5;
/// How many stimuli that exercise all factors are measured, where rounding and kinks hide too much of the first.
const MOST_MEASURED: usize = 3;

/// A factor that an error is planted in, to see that the check finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// 1.01 times the error that comes back.
    Error,
    /// 1.01 times the surrogate.
    Surrogate,
    /// 1.01 times the presynaptic and eligibility traces.
    Trace,
}

/// What to check with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckOptions {
    /// Size of the layer.
    pub shape: Shape,
    /// Steps that are run; the last one is looked at.
    pub steps: usize,
    /// Seed of weights, events and targets.
    pub seed: u64,
    /// Microseconds a step.
    pub time_step: f64,
    /// An error to plant.
    pub plant: Option<Plant>,
}

impl Default for CheckOptions {
    fn default() -> Self {
        let shape = Shape { samples: 2, inputs: 6, neurons: 5, classes: 3 };
        Self { shape, steps: 12, seed: 1, time_step: 1000.0, plant: None }
    }
}

/// A derivative where the rule and finite differences part most.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// `weight`, `bias`, or the name of a constant.
    pub parameter: String,
    /// Which one: neuron and input of a weight, neuron of a bias.
    pub place: Vec<usize>,
    /// As the rule has it.
    pub derived: f64,
    /// As finite differences have it.
    pub difference: f64,
    /// How far apart, relative to the largest derivative of the kind.
    pub deviation: f64,
}

decolle_json::written! { Worst { derived, deviation, difference, parameter, place } }

/// What a check says of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All derivatives agree, and an error of 1 % in any factor of the rule would have shown.
    Passed,
    /// A derivative is wrong, or the potential is.
    Failed,
    /// What was compared agrees, but does not say enough.
    Inconclusive,
}

decolle_json::names! { Verdict { Passed, Failed, Inconclusive } }

/// What came out of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Whether it passed.
    pub passed: bool,
    /// What it says.
    pub outcome: Verdict,
    /// Why.
    pub reason: String,
    /// Where they agree least.
    pub worst: Worst,
    /// Derivatives compared.
    pub compared: usize,
    /// Of these, how many are not zero.
    pub nonzero: usize,
    /// Derivatives left out because the cost has a kink within the step, or rounding hides them.
    pub skipped: usize,
    /// What passes.
    pub tolerance: f64,
    /// Largest difference between potentials of the neuron as written and with its weights moved out.
    pub dynamics: f64,
}

decolle_json::written! {
    Check { compared, dynamics, nonzero, outcome, passed, reason, skipped, tolerance, worst }
}

impl Check {
    /// A check in which nothing was compared.
    fn of_nothing(reason: &str) -> Self {
        let worst =
            Worst { parameter: "weight".into(), place: Vec::new(), derived: 0.0, difference: 0.0, deviation: 0.0 };
        Self {
            passed: false,
            outcome: Verdict::Inconclusive,
            reason: reason.into(),
            worst,
            compared: 0,
            nonzero: 0,
            skipped: 0,
            tolerance: TOLERANCE,
            dynamics: 0.0,
        }
    }
}

impl Plant {
    const ALL: [Self; 3] = [Self::Error, Self::Surrogate, Self::Trace];

    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Surrogate => "surrogate",
            Self::Trace => "trace",
        }
    }

    /// Whether a rule has this factor: one of a cost that only looks at potentials has no error that comes back.
    fn is_in(self, rule: &Rule) -> bool {
        let graph = &rule.model.graph;
        let has = |roots: &[_], symbol: Symbol| {
            graph.reachable(roots, &|_| false).into_iter().any(|id| *graph.node(id) == Node::Symbol(symbol))
        };
        let comes_back = graph.as_number(rule.error) != Some(0.0) && has(&[rule.delta], Symbol::Error);
        match self {
            Self::Error => comes_back,
            Self::Surrogate => comes_back || rule.carried.iter().any(|carried| carried.kind == CarriedKind::Surrogate),
            Self::Trace => true,
        }
    }
}

/// Compares the derivatives that a rule gives with finite differences.
///
/// Weights, events and targets are tried until each factor of the rule has a part in some derivative that is compared, so
/// that an error in it would show. An error trigger or another modulation of the error changes the gradient on purpose, so
/// the rule is to be derived without.
///
/// # Errors
/// `not-finite` where the dynamics overflow whatever was tried, `range` where potentials grow too large to be told apart.
pub fn check(rule: &Rule, options: &CheckOptions) -> Result<Check> {
    if options.steps == 0 {
        return Err(Fault::unfit(Code::Range, &"steps", &"at least 1", &0));
    }
    let factors: Vec<Plant> = Plant::ALL.into_iter().filter(|plant| plant.is_in(rule)).collect();
    let (mut refusal, mut second_best, mut unsure) = (None, None::<(usize, Trial<'_>)>, None);
    let (mut measured, mut on_edge) = (0, false);
    for stimulus in stimuli(&rule.original, options) {
        let trial = stimulus.and_then(|stimulus| match stimulus {
            Some(stimulus) => {
                let trial = Trial::new(rule, options, &factors, stimulus)?;
                on_edge |= trial.is_none();
                Ok(trial)
            }
            None => Ok(None),
        });
        let trial = match trial {
            Ok(Some(trial)) => trial,
            Ok(None) => continue,
            Err(fault) if matches!(fault.code, Code::NotFinite | Code::Range) => {
                refusal.get_or_insert(fault);
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let idle = trial.idle(|_, _, _| Ok(true))?.len();
        if idle > 0 {
            if second_best.as_ref().is_none_or(|(least, _)| idle < *least) {
                second_best = Some((idle, trial));
            }
            continue;
        }
        let result = trial.compare()?;
        if result.outcome != Verdict::Inconclusive {
            return Ok(result);
        }
        unsure.get_or_insert(result);
        measured += 1;
        if measured == MOST_MEASURED {
            break;
        }
    }
    match (unsure, second_best, refusal) {
        (Some(result), ..) => Ok(result),
        (None, Some((_, trial)), _) => trial.compare(),
        (None, None, _) if on_edge => Ok(Check::of_nothing(
            "rounding decides which way a comparison goes or whether a neuron spikes, whatever weights and events were tried",
        )),
        (None, None, Some(fault)) => Err(fault),
        (None, None, None) => Err(Fault::unfit(
            Code::Range,
            &"membrane",
            &"a potential that follows the weights",
            &"one that stays what it is",
        )),
    }
}

/// The rule with an error planted in a factor.
fn planted(rule: &Rule, plant: Option<Plant>) -> Rule {
    let mut rule = rule.clone();
    let graph = &mut rule.model.graph;
    let wrong = graph.number(1.01);
    match plant {
        None => {}
        Some(Plant::Error) => rule.error = graph.mul(wrong, rule.error),
        Some(Plant::Surrogate) => {
            let slope = graph.mul(wrong, rule.surrogate);
            rule.surrogate = slope;
            for last in rule.carried.iter_mut().filter(|carried| carried.kind == CarriedKind::Surrogate) {
                last.next = slope;
            }
            let error = graph.leaf(Symbol::Error);
            let through = graph.mul(error, slope);
            rule.delta = graph.add(through, rule.direct);
        }
        Some(Plant::Trace) => {
            for factor in &mut rule.factors {
                *factor = Factor { post: factor.post, pre: graph.mul(wrong, factor.pre) };
            }
            for trace in rule.carried.iter_mut().filter(|carried| carried.kind == CarriedKind::Eligibility) {
                trace.next = graph.mul(wrong, trace.next);
            }
        }
    }
    rule
}

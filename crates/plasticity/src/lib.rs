//! Plasticity rules, derived from a neuron's dynamics and a cost (Kaiser, Mostafa & Neftci 2020, eqs. 5–8).
//!
//! ```text
//! document.rs       neurons and costs as they travel, checked         any.rs: beside the built-in ones
//! model.rs          lowered into one graph of expressions      lowering.rs, leaf.rs, modulation.rs
//! expression.rs     the graph                                  simplification.rs, space.rs; numbered.rs: maps of its nodes
//! operation.rs      the operations, all in one table
//! factorization.rs  the weights moved out of linear dynamics   remainder.rs: what is left
//! rule.rs           error × surrogate × trace, derived         derivative.rs
//!                   delta.rs, eligibility.rs, products.rs, sensitivity.rs
//! carried.rs        the one list of what a rule carries from step to step
//! print/            the rule as text, LaTeX and MathML         account.rs: what it stores and costs
//! check/            against finite differences                 simulation.rs, evaluation.rs
//! builtin.rs        the built-in neurons and costs, in the same language
//! factors.rs        what of the built-in rule is fused into the engine
//! ```
//!
//! Other rules run inside a network, too: `decolle-program` compiles them.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod account;
mod any;
mod builtin;
mod carried;
mod check;
mod delta;
mod derivative;
mod document;
mod eligibility;
mod evaluation;
mod expression;
mod factorization;
mod factors;
mod leaf;
mod lowering;
mod model;
mod modulation;
mod numbered;
mod operation;
mod print;
mod products;
mod real;
mod remainder;
mod request;
mod rule;
mod sensitivity;
mod simplification;
mod simulation;
mod space;

pub use account::{Account, account};
pub use any::{AnyCost, AnyNeuron};
pub use builtin::{cost_document, lif_document, neuron_document, regularizer_document, trigger_document};
pub use carried::{Carried, CarriedKind};
pub use check::{Check, CheckOptions, Plant, Verdict, Worst, check};
pub use delta::RuleOptions;
pub use document::{
    ConstantDocument, ConstantKind, ConstantOf, CostDocument, CostTag, DEEPEST, LONGEST_TEXT, MOST_NODES,
    MOST_VARIABLES, NeuronDocument, NeuronTag, NodeDocument, Remainder, SpikeCondition, SurrogateDocument,
    VariableDocument,
};
pub use evaluation::{Evaluation, Shape};
pub use expression::{Graph, Id, Node, Symbol};
pub use factorization::{Obstacle, Treatment};
pub use factors::NeuronFactors;
pub use model::{Model, Variable};
pub use modulation::ModulationDocument;
pub use numbered::{Map, Number};
pub use operation::{Op, elementwise, value};
pub use print::{Form, print};
pub use products::{Factor, SynapseFactor};
pub use real::Real;
pub use request::{check_rule, derive_rule, simulate_rule};
pub use rule::Rule;
pub use sensitivity::ConstantGradient;
pub use simulation::{Outcome, Parameters, Simulation, constant_values};
pub use space::Space;

//! The plasticity rule of a neuron and a cost, derived.
//!
//! ∂L/∂W_ij = δ_i · ∂U_i/∂W_ij with δ_i = ∂L/∂S_i · σ′(U_i) + ∂L/∂U_i: the error that comes back through the local
//! readout, times the surrogate, times what the synapse has to do with the potential. There is no gradient between layers
//! and none backwards in time; what the past has to do with today's potential is carried forward, in a trace for each
//! input where the dynamics factorise, else in an eligibility trace for each synapse.

use decolle_error::{Code, Fault, Result};

use crate::carried::{self, Carried, CarriedKind};
use crate::delta::{Delta, RuleOptions};
use crate::eligibility::eligibilities;
use crate::expression::{Id, Node, Symbol, weighted_sums};
use crate::factorization::{Treatment, active, carrying, factorize};
use crate::model::Model;
use crate::numbered::Set;
use crate::products::{Factor, Products, SynapseFactor};
use crate::remainder::settle_remainder;
use crate::sensitivity::{ConstantGradient, constant_gradients};

/// A derived rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Dynamics and cost with the weights moved out of what factorises, in one graph with the rule.
    pub model: Model,
    /// Dynamics and cost as given, stops included.
    pub original: Model,
    /// What the gradient does at each state variable.
    pub treatments: Vec<Treatment>,
    /// σ′ over [`Symbol::Potential`].
    pub surrogate: Id,
    /// ∂L/∂Y_k, if the cost looks at the readout.
    pub readout_error: Option<Id>,
    /// ∂L/∂S_i over [`Symbol::ReadoutError`], modulated.
    pub error: Id,
    /// ∂L/∂U_i other than through the spike.
    pub direct: Id,
    /// δ_i over [`Symbol::Error`].
    pub delta: Id,
    /// The products that make the gradient.
    pub factors: Vec<Factor>,
    /// Products of a neuron's factor and an eligibility trace.
    pub synapse_factors: Vec<SynapseFactor>,
    /// ∂L/∂b_i, if there is a bias.
    pub bias: Option<Id>,
    /// Gradients of learnable constants.
    pub constants: Vec<ConstantGradient>,
    /// What it carries from one step to the next, in the order of evaluation.
    pub carried: Vec<Carried>,
}

impl Rule {
    /// Derives the rule of a model.
    ///
    /// # Errors
    /// `config` where the dynamics do not factorise and no choice is made, where the potential does not depend on the
    /// weights or the cost on the layer; `unsupported` where a derivative is missing.
    pub fn derive(mut model: Model, options: RuleOptions) -> Result<Self> {
        if options.feed_forward {
            model.make_feed_forward()?;
        }
        let mut treatments = vec![Treatment::Independent; model.states.len()];
        let left = settle_remainder(&mut model, &mut treatments)?;
        let original = model.clone();
        for (state, treatment) in factorize(&mut model)? {
            treatments[state] = treatment;
        }
        for (state, obstacle) in left.iter() {
            treatments[state] = Treatment::Eligibility(obstacle.clone());
        }
        check_weighted(&model)?;
        let Delta { surrogate, readout_error, error, direct, delta, states } = Delta::new(&mut model, options)?;
        let eligible = eligible_states(&treatments);
        let (traces, past) = eligibilities(&mut model, &eligible)?;
        let Products { factors, synapse_factors, bias } = Products::new(&mut model, &traces, &states)?;
        let (constants, sensitivities) = constant_gradients(&mut model, &treatments, &states, past)?;
        let mut carried = carried::of_neuron(&mut model, &treatments);
        carried.extend(carried::of_synapses(&model, &traces));
        let first_sensitivity = carried.len();
        carried.extend(sensitivities);
        mark_instantaneous(&model, &mut treatments);
        let mut rule = Self {
            model,
            original,
            treatments,
            surrogate,
            readout_error,
            error,
            direct,
            delta,
            factors,
            synapse_factors,
            bias,
            constants,
            carried,
        };
        let kind = CarriedKind::Surrogate;
        if rule.evaluated().iter().any(|&id| *rule.model.graph.node(id) == Node::Symbol(Symbol::PastSurrogate)) {
            let name = "membrane.surrogate".to_string();
            let last = Carried::at_rest(kind, Symbol::PastSurrogate, surrogate, name, "σ′".to_string());
            rule.carried.insert(first_sensitivity, last);
        }
        Ok(rule)
    }

    /// Eligibility traces, with their places in the list of what is carried.
    pub fn eligibilities(&self) -> impl Iterator<Item = (usize, &Carried)> {
        self.carried.iter().enumerate().filter(|(_, carried)| carried.kind == CarriedKind::Eligibility)
    }

    /// What belongs to the neuron in each product of the gradient: those with what weights meet, then those with eligibility
    /// traces; and last the gradients of constants that learn.
    pub fn posts(&self) -> Vec<Id> {
        let mut posts: Vec<Id> = self.factors.iter().map(|factor| factor.post).collect();
        posts.extend(self.synapse_factors.iter().map(|factor| factor.post));
        posts.extend(self.constants.iter().map(|gradient| gradient.gradient));
        posts
    }

    /// What is computed in a step, but for δ: what is carried on, the error, the products of the gradient.
    pub(crate) fn roots(&self) -> Vec<Id> {
        // σ′ is a part of δ, and the sensitivity of U one of the gradient, each simplified with what it is multiplied by.
        let is_part = |kind: CarriedKind| matches!(kind, CarriedKind::Surrogate | CarriedKind::PotentialSensitivity);
        let carried = self.carried.iter().filter(|carried| !is_part(carried.kind));
        let mut roots: Vec<Id> = carried.map(|carried| carried.next).collect();
        roots.push(self.error);
        roots.extend(self.readout_error);
        roots.extend(self.bias);
        roots.extend(self.factors.iter().map(|factor| factor.pre));
        roots.extend(self.posts());
        roots
    }

    /// Nodes that are evaluated in a step.
    pub(crate) fn evaluated(&self) -> Vec<Id> {
        let mut roots = self.roots();
        roots.push(self.delta);
        self.model.graph.reachable(&roots, &|_| false)
    }
}

/// Refuses weighted sums of what itself depends on the weights: those of one neuron would enter another's rule.
fn check_weighted(model: &Model) -> Result<()> {
    let graph = &model.graph;
    let active = active(graph, &carrying(model));
    for id in weighted_sums(graph) {
        if active[graph.arguments(id)[0].index()] {
            return Err(Fault::at(
                Code::Config,
                &"weighted",
                &"expected values of inputs that do not depend on the weights; put stopGradient around them",
            ));
        }
    }
    Ok(())
}

/// State variables with an eligibility trace for each synapse.
fn eligible_states(treatments: &[Treatment]) -> Set<usize> {
    treatments
        .iter()
        .enumerate()
        .filter(|(_, treatment)| matches!(treatment, Treatment::Eligibility(_)))
        .map(|(state, _)| state)
        .collect()
}

/// Marks state that depends on the weights without carrying a gradient on.
fn mark_instantaneous(model: &Model, treatments: &mut [Treatment]) {
    let active = active(&model.graph, &eligible_states(treatments));
    for (treatment, value) in treatments.iter_mut().zip(&model.values) {
        if *treatment == Treatment::Independent && active[value.index()] {
            *treatment = Treatment::Instantaneous;
        }
    }
}

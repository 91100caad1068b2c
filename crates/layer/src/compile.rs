//! From a neuron and a cost to what runs: each is a document, from which a rule is derived; where a fused form of it is at
//! hand that runs, and programs elsewhere.

use decolle_error::{Fault, Result};
use decolle_learning::draw_decays;
use decolle_neuron::{Lif, RefractoryDynamics, TraceDynamics};
use decolle_plasticity::{Model, Rule, RuleOptions, trigger_document};
use decolle_program::{Inputs, LayerSize, LearnedConstant, Parts, Programs, SynapseProgram, compile};
use decolle_specification::{LayerSettings, LayerSpecification, Specification};
use decolle_synapse::Geometry;

use crate::judgement::{Deltas, Judgement};
use crate::neurons::Neurons;
use crate::places::{spread_inputs, spread_neurons};
use crate::reasons::ProgramReasons;

/// What a layer runs.
pub(crate) struct Compiled {
    pub(crate) inputs: Inputs,
    pub(crate) neurons: Neurons,
    pub(crate) judgement: Judgement,
    /// The gradient of each synapse, where it is more than δ times one trace.
    pub(crate) eligibility: Option<SynapseProgram>,
    /// Which of what weights multiply each product of the gradient is with.
    pub(crate) products: Vec<usize>,
    pub(crate) learned: Vec<LearnedConstant>,
    /// Whether all steps run densely.
    pub(crate) is_dense: bool,
    /// Why what runs as a program does.
    pub(crate) reasons: ProgramReasons,
}

impl Compiled {
    /// What layer `index` of a checked specification runs, with so many units.
    ///
    /// # Errors
    /// Those of the derivation, with the path of the neuron or cost; `config` for what networks do not run.
    pub(crate) fn new(specification: &Specification, index: usize, geometry: &Geometry, units: usize) -> Result<Self> {
        let LayerSettings { neuron, cost, .. } = specification.settings(index);
        let (lif, built_in) = (neuron.lif(), cost.built_in());
        let programs = match (lif, built_in) {
            (Some(_), Some(_)) => None,
            _ => Some(programs(specification, index, units)?),
        };
        let is_dense = programs.as_ref().is_some_and(Programs::is_dense);
        let (compiled, deltas, eligibility, products, learned) = match programs {
            None => (None, None, None, vec![0], Vec::new()),
            Some(Programs { neuron: None, judgement, .. }) => (None, Some(judgement), None, vec![0], Vec::new()),
            Some(Programs { neuron, judgement, synapse, products, learned }) => {
                (neuron, Some(judgement), synapse, products, learned)
            }
        };
        let default = Lif::default();
        let lif = lif.unwrap_or(&default);
        let (inputs, neurons) = match compiled {
            Some((inputs, program)) => (inputs, Neurons::Program(Box::new(program))),
            None => fused(lif, specification.seed, index, geometry),
        };
        let deltas = deltas.map_or(Deltas::Factors(lif.surrogate), |program| Deltas::Program(Box::new(program)));
        let judgement = Judgement { cost: built_in, deltas };
        let reasons = ProgramReasons::default();
        let compiled = Self { inputs, neurons, judgement, eligibility, products, learned, is_dense, reasons };
        Ok(Self { reasons: ProgramReasons::of(&compiled), ..compiled })
    }
}

/// The fused form of leaky integrate-and-fire neurons, with decay factors drawn where they are.
fn fused(lif: &Lif, seed: u64, index: usize, geometry: &Geometry) -> (Inputs, Neurons) {
    let drawn = |decay, name: &str, count| draw_decays(decay, seed, &format!("{name}.{index}"), count);
    let mut leaks = TraceDynamics::new(lif);
    leaks.alpha = spread_inputs(geometry, drawn(&lif.alpha, "alpha", geometry.inputs));
    leaks.beta = spread_inputs(geometry, drawn(&lif.beta, "beta", geometry.inputs));
    let mut refractory = RefractoryDynamics::new(lif);
    refractory.gamma = spread_neurons(geometry, drawn(&lif.gamma, "gamma", geometry.neurons()));
    (Inputs::Leaks(leaks), Neurons::LeakyIntegrateAndFire(refractory))
}

/// The programs of layer `index` with so many units, of what has no fused form.
///
/// # Errors
/// Those of the derivation, with the path of the neuron or cost; `config` for what networks do not run.
fn programs(specification: &Specification, index: usize, units: usize) -> Result<Programs> {
    let layer = &specification.layers[index];
    let (own, LayerSettings { neuron, cost, .. }) = (layer.overrides(), specification.settings(index));
    let parts = Parts { neuron: neuron.lif().is_none(), cost: cost.built_in().is_none() };
    let located = |fault: Fault| {
        let whole = format!("layers[{index}]");
        match [("neuron", own.neuron.is_some()), ("cost", own.cost.is_some())]
            .into_iter()
            .find(|(field, _)| fault.is_within(field))
        {
            Some((_, true)) => fault.within(&whole),
            Some((_, false)) => fault,
            None => fault.of(&whole),
        }
    };
    let trigger = specification.error_trigger.map(|trigger| trigger_document(&trigger));
    let options = RuleOptions { dropout: specification.readout.dropout > 0.0, feed_forward: layer.own_inputs() == 0 };
    let size = LayerSize {
        units,
        classes: specification.readout.units,
        time_step: specification.time_step,
        shares_weights: !matches!(layer, LayerSpecification::Dense(_)),
    };
    Model::new(&neuron.document(), &[cost.document()], trigger.as_ref())
        .and_then(|model| Rule::derive(model, options))
        .and_then(|rule| compile(&rule, parts, size))
        .map_err(located)
}

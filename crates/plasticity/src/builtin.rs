//! The built-in neurons, surrogates, costs and regularisers, in the language that users write theirs in.

use decolle_learning::{Cost, ErrorTrigger, LowerActivity, Regularizer};
use decolle_neuron::{Decay, Lif, Neuron, Refractory, Surrogate, TraceGain, TraceOrder};

use crate::document::{
    ConstantDocument, ConstantKind, ConstantOf, CostDocument, CostTag, NeuronDocument, NeuronTag, NodeDocument,
    SpikeCondition, SurrogateDocument, VariableDocument,
};
use crate::modulation::ModulationDocument;

/// Nodes as they are written down.
#[derive(Default)]
struct Nodes(Vec<NodeDocument>);

impl Nodes {
    fn push(&mut self, op: &str, args: &[usize], value: Option<f64>, name: Option<&str>) -> usize {
        self.0.push(NodeDocument { op: op.into(), args: args.to_vec(), value, name: name.map(Into::into) });
        self.0.len() - 1
    }

    fn number(&mut self, value: f32) -> usize {
        self.push("number", &[], Some(shortest(value)), None)
    }

    fn symbol(&mut self, op: &str) -> usize {
        self.push(op, &[], None, None)
    }

    fn named(&mut self, op: &str, name: &str) -> usize {
        self.push(op, &[], None, Some(name))
    }

    fn apply(&mut self, op: &str, args: &[usize]) -> usize {
        self.push(op, args, None, None)
    }
}

/// The float64 whose shortest decimal form is that of the float32, so that 0.97 prints as it was written; both round to
/// the same float32.
fn shortest(value: f32) -> f64 {
    // By the reader of JSON, since the standard library's would be a second one in a WebAssembly module. It knows no infinity.
    decolle_json::read("number", &decolle_json::write(&value)).unwrap_or_else(|_| f64::from(value))
}

fn decay(name: &str, symbol: &str, decay: Decay, of: ConstantOf) -> ConstantDocument {
    let of = if matches!(decay, Decay::Shared(_)) { ConstantOf::Layer } else { of };
    ConstantDocument {
        name: name.into(),
        kind: ConstantKind::Decay,
        value: shortest(decay.mean()),
        of,
        learn: false,
        symbol: Some(symbol.into()),
    }
}

/// A trace's step: decay · trace + gain · input.
fn follow(nodes: &mut Nodes, gain: TraceGain, decay: &str, trace: &str, input: usize) -> usize {
    let factor = nodes.named("decay", decay);
    let old = nodes.named("trace", trace);
    let decayed = nodes.apply("mul", &[factor, old]);
    let gain = match gain {
        TraceGain::One => None,
        TraceGain::Unit => {
            let one = nodes.number(1.0);
            Some(nodes.apply("sub", &[one, factor]))
        }
        TraceGain::Reciprocal => {
            let one = nodes.number(1.0);
            let rest = nodes.apply("sub", &[one, factor]);
            Some(nodes.apply("div", &[one, rest]))
        }
    };
    let input = gain.map_or(input, |gain| nodes.apply("mul", &[gain, input]));
    nodes.apply("add", &[decayed, input])
}

/// The step of the refractory trace R, from the spike of the step before.
fn refractory(nodes: &mut Nodes, form: Refractory) -> usize {
    let gamma = nodes.named("decay", "gamma");
    let old = nodes.named("state", "refractory");
    let spike = nodes.symbol("spike");
    let spike = nodes.apply("stop", &[spike]);
    match form {
        Refractory::Normalized => {
            let decayed = nodes.apply("mul", &[gamma, old]);
            let one = nodes.number(1.0);
            let rest = nodes.apply("sub", &[one, gamma]);
            let added = nodes.apply("mul", &[rest, spike]);
            nodes.apply("add", &[decayed, added])
        }
        Refractory::Additive => {
            let decayed = nodes.apply("mul", &[gamma, old]);
            nodes.apply("add", &[decayed, spike])
        }
        Refractory::Decayed => {
            let sum = nodes.apply("add", &[old, spike]);
            nodes.apply("mul", &[gamma, sum])
        }
        Refractory::Potential => {
            let decayed = nodes.apply("mul", &[gamma, old]);
            let potential = nodes.symbol("potential");
            let potential = nodes.apply("stop", &[potential]);
            let taken = nodes.apply("add", &[potential, old]);
            let taken = nodes.apply("mul", &[spike, taken]);
            nodes.apply("add", &[decayed, taken])
        }
    }
}

/// The built-in neurons.
pub fn neuron_document(neuron: &Neuron) -> NeuronDocument {
    match neuron {
        Neuron::Lif(lif) => lif_document(lif),
    }
}

/// The leaky integrate-and-fire neuron in the paper's form: traces Q and P, refractory trace R.
pub fn lif_document(lif: &Lif) -> NeuronDocument {
    let mut nodes = Nodes::default();
    let event = nodes.symbol("event");
    let synaptic = follow(&mut nodes, lif.trace_gain, "beta", "synaptic", event);
    let before = match lif.trace {
        TraceOrder::Previous => nodes.named("trace", "synaptic"),
        TraceOrder::Current => synaptic,
    };
    let membrane_trace = follow(&mut nodes, lif.trace_gain, "alpha", "membrane", before);
    let refractory = refractory(&mut nodes, lif.refractory);
    let trace = nodes.named("nextTrace", "membrane");
    let drive = nodes.apply("weighted", &[trace]);
    let bias = nodes.symbol("bias");
    let driven = nodes.apply("add", &[drive, bias]);
    let after = nodes.named("nextState", "refractory");
    let mut constants = vec![
        decay("alpha", "α", lif.alpha, ConstantOf::Input),
        decay("beta", "β", lif.beta, ConstantOf::Input),
        decay("gamma", "γ", lif.gamma, ConstantOf::Neuron),
    ];
    let refractoriness = if lif.refractory == Refractory::Potential {
        after
    } else {
        constants.push(ConstantDocument {
            name: "rho".into(),
            kind: ConstantKind::Number,
            value: shortest(lif.rho),
            of: ConstantOf::Layer,
            learn: false,
            symbol: Some("ρ".into()),
        });
        let rho = nodes.named("constant", "rho");
        nodes.apply("mul", &[rho, after])
    };
    let membrane = nodes.apply("sub", &[driven, refractoriness]);
    let surrogate = surrogate(&mut nodes, lif.surrogate);
    let variable = |name: &str, symbol: &str, next: usize| VariableDocument {
        name: name.into(),
        initial: 0.0,
        next,
        symbol: Some(symbol.into()),
    };
    NeuronDocument {
        r#type: NeuronTag::Neuron,
        name: "lif".into(),
        constants,
        traces: vec![variable("synaptic", "Q", synaptic), variable("membrane", "P", membrane_trace)],
        state: vec![variable("refractory", "R", refractory)],
        nodes: nodes.0,
        membrane,
        spike: if lif.spike_at_threshold { SpikeCondition::At } else { SpikeCondition::Above },
        surrogate,
        remainder: None,
    }
}

/// σ and σ′ of the built-in surrogates.
fn surrogate(nodes: &mut Nodes, surrogate: Surrogate) -> SurrogateDocument {
    let u = nodes.symbol("potential");
    let one = nodes.number(1.0);
    let (primitive, derivative) = match surrogate {
        Surrogate::Boxcar { width } => {
            let width = nodes.number(width);
            let negative = nodes.apply("neg", &[width]);
            let primitive = nodes.apply("clamp", &[u, negative, width]);
            let size = nodes.apply("abs", &[u]);
            let within = nodes.apply("lessEqual", &[size, width]);
            let zero = nodes.number(0.0);
            (primitive, nodes.apply("select", &[within, one, zero]))
        }
        Surrogate::FastSigmoid { slope } => {
            let slope = nodes.number(slope);
            let size = nodes.apply("abs", &[u]);
            let base = nodes.apply("mul", &[slope, size]);
            let base = nodes.apply("add", &[base, one]);
            let primitive = nodes.apply("div", &[u, base]);
            let square = nodes.apply("square", &[base]);
            (primitive, nodes.apply("div", &[one, square]))
        }
        Surrogate::Sigmoid { slope } => {
            let slope = nodes.number(slope);
            let steep = nodes.apply("mul", &[slope, u]);
            let primitive = nodes.apply("sigmoid", &[steep]);
            let rest = nodes.apply("sub", &[one, primitive]);
            let product = nodes.apply("mul", &[primitive, rest]);
            (primitive, nodes.apply("mul", &[slope, product]))
        }
    };
    SurrogateDocument { primitive, derivative: Some(derivative) }
}

/// The built-in costs.
pub fn cost_document(cost: &Cost) -> CostDocument {
    let mut nodes = Nodes::default();
    let (readout, target) = (nodes.symbol("readout"), nodes.symbol("target"));
    let (name, cost) = match cost {
        Cost::SmoothL1 {} => {
            let distance = nodes.apply("sub", &[readout, target]);
            let size = nodes.apply("abs", &[distance]);
            let (one, half) = (nodes.number(1.0), nodes.number(0.5));
            let near = nodes.apply("less", &[size, one]);
            let square = nodes.apply("square", &[distance]);
            let square = nodes.apply("mul", &[half, square]);
            let far = nodes.apply("sub", &[size, half]);
            let each = nodes.apply("select", &[near, square, far]);
            ("smoothL1", nodes.apply("mean", &[each]))
        }
        Cost::MeanSquared {} => {
            let distance = nodes.apply("sub", &[readout, target]);
            let square = nodes.apply("square", &[distance]);
            ("meanSquared", nodes.apply("mean", &[square]))
        }
        Cost::CrossEntropy {} => {
            let total = nodes.apply("logSumExp", &[readout]);
            let surprise = nodes.apply("sub", &[total, readout]);
            let expected = nodes.apply("mul", &[target, surprise]);
            ("crossEntropy", nodes.apply("sum", &[expected]))
        }
    };
    CostDocument { r#type: CostTag::Cost, name: name.into(), nodes: nodes.0, cost }
}

/// The regulariser λ₁⟨[U + 0.01]₊⟩ + λ₂[0.1 − ⟨a(U)⟩]₊ as a cost.
pub fn regularizer_document(regularizer: &Regularizer) -> CostDocument {
    let mut nodes = Nodes::default();
    let potential = nodes.symbol("potential");
    let mean = |nodes: &mut Nodes, values: usize| {
        let mean = nodes.apply("mean", &[values]);
        nodes.apply("sampleMean", &[mean])
    };
    let margin = nodes.number(0.01);
    let above = nodes.apply("add", &[potential, margin]);
    let above = nodes.apply("relu", &[above]);
    let above = mean(&mut nodes, above);
    let weight = nodes.number(regularizer.upper);
    let upper = nodes.apply("mul", &[weight, above]);
    let activity = match regularizer.lower_activity {
        LowerActivity::Sigmoid => nodes.apply("sigmoid", &[potential]),
        LowerActivity::Potential => potential,
    };
    let activity = mean(&mut nodes, activity);
    let least = nodes.number(0.1);
    let lacking = nodes.apply("sub", &[least, activity]);
    let lacking = nodes.apply("relu", &[lacking]);
    let weight = nodes.number(regularizer.lower);
    let lower = nodes.apply("mul", &[weight, lacking]);
    let cost = nodes.apply("add", &[upper, lower]);
    CostDocument { r#type: CostTag::Cost, name: "regularizer".into(), nodes: nodes.0, cost }
}

/// Error-triggered learning: e becomes sign(e)·⌊|e|/θ⌋·θ. A θ under control is a symbol, for it moves.
pub fn trigger_document(trigger: &ErrorTrigger) -> ModulationDocument {
    let mut nodes = Nodes::default();
    let error = nodes.symbol("error");
    let moves = trigger.moves();
    let threshold = if moves { nodes.symbol("errorThreshold") } else { nodes.number(trigger.threshold) };
    let zero = nodes.number(0.0);
    let size = nodes.apply("abs", &[error]);
    let multiple = nodes.apply("div", &[size, threshold]);
    let whole = nodes.apply("floor", &[multiple]);
    let whole = nodes.apply("mul", &[whole, threshold]);
    let negative = nodes.apply("neg", &[whole]);
    let below = nodes.apply("less", &[error, zero]);
    let error = nodes.apply("select", &[below, negative, whole]);
    ModulationDocument { nodes: nodes.0, error, threshold: moves.then_some(f64::from(trigger.threshold)) }
}

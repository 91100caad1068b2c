//! What the bindings call: rules derived, checked and run from JSON to JSON.

use decolle_error::{Code, Fault, Result};
use decolle_json::{Read, Value};
use decolle_learning::{Cost, ErrorTrigger, Regularizer};
use decolle_neuron::Neuron;

use crate::account::{Account, account};
use crate::any::is_tagged;
use crate::builtin::{cost_document, neuron_document, regularizer_document, trigger_document};
use crate::check::{CheckOptions, Plant, check};
use crate::delta::RuleOptions;
use crate::document::{CostDocument, NeuronDocument, read};
use crate::evaluation::Shape;
use crate::model::Model;
use crate::modulation::ModulationDocument;
use crate::print::{Form, constants, print, stops, treatments};
use crate::rule::Rule;
use crate::simulation::{Parameters, Simulation, constant_values};

/// Most costs that add up.
const MOST_COSTS: usize = 16;

/// Neuron and cost of a layer.
struct Request {
    neuron: Value,
    costs: Vec<Value>,
    regularizer: Option<Regularizer>,
    error_trigger: Option<ErrorTrigger>,
    modulation: Option<ModulationDocument>,
    dropout: bool,
    /// Whether other weights than the readout's bring the error back.
    alignment: bool,
    /// Whether inputs may be spikes of the layer itself.
    recurrent: bool,
    /// Microseconds a step.
    time_step: f64,
    check: Option<CheckRequest>,
    simulation: Option<SimulationRequest>,
}

decolle_json::object! {
    Request {
        neuron,
        costs,
        regularizer = None,
        error_trigger = None,
        modulation = None,
        dropout = false,
        alignment = false,
        recurrent = true,
        time_step = 1000.0,
        check = None,
        simulation = None,
    }
}

struct CheckRequest {
    samples: u64,
    inputs: u64,
    neurons: u64,
    classes: u64,
    steps: u64,
    seed: u64,
    plant: Option<String>,
}

decolle_json::object! { CheckRequest { samples, inputs, neurons, classes, steps, seed, plant = None } }

struct SimulationRequest {
    samples: u64,
    inputs: u64,
    neurons: u64,
    classes: u64,
    /// How many inputs, the last ones, are spikes of the layer itself.
    own_inputs: u64,
    weights: Vec<f32>,
    bias: Vec<f32>,
    readout: Vec<f32>,
    readout_bias: Vec<f32>,
    feedback: Vec<f32>,
    /// Events of each step, `[sample][input]`.
    events: Vec<Vec<f32>>,
    /// Targets `[sample][class]`.
    target: Vec<f32>,
}

decolle_json::object! {
    SimulationRequest {
        samples,
        inputs,
        neurons,
        classes,
        own_inputs = 0,
        weights,
        bias,
        readout,
        readout_bias,
        feedback,
        events,
        target,
    }
}

fn at_path<T: Read>(value: Value, path: &str) -> Result<T> {
    T::read(value).map_err(|misfit| misfit.within(path).fault(path))
}

/// Reads a neuron; messages say where in it something is wrong.
fn read_neuron(value: Value) -> Result<NeuronDocument> {
    if is_tagged(&value, "neuron") {
        return at_path(value, "neuron");
    }
    let neuron: Neuron = at_path(value, "neuron")?;
    neuron.check("neuron")?;
    Ok(neuron_document(&neuron))
}

/// Reads a cost.
fn read_cost(value: Value, path: &str) -> Result<CostDocument> {
    if is_tagged(&value, "cost") {
        return at_path(value, path);
    }
    Ok(cost_document(&at_path::<Cost>(value, path)?))
}

impl Request {
    fn rule(&mut self, modulated: bool) -> Result<Rule> {
        let neuron = read_neuron(std::mem::take(&mut self.neuron))?;
        if self.costs.is_empty() || self.costs.len() > MOST_COSTS {
            return Err(Fault::unfit(Code::Range, &"costs", &format_args!("1 to {MOST_COSTS}"), &self.costs.len()));
        }
        let several = self.costs.len() > 1;
        let mut costs = Vec::new();
        for (index, cost) in std::mem::take(&mut self.costs).into_iter().enumerate() {
            let path = if several { format!("costs[{index}]") } else { "cost".into() };
            costs.push(read_cost(cost, &path)?);
        }
        if let Some(regularizer) = &self.regularizer {
            regularizer.check("regularizer")?;
            costs.push(regularizer_document(regularizer));
        }
        if let Some(trigger) = &self.error_trigger {
            trigger.check("errorTrigger")?;
        }
        if !(1.0..=1e9).contains(&self.time_step) {
            return Err(Fault::unfit(Code::Range, &"timeStep", &"1 to 1e9 microseconds", &self.time_step));
        }
        let trigger = self.error_trigger.map(|trigger| trigger_document(&trigger));
        let modulation = self.modulation.as_ref().or(trigger.as_ref()).filter(|_| modulated);
        let options = RuleOptions { dropout: self.dropout, feed_forward: !self.recurrent };
        Rule::derive(Model::new(&neuron, &costs, modulation)?, options)
    }
}

struct DerivedRule {
    neuron: String,
    text: crate::print::Printed,
    latex: crate::print::Printed,
    mathml: crate::print::Printed,
    constants: Vec<String>,
    treatments: Vec<String>,
    stops: Vec<String>,
    account: Account,
}

decolle_json::written! { DerivedRule { neuron, text, latex, mathml, constants, treatments, stops, account } }

/// Derives the rule of a neuron and costs; gives it printed three ways, with its storage and operations.
///
/// # Errors
/// `config`, `range`, `shape` or `unsupported`, with the node and where it stands.
pub fn derive_rule(request: &str) -> Result<String> {
    let mut request: Request = read(request, "rule")?;
    let rule = request.rule(true)?;
    Ok(decolle_json::write(&DerivedRule {
        neuron: rule.model.name.clone(),
        text: print(&rule, Form::Text, request.alignment),
        latex: print(&rule, Form::Latex, request.alignment),
        mathml: print(&rule, Form::Mathml, request.alignment),
        constants: constants(&rule),
        treatments: treatments(&rule),
        stops: stops(&rule),
        account: account(&rule),
    }))
}

fn sized(name: &str, value: u64, most: usize) -> Result<usize> {
    match usize::try_from(value) {
        Ok(value) if (1..=most).contains(&value) => Ok(value),
        _ => Err(Fault::unfit(Code::Range, &name, &format_args!("1 to {most}"), &value)),
    }
}

/// Checks the rule of a neuron and costs against finite differences; an error trigger or modulation is left out.
///
/// # Errors
/// As [`derive_rule`]; `not-finite` where the dynamics overflow.
pub fn check_rule(request: &str) -> Result<String> {
    let mut request: Request = read(request, "check")?;
    let rule = request.rule(false)?;
    let mut options = CheckOptions { time_step: request.time_step, ..CheckOptions::default() };
    if let Some(asked) = &request.check {
        // A check runs the layer ten times for every weight.
        options.shape = Shape {
            samples: sized("samples", asked.samples, 16)?,
            inputs: sized("inputs", asked.inputs, 32)?,
            neurons: sized("neurons", asked.neurons, 32)?,
            classes: sized("classes", asked.classes, 32)?,
        };
        options.steps = sized("steps", asked.steps, 100)?;
        options.seed = asked.seed;
        options.plant = match asked.plant.as_deref() {
            None => None,
            Some("error") => Some(Plant::Error),
            Some("surrogate") => Some(Plant::Surrogate),
            Some("trace") => Some(Plant::Trace),
            Some(other) => {
                let expected = "\"error\", \"surrogate\" or \"trace\"";
                return Err(Fault::unfit(Code::Config, &"plant", &expected, &format_args!("{other:?}")));
            }
        };
    }
    Ok(decolle_json::write(&check(&rule, &options)?))
}

/// What came out of a step of the simulation.
///
/// In float64, as which the numbers are written, so that all digits of a float32 are there for comparisons.
struct Step {
    bias_gradient: Vec<f64>,
    constant_gradients: Vec<Vec<f64>>,
    cost: f64,
    potential: Vec<f64>,
    readout: Vec<f64>,
    spikes: Vec<f64>,
    states: Vec<Vec<f64>>,
    traces: Vec<Vec<f64>>,
    weight_gradient: Vec<f64>,
}

decolle_json::written! {
    Step { bias_gradient, constant_gradients, cost, potential, readout, spikes, states, traces, weight_gradient }
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn all_widened(lists: &[Vec<f32>]) -> Vec<Vec<f64>> {
    lists.iter().map(|values| widened(values)).collect()
}

/// Runs a small dense layer by the interpreted rule in float32: the reference of every faster way.
///
/// # Errors
/// As [`derive_rule`]; `shape` for arrays of other lengths, `not-finite` with expression and step.
pub fn simulate_rule(request: &str) -> Result<String> {
    let mut request: Request = read(request, "simulation")?;
    let rule = request.rule(true)?;
    let Some(layer) = &request.simulation else {
        return Err(Fault::at(Code::Config, &"simulation", &"missing field `simulation`"));
    };
    let shape = Shape {
        samples: sized("samples", layer.samples, 64)?,
        inputs: sized("inputs", layer.inputs, 256)?,
        neurons: sized("neurons", layer.neurons, 256)?,
        classes: sized("classes", layer.classes, 256)?,
    };
    let lengths = [
        ("weights", layer.weights.len(), shape.neurons * shape.inputs),
        ("bias", layer.bias.len(), shape.neurons),
        ("readout", layer.readout.len(), shape.classes * shape.neurons),
        ("readoutBias", layer.readout_bias.len(), shape.classes),
        ("feedback", layer.feedback.len(), shape.classes * shape.neurons),
        ("target", layer.target.len(), shape.samples * shape.classes),
    ];
    let events = layer.events.iter().map(|events| ("events", events.len(), shape.samples * shape.inputs));
    for (name, found, expected) in lengths.into_iter().chain(events) {
        if found != expected {
            let (place, expected) = (format_args!("simulation.{name}"), format_args!("{expected} values"));
            return Err(Fault::unfit(Code::Shape, &place, &expected, &found));
        }
    }
    let from_below = (shape.inputs as u64).saturating_sub(layer.own_inputs);
    let parameters = Parameters::<f32> {
        is_recurrent: (0..shape.inputs as u64).map(|input| f32::from(u8::from(input >= from_below))).collect(),
        weights: layer.weights.clone(),
        bias: layer.bias.clone(),
        readout: layer.readout.clone(),
        readout_bias: layer.readout_bias.clone(),
        feedback: layer.feedback.clone(),
        constants: constant_values(&rule.model.constants, shape, request.time_step),
    };
    let mut simulation = Simulation::new(&rule, shape, &parameters, request.time_step);
    let mut steps = Vec::new();
    for events in &layer.events {
        let outcome = simulation.step(events, &layer.target)?;
        steps.push(Step {
            bias_gradient: widened(&outcome.bias_gradient),
            constant_gradients: all_widened(&outcome.constant_gradients),
            cost: outcome.cost.into(),
            potential: widened(&outcome.potential),
            readout: widened(&outcome.readout),
            spikes: widened(&outcome.spikes),
            states: all_widened(&outcome.states),
            traces: all_widened(&outcome.traces),
            weight_gradient: widened(&outcome.weight_gradient),
        });
    }
    Ok(decolle_json::write(&steps))
}

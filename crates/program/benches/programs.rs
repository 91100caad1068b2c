//! Speed of a compiled rule's programs at every SIMD level on one thread: state and spikes, traces of inputs, cost and δ,
//! synapses.
//!
//! Run by `cargo bench -p decolle-program`. In 10⁹ values a second: neurons, inputs, units and synapses that one step of
//! the program takes. The rules are that of the built-in neuron, written in the language of rules, and of one with an
//! adaptive threshold that keeps an eligibility trace at each synapse. Medians of seven runs, with the range.

use std::hint::black_box;
use std::time::Instant;

use decolle_learning::{Cost, Feedback, Passes, Readout, ReadoutSettings};
use decolle_neuron::Lif;
use decolle_plasticity::{Model, NeuronDocument, Rule, RuleOptions, cost_document, lif_document};
use decolle_program::{
    Arriving, Inputs, Lanes, LayerSize, MOST_PRESYNAPTIC, Parts, Programs, SynapseGradient, Units, compile,
};
use decolle_synapse::{Level, level};

/// Runs of each measurement, and steps in one.
const RUNS: usize = 7;
const STEPS: usize = 200;
/// A layer, whole strips of it.
const INPUTS: usize = 512;
const NEURONS: usize = 512;
const CLASSES: usize = 10;
/// Neurons whose synapses are taken together.
const BLOCK: usize = 64;

/// A neuron whose threshold rises with its spikes, the effect of weights on which is followed at each synapse: e-prop's
/// (Bellec et al. 2020, DOI 10.1038/s41467-020-17236-y, eqs. 10 and 24) with one leak, of inputs whose traces saturate, so
/// that they are no leaks.
const ADAPTIVE: &str = r#"{
    "type": "neuron", "name": "adaptive",
    "constants": [{"name": "membrane", "kind": "decay", "value": 0.95}, {"name": "adaptation", "kind": "decay", "value": 0.99},
        {"name": "strength", "kind": "number", "value": 0.2}],
    "traces": [{"name": "q", "next": 5}], "state": [{"name": "v", "next": 10}, {"name": "a", "next": 15}],
    "nodes": [{"op": "event"}, {"op": "decay", "name": "membrane"}, {"op": "trace", "name": "q"}, {"op": "mul", "args": [1, 2]},
        {"op": "add", "args": [3, 0]}, {"op": "tanh", "args": [4]}, {"op": "nextTrace", "name": "q"},
        {"op": "weighted", "args": [6]}, {"op": "state", "name": "v"}, {"op": "mul", "args": [1, 8]}, {"op": "add", "args": [9, 7]},
        {"op": "decay", "name": "adaptation"}, {"op": "state", "name": "a"}, {"op": "mul", "args": [11, 12]}, {"op": "spike"},
        {"op": "add", "args": [13, 14]}, {"op": "bias"}, {"op": "nextState", "name": "v"}, {"op": "nextState", "name": "a"},
        {"op": "constant", "name": "strength"}, {"op": "mul", "args": [18, 19]}, {"op": "add", "args": [17, 16]},
        {"op": "sub", "args": [21, 20]}, {"op": "potential"}, {"op": "sigmoid", "args": [23]}],
    "membrane": 22, "spike": "above", "surrogate": {"primitive": 24}, "remainder": "eligibility"
}"#;

fn main() {
    println!(
        "{:<30} {:<8} {:>24} {:>24} {:>24} {:>24}",
        "programs", "SIMD", "neurons, 10⁹/s", "inputs, 10⁹/s", "cost and δ, 10⁹/s", "synapses, 10⁹/s"
    );
    let adaptive: NeuronDocument = decolle_json::read("neuron", ADAPTIVE).expect("a neuron");
    for (name, neuron) in [("programs: LIF", lif_document(&Lif::default())), ("programs: adaptive threshold", adaptive)]
    {
        let model = Model::new(&neuron, &[cost_document(&Cost::SmoothL1 {})], None).expect("a model");
        let rule = Rule::derive(model, RuleOptions::default()).expect("a rule");
        let size = LayerSize { units: NEURONS, classes: CLASSES, time_step: 1000, shares_weights: false };
        let programs = compile(&rule, Parts { neuron: true, cost: true }, size).expect("programs");
        for simd in level::all() {
            let rates = [neurons, inputs, deltas, synapses].map(|run| measure(|| run(&programs, simd)));
            let [neurons, inputs, deltas, synapses] = rates.map(text);
            println!("{name:<30} {:<8} {neurons:>24} {inputs:>24} {deltas:>24} {synapses:>24}", level::name(simd));
        }
    }
}

/// 10⁹ values a second of what `run` reports: values and seconds; least, median and most. Nothing where there is no such
/// program.
fn measure(run: impl Fn() -> Option<(usize, f64)>) -> Option<[f64; 3]> {
    let rates: Option<Vec<f64>> =
        (0..RUNS).map(|_| run().map(|(values, seconds)| 1e-9 * values as f64 / seconds)).collect();
    let mut rates = rates?;
    rates.sort_by(f64::total_cmp);
    Some([rates[0], rates[RUNS / 2], rates[RUNS - 1]])
}

/// Median and range as text.
fn text(rates: Option<[f64; 3]>) -> String {
    rates.map_or("none".into(), |[least, median, most]| format!("{median:.3} ({least:.3}–{most:.3})"))
}

/// Numbers of both signs.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37) % 23) as f32 * 0.05 - 0.4).collect()
}

/// Planes of state and what else δ looks at.
fn states(programs: &Programs) -> Vec<Vec<f32>> {
    let (_, program) = programs.neuron.as_ref().expect("compiled");
    vec![numbers(NEURONS); program.states().len() + program.extra()]
}

fn neurons(programs: &Programs, level: Level) -> Option<(usize, f64)> {
    let (_, program) = programs.neuron.as_ref()?;
    let (drive, bias) = (numbers(NEURONS), numbers(NEURONS));
    let (mut states, mut potential, mut spike) = (states(programs), vec![0.0; NEURONS], vec![0.0; NEURONS]);
    let mut scratch = program.scratch();
    let start = Instant::now();
    for _ in 0..STEPS {
        let mut lanes = Lanes {
            drives: &[&drive],
            constants: &[],
            bias: &bias,
            states: &mut states[..],
            potential: &mut potential,
            spike: &mut spike,
        };
        black_box(program.step(level, &mut scratch, &mut lanes));
    }
    Some((STEPS * NEURONS, start.elapsed().as_secs_f64()))
}

fn inputs(programs: &Programs, level: Level) -> Option<(usize, f64)> {
    let (Inputs::Program(program), _) = programs.neuron.as_ref()? else { return None };
    let events: Vec<f32> = (0..INPUTS).map(|input| f32::from(input % 50 == 0)).collect();
    let arriving = Arriving { events: &events, is_recurrent: &[] };
    let mut traces = vec![vec![0.0; INPUTS]; program.traces().len()];
    let mut presynaptic = vec![vec![0.0; INPUTS]; program.presynaptic()];
    let mut scratch = program.scratch();
    let start = Instant::now();
    for _ in 0..STEPS {
        black_box(program.step(level, &mut scratch, &[], arriving, &mut traces, &mut presynaptic));
    }
    Some((STEPS * INPUTS, start.elapsed().as_secs_f64()))
}

fn deltas(programs: &Programs, level: Level) -> Option<(usize, f64)> {
    let judgement = &programs.judgement;
    let settings = ReadoutSettings {
        units: CLASSES,
        scale: 1.0,
        bias: true,
        dropout: 0.0,
        dropout_in_evaluation: false,
        feedback: Feedback::Readout,
    };
    let readout = Readout::draw(&settings, 0, 0, 1.0, (0..NEURONS as u32).collect(), NEURONS);
    let (states, potential) = (states(programs), numbers(NEURONS));
    let potentials = |_: usize| &potential[..];
    let neuron_values = |_: usize, value: usize, first: usize, to: &mut [f32]| {
        to.copy_from_slice(&states[value][first..first + to.len()]);
    };
    let units = Units {
        readout: &readout,
        passes: Passes::default(),
        width: NEURONS,
        outputs: NEURONS,
        potentials: &potentials,
        neuron_values: &neuron_values,
    };
    let (values, target) = (numbers(CLASSES), vec![0.5; CLASSES]);
    let mut error = vec![0.0; CLASSES];
    let mut factors = vec![0.0; NEURONS * judgement.postsynaptic_factors()];
    let (mut deltas, mut scratch) = (potential.clone(), judgement.scratch());
    let start = Instant::now();
    for _ in 0..STEPS {
        judgement.start(&mut scratch, 1, 0.0, 0.0);
        for stage in 0..judgement.stages() {
            judgement.stage(level, stage, &mut scratch, &values, &target, &mut error, &units);
        }
        deltas.copy_from_slice(&potential);
        judgement.deltas(level, &mut scratch, &error, &units, None, 0, &mut deltas, &mut factors);
        black_box(&deltas);
    }
    Some((STEPS * NEURONS, start.elapsed().as_secs_f64()))
}

fn synapses(programs: &Programs, level: Level) -> Option<(usize, f64)> {
    let program = programs.synapse.as_ref()?;
    let (plane, reached) = (numbers(INPUTS), [true; INPUTS]);
    let mut presynaptic: [&[f32]; MOST_PRESYNAPTIC] = [&[]; MOST_PRESYNAPTIC];
    presynaptic[0] = &plane;
    let states = states(programs);
    let neuron_values = |value: usize| &states[value][..BLOCK];
    let delta = numbers(BLOCK);
    let factors = numbers(BLOCK * programs.judgement.postsynaptic_factors().saturating_sub(1));
    let mut traces = vec![0.0; INPUTS * program.names().len() * BLOCK];
    let mut gradient = vec![0.0; INPUTS * BLOCK];
    let mut scratch = program.scratch();
    let steps = STEPS / 10;
    let start = Instant::now();
    for _ in 0..steps {
        let learning =
            SynapseGradient { delta: &delta, factors: &factors, memory: BLOCK, start: 0, gradient: &mut gradient };
        black_box(program.step(
            level,
            &mut scratch,
            BLOCK,
            &presynaptic,
            &reached,
            &neuron_values,
            &mut traces,
            Some(learning),
        ));
    }
    Some((steps * INPUTS * BLOCK, start.elapsed().as_secs_f64()))
}

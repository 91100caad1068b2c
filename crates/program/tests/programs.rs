//! Random neurons and costs: what is compiled for a network gives the bits of the interpreter, on every SIMD level.

use decolle_learning::{Feedback, Passes, Readout, ReadoutSettings};
use decolle_plasticity::{
    CostDocument, Model, NeuronDocument, Parameters, Rule, RuleOptions, Shape, Simulation, constant_values,
};
use decolle_program::{
    Arriving, CopyValue, InputProgram, Inputs, JudgementScratch, Lanes, LayerSize, Parts, Programs, STRIP,
    StripsScratch, SynapseGradient, SynapseProgram, Units, compile,
};
use decolle_synapse::level;
use proptest::prelude::*;

const SHAPE: Shape = Shape { samples: 3, inputs: 5, neurons: 37, classes: 3 };
/// Which inputs are spikes of the layer itself.
const IS_RECURRENT: [f32; SHAPE.inputs] = [0.0, 1.0, 0.0, 0.0, 1.0];
/// Neurons in memory.
const MEMORY: usize = 48;
/// Inputs in memory.
const INPUT_MEMORY: usize = 16;
const STEPS: usize = 12;
const TIME_STEP: u64 = 1000;

/// Operations on what came before, for one expression.
type Recipe = Vec<(u8, usize, usize, usize)>;

fn recipe(most: usize) -> impl Strategy<Value = Recipe> {
    prop::collection::vec((0u8..24, 0usize..64, 0usize..64, 0usize..64), 1..most)
}

/// Appends the nodes of a recipe over `leaves`; gives the index of the last one.
fn write(nodes: &mut Vec<String>, leaves: &[usize], recipe: &Recipe) -> usize {
    let mut ids = leaves.to_vec();
    for &(op, a, b, c) in recipe {
        let at = |place: usize| ids[place % ids.len()];
        let name = [
            "add",
            "add",
            "sub",
            "sub",
            "mul",
            "mul",
            "neg",
            "abs",
            "relu",
            "tanh",
            "sigmoid",
            "square",
            "max",
            "min",
            "select",
            "clamp",
            "less",
            "lessEqual",
            "exp",
            "sign",
            "div",
            "stop",
            "sqrt",
            "log",
        ][op as usize];
        let arguments = match name {
            "select" | "clamp" => format!("{},{},{}", at(a), at(b), at(c)),
            "add" | "sub" | "mul" | "max" | "min" | "less" | "lessEqual" | "div" => format!("{},{}", at(a), at(b)),
            _ => at(a).to_string(),
        };
        nodes.push(format!(r#"{{"op":"{name}","args":[{arguments}]}}"#));
        ids.push(nodes.len() - 1);
    }
    nodes.len() - 1
}

/// A neuron with one trace, two state variables and the given steps; of its three constants, those of these bits learn. The
/// trace takes in all events, or own spikes and the potential the others, where it `tells` them apart.
fn neuron(
    [first, second, membrane]: [&Recipe; 3],
    order: bool,
    exact: bool,
    learned: u8,
    tells: bool,
) -> NeuronDocument {
    let learns = |bit: u8| learned & bit != 0;
    let mut nodes: Vec<String> = [
        r#"{"op":"event"}"#,
        r#"{"op":"decay","name":"d"}"#,
        r#"{"op":"trace","name":"q"}"#,
        r#"{"op":"mul","args":[1,2]}"#,
        r#"{"op":"add","args":[3,0]}"#,
        r#"{"op":"nextTrace","name":"q"}"#,
        r#"{"op":"weighted","args":[5]}"#,
        r#"{"op":"state","name":"z"}"#,
        r#"{"op":"state","name":"y"}"#,
        r#"{"op":"spike"}"#,
        r#"{"op":"stop","args":[9]}"#,
        r#"{"op":"potential"}"#,
        r#"{"op":"stop","args":[11]}"#,
        r#"{"op":"constant","name":"k"}"#,
        r#"{"op":"constant","name":"o"}"#,
        r#"{"op":"nextState","name":"z"}"#,
        r#"{"op":"nextState","name":"y"}"#,
        r#"{"op":"bias"}"#,
        r#"{"op":"number","value":0.37}"#,
        r#"{"op":"stop","args":[7]}"#,
        r#"{"op":"stop","args":[8]}"#,
        r#"{"op":"add","args":[6,17]}"#,
    ]
    .map(String::from)
    .to_vec();
    let step = [6, 19, 20, 10, 12, 13, 14, 1, 18, 7];
    let first = write(&mut nodes, &step, first);
    let second = write(&mut nodes, &step, second);
    let own = write(&mut nodes, if order { &[21, 15, 16, 13] } else { &[6, 15, 16, 17, 18] }, membrane);
    // Whatever else, the potential depends on the weights.
    nodes.push(format!(r#"{{"op":"add","args":[{},{own}]}}"#, if order { 21 } else { 6 }));
    let (mut membrane, mut trace) = (nodes.len() - 1, 4);
    if tells {
        let own = nodes.len();
        trace = own + 1;
        nodes.extend([
            r#"{"op":"isRecurrent"}"#.into(),
            format!(r#"{{"op":"select","args":[{own},4,3]}}"#),
            format!(r#"{{"op":"select","args":[{own},18,0]}}"#),
            format!(r#"{{"op":"weighted","args":[{}]}}"#, own + 2),
            format!(r#"{{"op":"add","args":[{membrane},{}]}}"#, own + 3),
        ]);
        membrane = own + 4;
    }
    nodes.push(r#"{"op":"sigmoid","args":[11]}"#.into());
    let text = format!(
        r#"{{"type":"neuron","name":"n","constants":[{{"name":"k","kind":"number","value":0.3,"learn":{}}},
        {{"name":"o","kind":"number","value":-0.2,"of":"neuron","learn":{}}},
        {{"name":"d","kind":"decay","value":0.7,"learn":{}}}],
        "traces":[{{"name":"q","next":{trace}}}],"state":[{{"name":"z","next":{first},"initial":0.25}},
        {{"name":"y","next":{second}}}],"nodes":[{}],"membrane":{membrane},"spike":"{}",
        "surrogate":{{"primitive":{}}},"remainder":"{}"}}"#,
        learns(1),
        learns(2),
        learns(4),
        nodes.join(","),
        if order { "at" } else { "above" },
        nodes.len() - 1,
        if exact { "eligibility" } else { "stop" }
    );
    decolle_json::read("neuron", &text).expect("a neuron")
}

/// A cost over classes, neurons, time and sums of all kinds.
fn cost(classes: &Recipe, neurons: &Recipe, scalars: &Recipe, kinds: (bool, bool, u8)) -> CostDocument {
    let mut nodes: Vec<String> = [
        r#"{"op":"readout"}"#,
        r#"{"op":"target"}"#,
        r#"{"op":"potential"}"#,
        r#"{"op":"spike"}"#,
        r#"{"op":"state","name":"z"}"#,
        r#"{"op":"time"}"#,
        r#"{"op":"number","value":0.125}"#,
        r#"{"op":"mul","args":[5,6]}"#,
        r#"{"op":"softmax","args":[0]}"#,
        r#"{"op":"logSumExp","args":[0]}"#,
    ]
    .map(String::from)
    .to_vec();
    let push = |nodes: &mut Vec<String>, op: &str, arguments: &[usize]| {
        let arguments: Vec<String> = arguments.iter().map(usize::to_string).collect();
        nodes.push(format!(r#"{{"op":"{op}","args":[{}]}}"#, arguments.join(",")));
        nodes.len() - 1
    };
    let (sum, together, softly) = kinds;
    let own = match softly % 3 {
        0 => write(&mut nodes, &[0, 1, 7], classes),
        1 => write(&mut nodes, &[0, 1, 8, 6], classes),
        _ => write(&mut nodes, &[0, 1, 9, 5], classes),
    };
    // The recipe may forget the readout.
    let own = push(&mut nodes, "add", &[own, 0]);
    let of_classes = push(&mut nodes, if sum { "sum" } else { "mean" }, &[own]);
    let own = write(&mut nodes, &[2, 3, 4, of_classes], neurons);
    let own = push(&mut nodes, "add", &[own, 2]);
    let mut of_neurons = push(&mut nodes, "mean", &[own]);
    if together {
        of_neurons = push(&mut nodes, "sampleMean", &[of_neurons]);
    }
    let whole = write(&mut nodes, &[of_classes, of_neurons, 6], scalars);
    let whole = push(&mut nodes, "add", &[whole, of_classes]);
    let text = format!(r#"{{"type":"cost","name":"c","nodes":[{}],"cost":{whole}}}"#, nodes.join(","));
    decolle_json::read("cost", &text).expect("a cost")
}

fn readout() -> Readout {
    let settings = ReadoutSettings {
        units: SHAPE.classes,
        scale: 3.0,
        bias: true,
        dropout: 0.0,
        dropout_in_evaluation: false,
        feedback: Feedback::Alignment,
    };
    Readout::draw(&settings, 4, 0, 3.0, (0..SHAPE.neurons as u32).collect(), MEMORY)
}

/// Numbers that look drawn, −1 to 1.
fn drawn(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / 2_147_483_648.0 - 1.0
        })
        .collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A sample at work in compiled form.
struct Compiled {
    /// Traces of inputs, what weights meet, and eligibility traces `[input][trace][neuron]`.
    traces: Vec<Vec<f32>>,
    presynaptic: Vec<Vec<f32>>,
    eligibilities: Vec<f32>,
    states: Vec<Vec<f32>>,
    potential: Vec<f32>,
    spike: Vec<f32>,
    /// The same neurons, whose state stays where they work.
    strips: StripsScratch,
    judgement: JudgementScratch,
    readout: Vec<f32>,
    error: Vec<f32>,
}

/// Runs both for some steps; false if the numbers overflow before anything could be compared.
fn compare(rule: &Rule, programs: &Programs, level: decolle_synapse::Level) -> Result<usize, TestCaseError> {
    let (inputs, program) = programs.neuron.as_ref().expect("compiled");
    let input = match inputs {
        Inputs::Leaks(_) => None,
        Inputs::Program(input) => Some(input),
    };
    let synapse = programs.synapse.as_ref();
    let judgement = &programs.judgement;
    let readout = readout();
    let parameters = Parameters::<f32> {
        weights: drawn(SHAPE.neurons * SHAPE.inputs, 7),
        bias: drawn(SHAPE.neurons, 8),
        readout: readout.weights(),
        readout_bias: readout.bias().to_vec(),
        feedback: readout.feedback(),
        is_recurrent: IS_RECURRENT.to_vec(),
        constants: constant_values(&rule.model.constants, SHAPE, TIME_STEP as f64),
    };
    let mut simulation = Simulation::new(rule, SHAPE, &parameters, TIME_STEP as f64);
    let target = drawn(SHAPE.samples * SHAPE.classes, 9);
    // Constants that learn, for inputs and one by one for neurons.
    let learned: Vec<f32> = programs.learned.iter().map(|constant| constant.value).collect();
    let lanes: Vec<Vec<f32>> = learned.iter().map(|&value| vec![value; MEMORY]).collect();
    let lanes: Vec<&[f32]> = lanes.iter().map(|lanes| &lanes[..]).collect();
    let mut bias = parameters.bias.clone();
    bias.resize(MEMORY, 0.0);
    let extra = program.extra();
    let mut samples: Vec<Compiled> = (0..SHAPE.samples)
        .map(|_| Compiled {
            traces: input.map_or_else(Vec::new, |input| {
                input.traces().iter().map(|trace| vec![trace.initial; INPUT_MEMORY]).collect()
            }),
            presynaptic: vec![vec![0.0; INPUT_MEMORY]; input.map_or(1, InputProgram::presynaptic)],
            eligibilities: vec![0.0; synapse.map_or(0, |synapse| synapse.names().len() * SHAPE.inputs * MEMORY)],
            states: program.states().iter().map(|state| vec![state.initial; MEMORY]).collect(),
            potential: vec![0.0; MEMORY],
            spike: vec![0.0; MEMORY],
            strips: program.strips_scratch(),
            judgement: judgement.scratch(),
            readout: vec![0.0; SHAPE.classes],
            error: vec![0.0; SHAPE.classes],
        })
        .collect();
    for sample in &mut samples {
        sample.states.resize(program.states().len() + extra, vec![0.0; MEMORY]);
        for (strip, bias) in bias.as_chunks::<STRIP>().0.iter().enumerate() {
            let Compiled { strips, states, potential, spike, .. } = sample;
            program.load_strip(strips, strip, strip * STRIP, bias, states, potential, spike);
        }
    }
    let one_drive = input.map_or(1, InputProgram::presynaptic) == 1;
    let runs_in_strips = one_drive && learned.is_empty() && program.sums() == 0;
    let mut scratch = program.scratch();
    let mut input_room = input.map(InputProgram::scratch).unwrap_or_default();
    let mut synapse_room = synapse.map(SynapseProgram::scratch).unwrap_or_default();
    for step in 0..STEPS {
        let events: Vec<f32> = drawn(SHAPE.samples * SHAPE.inputs, 100 + step as u32)
            .iter()
            .map(|draw| if *draw > 0.3 { 1.0 } else { 0.0 })
            .collect();
        let Ok(expected) = simulation.step(&events, &target) else { return Ok(step) };
        for (index, sample) in samples.iter_mut().enumerate() {
            let own = index * SHAPE.inputs..(index + 1) * SHAPE.inputs;
            match input {
                None => sample.presynaptic[0][..SHAPE.inputs].copy_from_slice(&expected.traces[0][own]),
                Some(input) => {
                    let mut arrived = vec![0.0; INPUT_MEMORY];
                    arrived[..SHAPE.inputs].copy_from_slice(&events[own.clone()]);
                    let mut is_recurrent = IS_RECURRENT.to_vec();
                    is_recurrent.resize(INPUT_MEMORY, 0.0);
                    let arriving = Arriving { events: &arrived, is_recurrent: &is_recurrent };
                    input.step(level, &mut input_room, &learned, arriving, &mut sample.traces, &mut sample.presynaptic);
                    for (expected, found) in expected.traces.iter().zip(&sample.traces) {
                        prop_assert_eq!(bits(&expected[own.clone()]), bits(&found[..SHAPE.inputs]));
                    }
                }
            }
            let drives: Vec<Vec<f32>> = sample
                .presynaptic
                .iter()
                .map(|presynaptic| {
                    let mut drive = vec![0.0f32; MEMORY];
                    for (neuron, drive) in drive[..SHAPE.neurons].iter_mut().enumerate() {
                        let weights = &parameters.weights[neuron * SHAPE.inputs..][..SHAPE.inputs];
                        *drive = weights
                            .iter()
                            .zip(presynaptic)
                            .fold(0.0, |sum, (weight, presynaptic)| sum + presynaptic * weight);
                        if program.takes_bias_with_drive() {
                            *drive += bias[neuron];
                        }
                    }
                    drive
                })
                .collect();
            let drives: Vec<&[f32]> = drives.iter().map(|drive| &drive[..]).collect();
            program.step(
                level,
                &mut scratch,
                &mut Lanes {
                    drives: &drives,
                    constants: &lanes,
                    bias: &bias,
                    states: &mut sample.states[..],
                    potential: &mut sample.potential,
                    spike: &mut sample.spike,
                },
            );
            if runs_in_strips {
                let Compiled { strips, states, potential, spike, .. } = sample;
                let (mut own_states, mut own_potential, mut own_spike) =
                    (vec![vec![0.0; MEMORY]; states.len()], vec![0.0; MEMORY], vec![0.0; MEMORY]);
                strips.drive()[..MEMORY / STRIP].copy_from_slice(drives[0].as_chunks().0);
                program.advance::<{ MEMORY / STRIP }>(level, strips);
                for strip in 0..MEMORY / STRIP {
                    let first = strip * STRIP;
                    program.store_strip(strips, strip, first, &mut own_states, &mut own_potential, &mut own_spike);
                }
                for (whole, own) in states
                    .iter()
                    .chain([&*potential, &*spike])
                    .zip(own_states.iter().chain([&own_potential, &own_spike]))
                {
                    prop_assert_eq!(bits(&whole[..SHAPE.neurons]), bits(&own[..SHAPE.neurons]));
                }
            }
            let of = |values: &[f32]| bits(&values[index * SHAPE.neurons..][..SHAPE.neurons]);
            prop_assert_eq!(of(&expected.potential), bits(&sample.potential[..SHAPE.neurons]));
            prop_assert_eq!(of(&expected.spikes), bits(&sample.spike[..SHAPE.neurons]));
            sample.readout.copy_from_slice(&expected.readout[index * SHAPE.classes..][..SHAPE.classes]);
        }
        let time = (step as f64 * (TIME_STEP as f64 / 1000.0)) as f32;
        for sample in &mut samples {
            judgement.start(&mut sample.judgement, SHAPE.samples, time, 0.0);
        }
        for stage in 0..judgement.stages() {
            for (index, sample) in samples.iter_mut().enumerate() {
                let Compiled { states, potential, judgement: scratch, readout: values, error, .. } = sample;
                let potentials = |_: usize| &potential[..];
                let neuron_values = |_: usize, value: usize, first: usize, to: &mut [f32]| {
                    to.copy_from_slice(&states[value][first..first + to.len()]);
                };
                let units = units(&readout, &potentials, &neuron_values);
                let target = &target[index * SHAPE.classes..][..SHAPE.classes];
                judgement.stage(level, stage, scratch, values, target, error, &units);
            }
            judgement.sum_samples(stage, &mut samples, |sample| &mut sample.judgement);
        }
        let mut gradient = vec![0.0f32; MEMORY * SHAPE.inputs];
        let mut bias_gradient = vec![0.0f32; SHAPE.neurons];
        let mut constant_gradients: Vec<Vec<f32>> = programs
            .learned
            .iter()
            .map(|constant| vec![0.0; if constant.of_neuron { SHAPE.neurons } else { 1 }])
            .collect();
        for sample in &mut samples {
            let Compiled { states, potential, judgement: scratch, error, presynaptic, eligibilities, .. } = sample;
            let potentials = |_: usize| &potential[..];
            let neuron_values = |_: usize, value: usize, first: usize, to: &mut [f32]| {
                to.copy_from_slice(&states[value][first..first + to.len()]);
            };
            let units = units(&readout, &potentials, &neuron_values);
            let mut deltas = potential.clone();
            let mut bias_deltas = vec![0.0; MEMORY * judgement.postsynaptic_factors()];
            judgement.deltas(level, scratch, error, &units, None, 0, &mut deltas, &mut bias_deltas);
            let of_bias = if judgement.postsynaptic_factors() > 0 { &bias_deltas } else { &deltas };
            for (sum, delta) in bias_gradient.iter_mut().zip(of_bias) {
                *sum += delta;
            }
            let of_constants = bias_deltas.len() - MEMORY * constant_gradients.len();
            for (sums, shares) in constant_gradients.iter_mut().zip(bias_deltas[of_constants..].chunks_exact(MEMORY)) {
                let last = sums.len() - 1;
                shares[..SHAPE.neurons].iter().enumerate().for_each(|(neuron, share)| sums[neuron.min(last)] += share);
            }
            match synapse {
                Some(synapse) => {
                    let presynaptic: Vec<&[f32]> =
                        presynaptic.iter().map(|presynaptic| &presynaptic[..SHAPE.inputs]).collect();
                    let others = bias_deltas.get(MEMORY..).unwrap_or_default();
                    let (delta, gradient) = (&deltas[..], &mut gradient[..]);
                    let learning = SynapseGradient { delta, factors: others, memory: MEMORY, start: 0, gradient };
                    let neuron_values = |value: usize| &states[value][..];
                    let reached = [true; SHAPE.inputs];
                    let scratch = &mut synapse_room;
                    synapse.step(
                        level,
                        scratch,
                        MEMORY,
                        &presynaptic,
                        &reached,
                        &neuron_values,
                        eligibilities,
                        Some(learning),
                    );
                }
                None => {
                    for (row, presynaptic) in gradient.chunks_exact_mut(MEMORY).zip(&presynaptic[0]) {
                        row.iter_mut().zip(&deltas).for_each(|(sum, delta)| *sum += delta * presynaptic);
                    }
                }
            }
        }
        let gradient: Vec<f32> = (0..SHAPE.neurons)
            .flat_map(|neuron| gradient.chunks_exact(MEMORY).map(move |row| row[neuron]).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(bits(&expected.weight_gradient), bits(&gradient));
        prop_assert_eq!(bits(&expected.bias_gradient), bits(&bias_gradient));
        for (expected, found) in expected.constant_gradients.iter().zip(&constant_gradients) {
            prop_assert_eq!(bits(expected), bits(found));
        }
        let shares: f64 = samples.iter().map(|sample| f64::from(judgement.loss(&sample.judgement))).sum();
        let loss = shares + f64::from(judgement.layer_loss(&samples[0].judgement));
        let found = (loss - f64::from(expected.cost)).abs();
        let size = samples.iter().map(|sample| judgement.loss(&sample.judgement).abs()).fold(1.0f32, f32::max);
        prop_assert!(found <= 1e-5 * f64::from(size.max(expected.cost.abs())), "{loss} {}", expected.cost);
    }
    Ok(STEPS)
}

fn units<'a, 'b>(
    readout: &'a Readout,
    potentials: &'a dyn Fn(usize) -> &'b [f32],
    neuron_values: CopyValue<'a>,
) -> Units<'a, 'b> {
    Units { readout, passes: Passes::default(), width: MEMORY, outputs: SHAPE.neurons, potentials, neuron_values }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400),
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    })]

    #[test]
    fn compiled_rules_give_the_bits_of_the_interpreter(
        first in recipe(10),
        second in recipe(10),
        membrane in recipe(6),
        classes in recipe(6),
        neurons in recipe(6),
        scalars in recipe(4),
        order in any::<bool>(),
        exact in any::<bool>(),
        learned in prop_oneof![1 => Just(0u8), 1 => 1u8..8],
        tells in any::<bool>(),
        kinds in (any::<bool>(), any::<bool>(), any::<u8>()),
    ) {
        let neuron = neuron([&first, &second, &membrane], order, exact, learned, tells);
        let cost = cost(&classes, &neurons, &scalars, kinds);
        let Ok(rule) = Model::new(&neuron, &[cost], None).and_then(|model| Rule::derive(model, RuleOptions::default()))
        else {
            return Err(TestCaseError::reject("no rule"));
        };
        let size = LayerSize {
            units: SHAPE.neurons,
            classes: SHAPE.classes,
            time_step: TIME_STEP,
            shares_weights: false,
        };
        let Ok(programs) = compile(&rule, Parts { neuron: true, cost: true }, size) else {
            return Err(TestCaseError::reject("not for networks"));
        };
        let mut compared = 0;
        for level in level::all() {
            compared = compare(&rule, &programs, level)?;
        }
        prop_assume!(compared > 0);
    }
}

#[test]
fn memory_is_whole_strips() {
    assert_eq!([MEMORY % STRIP, INPUT_MEMORY % STRIP], [0, 0]);
}

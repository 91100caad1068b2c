//! The table of a layer's tensors. A new array is a new line of [`of_layer`].

use std::ops::Range;

use decolle_layer::{Layer, Learned};
use decolle_neuron::DecayValues;
use decolle_synapse::Aligned;

use super::computed::{gammas, of_inputs, pooled_potentials, set_gammas, set_of_inputs, set_readout};
use super::layout::{Layout, input_axes, neuron_axes};

/// A tensor of a layer.
pub(crate) struct Field {
    pub(crate) name: String,
    layout: Layout,
    values: Values,
    pub(crate) allowed: Allowed,
    pub(crate) kept: Kept,
    /// What else is brought up to date when it is written.
    pub(crate) follows: Follows,
}

/// What follows from a tensor and is kept beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    Nothing,
    /// What kernels read packed.
    Packed,
    /// That, and what is carried behind the weights.
    PackedAndCarried,
    /// What is carried.
    Carried,
    /// What neurons read of constants that learn.
    Spread,
    /// Which inputs have been heard from.
    Reached,
}

impl Field {
    fn new(name: String, layout: Layout, values: Values) -> Self {
        let (allowed, kept, follows) = (Allowed::Any, Kept::Always, Follows::Nothing);
        Self { name, layout, values, allowed, kept, follows }
    }

    fn allowing(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }

    fn kept(self, kept: Kept) -> Self {
        Self { kept, ..self }
    }

    fn followed_by(self, follows: Follows) -> Self {
        Self { follows, ..self }
    }

    /// Whether it can be written.
    pub(crate) fn is_set(&self) -> bool {
        !matches!(self.values, Values::Computed { set: None, .. })
    }

    /// Lengths of its axes.
    pub(crate) fn axes(&self, layer: &Layer, samples: usize) -> Vec<usize> {
        self.layout.axes(layer, samples)
    }

    /// Its values, in the order of users.
    pub(crate) fn read(&self, layer: &Layer, samples: usize) -> Vec<f32> {
        match self.values {
            Values::Computed { get, .. } => get(layer),
            Values::Arrays { index, get, .. } => {
                let arrays = self.layout.arrays(layer, samples);
                let arrays: Vec<&[f32]> =
                    arrays.map(|(sample, part)| &get(layer, At { sample, part, index })[..]).collect();
                let mut data = vec![0.0; self.axes(layer, samples).iter().product()];
                self.layout.visit(layer, samples, &mut |place, array, within| data[place] = arrays[array][within]);
                data
            }
        }
    }

    /// Puts values in place of its own. Their number, and each of them, has been checked.
    pub(crate) fn write(&self, layer: &mut Layer, samples: usize, data: &[f32]) {
        match self.values {
            Values::Computed { set: Some(set), .. } => set(layer, data),
            Values::Computed { set: None, .. } => {}
            Values::Arrays { index, get_mut, .. } => {
                let places: Vec<At> =
                    self.layout.arrays(layer, samples).map(|(sample, part)| At { sample, part, index }).collect();
                let mut arrays: Vec<Aligned> = places.iter().map(|&at| std::mem::take(get_mut(layer, at))).collect();
                self.layout.visit(layer, samples, &mut |place, array, within| arrays[array][within] = data[place]);
                for (at, array) in places.into_iter().zip(arrays) {
                    *get_mut(layer, at) = array;
                }
            }
        }
    }

    /// Brings up to date what follows from values that were written.
    pub(crate) fn follow(&self, layer: &mut Layer, data: &[f32]) {
        match (self.follows, &self.layout) {
            (Follows::Spread, _) => layer.learned.iter_mut().for_each(Learned::spread),
            (Follows::Reached, Layout::Synapses(_, inputs)) => {
                // Eligibility is what inputs that have been heard from leave. The tensor has some of the inputs, the list all.
                let (all, outputs) = (layer.constants.geometry.inputs, layer.constants.geometry.outputs);
                for (place, _) in data.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                    let (sample, input) = (place / (inputs.len() * outputs), inputs.start + place % inputs.len());
                    layer.batch.reached[sample * all + input] = true;
                }
            }
            (Follows::Nothing | Follows::Packed | Follows::PackedAndCarried, _)
            | (Follows::Carried | Follows::Reached, _) => {}
        }
    }
}

/// Where values are.
enum Values {
    /// In arrays, one after the other by the layout; the last number tells apart several of a kind.
    Arrays { index: usize, get: fn(&Layer, At) -> &Aligned, get_mut: fn(&mut Layer, At) -> &mut Aligned },
    /// In the order of users, by these functions; without the second they follow from other values.
    Computed { get: Get, set: Option<Set> },
}

/// An array: the sample, the slice or block of outputs, and which of several of a kind.
#[derive(Clone, Copy)]
struct At {
    sample: usize,
    part: usize,
    index: usize,
}

/// Numbers that may be written, all of them finite.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    Any,
    /// At least 0.
    NotNegative,
    /// Above 0.
    Positive,
    /// A decay factor: at least 0 and below 1.
    Decay,
    /// 0 or 1.
    Binary,
}

/// Reads values in the order of users; and puts others in their place.
type Get = fn(&Layer) -> Vec<f32>;
type Set = fn(&mut Layer, &[f32]);

/// Whether a checkpoint keeps a tensor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Always,
    /// Where a gradient has accumulated.
    WithGradient,
    /// Never, since it follows from others.
    Never,
}

impl Allowed {
    pub(crate) fn takes(self, value: f32) -> bool {
        match self {
            Self::Any => true,
            Self::NotNegative => value >= 0.0,
            Self::Positive => value > 0.0,
            Self::Decay => (0.0..1.0).contains(&value),
            Self::Binary => value == 0.0 || value == 1.0,
        }
    }

    /// In words.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Any => "any number",
            Self::NotNegative => "at least 0",
            Self::Positive => "a number above 0",
            Self::Decay => "a decay factor of at least 0 and below 1",
            Self::Binary => "0 or 1",
        }
    }
}

/// Arrays in a layer, to be read and to be written.
macro_rules! arrays {
    ($index:expr, |$layer:ident, $at:ident| $place:expr) => {
        Values::Arrays { index: $index, get: |$layer, $at| &$place, get_mut: |$layer, $at| &mut $place }
    };
}

/// The tensors of layer `index`; those of neuron state where there are samples.
pub(crate) fn of_layer(index: usize, layer: &Layer, samples: usize) -> Vec<Field> {
    let constants = &layer.constants;
    let (geometry, moments) = (&constants.geometry, constants.optimizer.moments());
    let parts = parts(layer);
    let mut fields = Vec::new();
    let mut add = |field: Field| fields.push(field);

    for (inputs, name) in &parts {
        let values = arrays!(0, |layer, at| layer.weights.slices[at.part].weights);
        let name = format!("layers.{index}.{}", name("weight"));
        add(Field::new(name, Layout::Weights(inputs.clone()), values).followed_by(Follows::PackedAndCarried));
    }
    let values = arrays!(0, |layer, at| layer.weights.slices[at.part].bias);
    add(Field::new(format!("layers.{index}.bias"), Layout::Outputs, values).followed_by(Follows::Packed));

    let is_drawn = |decay: &DecayValues| matches!(decay, DecayValues::Each(_));
    if let Some(leaks) = constants.leaks() {
        let mut decays = |drawn: &DecayValues, name: &str, get, set| {
            if is_drawn(drawn) {
                let axes = Layout::Row(input_axes(layer, &(0..geometry.inputs)));
                let values = Values::Computed { get, set: Some(set) };
                add(Field::new(format!("layers.{index}.{name}"), axes, values).allowing(Allowed::Decay));
            }
        };
        decays(&leaks.alpha, "alpha", |layer| of_inputs(layer, true), |layer, data| set_of_inputs(layer, true, data));
        decays(&leaks.beta, "beta", |layer| of_inputs(layer, false), |layer, data| set_of_inputs(layer, false, data));
    }
    if constants.neurons.lif().is_some_and(|lif| is_drawn(&lif.gamma)) {
        let values = Values::Computed { get: gammas, set: Some(set_gammas) };
        let axes = Layout::Row(neuron_axes(layer, false));
        add(Field::new(format!("layers.{index}.gamma"), axes, values).allowing(Allowed::Decay));
    }

    let (classes, units) = (constants.readout.classes(), constants.units());
    let readout: [(&str, Vec<usize>, Get, Set); 3] = [
        ("weight", vec![classes, units], |layer| layer.constants.readout.weights(), set_readout),
        (
            "bias",
            vec![classes],
            |layer| layer.constants.readout.bias().to_vec(),
            |layer, data| layer.constants.readout.set_bias(data),
        ),
        (
            "feedback",
            vec![classes, units],
            |layer| layer.constants.readout.feedback(),
            |layer, data| layer.constants.readout.set_feedback(data),
        ),
    ];
    for (name, axes, get, set) in readout {
        let values = Values::Computed { get, set: Some(set) };
        add(Field::new(format!("readouts.{index}.{name}"), Layout::Row(axes), values));
    }

    for (inputs, name) in &parts {
        let values = arrays!(0, |layer, at| layer.learners[at.part].state.gradient.weights);
        let name = format!("gradient.layers.{index}.{}", name("weight"));
        add(Field::new(name, Layout::Weights(inputs.clone()), values).kept(Kept::WithGradient));
    }
    let values = arrays!(0, |layer, at| layer.learners[at.part].state.gradient.bias);
    add(Field::new(format!("gradient.layers.{index}.bias"), Layout::Outputs, values).kept(Kept::WithGradient));
    for (moment, of) in moments.iter().enumerate() {
        for (inputs, name) in &parts {
            let values = arrays!(moment, |layer, at| layer.learners[at.part].state.moments[at.index].weights);
            let name = format!("optimizer.layers.{index}.{}.{of}", name("weight"));
            add(Field::new(name, Layout::Weights(inputs.clone()), values));
        }
        let values = arrays!(moment, |layer, at| layer.learners[at.part].state.moments[at.index].bias);
        add(Field::new(format!("optimizer.layers.{index}.bias.{of}"), Layout::Outputs, values));
    }
    if layer.constants.regularizer.is_some_and(|regularizer| regularizer.moves()) {
        let values = Values::Computed {
            get: |layer| layer.controlled.regularizer.iter().map(|regularizer| regularizer.upper).collect(),
            set: Some(|layer, data| {
                layer.controlled.regularizer.iter_mut().for_each(|regularizer| regularizer.upper = data[0]);
            }),
        };
        let name = format!("layers.{index}.regularizerUpper");
        add(Field::new(name, Layout::Row(vec![1]), values).allowing(Allowed::Positive));
    }
    if layer.constants.trigger.is_some_and(|trigger| trigger.moves()) {
        let values = Values::Computed {
            get: |layer| layer.controlled.trigger.iter().map(|trigger| trigger.threshold).collect(),
            set: Some(|layer, data| {
                layer.controlled.trigger.iter_mut().for_each(|trigger| trigger.threshold = data[0]);
            }),
        };
        let name = format!("layers.{index}.errorThreshold");
        add(Field::new(name, Layout::Row(vec![1]), values).allowing(Allowed::Positive));
    }
    for (place, constant) in constants.learned.iter().enumerate() {
        let name = format!("layers.{index}.constants.{}", constant.name);
        let row = || Layout::Row(vec![layer.learned[place].values.len()]);
        for (moment, of) in moments.iter().enumerate() {
            let name = format!("optimizer.{name}.{of}");
            add(Field::new(name, row(), moment_of_constant(place, moment)));
        }
        let values = arrays!(place, |layer, at| layer.learned[at.index].gradient);
        add(Field::new(format!("gradient.{name}"), row(), values).kept(Kept::WithGradient));
        let values = arrays!(place, |layer, at| layer.learned[at.index].values);
        let allowed = if constant.is_decay { Allowed::Decay } else { Allowed::Any };
        add(Field::new(name, row(), values).allowing(allowed).followed_by(Follows::Spread));
    }
    if samples > 0 {
        of_state(
            layer,
            samples,
            &parts,
            &mut |name, layout, values| Field::new(format!("state.layers.{index}.{name}"), layout, values),
            &mut add,
        );
    }
    fields
}

/// The tensors of a layer's neuron state; `field` names one.
fn of_state(
    layer: &Layer,
    samples: usize,
    parts: &[Part],
    field: &mut dyn FnMut(&str, Layout, Values) -> Field,
    add: &mut dyn FnMut(Field),
) {
    let constants = &layer.constants;
    match constants.input_program() {
        None => {
            for (inputs, name) in parts {
                let values = arrays!(0, |layer, _at| layer.batch.synaptic);
                let trace = field(&name("synapticTrace"), Layout::Inputs(inputs.clone()), values);
                add(trace.allowing(Allowed::NotNegative).followed_by(Follows::Carried));
                let values = arrays!(0, |layer, _at| layer.batch.membrane);
                let trace = field(&name("membraneTrace"), Layout::Inputs(inputs.clone()), values);
                add(trace.allowing(Allowed::NotNegative).followed_by(Follows::Carried));
            }
        }
        Some(program) => {
            for (place, trace) in program.traces().iter().enumerate() {
                for (inputs, name) in parts {
                    let values = arrays!(place, |layer, at| layer.batch.inputs.traces[at.index]);
                    let name = format!("{}.{}", name("input"), trace.name);
                    add(field(&name, Layout::Inputs(inputs.clone()), values));
                }
            }
        }
    }
    for (place, variable) in constants.neurons.states().iter().enumerate() {
        let values = arrays!(place, |layer, at| layer.batch.samples[at.sample].blocks[at.part].states[at.index]);
        add(field(&variable.name, Layout::Neurons, values));
    }
    let values = arrays!(0, |layer, at| layer.batch.samples[at.sample].blocks[at.part].potential);
    add(field("potential", Layout::Neurons, values));
    let values = arrays!(0, |layer, at| layer.batch.samples[at.sample].blocks[at.part].spike);
    add(field("spikes", Layout::Neurons, values).allowing(Allowed::Binary));
    let pooled = || Layout::Row([vec![samples], neuron_axes(layer, true)].concat());
    let readouts = Layout::Row(vec![samples, constants.readout.classes()]);
    let computed: [(&str, Layout, Get); 3] = [
        ("pooledPotential", pooled(), pooled_potentials),
        ("pooledSpikes", pooled(), |layer| {
            let threshold = layer.constants.neurons.threshold();
            pooled_potentials(layer).into_iter().map(|potential| threshold.spike(potential)).collect()
        }),
        ("readout", readouts, |layer| {
            layer.batch.samples.iter().flat_map(|sample| sample.readout.iter().copied()).collect()
        }),
    ];
    for (name, layout, get) in computed {
        add(field(name, layout, Values::Computed { get, set: None }).kept(Kept::Never));
    }
    let eligibility = constants.eligibility.iter().flat_map(|program| program.names().iter().enumerate());
    for (place, trace) in eligibility {
        for (inputs, name) in parts {
            let values = arrays!(0, |layer, at| layer.batch.synapses[at.part].traces);
            let layout = Layout::Synapses(place, inputs.clone());
            add(field(&format!("{}.{trace}", name("synapse")), layout, values).followed_by(Follows::Reached));
        }
    }
    if layer.batch.carried {
        let values = arrays!(0, |layer, at| layer.batch.samples[at.sample].blocks[at.part].carried_potential);
        add(field("carriedPotential", Layout::Neurons, values));
        let values = arrays!(0, |layer, at| layer.batch.samples[at.sample].blocks[at.part].carried_current);
        add(field("carriedCurrent", Layout::Neurons, values));
    }
}

/// Some of a layer's inputs, and the name of what there is one of for each of them.
type Part = (Range<usize>, fn(&str) -> String);

/// A layer's inputs from below, and its own spikes of the step before where it is recurrent.
fn parts(layer: &Layer) -> Vec<Part> {
    let (below, all) = (layer.constants.inputs_from_below(), layer.constants.geometry.inputs);
    let mut parts: Vec<Part> = vec![(0..below, str::to_string)];
    if below < all {
        parts.push((below..all, recurrent));
    }
    parts
}

/// The name of a tensor of recurrent synapses, by that of the others: `recurrentWeight` beside `weight`.
fn recurrent(name: &str) -> String {
    match name.split_at_checked(1) {
        // Traces of a compiled rule have their own names behind a dot.
        Some(_) if name == "input" => "recurrent".into(),
        Some((first, rest)) => format!("recurrent{}{rest}", first.to_ascii_uppercase()),
        None => "recurrent".into(),
    }
}

fn moment_of_constant(place: usize, moment: usize) -> Values {
    match moment {
        0 => arrays!(place, |layer, at| layer.learned[at.index].moments[0]),
        _ => arrays!(place, |layer, at| layer.learned[at.index].moments[1]),
    }
}

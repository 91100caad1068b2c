//! What a check is made with: weights, events and targets of a random layer, tried one after the other until one of them
//! exercises all factors of the rule.

use decolle_error::Result;
use decolle_number::nearest;
use decolle_random::Generator;

use super::CheckOptions;
use super::reference::Reference;
use crate::document::ConstantOf;
use crate::model::Model;
use crate::simulation::{Parameters, constant_values};

/// Root mean square of the potentials that random weights are scaled to: around the threshold, where surrogates are not 0.
const POTENTIAL: f64 = 0.5;
/// How often a layer is drawn anew.
const ROUNDS: usize = 3;
/// What weights and biases are multiplied by, in the order of trial; nothing for weights that bring potentials to
/// [`POTENTIAL`].
const SIZES: [(Option<f64>, f64); 10] = [
    (None, 1.0),
    (Some(1.0), 1.0),
    (Some(0.1), 1.0),
    (Some(10.0), 1.0),
    (Some(0.01), 1.0),
    (Some(1.0), 10.0),
    (Some(0.1), 10.0),
    (Some(100.0), 1.0),
    (Some(1.0), 40.0),
    (Some(10.0), 40.0),
];

/// A random layer and what it gets.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) parameters: Parameters<f64>,
    /// Events of each step, `[sample][input]`.
    pub(super) events: Vec<Vec<f64>>,
    pub(super) target: Vec<f64>,
}

/// A layer to check with.
pub(super) struct Stimulus {
    pub(super) drawn: Drawn,
    /// The size of its weights, and of its biases.
    pub(super) scale: f64,
    pub(super) bias_scale: f64,
}

/// All that is tried, the likeliest first; `None` where potentials do not follow the weights.
pub(super) fn stimuli<'a>(
    model: &'a Model,
    options: &'a CheckOptions,
) -> impl Iterator<Item = Result<Option<Stimulus>>> + 'a {
    let rounds = (0..ROUNDS).map(move |round| draw(model, options, round));
    rounds
        .flat_map(move |drawn| SIZES.iter().map(move |&(size, bias)| sized(model, options, drawn.clone(), size, bias)))
}

fn sized(
    model: &Model,
    options: &CheckOptions,
    mut drawn: Drawn,
    size: Option<f64>,
    bias_scale: f64,
) -> Result<Option<Stimulus>> {
    drawn.parameters.bias.iter_mut().for_each(|bias| *bias *= bias_scale);
    let scale = match size {
        Some(scale) => {
            drawn.parameters.weights.iter_mut().for_each(|weight| *weight *= scale);
            scale
        }
        None => match calibrate(model, options, &mut drawn)? {
            Some(scale) => scale,
            None => return Ok(None),
        },
    };
    Ok(Some(Stimulus { drawn, scale, bias_scale }))
}

/// Brings potentials around the threshold; gives what weights were multiplied by, `None` where potentials do not follow.
fn calibrate(model: &Model, options: &CheckOptions, drawn: &mut Drawn) -> Result<Option<f64>> {
    let mut scale = 1.0f64;
    for _ in 0..7 {
        let reference = Reference::new(model, options, &drawn.events, &drawn.target);
        let moments = reference.run(&drawn.parameters, None)?.moments;
        let all: Vec<f64> = moments.iter().flat_map(|moment| &moment.potential).copied().collect();
        let size = (all.iter().map(|u| u * u).sum::<f64>() / all.len() as f64).sqrt();
        let factor = (POTENTIAL / size.max(1e-9)).clamp(1e-3, 1e3);
        if (0.7..1.5).contains(&factor) {
            return Ok(Some(scale));
        }
        scale *= factor;
        drawn.parameters.weights.iter_mut().for_each(|weight| *weight *= factor);
    }
    Ok(None)
}

/// Parameters of a random layer, its events and targets; `round` tells apart those of one seed.
fn draw(model: &Model, options: &CheckOptions, round: usize) -> Drawn {
    let shape = options.shape;
    let mut generator = match round {
        0 => Generator::new(options.seed, "check"),
        again => Generator::new(options.seed, &format!("check {again}")),
    };
    let mut uniform = |low: f64, high: f64| f64::from(generator.uniform_between(nearest(low), nearest(high)));
    let mut many = |count: usize, low: f64, high: f64| (0..count).map(|_| uniform(low, high)).collect::<Vec<f64>>();
    let weights = many(shape.neurons * shape.inputs, -1.0, 1.0);
    let bias = many(shape.neurons, -0.1, 0.1);
    let readout = many(shape.classes * shape.neurons, -1.0, 1.0);
    let readout_bias = many(shape.classes, -0.3, 0.3);
    let events = (0..options.steps)
        .map(|_| many(shape.samples * shape.inputs, -1.0, 2.0).into_iter().map(|draw| draw.max(0.0).ceil()).collect())
        .collect();
    let target = many(shape.samples * shape.classes, 0.05, 1.0);
    // Constants of neurons and inputs differ, as those that are drawn do.
    let mut constants = constant_values::<f64>(&model.constants, shape, options.time_step);
    for (document, values) in model.constants.iter().zip(&mut constants) {
        if document.of != ConstantOf::Layer {
            let factors = many(values.len(), 0.9, 1.0);
            for (value, factor) in values.iter_mut().zip(factors) {
                *value *= factor;
            }
        }
    }
    // Own spikes arrive as inputs like any other, and from both kinds something is to arrive.
    let mut is_recurrent: Vec<f64> =
        many(shape.inputs, -1.0, 1.0).into_iter().map(|draw| draw.max(0.0).ceil()).collect();
    if let [first, rest @ ..] = &mut is_recurrent[..]
        && rest.iter().all(|other| other == first)
    {
        *first = 1.0 - *first;
    }
    let feedback = readout.clone();
    let parameters = Parameters { weights, bias, readout, readout_bias, feedback, is_recurrent, constants };
    Drawn { parameters, events, target }
}

//! Surrogates, costs and the error trigger stand twice: fused into the engine, and as the graphs that rules are derived from.
//! Both give the same bits.

use decolle_learning::{Cost, ErrorTrigger};
use decolle_neuron::{Lif, Surrogate};
use decolle_plasticity::{
    Evaluation, Model, Rule, RuleOptions, Shape, Symbol, cost_document, lif_document, trigger_document,
};

/// Numbers on both sides of every kink, and on the kinks.
fn numbers() -> Vec<f32> {
    let mut numbers = vec![0.0, 0.5, 1.0, 0.25, 1e-20, 3e4];
    numbers.extend((1..400).map(|place| place as f32 * 0.0137));
    let negative: Vec<f32> = numbers.iter().map(|number| -number).collect();
    numbers.extend(negative);
    numbers
}

/// Compares bits, but for the sign of zero, which no sum keeps.
fn compare(graph: &[f32], fused: &[f32], what: &str) {
    assert_eq!(graph.len(), fused.len());
    for (place, (graph, fused)) in graph.iter().zip(fused).enumerate() {
        assert_eq!((graph + 0.0).to_bits(), (fused + 0.0).to_bits(), "{what}, value {place}: {graph} {fused}");
    }
}

fn rule(lif: &Lif, cost: &Cost, trigger: Option<&ErrorTrigger>) -> Rule {
    let trigger = trigger.map(trigger_document);
    let model = Model::new(&lif_document(lif), &[cost_document(cost)], trigger.as_ref()).unwrap();
    Rule::derive(model, RuleOptions::default()).unwrap()
}

#[test]
fn surrogates_are_their_graphs() {
    let potentials = numbers();
    let shape = Shape { samples: 1, inputs: 1, neurons: potentials.len(), classes: 1 };
    let others =
        [Surrogate::Boxcar { width: 0.3 }, Surrogate::FastSigmoid { slope: 0.7 }, Surrogate::Sigmoid { slope: 2.3 }];
    for &surrogate in Surrogate::ALL.iter().chain(&others) {
        let rule = rule(&Lif { surrogate, ..Lif::default() }, &Cost::default(), None);
        let mut evaluation = Evaluation::<f32>::new(&rule.model.graph, shape, &[], &[]);
        evaluation.set(Symbol::Potential, potentials.clone());
        let mut fused = vec![0.0; potentials.len()];
        surrogate.derivatives(&potentials, &mut fused);
        compare(evaluation.values(rule.surrogate), &fused, &format!("{surrogate:?}"));
    }
}

#[test]
fn costs_and_their_derivatives_are_their_graphs() {
    let numbers = numbers();
    let (samples, classes) = (3, 7);
    let shape = Shape { samples, inputs: 1, neurons: 1, classes };
    for cost in Cost::ALL {
        let rule = rule(&Lif::default(), cost, None);
        for first in (0..600).step_by(31) {
            let of = |from: usize, size: f32| -> Vec<f32> {
                (0..samples * classes).map(|place| size * numbers[(from + 37 * place) % numbers.len()]).collect()
            };
            let (readout, target) = (of(first, 1e-3), of(first + 5, 0.3));
            let mut evaluation = Evaluation::<f32>::new(&rule.model.graph, shape, &[], &[]);
            evaluation.set(Symbol::Readout, readout.clone());
            evaluation.set(Symbol::Target, target.clone());
            let (mut fused, mut loss) = (vec![0.0; samples * classes], 0.0f64);
            let of_samples = readout.chunks(classes).zip(target.chunks(classes)).zip(fused.chunks_mut(classes));
            for ((readout, target), error) in of_samples {
                loss += f64::from(cost.evaluate(readout, target, samples, error));
            }
            compare(evaluation.values(rule.readout_error.unwrap()), &fused, &format!("{cost:?}"));
            // The graph adds up samples before it divides.
            let value = f64::from(evaluation.values(rule.model.cost)[0]);
            assert!((value - loss).abs() <= 1e-5 * loss.abs().max(1e-3), "{cost:?}: {value} {loss}");
        }
    }
}

#[test]
fn the_error_trigger_is_its_graph() {
    let errors = numbers();
    let shape = Shape { samples: 1, inputs: 1, neurons: errors.len(), classes: 1 };
    for threshold in [0.25, 0.3, 1e-3] {
        let trigger = ErrorTrigger { threshold, control: None };
        let rule = rule(&Lif::default(), &Cost::default(), Some(&trigger));
        let mut evaluation = Evaluation::<f32>::new(&rule.model.graph, shape, &[], &[]);
        evaluation.set(Symbol::Error, errors.clone());
        let fused: Vec<f32> = errors.iter().map(|&error| trigger.quantize(error)).collect();
        compare(evaluation.values(rule.model.modulation.unwrap()), &fused, &format!("{trigger:?}"));
    }
}

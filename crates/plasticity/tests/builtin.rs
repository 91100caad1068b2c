//! The built-in neurons and costs, derived and checked against finite differences.

use decolle_learning::{Cost, LowerActivity, Regularizer};
use decolle_neuron::{Decay, Lif, Refractory, Surrogate, TraceGain, TraceOrder};
use decolle_plasticity::{
    CheckOptions, Form, Model, Plant, Rule, RuleOptions, Treatment, account, check, cost_document, lif_document, print,
    regularizer_document,
};

fn rule(lif: &Lif, cost: &Cost, regularizer: Option<Regularizer>) -> Rule {
    let mut costs = vec![cost_document(cost)];
    costs.extend(regularizer.map(|regularizer| regularizer_document(&regularizer)));
    let model = Model::new(&lif_document(lif), &costs, None).unwrap();
    Rule::derive(model, RuleOptions::default()).unwrap()
}

fn variants() -> Vec<Lif> {
    let mut variants = Vec::new();
    for refractory in [Refractory::Normalized, Refractory::Additive, Refractory::Decayed, Refractory::Potential] {
        for trace_gain in [TraceGain::Unit, TraceGain::One, TraceGain::Reciprocal] {
            for trace in [TraceOrder::Previous, TraceOrder::Current] {
                variants.push(Lif { refractory, trace_gain, trace, ..Lif::default() });
            }
        }
    }
    variants
}

#[test]
fn every_variant_of_the_neuron_passes_the_check() {
    for (place, lif) in variants().into_iter().enumerate() {
        let surrogate = Surrogate::ALL[place % Surrogate::ALL.len()];
        let lif = Lif { surrogate, spike_at_threshold: place % 2 == 0, ..lif };
        let result = check(&rule(&lif, &Cost::SmoothL1 {}, None), &CheckOptions::default()).unwrap();
        assert!(result.passed, "{lif:?}: {result:?}");
    }
}

#[test]
fn every_cost_and_regularizer_passes_the_check() {
    let regularizers = [
        None,
        Some(Regularizer { upper: 0.3, lower: 0.5, lower_activity: LowerActivity::Sigmoid, budget: None }),
        Some(Regularizer { upper: 0.0, lower: 0.5, lower_activity: LowerActivity::Potential, budget: None }),
    ];
    for cost in Cost::ALL {
        for regularizer in regularizers {
            for seed in 1..4 {
                let rule = rule(&Lif::default(), cost, regularizer);
                let result = check(&rule, &CheckOptions { seed, ..CheckOptions::default() }).unwrap();
                assert!(result.passed, "{cost:?} {regularizer:?}: {result:?}");
            }
        }
    }
}

#[test]
fn decays_that_differ_from_neuron_to_neuron_pass_the_check() {
    let drawn = Decay::Drawn { low: 0.5, high: 0.9 };
    let lif = Lif { alpha: drawn, beta: drawn, gamma: drawn, ..Lif::default() };
    let result = check(&rule(&lif, &Cost::MeanSquared {}, None), &CheckOptions::default()).unwrap();
    assert!(result.passed, "{result:?}");
}

#[test]
fn an_error_planted_in_any_factor_is_found() {
    for cost in [Cost::SmoothL1 {}, Cost::CrossEntropy {}] {
        let rule = rule(&Lif::default(), &cost, None);
        for plant in [Plant::Error, Plant::Surrogate, Plant::Trace] {
            let result = check(&rule, &CheckOptions { plant: Some(plant), ..CheckOptions::default() }).unwrap();
            assert!(!result.passed && result.worst.deviation > 1e-3, "{plant:?}: {result:?}");
        }
    }
}

#[test]
fn the_rule_of_the_paper_is_error_times_surrogate_times_trace() {
    let lif = Lif { surrogate: Surrogate::Boxcar { width: 0.5 }, ..Lif::default() };
    let rule = rule(&lif, &Cost::SmoothL1 {}, None);
    let printed = print(&rule, Form::Text, false);
    println!(
        "{}\n{}\n{}",
        printed.whole,
        print(&rule, Form::Latex, false).whole,
        print(&rule, Form::Mathml, false).whole
    );
    let formulas: Vec<&str> = printed.dynamics.iter().map(|equation| equation.formula.as_str()).collect();
    assert_eq!(
        formulas,
        [
            "Q_j[t] = β Q_j[t−1] + (1 − β) x_j[t]",
            "P_j[t] = α P_j[t−1] + (1 − α) Q_j[t−1]",
            "R_i[t] = γ R_i[t−1] + (1 − γ) stop(S_i[t−1])",
            "U_i[t] = Σ_j W_ij P_j[t] + b_i − ρ R_i[t]",
            "S_i[t] = (1 if 0 < U_i[t] else 0)",
            "Y_k = Σ_i G_ki S_i[t] + g_k",
        ]
    );
    let factors: Vec<&str> = printed.factors.iter().map(|equation| equation.formula.as_str()).collect();
    assert_eq!(
        factors,
        [
            "∂L/∂Y_k = clamp(Y_k − Ŷ_k, −1, 1) / (K N)",
            "E_i = Σ_k G_ki ∂L/∂Y_k",
            "σ′(U_i[t]) = (1 if |U_i[t]| ≤ 0.5 else 0)",
            "P_j[t]",
        ]
    );
    let update: Vec<&str> = printed.update.iter().map(|equation| equation.formula.as_str()).collect();
    assert_eq!(update, ["δ_i = E_i σ′(U_i[t])", "ΔW_ij = −η Σ_n δ_i P_j[t]", "Δb_i = −η Σ_n δ_i"]);
    assert_eq!(rule.treatments, [Treatment::Independent]);
    let account = account(&rule);
    assert_eq!((account.bytes_per_synapse, account.bytes_per_input, account.bytes_per_neuron), (0, 8, 12));
}

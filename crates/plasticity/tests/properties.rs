//! Random graphs: simplification keeps values, derivatives are those of finite differences, and no text makes the core panic.

use decolle_plasticity::{Evaluation, Graph, Id, Op, Shape, Space, Symbol, check_rule, derive_rule};
use proptest::prelude::*;

/// A recipe of an expression over one neuron's potential and bias: operations on what came before.
fn recipe() -> impl Strategy<Value = Vec<(u8, usize, usize, i8)>> {
    prop::collection::vec((0u8..16, 0usize..64, 0usize..64, -3i8..4), 1..40)
}

/// The expression of a recipe, and the same computed directly, without simplification; and whether two different
/// expressions were compared that are equal but for rounding, which then decides.
fn build(recipe: &[(u8, usize, usize, i8)], u: f64, b: f64) -> (Graph, Vec<Id>, Vec<f64>, bool) {
    let mut edge = false;
    let mut graph = Graph::default();
    let mut ids = vec![graph.leaf(Symbol::Potential), graph.leaf(Symbol::Bias)];
    let count = graph.leaf(Symbol::Count(Space::Class));
    ids.push(count);
    let mut values = vec![u, b, 3.0];
    for &(op, a, c, number) in recipe {
        let (a, c) = (a % ids.len(), c % ids.len());
        let (x, y) = (values[a], values[c]);
        let number = f64::from(number) * 0.5;
        edge |= matches!(op, 12 | 13) && ids[a] != ids[c] && (x - y).abs() < 1e-9 * x.abs().max(1.0);
        let (id, value) = match op {
            0 | 1 => (graph.add(ids[a], ids[c]), x + y),
            2 => (graph.sub(ids[a], ids[c]), x - y),
            3 | 4 => (graph.mul(ids[a], ids[c]), x * y),
            5 => (graph.neg(ids[a]), -x),
            6 => (graph.div(ids[a], count), x / 3.0),
            7 => (graph.apply(Op::Tanh, &[ids[a]]), x.tanh()),
            8 => (graph.apply(Op::Abs, &[ids[a]]), x.abs()),
            9 => (graph.apply(Op::Relu, &[ids[a]]), x.max(0.0)),
            10 => (graph.apply(Op::Square, &[ids[a]]), x * x),
            11 => (graph.apply(Op::Max, &[ids[a], ids[c]]), x.max(y)),
            12 => {
                let condition = graph.apply(Op::Less, &[ids[a], ids[c]]);
                let zero = graph.number(0.0);
                (graph.select(condition, ids[a], zero), if x < y { x } else { 0.0 })
            }
            13 => {
                let condition = graph.apply(Op::Less, &[ids[c], ids[a]]);
                let zero = graph.number(0.0);
                (graph.select(condition, zero, ids[c]), if y < x { 0.0 } else { y })
            }
            14 => (graph.number(number), number),
            _ => {
                let scaled = graph.number(number);
                (graph.mul(ids[a], scaled), x * number)
            }
        };
        ids.push(id);
        values.push(value);
    }
    (graph, ids, values, edge)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2000),
        // A few recipes in a hundred compare what is equal but for rounding.
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    })]

    #[test]
    fn simplification_keeps_the_value(recipe in recipe(), u in -2.0f64..2.0, b in -2.0f64..2.0) {
        let (graph, ids, values, edge) = build(&recipe, u, b);
        prop_assume!(!edge);
        let shape = Shape { samples: 1, inputs: 1, neurons: 1, classes: 3 };
        let mut evaluation = Evaluation::<f64>::new(&graph, shape, &[0.0], &[0.0; 3]);
        evaluation.set(Symbol::Potential, vec![u]);
        evaluation.set(Symbol::Bias, vec![b]);
        let mut scale = 1.0f64;
        for (&id, &expected) in ids.iter().zip(&values) {
            scale = scale.max(expected.abs());
            // Once a value is huge, rounding decides.
            if scale > 1e6 {
                break;
            }
            let found = evaluation.spread(id, Space::Neuron)[0];
            prop_assert!((found - expected).abs() <= 1e-9 * scale, "{found} {expected} in {recipe:?}");
        }
    }

    #[test]
    fn no_list_of_nodes_makes_the_core_panic(
        nodes in prop::collection::vec(
            (prop::sample::select(vec![
                "number", "constant", "decay", "event", "trace", "nextTrace", "state", "nextState", "spike", "potential",
                "bias", "time", "readout", "target", "neg", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "abs",
                "sign", "floor", "square", "stop", "sum", "mean", "sampleSum", "sampleMean", "logSumExp", "softmax",
                "weighted", "add", "sub", "mul", "div", "min", "max", "less", "lessEqual", "greater", "greaterEqual",
                "select", "clamp", "error",
            ]), 0usize..24, 0usize..24, 0usize..24),
            4..24,
        ),
        outputs in prop::collection::vec(0usize..24, 5),
        remainder in prop::sample::select(vec!["eligibility", "stop"]),
    ) {
        let arity = |op: &str| match op {
            "select" | "clamp" => 3,
            "add" | "sub" | "mul" | "div" | "min" | "max" | "less" | "lessEqual" | "greater" | "greaterEqual" => 2,
            "neg" | "exp" | "log" | "sqrt" | "tanh" | "sigmoid" | "relu" | "abs" | "sign" | "floor" | "square" | "stop"
            | "sum" | "mean" | "sampleSum" | "sampleMean" | "logSumExp" | "softmax" | "weighted" => 1,
            _ => 0,
        };
        // The first four are leaves that every neuron may use, so that many of the graphs are sound.
        let mut written: Vec<String> = vec![
            r#"{"op":"event"}"#.into(),
            r#"{"op":"weighted","args":[0]}"#.into(),
            r#"{"op":"state","name":"z"}"#.into(),
            r#"{"op":"nextState","name":"z"}"#.into(),
            r#"{"op":"potential"}"#.into(),
        ];
        for (op, a, b, c) in &nodes {
            let count = written.len();
            let arguments: Vec<String> = [a, b, c][..arity(op)].iter().map(|&&a| (a % count).to_string()).collect();
            let name = match *op {
                "constant" => r#","name":"k""#,
                "decay" => r#","name":"d""#,
                "trace" | "nextTrace" => r#","name":"q""#,
                "state" | "nextState" => r#","name":"z""#,
                _ => "",
            };
            let value = if *op == "number" { r#","value":0.5"# } else { "" };
            written.push(format!(r#"{{"op":"{op}","args":[{}]{name}{value}}}"#, arguments.join(",")));
        }
        let at = |place: usize| outputs[place] % written.len();
        let request = format!(
            r#"{{"neuron":{{"type":"neuron","name":"n","constants":[{{"name":"k","kind":"number","value":0.3,"learn":true}},
            {{"name":"d","kind":"decay","value":0.7,"of":"neuron"}}],"traces":[{{"name":"q","next":{}}}],
            "state":[{{"name":"z","next":{}}}],"nodes":[{}],"membrane":{},"surrogate":{{"primitive":4}},
            "remainder":"{remainder}"}},"costs":[{{"type":"smoothL1"}}]}}"#,
            at(0) % 2 * at(0), 1.max(at(1)), written.join(","), 3.max(at(2)),
        );
        // A refusal is fine, a panic is not; and what is derived must be the derivative, as far as numbers can tell.
        if derive_rule(&request).is_ok()
            && let Ok(result) = check_rule(&request)
        {
            let result: serde_json::Value = serde_json::from_str(&result).unwrap();
            prop_assert!(result["outcome"] != "failed", "{result} for {request}");
        }
    }
}

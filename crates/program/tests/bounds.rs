//! Documents at the limits of what is read are answered, or refused with `range`, in bounded time and memory and on a small
//! stack: whatever a graph looks like, no pass over it recurses as deep as the graph is.

use std::fmt::Write as _;

use decolle_error::Code;
use decolle_plasticity::{
    CostDocument, MOST_NODES, MOST_VARIABLES, Model, NeuronDocument, Rule, RuleOptions, check_rule, derive_rule,
};
use decolle_program::{LayerSize, Parts, compile};

/// Bytes of stack that everything has to do with: less than the main thread of any platform gives, WebAssembly's included.
const STACK: usize = 256 << 10;

/// Runs on a small stack.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread");
        thread.join().expect("no panic")
    })
}

/// Nodes as they are written down.
#[derive(Default)]
struct Nodes(Vec<String>);

impl Nodes {
    fn push(&mut self, node: String) -> usize {
        self.0.push(node);
        self.0.len() - 1
    }

    fn leaf(&mut self, op: &str) -> usize {
        self.push(format!(r#"{{"op":"{op}"}}"#))
    }

    fn named(&mut self, op: &str, name: &str) -> usize {
        self.push(format!(r#"{{"op":"{op}","name":"{name}"}}"#))
    }

    fn number(&mut self, value: f64) -> usize {
        self.push(format!(r#"{{"op":"number","value":{value}}}"#))
    }

    fn apply(&mut self, op: &str, args: &[usize]) -> usize {
        let args: Vec<String> = args.iter().map(usize::to_string).collect();
        self.push(format!(r#"{{"op":"{op}","args":[{}]}}"#, args.join(",")))
    }

    fn room(&self) -> usize {
        MOST_NODES - 8 - self.0.len()
    }
}

/// A neuron with a state variable `z`, whose step and potential are made of the nodes by the functions given.
fn neuron(step: impl Fn(&mut Nodes, usize) -> usize, membrane: impl Fn(&mut Nodes, usize, usize) -> usize) -> String {
    let mut nodes = Nodes::default();
    let event = nodes.leaf("event");
    let input = nodes.apply("weighted", &[event]);
    let next = step(&mut nodes, input);
    let state = nodes.named("nextState", "z");
    let potential = membrane(&mut nodes, state, input);
    let bias = nodes.leaf("bias");
    let potential = nodes.apply("add", &[potential, bias]);
    let u = nodes.leaf("potential");
    format!(
        r#"{{"type":"neuron","name":"n","state":[{{"name":"z","next":{next}}}],"nodes":[{}],"membrane":{potential},
        "surrogate":{{"primitive":{u}}},"remainder":"eligibility"}}"#,
        nodes.0.join(",")
    )
}

fn leak(nodes: &mut Nodes, input: usize) -> usize {
    let old = nodes.named("state", "z");
    let factor = nodes.number(0.5);
    let decayed = nodes.apply("mul", &[old, factor]);
    nodes.apply("add", &[decayed, input])
}

/// A cost of one value a sample over the readout and the potential.
fn cost(make: impl Fn(&mut Nodes, usize, usize) -> usize) -> String {
    let mut nodes = Nodes::default();
    let (readout, potential) = (nodes.leaf("readout"), nodes.leaf("potential"));
    let (readout, potential) = (nodes.apply("mean", &[readout]), nodes.apply("mean", &[potential]));
    let whole = make(&mut nodes, readout, potential);
    format!(r#"{{"type":"cost","name":"c","nodes":[{}],"cost":{whole}}}"#, nodes.0.join(","))
}

const PLAIN_COST: &str = r#"{"type":"smoothL1"}"#;

/// Derives, checks and compiles: each has to give an answer or a typed refusal.
fn all_ways(neuron: &str, cost: &str) -> Vec<Code> {
    on_a_small_stack(|| {
        let request = format!(r#"{{"neuron":{neuron},"costs":[{cost}]}}"#);
        let mut refusals = Vec::new();
        match derive_rule(&request) {
            Ok(text) => assert!(text.len() < 16 << 20, "{} bytes", text.len()),
            Err(fault) => refusals.push(fault),
        }
        let small = r#""check":{"samples":1,"inputs":1,"neurons":1,"classes":1,"steps":1,"seed":1}"#;
        let request = format!(r#"{{"neuron":{neuron},"costs":[{cost}],{small}}}"#);
        refusals.extend(check_rule(&request).err());
        let document: NeuronDocument = decolle_json::read("neuron", neuron).expect("a neuron");
        // A built-in cost is no document; networks do not compile it.
        let own: Option<CostDocument> = decolle_json::read("cost", cost).ok();
        let parts = Parts { neuron: true, cost: own.is_some() };
        let own = own.unwrap_or_else(|| decolle_plasticity::cost_document(&decolle_learning::Cost::SmoothL1 {}));
        let size = LayerSize { units: 4, classes: 2, time_step: 1000, shares_weights: false };
        let compiled = Model::new(&document, &[own], None)
            .and_then(|model| Rule::derive(model, RuleOptions::default()))
            .and_then(|rule| compile(&rule, parts, size));
        refusals.extend(compiled.err());
        refusals
            .into_iter()
            .map(|fault| {
                assert!(fault.code != Code::Range || fault.message.contains("expected"), "{fault}");
                fault.code
            })
            .collect()
    })
}

/// `times` squarings of a product of selects.
fn squared_selects(times: usize, conditions: usize) -> String {
    neuron(leak, |nodes, state, input| {
        let zero = nodes.number(0.0);
        let mut product = None;
        for index in 0..conditions {
            let bound = nodes.number(0.01 * index as f64);
            let condition = nodes.apply("greater", &[state, bound]);
            let args = if index % 2 == 0 { [condition, input, zero] } else { [condition, zero, input] };
            let chosen = nodes.apply("select", &args);
            product = Some(product.map_or(chosen, |product| nodes.apply("mul", &[product, chosen])));
        }
        let mut product = product.expect("a condition");
        for _ in 0..times {
            product = nodes.apply("mul", &[product, product]);
        }
        product
    })
}

#[test]
fn a_select_squared_sixteen_times_is_taken() {
    assert_eq!(all_ways(&squared_selects(16, 1), PLAIN_COST), [Code::NotFinite; 0]);
}

#[test]
fn products_of_selects_are_answered_on_a_small_stack() {
    for (times, conditions) in [(3, 2), (16, 2), (60, 3), (200, 1), (0, 120), (8, 120)] {
        all_ways(&squared_selects(times, conditions), PLAIN_COST);
    }
}

#[test]
fn as_many_squarings_as_there_is_room_for_are_answered() {
    let wide = neuron(leak, |nodes, state, input| {
        let zero = nodes.number(0.0);
        let mut sum = state;
        // One chain after the other, for each may be nested so deep.
        for chain in 0..14 {
            let bound = nodes.number(f64::from(chain));
            let condition = nodes.apply("less", &[state, bound]);
            let mut node = nodes.apply("select", &[condition, input, zero]);
            for _ in 0..200 {
                node = nodes.apply("mul", &[node, node]);
            }
            sum = nodes.apply("add", &[sum, node]);
        }
        sum
    });
    all_ways(&wide, PLAIN_COST);
}

#[test]
fn sums_of_products_of_sums_are_answered() {
    let deep = neuron(leak, |nodes, state, input| {
        let (mut a, mut b) = (state, input);
        for _ in 0..100 {
            (a, b) = (nodes.apply("add", &[a, b]), nodes.apply("mul", &[a, b]));
        }
        nodes.apply("sub", &[a, b])
    });
    all_ways(&deep, PLAIN_COST);
    // Fibonacci's numbers count the ways through this one.
    let shared = cost(|nodes, readout, potential| {
        let (mut a, mut b) = (readout, potential);
        for round in 0..240 {
            let next = nodes.apply(["add", "sub"][round % 2], &[a, b]);
            (a, b) = (b, next);
        }
        b
    });
    all_ways(&neuron(leak, |_, state, _| state), &shared);
    all_ways(&deep, &shared);
}

#[test]
fn means_multiplied_by_themselves_are_answered() {
    let squares = cost(|nodes, readout, potential| {
        let mut node = nodes.apply("add", &[readout, potential]);
        for _ in 0..100 {
            node = nodes.apply("mul", &[node, node]);
        }
        node
    });
    all_ways(&neuron(leak, |_, state, _| state), &squares);
    let batch = cost(|nodes, readout, potential| {
        let mut node = nodes.apply("sampleMean", &[readout]);
        for round in 0..100 {
            let other = if round % 5 == 0 { potential } else { node };
            node = nodes.apply("mul", &[node, other]);
        }
        node
    });
    all_ways(&neuron(leak, |_, state, _| state), &batch);
}

#[test]
fn chains_of_every_operation_are_answered() {
    for op in ["neg", "abs", "relu", "tanh", "sigmoid", "square", "sqrt", "exp", "log", "stop"] {
        let chain = |nodes: &mut Nodes, mut node: usize| {
            for _ in 0..240 {
                node = nodes.apply(op, &[node]);
            }
            node
        };
        all_ways(&neuron(|nodes, input| chain(nodes, input), |_, state, _| state), PLAIN_COST);
        all_ways(&neuron(leak, |nodes, state, _| chain(nodes, state)), PLAIN_COST);
        all_ways(&neuron(leak, |_, state, _| state), &cost(|nodes, readout, _| chain(nodes, readout)));
    }
    for op in ["add", "sub", "mul", "div", "min", "max", "less", "lessEqual"] {
        let chain = |nodes: &mut Nodes, mut node: usize, other: usize| {
            for round in 0..240 {
                let args = if round % 3 == 0 { [node, other] } else { [other, node] };
                node = nodes.apply(op, &args);
            }
            node
        };
        all_ways(&neuron(leak, |nodes, state, input| chain(nodes, state, input)), PLAIN_COST);
        all_ways(&neuron(leak, |_, state, _| state), &cost(|nodes, readout, other| chain(nodes, readout, other)));
    }
    for op in ["select", "clamp"] {
        for place in 0..3 {
            let chain = |nodes: &mut Nodes, mut node: usize, other: usize| {
                for round in 0..240 {
                    let condition = nodes.apply("less", &[node, other]);
                    let mut args = if op == "select" { [condition, other, other] } else { [other; 3] };
                    args[place] = node;
                    if op == "select" && place == 0 {
                        args[1] = nodes.number(f64::from(round));
                    }
                    node = nodes.apply(op, &args);
                }
                node
            };
            // Each link is two nodes deep.
            all_ways(&neuron(leak, |nodes, state, input| chain(nodes, state, input)), PLAIN_COST);
        }
    }
}

#[test]
fn sums_within_sums_over_the_layer_are_answered() {
    for own in [5, 120] {
        let many = neuron(
            |nodes, input| {
                let mut node = input;
                for _ in 0..own {
                    let before = nodes.leaf("spike");
                    let stopped = nodes.apply("stop", &[node]);
                    let mean = nodes.apply("mean", &[stopped]);
                    let product = nodes.apply("mul", &[before, mean]);
                    let stopped = nodes.apply("stop", &[product]);
                    node = nodes.apply("add", &[stopped, input]);
                    if nodes.room() < 10 {
                        break;
                    }
                }
                node
            },
            |_, state, _| state,
        );
        all_ways(&many, PLAIN_COST);
    }
    let side_by_side = neuron(
        |nodes, input| {
            let spike = nodes.leaf("spike");
            let mut base = nodes.apply("stop", &[spike]);
            for _ in 0..200 {
                base = nodes.apply("tanh", &[base]);
            }
            let mut node = input;
            for index in 0..200 {
                let factor = nodes.number(f64::from(index));
                let product = nodes.apply("mul", &[base, factor]);
                let mean = nodes.apply("mean", &[product]);
                node = nodes.apply("add", &[node, mean]);
            }
            node
        },
        |_, state, _| state,
    );
    all_ways(&side_by_side, PLAIN_COST);
    let classes = cost(|nodes, readout, _| {
        let own = nodes.leaf("readout");
        let mut node = readout;
        for _ in 0..70 {
            let off = nodes.apply("sub", &[own, node]);
            let square = nodes.apply("square", &[off]);
            node = nodes.apply("mean", &[square]);
        }
        node
    });
    all_ways(&neuron(leak, |_, state, _| state), &classes);
    let softly = cost(|nodes, readout, _| {
        let own = nodes.leaf("readout");
        let mut node = readout;
        for _ in 0..60 {
            let off = nodes.apply("sub", &[own, node]);
            let share = nodes.apply("softmax", &[off]);
            node = nodes.apply("logSumExp", &[share]);
        }
        node
    });
    all_ways(&neuron(leak, |_, state, _| state), &softly);
}

/// Stops around expressions that are small as graphs and large when written out.
#[test]
fn stops_around_what_unfolds_are_named_in_few_words() {
    let unfolding = neuron(leak, |nodes, state, input| {
        let mut node = state;
        for _ in 0..10 {
            node = nodes.apply("clamp", &[node, node, node]);
        }
        let mut sum = input;
        for index in 0..300 {
            let shift = nodes.number(f64::from(index));
            let shifted = nodes.apply("add", &[node, shift]);
            let stopped = nodes.apply("stop", &[shifted]);
            if index < 240 {
                sum = nodes.apply("add", &[sum, stopped]);
            }
        }
        sum
    });
    all_ways(&unfolding, PLAIN_COST);
}

/// As many state variables and learnable constants as there may be, each variable a long chain over all of the others.
fn tangled(remainder: &str) -> String {
    let mut constants = String::new();
    let mut nodes = String::from(r#"{"op":"event"},{"op":"weighted","args":[0]},{"op":"potential"}"#);
    let mut count = 3;
    let mut push = |node: String| {
        write!(nodes, ",{node}").unwrap();
        count += 1;
        count - 1
    };
    let mut states = String::new();
    let mut last = 1;
    for index in 0..MOST_VARIABLES {
        let comma = if index == 0 { "" } else { "," };
        write!(constants, r#"{comma}{{"name":"c{index}","kind":"number","value":0.1,"learn":true}}"#).unwrap();
        let old = push(format!(r#"{{"op":"state","name":"s{index}"}}"#));
        let constant = push(format!(r#"{{"op":"constant","name":"c{index}"}}"#));
        let mut node = push(format!(r#"{{"op":"mul","args":[{old},{constant}]}}"#));
        node = push(format!(r#"{{"op":"tanh","args":[{node}]}}"#));
        // Each follows the one before, so that everything depends on everything.
        node = push(format!(r#"{{"op":"add","args":[{node},{last}]}}"#));
        for _ in 0..((MOST_NODES - 400) / MOST_VARIABLES - 6) / 20 {
            node = push(format!(r#"{{"op":"mul","args":[{node},{node}]}}"#));
        }
        last = node;
        write!(states, r#"{comma}{{"name":"s{index}","next":{node}}}"#).unwrap();
    }
    let membrane = push(format!(r#"{{"op":"nextState","name":"s{}"}}"#, MOST_VARIABLES - 1));
    format!(
        r#"{{"type":"neuron","name":"n","constants":[{constants}],"state":[{states}],"nodes":[{nodes}],
        "membrane":{membrane},"surrogate":{{"primitive":2}},"remainder":"{remainder}"}}"#
    )
}

#[test]
fn a_tangle_of_all_variables_and_learnable_constants_is_refused_or_stays_small() {
    for remainder in ["eligibility", "stop"] {
        all_ways(&tangled(remainder), PLAIN_COST);
    }
}

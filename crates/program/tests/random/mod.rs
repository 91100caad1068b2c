//! Random neurons and costs: well-typed graphs, made of a list of choices that proptest can shrink.

use serde_json::{Value, json};

/// A list of choices; when it is used up, the first possibility is taken, which is the simplest.
struct Choices<'a> {
    left: std::slice::Iter<'a, u8>,
}

impl Choices<'_> {
    fn pick(&mut self, count: usize) -> usize {
        self.left.next().map_or(0, |&choice| usize::from(choice) % count)
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.pick(values.len())]
    }
}

/// What an expression has one value of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Input,
    Neuron,
    Class,
}

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Trace,
    Step,
    Membrane,
    Surrogate,
    Cost,
}

const TRACES: [&str; 2] = ["q", "p"];
const STATES: [&str; 4] = ["z", "y", "x", "w"];

struct Writer<'a> {
    choices: Choices<'a>,
    nodes: Vec<Value>,
    traces: usize,
    states: usize,
    /// Names and whether a constant is one for each neuron; decay factors come by another operation.
    constants: Vec<(&'static str, bool, &'static str)>,
}

impl Writer<'_> {
    fn push(&mut self, node: Value) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn apply(&mut self, op: &str, args: &[usize]) -> usize {
        self.push(json!({ "op": op, "args": args }))
    }

    fn leaf(&mut self, op: &str) -> usize {
        self.push(json!({ "op": op }))
    }

    fn named(&mut self, op: &str, name: &str) -> usize {
        self.push(json!({ "op": op, "name": name }))
    }

    fn number(&mut self) -> usize {
        let value = self.choices.of(&[0.5, 1.0, -0.7, 0.0, 2.0, 0.1, -1.0]);
        self.push(json!({ "op": "number", "value": value }))
    }

    /// A leaf with one value for the layer, or for each of what the space says.
    fn symbol(&mut self, space: Space, section: Section) -> usize {
        use Section::*;
        let constants: Vec<(&str, &str)> = self
            .constants
            .iter()
            .filter(|(_, of_neuron, _)| !of_neuron || space == Space::Neuron)
            .map(|&(name, _, op)| (name, op))
            .collect();
        let constant = |writer: &mut Self| match constants.len() {
            0 => writer.number(),
            count => {
                let (name, op) = constants[writer.choices.pick(count)];
                writer.named(op, name)
            }
        };
        match (space, section) {
            (Space::Input, _) => match self.choices.pick(5) {
                1 if section == Trace && self.traces > 0 => {
                    let name = TRACES[self.choices.pick(self.traces)];
                    self.named("trace", name)
                }
                1 | 2 if section != Trace && self.traces > 0 => {
                    let name = TRACES[self.choices.pick(self.traces)];
                    self.named("nextTrace", name)
                }
                3 => constant(self),
                4 => self.leaf("isRecurrent"),
                _ => self.leaf("event"),
            },
            (Space::Neuron, Step) => match self.choices.pick(12) {
                0..=2 => self.drive(section),
                3..=6 if self.states > 0 => {
                    let name = STATES[self.choices.pick(self.states)];
                    self.named("state", name)
                }
                7 => {
                    let op = self.choices.of(&["spike", "potential"]);
                    let leaf = self.leaf(op);
                    self.apply("stop", &[leaf])
                }
                8 => self.leaf("potential"),
                9 => self.leaf("spike"),
                10 => constant(self),
                _ => self.number(),
            },
            (Space::Neuron, Membrane) => match self.choices.pick(9) {
                0..=4 if self.states > 0 => {
                    let name = STATES[self.choices.pick(self.states)];
                    self.named("nextState", name)
                }
                5 | 6 => self.leaf("bias"),
                7 => constant(self),
                _ => self.drive(section),
            },
            (Space::Neuron, Surrogate) => self.leaf("potential"),
            (Space::Neuron, _) => match self.choices.pick(5) {
                0 | 1 => self.leaf("potential"),
                2 => self.leaf("spike"),
                3 if self.states > 0 => {
                    let name = STATES[self.choices.pick(self.states)];
                    self.named("state", name)
                }
                _ => self.leaf("potential"),
            },
            (Space::Class, _) => match self.choices.pick(4) {
                0 | 1 => self.leaf("readout"),
                2 => self.leaf("target"),
                _ => self.number(),
            },
        }
    }

    /// Σ_j W_ij of something.
    fn drive(&mut self, section: Section) -> usize {
        let depth = self.choices.of(&[0, 0, 0, 1, 2]);
        let value = self.expression(Space::Input, section, depth);
        // The input itself, so that it is one value an input whatever was drawn: all of it, or one kind.
        let event = self.leaf("event");
        let event = match self.choices.pick(4) {
            kind @ (2 | 3) => {
                let (own, zero) = (self.leaf("isRecurrent"), self.push(json!({"op": "number", "value": 0.0})));
                self.apply("select", &if kind == 2 { [own, event, zero] } else { [own, zero, event] })
            }
            _ => event,
        };
        let value = if depth == 0 && self.choices.pick(2) == 0 { event } else { self.apply("mul", &[event, value]) };
        self.apply("weighted", &[value])
    }

    fn expression(&mut self, space: Space, section: Section, depth: usize) -> usize {
        if depth == 0 {
            return self.symbol(space, section);
        }
        let less = self.choices.pick(2) + 1;
        let depth = depth.saturating_sub(less);
        match self.choices.pick(20) {
            0..=8 => {
                let (a, b) = (self.expression(space, section, depth), self.expression(space, section, depth));
                let op = self.choices.of(&["add", "sub", "mul", "add", "mul", "min", "max", "div"]);
                if op == "div" {
                    // Away from poles, where differences have no digits left.
                    let (squared, one) = (self.apply("square", &[b]), self.push(json!({"op": "number", "value": 1.0})));
                    let divisor = self.apply("add", &[squared, one]);
                    return self.apply("div", &[a, divisor]);
                }
                self.apply(op, &[a, b])
            }
            9..=14 => {
                let a = self.expression(space, section, depth);
                let op = self.choices.of(&[
                    "tanh", "sigmoid", "neg", "relu", "abs", "square", "stop", "tanh", "exp", "sign", "floor", "sqrt",
                    "log",
                ]);
                let a = match op {
                    "exp" => self.apply("tanh", &[a]),
                    // Away from poles, where differences have no digits left.
                    "sqrt" | "log" => {
                        let (squared, half) =
                            (self.apply("square", &[a]), self.push(json!({"op": "number", "value": 0.5})));
                        self.apply("add", &[squared, half])
                    }
                    _ => a,
                };
                self.apply(op, &[a])
            }
            15 | 16 => {
                let (a, b) = (self.expression(space, section, depth), self.expression(space, section, depth));
                let op = self.choices.of(&["less", "lessEqual", "greater", "greaterEqual"]);
                let condition = self.apply(op, &[a, b]);
                let (c, d) = (self.expression(space, section, depth), self.expression(space, section, 0));
                let zero = self.push(json!({"op": "number", "value": 0.0}));
                let (c, d) = self.choices.of(&[(c, d), (c, zero), (zero, c)]);
                self.apply("select", &[condition, c, d])
            }
            17 => {
                let a = self.expression(space, section, depth);
                let (low, high) = (
                    self.push(json!({"op": "number", "value": -0.8})),
                    self.push(json!({"op": "number", "value": 1.5})),
                );
                self.apply("clamp", &[a, low, high])
            }
            18 if space != Space::Input => {
                let a = self.expression(space, section, depth);
                let a = if section == Section::Cost { a } else { self.apply("stop", &[a]) };
                // One value of each, so that there is something to take a mean of.
                let one = self.leaf(match (space, section) {
                    (Space::Class, _) => "target",
                    (_, Section::Membrane) => "bias",
                    _ => "potential",
                });
                let one = if section == Section::Cost { one } else { self.apply("stop", &[one]) };
                let a = self.apply("add", &[a, one]);
                let op = self.choices.of(&["mean", "sum"]);
                self.apply(op, &[a])
            }
            _ => self.symbol(space, section),
        }
    }
}

/// A neuron with up to two traces, four state variables and three constants.
pub(crate) fn neuron(choices: &[u8]) -> Value {
    let mut writer = Writer {
        choices: Choices { left: choices.iter() },
        nodes: Vec::new(),
        traces: 0,
        states: 0,
        constants: Vec::new(),
    };
    let remainder = writer.choices.of(&["eligibility", "eligibility", "stop", "none"]);
    writer.traces = writer.choices.of(&[0, 1, 2]);
    writer.states = writer.choices.of(&[2, 3, 4, 1, 0]);
    let mut constants = Vec::new();
    for name in &["k", "m", "n"][..writer.choices.pick(4)] {
        let of_neuron = writer.choices.pick(3) == 1;
        let learn = writer.choices.pick(3) == 1;
        let (kind, value, op) =
            writer.choices.of(&[("number", 0.3, "constant"), ("decay", 0.7, "decay"), ("time", 5000.0, "decay")]);
        let of = if of_neuron { "neuron" } else { "layer" };
        constants.push(json!({"name": name, "kind": kind, "value": value, "of": of, "learn": learn}));
        writer.constants.push((*name, of_neuron, op));
    }
    let traces: Vec<Value> = (0..writer.traces)
        .map(|trace| {
            let depth = writer.choices.of(&[1, 2, 3]);
            let own = writer.expression(Space::Input, Section::Trace, depth);
            let own = if writer.choices.pick(3) == 2 {
                own
            } else {
                let (old, half) =
                    (writer.named("trace", TRACES[trace]), writer.push(json!({"op": "number", "value": 0.6})));
                let kept = writer.apply("mul", &[old, half]);
                writer.apply("add", &[kept, own])
            };
            json!({"name": TRACES[trace], "next": own})
        })
        .collect();
    let states: Vec<Value> = (0..writer.states)
        .map(|state| {
            let depth = writer.choices.of(&[2, 1, 3, 4]);
            let own = writer.expression(Space::Neuron, Section::Step, depth);
            let own = if writer.choices.pick(2) == 1 {
                own
            } else {
                let (old, half) =
                    (writer.named("state", STATES[state]), writer.push(json!({"op": "number", "value": 0.6})));
                let kept = writer.apply("mul", &[old, half]);
                writer.apply("add", &[kept, own])
            };
            let initial = writer.choices.of(&[0.0, 0.0, 0.2]);
            json!({"name": STATES[state], "initial": initial, "next": own})
        })
        .collect();
    let depth = writer.choices.of(&[1, 2, 3]);
    let membrane = writer.expression(Space::Neuron, Section::Membrane, depth);
    // In most neurons the potential has a drive and a bias.
    let membrane = match writer.choices.pick(4) {
        0 | 1 => membrane,
        2 => {
            let drive = writer.drive(Section::Membrane);
            writer.apply("add", &[membrane, drive])
        }
        _ => {
            let drive = writer.drive(Section::Membrane);
            let bias = writer.leaf("bias");
            let driven = writer.apply("add", &[drive, bias]);
            writer.apply("add", &[driven, membrane])
        }
    };
    let u = writer.leaf("potential");
    let primitive = match writer.choices.pick(4) {
        0 | 1 => writer.apply("sigmoid", &[u]),
        2 => {
            let (low, high) = (
                writer.push(json!({"op": "number", "value": -0.5})),
                writer.push(json!({"op": "number", "value": 0.5})),
            );
            writer.apply("clamp", &[u, low, high])
        }
        _ => {
            let shape = writer.expression(Space::Neuron, Section::Surrogate, 2);
            writer.apply("add", &[shape, u])
        }
    };
    let spike = writer.choices.of(&["above", "at"]);
    let mut document = json!({
        "type": "neuron", "name": "random", "constants": constants, "traces": traces, "state": states,
        "nodes": writer.nodes, "membrane": membrane, "spike": spike, "surrogate": {"primitive": primitive},
    });
    if remainder != "none" {
        document["remainder"] = remainder.into();
    }
    document
}

/// A cost of a neuron with these state variables.
pub(crate) fn cost(choices: &[u8], states: usize) -> Value {
    let mut writer = Writer {
        choices: Choices { left: choices.iter() },
        nodes: Vec::new(),
        traces: 0,
        states,
        constants: Vec::new(),
    };
    match writer.choices.pick(5) {
        0 => return json!({"type": "smoothL1"}),
        1 => return json!({"type": "crossEntropy"}),
        _ => {}
    }
    let depth = writer.choices.of(&[2, 1, 3]);
    let classes = writer.expression(Space::Class, Section::Cost, depth);
    let (readout, target) = (writer.leaf("readout"), writer.leaf("target"));
    let off = writer.apply("sub", &[readout, target]);
    let square = writer.apply("square", &[off]);
    let classes = writer.apply("add", &[classes, square]);
    let mut whole = writer.apply("mean", &[classes]);
    if writer.choices.pick(2) == 1 {
        let depth = writer.choices.of(&[1, 2, 3]);
        let neurons = writer.expression(Space::Neuron, Section::Cost, depth);
        let u = writer.leaf("potential");
        let neurons = writer.apply("mul", &[neurons, u]);
        let mean = writer.apply("mean", &[neurons]);
        let op = writer.choices.of(&["add", "mul", "sub"]);
        whole = writer.apply(op, &[whole, mean]);
    }
    json!({"type": "cost", "name": "random", "nodes": writer.nodes, "cost": whole})
}

/// How many state variables a neuron has.
pub(crate) fn states(neuron: &Value) -> usize {
    neuron["state"].as_array().map_or(0, Vec::len)
}

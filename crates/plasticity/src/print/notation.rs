//! Three ways to write mathematics down: plain text, LaTeX, MathML.

/// How formulas are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Plain text with Unicode letters.
    Text,
    /// LaTeX, for an `aligned` environment.
    Latex,
    /// Presentation MathML.
    Mathml,
}

/// How tightly a formula binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Comparison,
    Sum,
    /// Σ over an index, which reaches as far as products do.
    Series,
    /// A fraction on one line.
    Fraction,
    Product,
    Power,
    Atom,
}

/// A formula and how tightly it binds.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    pub text: String,
    pub binds: Binding,
}

impl Form {
    fn atom(text: String) -> Formula {
        Formula { text, binds: Binding::Atom }
    }

    /// A number.
    pub(super) fn number(self, value: f64) -> Formula {
        let digits = if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) {
            format!("{:e}", value.abs())
        } else {
            format!("{}", value.abs())
        };
        let digits = match self {
            Self::Latex => match digits.split_once('e') {
                Some((mantissa, exponent)) => format!("{mantissa}\\cdot 10^{{{exponent}}}"),
                None => digits,
            },
            Self::Mathml => format!("<mn>{digits}</mn>"),
            Self::Text => digits,
        };
        if value < 0.0 { self.negative(Self::atom(digits)) } else { Self::atom(digits) }
    }

    /// A name, with subscripts and a time: `Q_j[t−1]`.
    pub(super) fn name(self, name: &str, subscript: &str, time: &str) -> Formula {
        let text = match self {
            Self::Text => {
                let subscript = if subscript.is_empty() { String::new() } else { format!("_{subscript}") };
                let time = if time.is_empty() { String::new() } else { format!("[{time}]") };
                format!("{name}{subscript}{time}")
            }
            Self::Latex => {
                let subscript = if subscript.is_empty() { String::new() } else { format!("_{{{subscript}}}") };
                let time = if time.is_empty() { String::new() } else { format!("[{}]", time.replace('−', "-")) };
                format!("{}{subscript}{time}", latex_name(name))
            }
            Self::Mathml => {
                let letters = format!("<mi>{name}</mi>");
                let letters = if subscript.is_empty() {
                    letters
                } else {
                    let index: String = subscript.chars().map(|letter| format!("<mi>{letter}</mi>")).collect();
                    format!("<msub>{letters}<mrow>{index}</mrow></msub>")
                };
                let time = if time.is_empty() {
                    String::new()
                } else {
                    let time = time.replace("t−1", "<mi>t</mi><mo>−</mo><mn>1</mn>");
                    let time = if time == "t" { "<mi>t</mi>".to_string() } else { time };
                    format!("<mo>[</mo>{time}<mo>]</mo>")
                };
                format!("<mrow>{letters}{time}</mrow>")
            }
        };
        Self::atom(text)
    }

    /// A partial derivative of L: `∂L/∂Y_k`.
    pub(super) fn derivative(self, by: &Formula) -> Formula {
        Self::atom(match self {
            Self::Text => format!("∂L/∂{}", by.text),
            Self::Latex => format!("\\frac{{\\partial L}}{{\\partial {}}}", by.text),
            Self::Mathml => {
                format!("<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>{}</mrow></mfrac>", by.text)
            }
        })
    }

    /// What stands in parentheses where it binds less than `least`.
    fn within(self, formula: Formula, least: Binding) -> String {
        if formula.binds >= least {
            return formula.text;
        }
        match self {
            Self::Text => format!("({})", formula.text),
            Self::Latex => format!("\\left({}\\right)", formula.text),
            Self::Mathml => format!("<mrow><mo>(</mo>{}<mo>)</mo></mrow>", formula.text),
        }
    }

    fn operator(self, symbol: &str) -> String {
        match self {
            Self::Text => format!(" {symbol} "),
            Self::Latex => match symbol {
                "−" => " - ".into(),
                "≤" => " \\le ".into(),
                other => format!(" {other} "),
            },
            Self::Mathml => format!("<mo>{}</mo>", symbol.replace('<', "&lt;")),
        }
    }

    fn infix(self, a: String, symbol: &str, b: String, binds: Binding) -> Formula {
        let text = format!("{a}{}{b}", self.operator(symbol));
        Formula { text: if self == Self::Mathml { format!("<mrow>{text}</mrow>") } else { text }, binds }
    }

    /// a + b.
    pub(super) fn sum(self, a: Formula, b: Formula) -> Formula {
        self.infix(self.within(a, Binding::Sum), "+", self.within(b, Binding::Sum), Binding::Sum)
    }

    /// a − b.
    pub(super) fn difference(self, a: Formula, b: Formula) -> Formula {
        self.infix(self.within(a, Binding::Sum), "−", self.within(b, Binding::Series), Binding::Sum)
    }

    /// −a.
    pub(super) fn negative(self, a: Formula) -> Formula {
        let inner = self.within(a, Binding::Series);
        let text = match self {
            Self::Text => format!("−{inner}"),
            Self::Latex => format!("-{inner}"),
            Self::Mathml => format!("<mrow><mo>−</mo>{inner}</mrow>"),
        };
        Formula { text, binds: Binding::Sum }
    }

    /// a b.
    pub(super) fn product(self, a: Formula, b: Formula) -> Formula {
        // A series at the end needs no parentheses, but lets the product reach no further than itself.
        let series = b.binds == Binding::Series;
        let b = if series { b.text } else { self.within(b, Binding::Product) };
        let a = self.within(a, Binding::Product);
        // Two numbers side by side would read as one.
        let digits = b.starts_with(|c: char| c.is_ascii_digit());
        let text = match self {
            Self::Text => format!("{a}{}{b}", if digits { " · " } else { " " }),
            Self::Latex => format!("{a}{}{b}", if digits { " \\cdot " } else { " \\, " }),
            Self::Mathml => format!("<mrow>{a}<mo>&#x2062;</mo>{b}</mrow>"),
        };
        Formula { text, binds: if series { Binding::Series } else { Binding::Product } }
    }

    /// a / b.
    pub(super) fn fraction(self, a: Formula, b: Formula) -> Formula {
        match self {
            Self::Text => {
                let text = format!("{} / {}", self.within(a, Binding::Product), self.within(b, Binding::Power));
                Formula { text, binds: Binding::Fraction }
            }
            Self::Latex => Self::atom(format!("\\frac{{{}}}{{{}}}", a.text, b.text)),
            Self::Mathml => Self::atom(format!("<mfrac>{}{}</mfrac>", a.text, b.text)),
        }
    }

    /// a².
    pub(super) fn square(self, a: Formula) -> Formula {
        let inner = self.within(a, Binding::Atom);
        let text = match self {
            Self::Text => format!("{inner}²"),
            Self::Latex => format!("{{{inner}}}^2"),
            Self::Mathml => format!("<msup>{inner}<mn>2</mn></msup>"),
        };
        Formula { text, binds: Binding::Power }
    }

    /// f(a, b, …).
    pub(super) fn function(self, name: &str, arguments: Vec<Formula>) -> Formula {
        let arguments: Vec<String> = arguments.into_iter().map(|argument| argument.text).collect();
        Self::atom(match self {
            Self::Text => format!("{name}({})", arguments.join(", ")),
            Self::Latex => format!("{}\\left({}\\right)", latex_function(name), arguments.join(", ")),
            Self::Mathml => format!("<mrow><mi>{name}</mi><mo>(</mo>{}<mo>)</mo></mrow>", arguments.join("<mo>,</mo>")),
        })
    }

    /// |a|.
    pub(super) fn absolute(self, a: Formula) -> Formula {
        Self::atom(match self {
            Self::Text => format!("|{}|", a.text),
            Self::Latex => format!("\\left|{}\\right|", a.text),
            Self::Mathml => format!("<mrow><mo>|</mo>{}<mo>|</mo></mrow>", a.text),
        })
    }

    /// a < b and the like.
    pub(super) fn comparison(self, a: Formula, symbol: &str, b: Formula) -> Formula {
        self.infix(self.within(a, Binding::Sum), symbol, self.within(b, Binding::Sum), Binding::Comparison)
    }

    /// `then` if `condition`, else `other`.
    pub(super) fn cases(self, condition: Formula, then: Formula, other: Formula) -> Formula {
        match self {
            Self::Text => Self::atom(format!("({} if {} else {})", then.text, condition.text, other.text)),
            Self::Latex => Self::atom(format!(
                "\\begin{{cases}} {} & {} \\\\ {} & \\text{{else}} \\end{{cases}}",
                then.text, condition.text, other.text
            )),
            Self::Mathml => Self::atom(format!(
                "<mrow><mo>{{</mo><mtable><mtr><mtd>{}</mtd><mtd>{}</mtd></mtr>\
                 <mtr><mtd>{}</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>",
                then.text, condition.text, other.text
            )),
        }
    }

    /// Σ over an index.
    pub(super) fn over(self, index: &str, a: Formula) -> Formula {
        let inner = self.within(a, Binding::Series);
        let text = match self {
            Self::Text => format!("Σ_{index} {inner}"),
            Self::Latex => format!("\\sum_{{{index}}} {inner}"),
            Self::Mathml => format!("<mrow><munder><mo>∑</mo><mi>{index}</mi></munder>{inner}</mrow>"),
        };
        Formula { text, binds: Binding::Series }
    }

    /// left = right.
    pub(super) fn equation(self, left: &str, right: &str) -> String {
        match self {
            Self::Text => format!("{left} = {right}"),
            Self::Latex => format!("{left} &= {right}"),
            Self::Mathml => format!("<mrow>{left}<mo>=</mo>{right}</mrow>"),
        }
    }
}

fn latex_name(name: &str) -> String {
    const GREEK: [(&str, &str); 12] = [
        ("α", "\\alpha"),
        ("β", "\\beta"),
        ("γ", "\\gamma"),
        ("δ", "\\delta"),
        ("ε", "\\varepsilon"),
        ("ρ", "\\rho"),
        ("σ", "\\sigma"),
        ("σ′", "\\sigma'"),
        ("τ", "\\tau"),
        ("η", "\\eta"),
        ("θ", "\\theta"),
        ("Ŷ", "\\hat{Y}"),
    ];
    if let Some((_, latex)) = GREEK.iter().find(|(letter, _)| *letter == name) {
        return (*latex).into();
    }
    if let Some(rest) = name.strip_prefix('Δ') {
        return format!("\\Delta {}", latex_name(rest));
    }
    if let Some(rest) = name.strip_prefix('∂') {
        return format!("\\partial {}", latex_name(rest));
    }
    if name.chars().count() == 1 {
        name.into()
    } else {
        format!("\\mathit{{{}}}", name.replace('_', "\\_").replace('′', "'"))
    }
}

fn latex_function(name: &str) -> String {
    match name {
        "exp" | "ln" | "tanh" | "min" | "max" => format!("\\{name}"),
        "√" => "\\sqrt".into(),
        "Θ" => "\\Theta".into(),
        "σ′" => "\\sigma'".into(),
        other => format!("\\operatorname{{{other}}}"),
    }
}

//! All equations of a rule as one text, `aligned` environment or `math` element.

use super::Printed;
use super::notation::Form;
use super::remarks::{constants, inputs, stops, treatments};
use crate::account::account;
use crate::rule::Rule;

pub(super) fn whole(printed: &Printed, rule: &Rule, form: Form) -> String {
    let sections = [
        ("dynamics", &printed.dynamics),
        ("factors", &printed.factors),
        ("forward in time", &printed.forward),
        ("update", &printed.update),
        ("where", &printed.auxiliary),
    ];
    let equations = || sections.iter().flat_map(|(_, equations)| equations.iter());
    match form {
        Form::Latex => {
            // A factor that is nothing but a name is no equation.
            let equations = equations().filter(|equation| equation.formula.contains("&="));
            let lines: Vec<&str> = equations.map(|equation| equation.formula.as_str()).collect();
            format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n"))
        }
        Form::Mathml => {
            let rows: String =
                equations().map(|equation| format!("<mtr><mtd>{}</mtd></mtr>", equation.formula)).collect();
            format!(
                "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\"><mtable>{rows}</mtable></math>"
            )
        }
        Form::Text => {
            let mut lines = Vec::new();
            for (title, equations) in sections.iter().filter(|(_, equations)| !equations.is_empty()) {
                lines.push((*title).to_string());
                let named = *title == "factors";
                for equation in equations.iter() {
                    let label = if named { format!("{:<11}", equation.name) } else { String::new() };
                    lines.push(format!("  {label}{}", equation.formula));
                }
            }
            for (title, items) in lists(rule).into_iter().filter(|(_, items)| !items.is_empty()) {
                lines.push(title.to_string());
                lines.extend(items.into_iter().map(|item| format!("  {item}")));
            }
            lines.join("\n")
        }
    }
}

/// What a text says beside the equations, with titles.
fn lists(rule: &Rule) -> [(&'static str, Vec<String>); 6] {
    let account = account(rule);
    let stored = format!(
        "{} bytes per synapse, {} per input, {} per neuron",
        account.bytes_per_synapse, account.bytes_per_input, account.bytes_per_neuron
    );
    let operations = format!(
        "{} per synapse, {} per input, {} per neuron, {} per readout unit",
        account.operations_per_synapse,
        account.operations_per_input,
        account.operations_per_neuron,
        account.operations_per_class
    );
    [
        ("inputs", inputs(rule)),
        ("constants", constants(rule)),
        ("gradient", treatments(rule)),
        ("stops", stops(rule)),
        ("stored, per sample", vec![stored]),
        ("operations, per sample and step", vec![operations]),
    ]
}

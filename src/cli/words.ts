/** Settings, layers and sizes in words, as commands print them. */
import type { NetworkSpecification } from "../network/specification.js";
import type { LayerSpecification } from "../synapse/layer.js";

/**
 * Settings on one line.
 *
 * @param value - A setting, or an object of settings, nested at will.
 * @returns Such as `lif, alpha 0.97, beta 0.92`; `none` where there is nothing.
 */
export function inWords(value: unknown): string {
  // The engine works in float32; seven digits are all that such a number has.
  if (typeof value === "number") return `${Number(value.toPrecision(7))}`;
  if (typeof value !== "object" || value === null)
    return value === null || value === undefined ? "none" : String(value);
  if (Array.isArray(value)) return value.map(inWords).join("×");
  const { type, ...settings } = value as { type?: string };
  const words = Object.entries(settings).map(([name, setting]) => {
    const nested = typeof setting === "object" && setting !== null && !Array.isArray(setting);
    return nested ? `${name} (${inWords(setting)})` : `${name} ${inWords(setting)}`;
  });
  return [...(type === undefined ? [] : [type]), ...words].join(", ") || "none";
}

/**
 * A neuron or a cost on one line: the settings of a built-in one, the name of one of the user's own.
 *
 * @param rule - It.
 * @returns Such as `smoothL1`, or `adaptive, of its own`.
 */
export function ruleInWords(rule: NetworkSpecification["neuron"] | NetworkSpecification["cost"]): string {
  return rule?.type === "neuron" || rule?.type === "cost" ? `${rule.name}, of its own` : inWords(rule);
}

/**
 * A layer by its kind and size.
 *
 * @param layer - The layer.
 * @returns Such as `dense 512` or `conv2d 64`.
 */
export function layerInWords(layer: LayerSpecification): string {
  return `${layer.type} ${layer.type === "dense" ? layer.units : layer.channels}`;
}

/**
 * The axes of what comes into a network.
 *
 * @param input - What comes in.
 * @returns Such as `2×34×34`.
 */
export function inputInWords(input: NetworkSpecification["input"]): string {
  if ("units" in input) return `${input.units}`;
  return "length" in input ? `${input.channels}×${input.length}` : `${input.channels}×${input.height}×${input.width}`;
}

/**
 * Names and values, one a line, the values in line.
 *
 * @param lines - Names and values.
 * @returns The lines, indented by two spaces, no trailing newline.
 */
export function listed(lines: ReadonlyArray<readonly [name: string, value: string]>): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n");
}

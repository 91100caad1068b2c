/** What each layer takes the stream for, as bars, and what was taken for what, as a table. */
import { make } from "./elements.js";

/** Milliseconds after which a vote counts a third. */
const memory = 350;
/** Clips after which one is forgotten. */
const window = 60;

/** The bars. */
export class BarsPanel {
  readonly #element: HTMLElement;
  readonly #said: HTMLOutputElement;
  #bars: { bar: HTMLElement; name: HTMLElement; figure: HTMLElement }[][] = [];
  #shares: number[][] = [];
  #names: readonly string[] = [];
  #spoken = { text: "", at: 0 };

  /**
   * Takes elements over.
   *
   * @param element - For the bars.
   * @param said - For the name of what is seen.
   */
  constructor(element: HTMLElement, said: HTMLOutputElement) {
    this.#element = element;
    this.#said = said;
  }

  /**
   * Starts anew.
   *
   * @param layers - Names of the layers.
   * @param names - Of the classes.
   */
  start(layers: readonly string[], names: readonly string[]): void {
    this.#shares = layers.map(() => names.map(() => 0));
    // The last layer first: it is what the network says.
    const blocks = layers.map((layer) => make("div", { className: "layer" }, make("h3", { textContent: layer })));
    this.#bars = blocks.map((block) =>
      names.map((_, index) => {
        const [name, bar, figure] = [make("span"), make("i"), make("span")];
        const row = make("div", { className: "bar" }, name, make("div", { className: "track" }, bar), figure);
        row.style.setProperty("--color", `var(--series-${index % 4})`);
        block.append(row);
        return { bar, name, figure };
      }),
    );
    this.#element.replaceChildren(...blocks.reverse());
    this.rename(names);
  }

  /**
   * Shows other names.
   *
   * @param names - Of the classes.
   */
  rename(names: readonly string[]): void {
    this.#names = names;
    for (const layer of this.#bars) {
      layer.forEach(({ name }, index) => {
        name.textContent = names[index] ?? "";
      });
    }
  }

  /**
   * Takes votes into account.
   *
   * @param votes - Shares of the steps, layer by layer.
   * @param milliseconds - Of stream that they come from.
   */
  add(votes: readonly (readonly number[])[], milliseconds: number): void {
    const kept = Math.exp(-milliseconds / memory);
    votes.forEach((layer, index) => {
      const shares = this.#shares[index];
      layer.forEach((share, place) => {
        if (shares) shares[place] = kept * (shares[place] ?? 0) + (1 - kept) * share;
      });
    });
  }

  /**
   * Draws the bars.
   *
   * @param hasLearned - Whether the network has been taught at all.
   */
  draw(hasLearned: boolean): void {
    this.#shares.forEach((shares, layer) => {
      shares.forEach((share, index) => {
        const found = this.#bars[layer]?.[index];
        found?.bar.style.setProperty("--share", share.toFixed(3));
        const text = `${Math.round(100 * share)} %`;
        if (found && found.figure.textContent !== text) found.figure.textContent = text;
      });
    });
    const last = this.#shares.at(-1) ?? [];
    const most = Math.max(...last);
    const text = hasLearned ? (this.#names[last.indexOf(most)] ?? "") : "Teach me first";
    // Read aloud, so not at every flicker.
    if (text === this.#spoken.text || performance.now() - this.#spoken.at < 400) return;
    this.#spoken = { text, at: performance.now() };
    this.#said.textContent = text;
  }
}

/** The table of what was taken for what. */
export class ConfusionPanel {
  readonly #table: HTMLTableElement;
  #clips: (readonly [number, number])[] = [];
  #names: readonly string[] = [];

  /**
   * Takes a table over.
   *
   * @param table - The table.
   */
  constructor(table: HTMLTableElement) {
    this.#table = table;
  }

  /**
   * Starts anew.
   *
   * @param names - Of the classes.
   */
  start(names: readonly string[]): void {
    this.#clips = [];
    this.rename(names);
  }

  /**
   * Shows other names.
   *
   * @param names - Of the classes.
   */
  rename(names: readonly string[]): void {
    this.#names = names;
    this.#draw();
  }

  /**
   * Counts a clip.
   *
   * @param label - Its class.
   * @param found - What it was taken for.
   */
  add(label: number, found: number): void {
    this.#clips = [...this.#clips, [label, found] as const].slice(-window);
    this.#draw();
  }

  #draw(): void {
    const head = make(
      "tr",
      {},
      make("td"),
      ...this.#names.map((name) => make("th", { scope: "col", textContent: name })),
    );
    const rows = this.#names.map((name, label) => {
      const shown = this.#clips.filter(([of]) => of === label);
      const cells = this.#names.map((_, seen) => {
        const count = shown.filter(([, found]) => found === seen).length;
        const cell = make("td", { textContent: count === 0 ? "" : `${count}` });
        cell.style.setProperty("--share", `${count / Math.max(1, shown.length)}`);
        return cell;
      });
      return make("tr", {}, make("th", { scope: "row", textContent: name }), ...cells);
    });
    this.#table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  }
}

/** The gestures: their names, how much of each is remembered, and the buttons that are held to record. */
import { find, make } from "./panels/elements.js";

/** Milliseconds of a take; the button can be let go before. */
const longest = 10_000;
/** A press that is shorter than this records until the take is full, for those who cannot hold a button. */
const tap = 300;

/** What the page does when asked to. */
export interface ClassActions {
  /** A take begins. */
  begin(label: number): unknown;
  /** The last take is to be forgotten, or all of them. */
  forget(label: number, all: boolean): unknown;
  /** A gesture has another name. */
  rename(names: readonly string[]): void;
}

/** The list of gestures. */
export class Classes {
  readonly #list = find("classes", HTMLUListElement);
  readonly #actions: ClassActions;
  #rows: { name: HTMLInputElement; count: HTMLElement; hold: HTMLButtonElement; tools: HTMLButtonElement[] }[] = [];
  #held: { label: number; since: number; isLatched: boolean } | null = null;

  /**
   * Makes the list.
   *
   * @param actions - What the page does.
   */
  constructor(actions: ClassActions) {
    this.#actions = actions;
    addEventListener("blur", () => this.release());
  }

  /** The gesture that is being recorded. */
  get held(): number | null {
    return this.#held?.label ?? null;
  }

  /** Names of all gestures. */
  get names(): string[] {
    return this.#rows.map(({ name }, index) => name.value.trim() || `Gesture ${index + 1}`);
  }

  /**
   * Shows other gestures.
   *
   * @param names - Their names.
   */
  start(names: readonly string[]): void {
    this.release();
    this.#rows = names.map((value, label) => {
      const name = make("input", { value, maxLength: 24, ariaLabel: `Name of gesture ${label + 1}` });
      const count = make("span");
      const hold = make(
        "button",
        { type: "button", className: "hold", ariaPressed: "false" },
        make("span", { textContent: "Hold to record" }),
      );
      const undo = make("button", {
        type: "button",
        className: "quiet",
        textContent: "↶",
        title: "Undo the last take",
      });
      const clear = make("button", {
        type: "button",
        className: "quiet",
        textContent: "✕",
        title: "Forget this gesture",
      });
      name.addEventListener("input", () => this.#renamed());
      undo.addEventListener("click", () => this.#actions.forget(label, false));
      clear.addEventListener("click", () => this.#actions.forget(label, true));
      this.#listen(hold, label);
      return { name, count, hold, tools: [undo, clear] };
    });
    this.#list.replaceChildren(
      ...this.#rows.map(({ name, count, hold, tools }, label) => {
        const row = make("li", {}, name, count, make("div", { className: "tools" }, ...tools), hold);
        row.style.setProperty("--color", `var(--series-${label % 4})`);
        return row;
      }),
    );
    this.#label();
    this.count(names.map(() => 0));
  }

  /**
   * Shows how much is remembered.
   *
   * @param counts - Clips of each gesture.
   */
  count(counts: readonly number[]): void {
    this.#rows.forEach(({ count, tools }, label) => {
      const text = `${counts[label] ?? 0} ${counts[label] === 1 ? "clip" : "clips"}`;
      if (count.textContent !== text) count.textContent = text;
      for (const tool of tools) tool.disabled = !counts[label];
    });
  }

  /**
   * Begins a take, as if its button were held.
   *
   * @param label - The gesture.
   */
  press(label: number): void {
    this.release();
    this.#held = { label, since: performance.now(), isLatched: true };
    this.#rows[label]?.hold.setAttribute("aria-pressed", "true");
    this.#actions.begin(label);
  }

  /** Ends the take that is under way. */
  release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    const hold = this.#rows[held.label]?.hold;
    hold?.setAttribute("aria-pressed", "false");
    hold?.style.setProperty("--done", "0");
  }

  /** Draws how far the take has come, and ends one that is full. */
  draw(): void {
    if (this.#held === null) return;
    const done = (performance.now() - this.#held.since) / longest;
    this.#rows[this.#held.label]?.hold.style.setProperty("--done", Math.min(1, done).toFixed(3));
    if (done >= 1) this.release();
  }

  #listen(hold: HTMLButtonElement, label: number): void {
    const down = () => {
      if (this.#held?.label === label) return this.release();
      this.press(label);
      if (this.#held !== null) this.#held.isLatched = false;
    };
    const up = () => {
      if (this.#held?.label !== label || this.#held.isLatched) return;
      if (performance.now() - this.#held.since < tap) this.#held.isLatched = true;
      else this.release();
    };
    const isKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
    hold.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      hold.setPointerCapture(event.pointerId);
      down();
    });
    for (const end of ["pointerup", "pointercancel"] as const) hold.addEventListener(end, up);
    hold.addEventListener("keydown", (event) => {
      if (!isKey(event)) return;
      event.preventDefault();
      if (!event.repeat) down();
    });
    hold.addEventListener("keyup", (event) => {
      if (isKey(event)) up();
    });
    // Screen readers click without a pointer or a key.
    hold.addEventListener("click", (event) => {
      if (event.detail === 0 && this.#held === null) this.press(label);
    });
    hold.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #renamed(): void {
    this.#label();
    this.#actions.rename(this.names);
  }

  #label(): void {
    this.names.forEach((name, label) => {
      const row = this.#rows[label];
      row?.hold.setAttribute("aria-label", `Hold to record ${name}`);
      row?.tools[0]?.setAttribute("aria-label", `Undo the last take of ${name}`);
      row?.tools[1]?.setAttribute("aria-label", `Forget all of ${name}`);
    });
  }
}

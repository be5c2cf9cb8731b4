/** Where the client writes. */
import { h, icon } from "./dom";
import { fill, type Strings } from "./strings";

/** The counter appears when so many characters are left. */
const NEAR_LIMIT = 200;

export class Composer {
  readonly element: HTMLFormElement;
  private readonly field: HTMLTextAreaElement;
  private readonly counter = h("p", { class: "counter", id: "counter", role: "status" });
  private limit = Infinity;

  constructor(
    private readonly strings: Strings,
    private readonly send: (text: string) => void,
  ) {
    this.field = h("textarea", {
      id: "field",
      part: "field",
      rows: 1,
      dir: "auto",
      enterkeyhint: "send",
      autocomplete: "off",
      placeholder: strings.placeholder,
      "aria-describedby": "counter",
      input: () => this.show(),
      keydown: (event: KeyboardEvent) => {
        // While an input method composes, Enter takes its suggestion; Safari tells so by the old code 229.
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        this.submit();
      },
    });
    this.element = h(
      "form",
      {
        class: "composer",
        part: "composer",
        submit: (event: Event) => {
          event.preventDefault();
          this.submit();
        },
      },
      this.counter,
      h(
        "div",
        { class: "row" },
        h("label", { for: "field", class: "hidden" }, strings.field),
        this.field,
        h("button", { type: "submit", class: "send", part: "send", "aria-label": strings.send }, icon("send")),
      ),
    );
  }

  /** Accept messages up to so many characters. */
  set maxChars(limit: number) {
    this.limit = limit;
    this.show();
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text || length(text) > this.limit) return;
    this.field.value = "";
    this.show();
    this.send(text);
    this.focus();
  }

  /** Fit the height to the text, and count near the limit. */
  private show(): void {
    const { field, counter, strings } = this;
    field.style.height = "auto";
    if (field.value) field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    const left = this.limit - length(field.value.trim());
    const text = left < 0 ? fill(strings.tooLong, { count: -left }) : fill(strings.charactersLeft, { count: left });
    counter.textContent = left <= NEAR_LIMIT ? text : "";
    counter.classList.toggle("over", left < 0);
    field.setAttribute("aria-invalid", String(left < 0));
  }
}

/** Characters as the assistant counts them: an emoji is one. */
const length = (text: string): number => [...text].length;

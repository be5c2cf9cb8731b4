/** The list of messages: keeps it in order, announces what is new, and scrolls to what one wants to read. */
import type { Item } from "./conversation";
import { h, hidden, icon } from "./dom";
import { MessageView, type Desk } from "./message";
import type { Button, Session } from "./protocol";
import { fill } from "./strings";

/** Screen readers take up what is added to a live region some time after it was added, in milliseconds. */
const SETTLED_AFTER = 1_000;
/** So near to its end (pixels) the list counts as read to its end. */
const NEAR_END = 80;

export class Log {
  readonly element: HTMLElement;
  private readonly scroller: HTMLElement;
  private readonly list = h("ol", {});
  private readonly welcome = h("div", { class: "welcome" });
  private readonly typing: HTMLElement;
  private readonly jump: HTMLButtonElement;
  private readonly views = new Map<Item, MessageView>();
  private announceAgain = 0;

  constructor(private readonly desk: Desk) {
    const { strings } = desk;
    this.typing = h(
      "div",
      { class: "typing", part: "typing", hidden: true },
      hidden(strings.writing),
      h("span"),
      h("span"),
      h("span"),
    );
    this.scroller = h(
      "div",
      { class: "scroller", part: "messages", role: "region", "aria-label": strings.log, tabindex: 0 },
      this.welcome,
      // The list is inside of the log: with the role of a log it would be no list to a screen reader.
      h(
        "div",
        { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": strings.log, class: "live" },
        this.list,
      ),
      this.typing,
    );
    this.jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, click: () => this.toEnd() },
      strings.newMessages,
      icon("down"),
    );
    this.element = h("div", { class: "log" }, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => {
      if (this.atEnd) this.jump.hidden = true;
    }, { passive: true });
  }

  /** Greet, with questions to begin with. */
  greet(session: Session): void {
    const { strings } = this.desk;
    const chips = session.suggestions.map((button: Button) =>
      h("button", { type: "button", class: "chip", part: "reply", click: () => this.desk.press(button) }, button.title),
    );
    const note = fill(strings.welcomeNote, { emergency: session.clinic.emergency || strings.emergency });
    this.welcome.replaceChildren(
      h("div", { class: "bubble", part: "bubble assistant-bubble" }, h("p", {}, strings.welcome), h("p", { class: "hint" }, note)),
      h("div", { class: "chips", role: "group", "aria-label": strings.replies }, ...chips),
    );
    this.showSuggestions();
  }

  reset(): void {
    this.views.clear();
    this.list.replaceChildren();
    this.jump.hidden = true;
    this.showSuggestions();
  }

  /**
   * Show items that came in.
   *
   * @param items all items, in order.
   * @param added those of them that are new.
   * @param live whether they are news: history is put back in silence.
   */
  add(items: readonly Item[], added: readonly Item[], live: boolean): void {
    const wasAtEnd = this.atEnd;
    if (!live) this.keepSilent();
    for (const item of added) this.views.set(item, new MessageView(item, this.desk));
    this.arrange(items);
    this.showSuggestions();
    if (!live) this.toEnd();
    else if (wasAtEnd || added.some(({ status }) => status !== "stored")) this.toTurn(items); // or just sent from here
    else this.jump.hidden = false;
  }

  update(item: Item, items: readonly Item[]): void {
    this.views.get(item)?.update();
    this.arrange(items);
  }

  showTyping(on: boolean): void {
    if (this.typing.hidden !== on) return;
    const wasAtEnd = this.atEnd;
    this.typing.hidden = !on;
    if (on && wasAtEnd) this.toEnd();
  }

  toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private get atEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Bring the list in the order of the items; what stands right is not touched, and so not announced again. */
  private arrange(items: readonly Item[]): void {
    let before: Element | null = null;
    let day = "";
    const wanted = new Set<Element>();
    const put = (element: Element): void => {
      const next: Element | null = before ? before.nextElementSibling : this.list.firstElementChild;
      if (next !== element) this.list.insertBefore(element, next);
      before = element;
      wanted.add(element);
    };
    const days = new Map([...this.list.querySelectorAll<HTMLElement>(":scope > .day")].map((line) => [line.dataset.day, line]));
    for (const [index, item] of items.entries()) {
      const view = this.views.get(item);
      if (!view) continue;
      const date = new Date(item.entry.time);
      if (date.toDateString() !== day) {
        day = date.toDateString();
        put(days.get(day) ?? this.dayLine(date));
      }
      put(view.element);
      const answer = items.slice(index + 1).find(({ entry }) => entry.from === "client");
      if (answer) view.retire(answer.entry.text);
    }
    for (const line of days.values()) if (!wanted.has(line)) line.remove();
  }

  private dayLine(date: Date): HTMLElement {
    const { strings, language } = this.desk;
    const day = date.toDateString();
    const yesterday = new Date();
    yesterday.setDate(yesterday.getDate() - 1);
    let name = date.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
    if (day === new Date().toDateString()) name = strings.today;
    if (day === yesterday.toDateString()) name = strings.yesterday;
    return h("li", { class: "day", "data-day": day, "aria-live": "off" }, name);
  }

  private showSuggestions(): void {
    const chips = this.welcome.querySelector<HTMLElement>(".chips");
    if (chips) chips.hidden = this.views.size > 0;
  }

  private keepSilent(): void {
    const live = this.list.parentElement;
    live?.setAttribute("aria-live", "off");
    clearTimeout(this.announceAgain);
    this.announceAgain = setTimeout(() => live?.setAttribute("aria-live", "polite"), SETTLED_AFTER);
  }

  /** Show the last question on top of its answer when both do not fit, and the end otherwise. */
  private toTurn(items: readonly Item[]): void {
    const asked = [...items].reverse().find(({ entry }) => entry.from === "client");
    const element = asked && this.views.get(asked)?.element;
    if (!element) return this.toEnd();
    const top = element.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top + this.scroller.scrollTop;
    this.scroller.scrollTop = Math.min(top - 12, this.scroller.scrollHeight);
  }
}

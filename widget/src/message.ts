/** One message in the list: a bubble, and what belongs to it. */
import type { Item } from "./conversation";
import { h, hidden, icon, type Icon } from "./dom";
import type { Button, Card, Rating } from "./protocol";
import { bodyAndLinks, dial, numbersToCall, outside, paragraphs } from "./richtext";
import { fill, type Strings } from "./strings";

/** What a message may ask of the chat. */
export interface Desk {
  readonly strings: Strings;
  readonly language: string;
  press(button: Button): void;
  retry(item: Item): void;
  rate(item: Item, rating: Rating | null, comment?: string): Promise<boolean>;
  copy(text: string): Promise<boolean>;
  /** Say something to screen readers and, for a moment, on the screen. */
  announce(text: string): void;
}

/** Kinds of replies whose usefulness a client can judge. */
const RATED = ["answer", "directory", "safety"];

interface Note {
  look: "urgent" | "soon" | "calm";
  icon: Icon;
  title: keyof Strings;
}

/** How a safety message looks, by the level of its metadata. */
const NOTES: Record<string, Note> = {
  call_emergency_now: { look: "urgent", icon: "alert", title: "urgentNow" },
  safety_and_human_handoff: { look: "urgent", icon: "alert", title: "urgentNow" },
  crisis_line_and_emergency_if_danger: { look: "urgent", icon: "heart", title: "urgentCrisis" },
  same_day_medical_care: { look: "soon", icon: "alert", title: "urgentToday" },
  doctor_before_massage: { look: "calm", icon: "info", title: "askDoctor" },
  check: { look: "calm", icon: "info", title: "safetyCheck" },
};

export class MessageView {
  readonly element: HTMLLIElement;
  private readonly status = h("div", { class: "status" });
  private readonly comment = h("div", { class: "comment" });
  private readonly chips: HTMLButtonElement[] = [];
  private replies: HTMLElement | null = null;
  private showRating: (rating: Rating | null) => void = () => undefined;

  constructor(
    private readonly item: Item,
    private readonly desk: Desk,
  ) {
    this.element = item.entry.from === "client" ? this.client() : this.assistant();
    this.update();
  }

  /** Show what may change of a message: whether it was sent, and how it was rated. */
  update(): void {
    const { strings } = this.desk;
    const { status, problem, entry } = this.item;
    this.showRating(entry.feedback);
    this.element.classList.toggle("failed", status === "failed");
    if (this.status.dataset.status === status) return;
    this.status.dataset.status = status;
    this.status.replaceChildren();
    if (status === "waiting") this.status.append(strings.waiting);
    if (status === "failed") {
      this.status.append(
        icon("alert"),
        h("span", {}, problem || strings.notSent),
        h("button", { type: "button", class: "link", click: () => this.desk.retry(this.item) }, strings.tryAgain),
      );
    }
  }

  /** The suggested replies are used: those not pressed go away, and none can be pressed again. */
  retire(chosen: string): void {
    for (const chip of this.chips) {
      const pressed = chip.dataset.title === chosen;
      chip.hidden = !pressed;
      // Not `disabled`: the focus would be lost with it.
      chip.setAttribute("aria-disabled", "true");
      if (pressed && chip.childElementCount === 0) chip.append(icon("check"), hidden(` (${this.desk.strings.chosen})`));
    }
    if (this.replies) this.replies.hidden = this.chips.every((chip) => chip.hidden);
  }

  private client(): HTMLLIElement {
    const { entry } = this.item;
    return h(
      "li",
      { class: "message client" },
      h(
        "div",
        { class: "bubble", part: "bubble client-bubble" },
        hidden(this.desk.strings.youSaid),
        h("p", { class: "said", dir: "auto" }, entry.text),
      ),
      h("div", { class: "tools", "aria-live": "off" }, this.time()),
      this.status,
    );
  }

  private assistant(): HTMLLIElement {
    const { strings } = this.desk;
    const { text, metadata, buttons } = this.item.entry;
    const note = metadata.kind === "safety" ? (NOTES[metadata.level] ?? NOTES.check) : undefined;
    const [body, links] = bodyAndLinks((metadata.cards.length && metadata.intro) || text, metadata);
    return h(
      "li",
      { class: `message assistant ${note ? `note ${note.look}` : ""}` },
      h(
        "div",
        { class: "bubble", part: `bubble assistant-bubble ${note ? `${note.look}-bubble` : ""}` },
        hidden(strings.assistantSaid),
        note && h("p", { class: "title" }, icon(note.icon), h("strong", {}, strings[note.title])),
        ...paragraphs(body, strings.opensNewTab),
        note && note.look !== "calm" && this.calls(text),
        links.length > 0 &&
          h(
            "div",
            { class: "sources", part: "sources" },
            h("p", {}, strings.sources),
            h("ul", {}, ...links.map(({ url, title }) => {
              const link = outside(url, title, strings.opensNewTab);
              return h("li", { dir: "auto" }, link ?? title);
            })),
          ),
      ),
      metadata.cards.length > 0 && h("ul", { class: "cards" }, ...metadata.cards.map((card) => this.card(card))),
      buttons.length > 0 && (this.replies = this.chipsOf(buttons)),
      this.tools(body, note),
    );
  }

  /** What to press in an emergency. */
  private calls(text: string): HTMLElement | null {
    const { strings } = this.desk;
    const links = numbersToCall(text).flatMap(({ number, texts }) => [
      h("a", { class: "call", part: "call", href: dial(number) }, icon("phone"), fill(strings.callNumber, { number })),
      texts &&
        h(
          "a",
          { class: "call", part: "call", href: dial(number).replace("tel:", "sms:") },
          icon("chat"),
          fill(strings.textNumber, { number }),
        ),
    ]);
    return links.length ? h("div", { class: "calls" }, ...links) : null;
  }

  private card(card: Card): HTMLLIElement {
    const { strings } = this.desk;
    return h(
      "li",
      { class: "card", part: "card" },
      h("p", { class: "name", dir: "auto" }, card.title),
      card.subtitle && h("p", { class: "subtitle", dir: "auto" }, card.subtitle),
      ...card.lines.map((text) => h("p", { dir: "auto" }, text)),
      h(
        "p",
        { class: "contacts" },
        card.phone &&
          h("a", { href: dial(card.phone) }, icon("phone"), fill(strings.callNumber, { number: card.phone })),
        ...card.links.map(({ url, title }) => outside(url, title, strings.opensNewTab)),
      ),
      card.buttons.length > 0 && this.chipsOf(card.buttons),
    );
  }

  private chipsOf(buttons: Button[]): HTMLElement {
    const group = h("div", { class: "chips", role: "group", "aria-label": this.desk.strings.replies });
    for (const button of buttons) {
      const chip = h("button", { type: "button", class: "chip", part: "reply", dir: "auto" }, button.title);
      chip.dataset.title = button.title;
      chip.addEventListener("click", () => {
        if (chip.getAttribute("aria-disabled") !== "true") this.desk.press(button);
      });
      this.chips.push(chip);
      group.append(chip);
    }
    return group;
  }

  /** Time, copy, thumbs. They are not announced with the message. */
  private tools(body: string, note: Note | undefined): HTMLElement {
    const { strings } = this.desk;
    const { metadata, seq } = this.item.entry;
    const copy = tool("copy", strings.copy);
    copy.addEventListener("click", () => {
      void this.desk.copy(body).then((done) => this.desk.announce(done ? strings.copied : strings.notCopied));
    });
    const rated = seq > 0 && RATED.includes(metadata.kind) && (!note || note.look === "calm");
    return h(
      "div",
      { class: "after", "aria-live": "off" },
      h("div", { class: "tools" }, this.time(), copy, ...(rated ? this.thumbs() : [])),
      rated && this.comment,
    );
  }

  private thumbs(): HTMLElement[] {
    const { strings } = this.desk;
    const up = tool("thumbUp", strings.helpful);
    const down = tool("thumbDown", strings.notHelpful);
    const press = async (rating: Rating): Promise<void> => {
      const wanted = this.item.entry.feedback === rating ? null : rating;
      this.showRating(wanted);
      if (!(await this.desk.rate(this.item, wanted))) {
        this.showRating(this.item.entry.feedback);
        this.desk.announce(strings.feedbackFailed);
        return;
      }
      this.comment.replaceChildren();
      if (wanted) this.askForComment(wanted, wanted === "up" ? up : down);
    };
    up.addEventListener("click", () => void press("up"));
    down.addEventListener("click", () => void press("down"));
    this.showRating = (rating) => {
      up.setAttribute("aria-pressed", String(rating === "up"));
      down.setAttribute("aria-pressed", String(rating === "down"));
    };
    return [up, down];
  }

  private askForComment(rating: Rating, thumb: HTMLElement): void {
    const { strings } = this.desk;
    const id = `comment-${this.item.entry.seq}`;
    const field = h("textarea", { id, rows: 2, maxlength: 1000, "aria-describedby": `${id}-hint`, dir: "auto" });
    const close = (): void => {
      this.comment.replaceChildren();
      thumb.focus();
    };
    const submit = async (event: Event): Promise<void> => {
      event.preventDefault();
      const stored = !field.value.trim() || (await this.desk.rate(this.item, rating, field.value.trim()));
      this.desk.announce(stored ? strings.commentThanks : strings.feedbackFailed);
      if (stored) close();
    };
    const form = h(
      "form",
      { submit: (event: Event) => void submit(event) },
      h("label", { for: id }, rating === "up" ? strings.commentUp : strings.commentDown),
      field,
      h("p", { id: `${id}-hint`, class: "hint" }, strings.commentHint),
      h(
        "div",
        { class: "chips" },
        h("button", { type: "submit", class: "chip strong" }, strings.commentSend),
        h("button", { type: "button", class: "chip", click: close }, strings.commentSkip),
      ),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // it closes the form, not the chat
      close();
    });
    this.desk.announce(strings.thanks);
    this.comment.replaceChildren(form);
    form.scrollIntoView({ block: "nearest" });
  }

  private time(): HTMLElement | null {
    const date = new Date(this.item.entry.time);
    if (Number.isNaN(date.getTime())) return null;
    const { language } = this.desk;
    return h(
      "time",
      { datetime: date.toISOString(), title: date.toLocaleString(language) },
      date.toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" }),
    );
  }
}

/** A small button that shows an icon and tells its name. */
export function tool(name: Icon, label: string): HTMLButtonElement {
  return h("button", { type: "button", class: "tool", "aria-label": label, title: label }, icon(name));
}

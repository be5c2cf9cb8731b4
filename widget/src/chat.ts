/** The element `<nmt-chat>`: a button on the page, the window that it opens, and the conversation behind them. */
import type { State } from "./connection";
import { Conversation, type Item, type Watcher } from "./conversation";
import { h, icon } from "./dom";
import * as keep from "./keep";
import { Panel, SMALL_SCREEN, type Owner } from "./panel";
import type { Button, Rating, Session } from "./protocol";
import { fill, withOwn, type Strings } from "./strings";
import css from "./styles.css";

/** Remembers in a tab that the chat was open, so that it is there on the next page. */
const OPEN_KEY = "nmt-chat open";

/** The address of the assistant that served this script; used when the page names none. */
const SCRIPT = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";

export class NmtChat extends HTMLElement implements Owner, Watcher {
  static readonly observedAttributes = ["heading", "label", "phone", "privacy", "theme"];

  strings: Strings = withOwn(null);
  private conversation: Conversation | null = null;
  private panel: Panel | null = null;
  private readonly root = this.attachShadow({ mode: "open" });
  private frame = h("div");
  private launcher = h("button");
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  /** Texts that replace the standard ones; set before the element is on the page, or as JSON inside of it. */
  set texts(own: unknown) {
    this.strings = withOwn(own);
    if (this.isConnected) this.rebuild();
  }

  get language(): string {
    return this.getAttribute("lang") || document.documentElement.lang || navigator.language;
  }

  /** Open the window. */
  open(): void {
    this.show(true);
  }

  /** Close the window. */
  close(): void {
    this.panel?.close();
  }

  /** Open the window and ask a question, for example from a button of the page. */
  ask(text: string): void {
    this.open();
    if (text.trim()) this.send(text.trim());
  }

  connectedCallback(): void {
    const json = this.querySelector('script[type="application/json"]')?.textContent;
    if (json) this.strings = withOwn(parsed(json));
    this.rebuild();
    this.dark.addEventListener("change", this.colour);
    if (this.conversation?.begun) this.conversation.start();
    const wasOpen = recall() && !matchMedia(SMALL_SCREEN).matches;
    if (wasOpen || this.hasAttribute("open")) this.show(false);
  }

  disconnectedCallback(): void {
    this.dark.removeEventListener("change", this.colour);
    this.tearDown();
  }

  attributeChangedCallback(): void {
    if (this.panel) this.label();
  }

  // What the window asks for.

  send(text: string): void {
    this.conversation?.send(text);
    this.tell("message", { button: false });
  }

  press(button: Button): void {
    this.conversation?.press(button);
    this.tell("message", { button: true });
  }

  retry(item: Item): void {
    this.conversation?.retry(item);
    this.panel?.composer.focus();
  }

  async rate(item: Item, rating: Rating | null, comment?: string): Promise<boolean> {
    const stored = await (this.conversation?.rate(item, rating, comment) ?? false);
    if (stored) this.tell("feedback", { rating, topic: item.entry.metadata.topic, comment: Boolean(comment) });
    return stored;
  }

  copy(text: string): Promise<boolean> {
    return keep.copy(text);
  }

  announce(text: string): void {
    this.panel?.say(text);
  }

  closed(): void {
    remember(false);
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.focus({ preventScroll: true });
    this.tell("close");
  }

  copyAll(): void {
    void this.copy(this.transcript).then((done) => this.announce(done ? this.strings.copied : this.strings.notCopied));
  }

  saveAll(): void {
    keep.save(this.transcript, `chat-${new Date().toISOString().slice(0, 10)}.txt`);
  }

  printAll(): void {
    if (!keep.print(this.transcript, fill(this.strings.transcript, { clinic: this.clinic }))) this.saveAll();
  }

  deleteAll(): void {
    void this.conversation?.delete().then((gone) => {
      this.announce(gone ? this.strings.deleted : this.strings.notDeleted);
      if (!gone) return;
      this.panel?.composer.focus();
      this.tell("delete");
    });
  }

  // What the conversation tells.

  onReset(): void {
    this.panel?.log.reset();
  }

  onAdded(items: Item[], live: boolean): void {
    const { conversation, panel } = this;
    if (!conversation || !panel) return;
    panel.log.add(conversation.items, items, live);
    if (live) {
      for (const { entry } of items) {
        if (entry.from === "assistant") this.tell("reply", { kind: entry.metadata.kind, topic: entry.metadata.topic });
      }
    }
    this.read();
  }

  onChanged(item: Item): void {
    if (this.conversation) this.panel?.log.update(item, this.conversation.items);
  }

  onSession(session: Session): void {
    this.panel?.welcome(session);
    this.label();
  }

  onTyping(on: boolean): void {
    this.panel?.log.showTyping(on);
  }

  onState(state: State): void {
    this.panel?.showState(state);
    this.tell("state", { state });
  }

  onUnread(count: number): void {
    const shown = this.panel?.isOpen ? 0 : count;
    this.launcher.setAttribute(
      "aria-label",
      shown ? fill(this.strings.launchUnread, { count: shown }) : this.launchLabel,
    );
    this.launcher.dataset.unread = shown ? String(Math.min(shown, 99)) : "";
  }

  private get server(): string {
    const named = this.getAttribute("server");
    if (named) return new URL(named, location.href).href;
    // The script lies at <assistant>/webhooks/web/nmt-chat.js.
    return SCRIPT ? new URL("../../", SCRIPT).href : location.origin;
  }

  private get clinic(): string {
    return this.getAttribute("heading") || this.conversation?.session?.clinic.name || this.strings.heading;
  }

  private get launchLabel(): string {
    return this.getAttribute("label") || this.strings.launch;
  }

  private get transcript(): string {
    return keep.transcript(this.conversation?.items ?? [], this.clinic, this.strings, this.language);
  }

  private rebuild(): void {
    this.tearDown();
    this.panel = new Panel(this);
    this.launcher = h(
      "button",
      {
        type: "button",
        class: "launcher",
        part: "launcher",
        "aria-expanded": "false",
        "aria-controls": "panel",
        click: () => (this.panel?.isOpen ? this.close() : this.open()),
      },
      icon("chat"),
      h("span", { class: "launcher-label", part: "launcher-label" }),
    );
    this.frame = h("div", { class: "frame" }, this.panel.element, this.launcher);
    this.root.replaceChildren(this.frame);
    style(this.root);
    this.conversation = new Conversation(this.server, this.getAttribute("storage") === "session", this);
    this.colour();
    this.label();
    this.onUnread(0);
  }

  private tearDown(): void {
    this.conversation?.stop();
    this.panel?.release();
    this.conversation = null;
    this.panel = null;
  }

  private show(takeFocus: boolean): void {
    if (!this.panel || this.panel.isOpen) return;
    this.conversation?.start();
    this.panel.open(takeFocus);
    this.launcher.setAttribute("aria-expanded", "true");
    remember(true);
    this.read();
    this.tell("open");
  }

  /** What is shown in an open window is read. */
  private read(): void {
    if (this.panel?.isOpen && !document.hidden) this.conversation?.markRead();
  }

  private label(): void {
    if (!this.panel) return;
    this.panel.heading = this.clinic;
    const phone = this.getAttribute("phone");
    if (phone) this.panel.phone = phone;
    this.panel.setPrivacy(this.getAttribute("privacy"));
    const label = this.launcher.querySelector(".launcher-label");
    if (label) label.textContent = this.launchLabel;
    this.colour();
  }

  private readonly colour = (): void => {
    const theme = this.getAttribute("theme");
    this.frame.classList.toggle("dark", theme === "dark" || (theme !== "light" && this.dark.matches));
  };

  /** Tell the page, for its own statistics; never what was written. */
  private tell(name: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent(`nmt-chat:${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** A constructed style sheet, which a strict content security policy allows; browsers before 2023 get an element. */
function style(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.prepend(h("style", {}, css));
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    console.warn("nmt-chat: the texts inside of the element are not JSON; the standard texts are used.");
    return null;
  }
}

function remember(open: boolean): void {
  try {
    sessionStorage.setItem(OPEN_KEY, open ? "yes" : "");
  } catch {
    // Then the chat is closed on the next page.
  }
}

function recall(): boolean {
  try {
    return sessionStorage.getItem(OPEN_KEY) === "yes";
  } catch {
    return false;
  }
}

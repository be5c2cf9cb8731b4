/**
 * The window of the chat: header, messages, field.
 *
 * It is a `<dialog>`: beside the page on a large screen, in front of all of it on a small one, where the browser then
 * keeps the focus inside.
 */
import { Composer } from "./composer";
import type { State } from "./connection";
import { h, icon } from "./dom";
import { Log } from "./log";
import { Menu } from "./menu";
import { tool, type Desk } from "./message";
import type { Session } from "./protocol";

/** When the window fills the screen; the style sheet asks the same. */
export const SMALL_SCREEN = "(max-width: 520px), (max-height: 480px)";
/** How long a notice stays, in milliseconds. */
const NOTICE_STAYS = 4_000;

/** What the window asks of the chat. */
export interface Owner extends Desk {
  send(text: string): void;
  /** The window was closed, by the client or by us. */
  closed(): void;
  copyAll(): void;
  saveAll(): void;
  printAll(): void;
  deleteAll(): void;
}

export class Panel {
  readonly element: HTMLDialogElement;
  readonly log: Log;
  readonly composer: Composer;

  private readonly title = h("h2", { id: "title", part: "heading", dir: "auto" });
  private readonly banner = h("div", { class: "banner", part: "banner", role: "status" });
  private readonly notice = h("div", { class: "notice", part: "notice", role: "status" });
  private readonly legal: HTMLElement;
  private readonly confirmation: HTMLDialogElement;
  private readonly menu: Menu;
  private readonly small = matchMedia(SMALL_SCREEN);
  private noticeTimer = 0;
  /** Whether the owner takes the window for open. */
  private shown = false;
  private clinic: Session["clinic"] = { name: "", phone: "", phoneHref: "", emergency: "" };

  constructor(private readonly owner: Owner) {
    const { strings } = owner;
    this.log = new Log(owner);
    this.composer = new Composer(strings, (text) => owner.send(text));
    this.menu = this.makeMenu();
    this.confirmation = this.makeConfirmation();
    this.legal = h("p", { class: "legal", part: "legal" });
    const close = tool("close", strings.close);
    close.addEventListener("click", () => this.close());
    this.element = h(
      "dialog",
      { class: "panel", part: "panel", id: "panel", tabindex: -1, "aria-labelledby": "title" },
      h(
        "div",
        { class: "header", part: "header" },
        h("div", { class: "names" }, this.title, h("p", {}, strings.assistant)),
        this.menu.element,
        close,
      ),
      this.banner,
      this.log.element,
      this.composer.element,
      this.legal,
      this.confirmation,
    );
    this.log.element.append(this.notice); // at its upper edge: what one does next is at the lower one
    this.element.addEventListener("close", (event) => {
      // The browser closed it (Escape). Told some time later; it may be open again by then (`fit`).
      if (event.target === this.element) this.tellClosed();
    });
    this.element.addEventListener("click", (event) => this.menu.clickedElsewhere(event.target as Node));
    this.element.addEventListener("keydown", (event) => {
      // A window that is not modal does not close by itself.
      if (event.key === "Escape" && !event.defaultPrevented && !this.small.matches && !this.confirmation.open) {
        event.preventDefault();
        this.close();
      }
    });
    this.small.addEventListener("change", this.fit);
    visualViewport?.addEventListener("resize", this.aboveKeyboard);
    visualViewport?.addEventListener("scroll", this.aboveKeyboard);
  }

  /** Let go of what belongs to the page. */
  release(): void {
    this.small.removeEventListener("change", this.fit);
    visualViewport?.removeEventListener("resize", this.aboveKeyboard);
    visualViewport?.removeEventListener("scroll", this.aboveKeyboard);
  }

  get isOpen(): boolean {
    return this.element.open;
  }

  /**
   * Show the window.
   *
   * @param takeFocus false when it comes back with a page that the client went to: the focus stays with the page.
   */
  open(takeFocus: boolean): void {
    if (this.isOpen) return;
    this.shown = true;
    const before = document.activeElement;
    if (this.small.matches) this.element.showModal();
    else this.element.show();
    this.aboveKeyboard();
    this.log.toEnd();
    if (takeFocus) this.composer.focus();
    // The browser has put the focus on the first button. Who did not ask for the window did not ask for that.
    else if (this.small.matches || !(before instanceof HTMLElement)) this.element.focus({ preventScroll: true });
    else if (before === document.body) ((this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement | null)?.blur();
    else before.focus({ preventScroll: true });
  }

  /** Close the window; who waits for the browser's event may be on the next page by then. */
  close(): void {
    this.element.close();
    this.tellClosed();
  }

  private tellClosed(): void {
    if (!this.shown || this.isOpen) return;
    this.shown = false;
    this.owner.closed();
  }

  /** The page names a phone number, which counts until the assistant names one. */
  set phone(phone: string) {
    if (!this.clinic.phone) this.clinic = { ...this.clinic, phone, phoneHref: `tel:${phone.replace(/(?!^\+)\D/g, "")}` };
  }

  set heading(text: string) {
    this.title.textContent = text;
  }

  /** Say below the field what answers are, and link to the clinic's page on privacy. */
  setPrivacy(address: string | null): void {
    const { strings } = this.owner;
    this.legal.replaceChildren(
      strings.general,
      ...(address ? [" ", h("a", { href: address, target: "_blank", rel: "noopener" }, strings.privacy)] : []),
    );
  }

  welcome(session: Session): void {
    const { strings } = this.owner;
    this.clinic = session.clinic;
    this.composer.maxChars = session.maxChars;
    this.log.greet(session);
    const { phone, phoneHref } = session.clinic;
    const call = h("span", {}, `${strings.menuCall} `, h("span", { class: "number" }, phone));
    if (phoneHref.startsWith("tel:")) this.menu.setLink("phone", call, phoneHref);
  }

  showState(state: State): void {
    const { strings } = this.owner;
    const { phone, phoneHref } = this.clinic;
    this.element.dataset.state = state;
    if (state === "offline") {
      const call = phoneHref.startsWith("tel:") ? [` ${strings.offlinePhone} `, h("a", { class: "number", href: phoneHref }, phone)] : [];
      this.banner.replaceChildren(icon("alert"), h("span", {}, strings.offline, ...call));
    } else if (state === "connecting") {
      this.banner.replaceChildren(h("span", {}, strings.connecting));
    } else {
      this.banner.replaceChildren();
    }
  }

  /** Say something for a moment, to the eye and to screen readers. */
  say(text: string): void {
    clearTimeout(this.noticeTimer);
    this.notice.textContent = text;
    this.noticeTimer = setTimeout(() => (this.notice.textContent = ""), NOTICE_STAYS);
  }

  private makeMenu(): Menu {
    const { owner } = this;
    const { strings } = owner;
    const menu = new Menu(strings.menu);
    menu.addButton("copy", strings.menuCopy, () => owner.copyAll());
    menu.addButton("save", strings.menuSave, () => owner.saveAll());
    menu.addButton("print", strings.menuPrint, () => owner.printAll());
    menu.addButton("trash", strings.menuDelete, () => this.confirmation.showModal());
    return menu;
  }

  private makeConfirmation(): HTMLDialogElement {
    const { strings } = this.owner;
    const close = (): void => this.confirmation.close();
    return h(
      "dialog",
      { class: "confirmation", part: "confirmation", role: "alertdialog", "aria-labelledby": "delete-title", "aria-describedby": "delete-text" },
      h("h3", { id: "delete-title" }, strings.deleteTitle),
      h("p", { id: "delete-text" }, strings.deleteText),
      h(
        "div",
        { class: "chips" },
        h("button", { type: "button", class: "chip", autofocus: true, click: close }, strings.deleteNo),
        h(
          "button",
          {
            type: "button",
            class: "chip danger",
            click: () => {
              close();
              this.owner.deleteAll();
            },
          },
          strings.deleteYes,
        ),
      ),
    );
  }

  /** The screen was turned, or the window made smaller: a dialog can change its kind only while it is closed. */
  private readonly fit = (): void => {
    if (!this.isOpen) return;
    const root = this.element.getRootNode() as ShadowRoot;
    const focused = root.activeElement;
    this.element.close();
    this.open(false);
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  };

  /** A keyboard on the screen hides a part of the page: keep the window in what is left. */
  private readonly aboveKeyboard = (): void => {
    if (!visualViewport || !this.isOpen) return;
    const zoomed = visualViewport.scale > 1.05;
    this.element.style.setProperty("--visible-height", zoomed ? "100dvh" : `${visualViewport.height}px`);
    this.element.style.setProperty("--visible-top", zoomed ? "0px" : `${visualViewport.offsetTop}px`);
  };
}

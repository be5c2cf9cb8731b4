/** The menu in the header: a button that shows and hides a short list of buttons and links. */
import { h, icon, type Icon } from "./dom";
import { tool } from "./message";

export class Menu {
  readonly element: HTMLElement;
  private readonly opener: HTMLButtonElement;
  private readonly list = h("ul", { class: "menu", part: "menu", id: "menu", hidden: true });

  constructor(label: string) {
    this.opener = tool("more", label);
    this.opener.setAttribute("aria-expanded", "false");
    this.opener.setAttribute("aria-controls", "menu");
    this.opener.addEventListener("click", () => this.show(!this.shown));
    this.element = h("div", { class: "menu-place" }, this.opener, this.list);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.shown) return;
      event.preventDefault();
      event.stopPropagation(); // it closes the menu, not the chat
      this.show(false);
      this.opener.focus();
    });
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget as Node)) this.show(false);
    });
  }

  /** Hide it when something else was clicked. */
  clickedElsewhere(target: Node): void {
    if (!this.element.contains(target)) this.show(false);
  }

  addButton(name: Icon, label: string, act: () => void): void {
    const button = h("button", { type: "button" }, icon(name), label);
    button.addEventListener("click", () => {
      this.show(false);
      this.opener.focus();
      act();
    });
    this.list.append(h("li", {}, button));
  }

  /** A link that stands first; there is one at most. */
  setLink(name: Icon, label: Node, href: string): void {
    this.list.querySelector(".menu-link")?.remove();
    this.list.prepend(h("li", { class: "menu-link" }, h("a", { href }, icon(name), label)));
  }

  private get shown(): boolean {
    return !this.list.hasAttribute("hidden");
  }

  private show(on: boolean): void {
    this.list.hidden = !on;
    this.opener.setAttribute("aria-expanded", String(on));
    if (on) this.list.querySelector<HTMLElement>("button, a")?.focus();
  }
}

/** Defines `<nmt-chat>`; a page that has none of its own gets one, with the script's `data-` attributes. */
import { NmtChat } from "./chat";

const script = document.currentScript;

if (!customElements.get("nmt-chat")) {
  customElements.define("nmt-chat", NmtChat);
  const place = (): void => {
    if (document.querySelector("nmt-chat")) return;
    const chat = document.createElement("nmt-chat");
    for (const [name, value] of Object.entries(script instanceof HTMLElement ? script.dataset : {})) {
      chat.setAttribute(name, value ?? "");
    }
    document.body.append(chat);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
}

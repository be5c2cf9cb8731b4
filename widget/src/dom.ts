/** Makes elements out of names, attributes and text nodes. Nothing here, or anywhere else, parses HTML. */

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/**
 * An element with attributes and children.
 *
 * @param attributes a function is listened with (`click: () => ...`), `true` is an empty attribute, and `false`, `null`
 *   or `undefined` is none.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value as EventListener);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Outlines on a 24 by 24 grid. */
const ICONS = {
  alert: "M12 8v5m0 3.5v.01M10.3 3.9 2.6 17.3A2 2 0 0 0 4.3 20.3h15.4a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  chat: "M21 11.5a8.5 8.5 0 0 1-12.6 7.4L3.5 20.5l1.6-4.7A8.5 8.5 0 1 1 21 11.5ZM8.5 11.5h.01M12.5 11.5h.01M16.5 11.5h.01",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  down: "m6 9 6 6 6-6",
  heart: "M12 20s-7.5-4.6-7.5-10.2A4.3 4.3 0 0 1 12 7.2a4.3 4.3 0 0 1 7.5 2.6C19.5 15.4 12 20 12 20Z",
  info: "M12 11v5.5M12 7.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  phone: "M6.6 3.5h3l1.5 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2 4.2 1.5v3a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4.6 5.7a2 2 0 0 1 2-2.2Z",
  print: "M7 9V3.5h10V9M7 17H4v-6.5A1.5 1.5 0 0 1 5.5 9h13a1.5 1.5 0 0 1 1.5 1.5V17h-3M7 14h10v6.5H7z",
  save: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M4.5 20h15",
  send: "M12 19V5m-6 6 6-6 6 6",
  thumbDown: "M7 14V4H4v10zm0 0 4 7a2.2 2.2 0 0 0 2.2-2.2V15h5a2 2 0 0 0 2-2.3l-1.1-7A2 2 0 0 0 17.1 4H7",
  thumbUp: "M7 10v10H4V10zm0 0 4-7a2.2 2.2 0 0 1 2.2 2.2V9h5a2 2 0 0 1 2 2.3l-1.1 7a2 2 0 0 1-2 1.7H7",
  trash: "M4.5 6.5h15M9 6V4h6v2m-8.5 1 1 13h9l1-13M10 11v5m4-5v5",
} as const;

export type Icon = keyof typeof ICONS;

/** An icon in the colour of its text; it says nothing to a screen reader. */
export function icon(name: Icon): SVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Text for screen readers alone. */
export const hidden = (text: string): HTMLElement => h("span", { class: "hidden" }, text);

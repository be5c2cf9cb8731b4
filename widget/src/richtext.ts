/**
 * The text of a message as paragraphs, lists and links.
 *
 * A line that begins with "- " is an item of a list. Addresses and phone numbers become links, of the schemes http,
 * https and tel alone. Everything is made of text nodes, whatever a message holds.
 */
import { h, hidden } from "./dom";
import type { Link, Metadata } from "./protocol";

const ADDRESS = String.raw`https?:\/\/[^\s<>"']+`;
const PHONE = [
  String.raw`\+\d[\d ().-]{6,17}\d`, // +44 20 7946 0958
  String.raw`\(\d{2,5}\)[ -]?\d{3,4}[ -]?\d{3,4}`, // (512) 555-0142
  String.raw`\b(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}\b`, // 512-555-0142, 1-800-555-0142
  String.raw`\b(?:0\d{2,4}|1[38]00)(?: \d{2,4}){2,3}\b`, // 0800 611 116, 0808 2000 247, 1800 66 66 66
].join("|");
/** Short numbers look like any number: they count as such only where one is told to call. */
const SHORT = String.raw`\d{3,4}|116 123|13 11 14`;
const TOLD_TO_CALL = String.raw`\b(?:call|dial|text|phone)(?: or text)?(?: \w+)?(?: on)? `;

const LINKABLE = new RegExp(`(${ADDRESS})|(${PHONE})|(?:(${TOLD_TO_CALL})(${SHORT})\\b(?! (?:minute|hour|day|week|time)))`, "gi");

/** The address when its scheme is one that a message may link to. */
export function safeAddress(address: string): string | null {
  try {
    const { protocol, href } = new URL(address);
    return ["http:", "https:", "tel:", "sms:"].includes(protocol) ? href : null;
  } catch {
    return null;
  }
}

/** The address that dials a number. */
export const dial = (number: string): string => `tel:${number.replace(/[^\d+]/g, "")}`;

/** A link to another page, opened beside this one. */
export function outside(url: string, title: string, newTab: string): HTMLElement | null {
  const href = safeAddress(url);
  return href === null ? null : h("a", { href, target: "_blank", rel: "noopener noreferrer" }, title, hidden(` (${newTab})`));
}

/** The nodes of one line. */
function line(text: string, newTab: string): Node[] {
  const nodes: Node[] = [];
  let from = 0;
  for (const match of text.matchAll(LINKABLE)) {
    const [whole, address, phone, before = "", short] = match;
    let link: HTMLElement | null = null;
    let shown = whole;
    if (address) {
      shown = address.replace(/[.,;:!?)\]]+$/, ""); // the end of the sentence is no part of the address
      link = outside(shown, shown, newTab);
    } else {
      shown = phone ?? short ?? "";
      link = h("a", { href: dial(shown) }, shown);
    }
    if (!link) continue;
    const start = match.index + before.length;
    nodes.push(document.createTextNode(text.slice(from, start)), link);
    from = start + shown.length;
  }
  nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

/** Paragraphs and lists; each finds its own writing direction. */
export function paragraphs(text: string, newTab: string): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  let items: HTMLElement | null = null;
  for (const raw of text.split(/\r?\n/)) {
    const item = /^\s*[-•]\s+(.*)$/.exec(raw)?.[1];
    if (item !== undefined) {
      if (!items) blocks.push((items = h("ul")));
      items.append(h("li", { dir: "auto" }, ...line(item, newTab)));
      continue;
    }
    items = null;
    if (raw.trim()) blocks.push(h("p", { dir: "auto" }, ...line(raw, newTab)));
  }
  return blocks;
}

/**
 * A message apart: what it says, and its sources.
 *
 * The text ends with a line "Source: <title>, <address>" for each of its links, for channels that show text alone.
 */
export function bodyAndLinks(text: string, metadata: Metadata): [string, Link[]] {
  for (const { title, url } of [...metadata.links].reverse()) {
    const source = `\nSource: ${title}, ${url}`;
    if (text.endsWith(source)) text = text.slice(0, -source.length);
  }
  return [text, metadata.links];
}

export interface CallableNumber {
  number: string;
  /** Whether it takes text messages as well. */
  texts: boolean;
}

/** The emergency and crisis numbers that a safety message tells the client to call, in its order. */
export function numbersToCall(text: string): CallableNumber[] {
  const found = new Map<string, CallableNumber>();
  for (const [, , phone, before, short] of text.matchAll(LINKABLE)) {
    const number = phone ?? short;
    if (number && !found.has(number)) found.set(number, { number, texts: /text/i.test(before ?? "") });
  }
  return [...found.values()];
}

/**
 * What travels between the chat and the assistant (docs/web-channel.md), and functions that read it.
 *
 * Nothing that arrives is trusted: a field of the wrong kind is left out, so that the rest of the code can rely on
 * these types.
 */

export interface Button {
  title: string;
  payload: string;
}

export interface Link {
  title: string;
  url: string;
}

export interface Card {
  id: string;
  title: string;
  subtitle: string;
  lines: string[];
  phone: string;
  links: Link[];
  buttons: Button[];
}

export interface Metadata {
  kind: string;
  topic: string;
  level: string;
  intro: string;
  links: Link[];
  cards: Card[];
}

export type Rating = "up" | "down";

/** One message of either side; `seq` grows within a conversation. */
export interface Entry {
  seq: number;
  from: "client" | "assistant";
  time: string;
  text: string;
  buttons: Button[];
  metadata: Metadata;
  id: string;
  feedback: Rating | null;
}

export interface Session {
  token: string;
  resumed: boolean;
  history: Entry[];
  maxChars: number;
  clinic: { name: string; phone: string; phoneHref: string; emergency: string };
  suggestions: Button[];
}

/** How the assistant acknowledges a request. */
export type Outcome =
  | { ok: true; seq: number; replies: Entry[] }
  | { ok: false; code: string; message: string };

/** Used when the assistant says nothing of a limit. */
const MAX_CHARS = 4000;

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const whole = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);
const list = <T>(value: unknown, read: (item: unknown) => T): T[] => (Array.isArray(value) ? value.map(read) : []);

function readButton(value: unknown): Button {
  const { title, payload } = fields(value);
  return { title: text(title), payload: text(payload) };
}

function readLink(value: unknown): Link {
  const { title, url } = fields(value);
  return { title: text(title) || text(url), url: text(url) };
}

function readCard(value: unknown): Card {
  const card = fields(value);
  return {
    id: text(card.id),
    title: text(card.title),
    subtitle: text(card.subtitle),
    lines: list(card.lines, text).filter(Boolean),
    phone: text(card.phone),
    links: list(card.links, readLink),
    buttons: list(card.buttons, readButton),
  };
}

function readMetadata(value: unknown): Metadata {
  const metadata = fields(value);
  return {
    kind: text(metadata.kind),
    topic: text(metadata.topic),
    level: text(metadata.level),
    intro: text(metadata.intro),
    links: list(metadata.links, readLink),
    cards: list(metadata.cards, readCard),
  };
}

export function readEntry(value: unknown): Entry {
  const entry = fields(value);
  const feedback = entry.feedback;
  return {
    seq: whole(entry.seq),
    from: entry.from === "client" ? "client" : "assistant",
    time: text(entry.time),
    text: text(entry.text),
    buttons: list(entry.buttons, readButton).filter((button) => button.title),
    metadata: readMetadata(entry.metadata),
    id: text(entry.id),
    feedback: feedback === "up" || feedback === "down" ? feedback : null,
  };
}

export function readSession(value: unknown): Session {
  const session = fields(value);
  const clinic = fields(session.clinic);
  return {
    token: text(session.token),
    resumed: session.resumed === true,
    history: list(session.history, readEntry),
    maxChars: whole(fields(session.limits).max_chars) || MAX_CHARS,
    clinic: {
      name: text(clinic.name),
      phone: text(clinic.phone),
      phoneHref: text(clinic.phone_href),
      emergency: text(clinic.emergency_number),
    },
    suggestions: list(session.suggestions, readButton).filter((button) => button.title),
  };
}

export function readOutcome(value: unknown): Outcome {
  const outcome = fields(value);
  if (outcome.status === "ok") {
    return { ok: true, seq: whole(outcome.seq), replies: list(outcome.replies, readEntry) };
  }
  return { ok: false, code: text(outcome.code), message: text(outcome.message) };
}

/**
 * The conversation as this page knows it: what was said, what is under way, what was read.
 *
 * Entries have numbers that grow. What the client sends gets its number with the acknowledgement, which comes after the
 * replies. A message is sent again by itself, with the same id, when the line comes back soon.
 */
import { Connection, Unreachable, type State } from "./connection";
import { Memory } from "./memory";
import { readOutcome, type Button, type Entry, type Rating, type Session } from "./protocol";

export interface Item {
  entry: Entry;
  /** "waiting" for the line or the session; "failed" when the client must say whether to try again. */
  status: "stored" | "sending" | "waiting" | "failed";
  payload: string;
  /** The assistant's own words on why it failed. */
  problem: string;
  /** The entry that was the last when it was sent: its place until it has a number of its own. */
  after: number;
  /** Until when it is sent again without being asked, in milliseconds of the clock. */
  until: number;
}

export interface Watcher {
  /** All items were replaced. */
  onReset(): void;
  /** Items came in; `live` when they are news to the client. */
  onAdded(items: Item[], live: boolean): void;
  onChanged(item: Item): void;
  onSession(session: Session): void;
  onTyping(on: boolean): void;
  onState(state: State): void;
  onUnread(count: number): void;
}

/** A message that could not be sent for so long (milliseconds) is not sent any more without being asked. */
const SENT_WITHIN = 60_000;
/** So long (milliseconds) another tab may take to get the answer to its own question. */
const ANSWERED_WITHIN = 5_000;

export class Conversation {
  readonly items: Item[] = [];
  session: Session | null = null;

  private readonly connection: Connection;
  private readonly memory: Memory;
  private token: string | null;
  private name: string | null;
  private readonly underWay = new Set<Item>();
  private othersTyping = false;

  constructor(
    server: string,
    tabOnly: boolean,
    private readonly watcher: Watcher,
  ) {
    this.memory = new Memory(`nmt-chat ${server}`, tabOnly, () => this.onForeignChange());
    ({ token: this.token, name: this.name } = this.memory.kept);
    this.connection = new Connection(
      server,
      () => this.token,
      () => this.last,
      {
        onSession: (session) => this.onSession(session),
        onEntry: (entry) => this.merge([entry], true),
        onTyping: (on) => {
          this.othersTyping = on;
          this.tellTyping();
        },
        onState: (state) => {
          this.watcher.onState(state);
        },
      },
    );
  }

  /** Whether there is a conversation to come back to. */
  get begun(): boolean {
    return this.token !== null;
  }

  get unread(): number {
    const { read } = this.memory.kept;
    return this.items.filter(({ entry }) => entry.from === "assistant" && entry.seq > read).length;
  }

  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
    this.memory.close();
  }

  markRead(): void {
    if (this.last > this.memory.kept.read) this.memory.keep({ read: this.last });
    this.watcher.onUnread(this.unread);
  }

  /** Say something, or press a button. */
  send(text: string, payload = ""): void {
    const entry: Entry = {
      seq: 0,
      from: "client",
      time: new Date().toISOString(),
      text,
      buttons: [],
      metadata: { kind: "", topic: "", level: "", intro: "", links: [], cards: [] },
      id: newId(),
      feedback: null,
    };
    const item: Item = { entry, status: "waiting", payload, problem: "", after: this.last, until: 0 };
    this.items.push(item);
    this.watcher.onAdded([item], true);
    this.start();
    this.patiently(item);
  }

  press(button: Button): void {
    this.send(button.title, button.payload);
  }

  retry(item: Item): void {
    item.problem = "";
    this.patiently(item);
  }

  /** Rate an answer; resolves to whether that was stored. */
  async rate(item: Item, rating: Rating | null, comment?: string): Promise<boolean> {
    const stored = await this.succeeds("feedback", { seq: item.entry.seq, rating, ...(comment ? { comment } : {}) });
    if (stored) item.entry.feedback = rating;
    return stored;
  }

  /** Delete the conversation everywhere; resolves to whether it is gone. */
  async delete(): Promise<boolean> {
    const before = this.name;
    if (!(await this.succeeds("delete", {}))) return false;
    // The assistant may have begun a new conversation already, by a message of its own that came first.
    if (this.name === before) this.beginAnew();
    return true;
  }

  /** The number of the last entry that is known. */
  private get last(): number {
    return this.items.reduce((most, { entry }) => Math.max(most, entry.seq), 0);
  }

  private beginAnew(): void {
    this.clear();
    this.memory.forget();
    this.token = null;
    this.connection.renew();
  }

  private clear(): void {
    this.items.length = 0;
    this.underWay.clear();
    this.watcher.onReset();
    this.watcher.onUnread(0);
    this.tellTyping();
  }

  private onSession(session: Session): void {
    const first = this.session === null;
    if (!session.resumed) {
      // Another conversation than the one that is shown. What is not sent yet goes into the new one.
      const unsent = this.items.filter(({ status }) => status !== "stored");
      if (this.items.length > unsent.length) {
        this.clear();
        this.items.push(...unsent);
        this.watcher.onAdded(unsent, false);
      }
    }
    this.token = session.token;
    if (!session.resumed) this.name = session.token;
    this.memory.keep({ token: this.token, name: this.name, ...(session.resumed ? {} : { read: 0 }) });
    this.session = session;
    this.watcher.onSession(session);
    this.merge(session.history, !first);
    for (const item of this.items) {
      if (item.status === "sending" || item.status === "waiting") void this.transmit(item);
    }
    setTimeout(() => this.askAgain(session), ANSWERED_WITHIN);
  }

  /** A question of an earlier page that has no answer: the assistant stopped before it gave one. */
  private askAgain(session: Session): void {
    const item = this.items[this.items.length - 1];
    if (session === this.session && item?.status === "stored" && item.entry.from === "client" && item.entry.id) {
      void this.transmit(item);
    }
  }

  private merge(entries: Entry[], live: boolean): void {
    const added: Item[] = [];
    for (const entry of entries) {
      const known = this.items.find((item) => item.entry.seq === entry.seq || (entry.id && item.entry.id === entry.id));
      if (known) {
        const changed = known.entry.seq !== entry.seq || known.entry.feedback !== entry.feedback;
        known.entry = entry;
        if (changed) this.watcher.onChanged(known);
      } else {
        const item: Item = { entry, status: "stored", payload: "", problem: "", after: 0, until: 0 };
        this.items.push(item);
        added.push(item);
      }
    }
    this.sort();
    if (added.length) this.watcher.onAdded(added, live);
    this.watcher.onUnread(this.unread);
  }

  private sort(): void {
    this.items.sort((a, b) => place(a) - place(b));
  }

  /** What was written after a message and has no number yet stands behind its replies, refused or under way. */
  private moveBehind(answered: Item): void {
    const later = this.items.filter(({ entry }) => !entry.seq && entry.time > answered.entry.time);
    for (const item of later) item.after = this.last;
    this.sort();
    for (const item of later) this.watcher.onChanged(item);
  }

  private patiently(item: Item): void {
    item.until = Date.now() + SENT_WITHIN;
    this.settle(item, "waiting");
    void this.transmit(item);
    setTimeout(() => this.keepWaiting(item), SENT_WITHIN);
  }

  /** Nobody acknowledged it: wait for the line, or give up when that took too long. */
  private keepWaiting(item: Item): void {
    if (item.status === "stored" || this.underWay.has(item)) return;
    this.settle(item, Date.now() < item.until ? "waiting" : "failed");
  }

  private async transmit(item: Item): Promise<void> {
    if (this.session === null || this.underWay.has(item)) return;
    this.underWay.add(item);
    item.after = this.last;
    if (item.status !== "stored") this.settle(item, "sending");
    this.tellTyping();
    const { id, text } = item.entry;
    try {
      const body = { id, text, ...(item.payload ? { payload: item.payload } : {}) };
      const outcome = readOutcome(await this.connection.request("message", body));
      if (!this.items.includes(item)) return; // deleted meanwhile
      if (outcome.ok) {
        item.entry = { ...item.entry, seq: outcome.seq || item.entry.seq };
        this.sort();
        this.settle(item, "stored");
        this.merge(outcome.replies, true);
        this.moveBehind(item);
      } else if (outcome.code === "expired") {
        this.token = null;
        this.connection.renew();
      } else {
        item.problem = outcome.message;
        item.until = 0;
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    } finally {
      this.underWay.delete(item);
      this.keepWaiting(item);
      this.tellTyping();
    }
  }

  private settle(item: Item, status: Item["status"]): void {
    item.status = status;
    this.watcher.onChanged(item);
  }

  private tellTyping(): void {
    this.watcher.onTyping(this.othersTyping || this.underWay.size > 0);
  }

  private onForeignChange(): void {
    const { token, name } = this.memory.kept;
    if (token !== null && name !== this.name) {
      // Another tab began a conversation, perhaps because it deleted the one before.
      this.clear();
      this.session = null;
      this.token = token;
      this.name = name;
      this.connection.renew();
      this.start();
    }
    this.watcher.onUnread(this.unread);
  }

  private async succeeds(name: "feedback" | "delete", body: object): Promise<boolean> {
    try {
      return readOutcome(await this.connection.request(name, body)).ok;
    } catch {
      return false;
    }
  }
}

/** What has no number yet stands behind what was there when it was sent, and so before its replies. */
const place = (item: Item): number => item.entry.seq || item.after + 0.5;

/** A random UUID; `crypto.randomUUID` is missing on pages without https. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

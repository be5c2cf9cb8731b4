/**
 * The line to the assistant: socket.io, and plain requests where networks block that.
 *
 * A request is made over whichever of the two works. Whether it may be repeated is the caller's business: messages
 * carry an id, so that a repeated one is never a second question.
 */
import { io, type Socket } from "socket.io-client";
import { readEntry, readSession, type Entry, type Session } from "./protocol";

export type State = "idle" | "connecting" | "online" | "offline";

export interface Listener {
  onSession(session: Session): void;
  onEntry(entry: Entry): void;
  onTyping(on: boolean): void;
  onState(state: State): void;
}

/** How long the assistant may take to acknowledge, in milliseconds; a busy one answers within a few seconds. */
const ACKNOWLEDGED_WITHIN = 30_000;
/** The longest pause between two attempts to connect, in milliseconds. */
const TRY_EVERY = 15_000;

/** The assistant could not be reached. */
export class Unreachable extends Error {}

export class Connection {
  private readonly socket: Socket;
  private readonly base: URL;
  private state: State = "idle";
  /** Whether plain requests serve in place of the socket. */
  private plain = false;
  /** Whether it was seen why there is no connection. */
  private explained = false;

  /**
   * @param server the assistant's address.
   * @param token gives the token of the conversation, when there is one.
   * @param since gives the last entry that is known, so that only later ones are sent.
   */
  constructor(
    server: string,
    private readonly token: () => string | null,
    private readonly since: () => number,
    private readonly listener: Listener,
  ) {
    this.base = new URL("webhooks/web/", server.endsWith("/") ? server : `${server}/`);
    this.socket = io(this.base.origin, {
      path: `${this.base.pathname}socket.io`,
      auth: (give) => give(this.introduction()),
      autoConnect: false,
      forceNew: true,
      // Websockets first: polling needs all requests of a client to reach the same one of several servers.
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 1_000,
      reconnectionDelayMax: TRY_EVERY,
      timeout: 10_000,
    });
    this.socket.on("session", (data: unknown) => {
      this.plain = false;
      this.listener.onSession(readSession(data));
      this.tell("online");
    });
    this.socket.on("entry", (data: unknown) => this.listener.onEntry(readEntry(data)));
    this.socket.on("typing", (data: { on?: unknown } | null) => this.listener.onTyping(data?.on === true));
    this.socket.on("disconnect", (reason) => {
      this.listener.onTyping(false);
      // The client hung up itself, or it is about to be connected again.
      if (reason === "io client disconnect") return;
      this.tell("connecting");
      // socket.io does not come back by itself when the server said good-bye.
      if (reason === "io server disconnect") this.socket.connect();
    });
    this.socket.on("connect_error", () => void this.withoutSocket());
  }

  start(): void {
    if (this.state !== "idle") return;
    this.tell("connecting");
    this.socket.connect();
    addEventListener("online", this.hurry);
  }

  stop(): void {
    removeEventListener("online", this.hurry);
    this.plain = false;
    this.socket.disconnect();
    this.tell("idle");
  }

  /** Introduce ourselves anew, because the token changed. */
  renew(): void {
    if (this.state === "idle") return;
    this.socket.disconnect();
    this.socket.connect();
  }

  /**
   * Ask for something and wait for the acknowledgement.
   *
   * @throws Unreachable nobody acknowledged it; it may have arrived nevertheless.
   */
  async request(name: "message" | "feedback" | "delete", body: object): Promise<unknown> {
    if (this.socket.connected) {
      try {
        return await this.socket.timeout(ACKNOWLEDGED_WITHIN).emitWithAck(name, body);
      } catch {
        throw new Unreachable();
      }
    }
    if (!this.plain) throw new Unreachable();
    return this.post(name, { token: this.token(), ...body });
  }

  private introduction(): { token?: string; since?: number } {
    const token = this.token();
    return token ? { token, since: this.since() } : {};
  }

  private tell(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.listener.onState(state);
  }

  /**
   * No socket can be had: see whether plain requests get through.
   *
   * The socket keeps trying beside them, and every failure of it looks for news in this way.
   */
  private async withoutSocket(): Promise<void> {
    // The server refused the socket outright: socket.io does not try that again by itself.
    if (!this.socket.active) setTimeout(this.hurry, TRY_EVERY);
    const session = await this.post("session", this.introduction()).then(readSession, () => null);
    if (this.socket.connected || this.state === "idle") return;
    this.plain = session !== null;
    if (session) this.listener.onSession(session);
    else void this.explain();
    this.tell(session ? "online" : "offline");
  }

  /**
   * Tell who builds the page when the assistant is there and refuses it.
   *
   * A browser does not show a page what an assistant says that refuses it, but whether anybody answers.
   */
  private async explain(): Promise<void> {
    if (this.explained || this.base.origin === location.origin) return;
    this.explained = true;
    const answers = await fetch(this.base, { mode: "no-cors", credentials: "omit" }).catch(() => null);
    if (answers) console.warn(`nmt-chat: ${this.base.origin} answers. Is ${location.origin} in its NMT_WEB_ORIGINS?`);
  }

  private readonly hurry = (): void => {
    if (this.state !== "idle" && !this.socket.connected) this.renew();
  };

  private async post(name: string, body: object): Promise<unknown> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), ACKNOWLEDGED_WITHIN);
    try {
      const response = await fetch(new URL(name, this.base), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: patience.signal,
        credentials: "omit",
      });
      // A refusal says why in the same words as an acknowledgement; anything else is not the assistant speaking.
      const answer: unknown = await response.json();
      if (name === "session" && !response.ok) throw new Unreachable();
      return answer;
    } catch {
      throw new Unreachable();
    } finally {
      clearTimeout(timer);
    }
  }
}

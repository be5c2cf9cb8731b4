/** What the browser keeps between pages: the token of the conversation, and how far it was read. */

interface Kept {
  /** Opens the conversation; every visit brings a fresh one. */
  token: string | null;
  /** The token that the conversation began with: its name among the tabs of this browser. */
  name: string | null;
  /** The last entry that was shown. */
  read: number;
}

const NOTHING: Kept = { token: null, name: null, read: 0 };

export class Memory {
  /** Used when the browser refuses to store anything. */
  private fallback: Kept = NOTHING;
  private readonly storage: Storage | null;

  /**
   * @param key names the assistant: two of them on one site keep apart.
   * @param tabOnly whether all is forgotten when the tab is closed.
   * @param onForeignChange is called when another tab changed what is kept.
   */
  constructor(
    private readonly key: string,
    tabOnly: boolean,
    private readonly onForeignChange: () => void,
  ) {
    this.storage = tabOnly ? storageOf("sessionStorage") : storageOf("localStorage");
    addEventListener("storage", this.heard);
  }

  /** Stop listening to other tabs. */
  close(): void {
    removeEventListener("storage", this.heard);
  }

  get kept(): Kept {
    try {
      const found: Partial<Kept> = JSON.parse(this.storage?.getItem(this.key) ?? "null") ?? this.fallback;
      return {
        token: typeof found.token === "string" ? found.token : null,
        name: typeof found.name === "string" ? found.name : null,
        read: typeof found.read === "number" ? found.read : 0,
      };
    } catch {
      return this.fallback;
    }
  }

  /** Keep some values beside those that are kept. */
  keep(changes: Partial<Kept>): void {
    this.fallback = { ...this.kept, ...changes };
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.fallback));
    } catch {
      // Full or refused: this page remembers, the next one will not.
    }
  }

  forget(): void {
    this.keep(NOTHING);
  }

  private readonly heard = (event: StorageEvent): void => {
    if (event.storageArea === this.storage && (event.key === this.key || event.key === null)) this.onForeignChange();
  };
}

/** A browser that blocks storage throws when it is asked for it. */
function storageOf(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}

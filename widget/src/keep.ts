/** What a client may take along: the conversation as text, as a file or on paper. */
import type { Item } from "./conversation";
import { h } from "./dom";
import { fill, type Strings } from "./strings";

/** The conversation as plain text, sources and all. */
export function transcript(items: Item[], clinic: string, strings: Strings, language: string): string {
  const said = items.map(({ entry }) => {
    const who = entry.from === "client" ? strings.transcriptYou : strings.transcriptAssistant;
    return `${who}, ${new Date(entry.time).toLocaleString(language)}\n${entry.text}`;
  });
  return [fill(strings.transcript, { clinic }), ...said, strings.general].join("\n\n") + "\n";
}

/** Copy a text; resolves to whether the browser let us. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Offer a text as a file. */
export function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** Print a text from a window of its own, since the page around the chat is not ours to hide. */
export function print(text: string, title: string): boolean {
  const page = open("", "_blank");
  if (!page) return false;
  page.document.title = title;
  const content = h("pre", {}, text);
  content.style.whiteSpace = "pre-wrap";
  content.style.font = "11pt/1.5 system-ui, sans-serif";
  page.document.body.append(page.document.adoptNode(content));
  page.print();
  return true;
}

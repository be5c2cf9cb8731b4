/** Every text that the chat itself shows. A page may replace any of them (docs/embed.md). */
export const STRINGS = {
  launch: "Ask a question",
  launchUnread: "Ask a question, {count} new",
  close: "Close the chat",
  assistant: "Automated assistant",
  heading: "Questions and answers",
  welcome: "Hello! I answer questions about neuromuscular therapy and this clinic. What would you like to know?",
  welcomeNote: "I am a computer program, not a person. I cannot diagnose. In an emergency, call {emergency}.",
  emergency: "your local emergency number",
  log: "Conversation",
  youSaid: "You:",
  assistantSaid: "Assistant:",
  today: "Today",
  yesterday: "Yesterday",
  writing: "The assistant is writing",
  newMessages: "New messages",

  field: "Your question",
  placeholder: "Type your question",
  send: "Send",
  charactersLeft: "{count} characters left",
  tooLong: "{count} characters too many",
  general: "General information, not medical advice.",
  privacy: "Privacy",

  replies: "Suggested replies",
  chosen: "chosen",
  sources: "Sources",
  opensNewTab: "opens in a new tab",
  callNumber: "Call {number}",
  textNumber: "Text {number}",
  urgentNow: "Urgent: please act now",
  urgentCrisis: "You are not alone",
  urgentToday: "See a doctor today",
  askDoctor: "A note on safety",
  safetyCheck: "A safety question first",

  copy: "Copy this answer",
  copied: "Copied",
  notCopied: "Your browser did not allow copying.",
  helpful: "This helped",
  notHelpful: "This did not help",
  thanks: "Thank you for telling us.",
  commentUp: "What helped? (optional)",
  commentDown: "What was missing or wrong? (optional)",
  commentHint: "Please leave out names and health details.",
  commentSend: "Send comment",
  commentSkip: "No comment",
  commentThanks: "Thank you. The clinic reads every comment.",
  feedbackFailed: "That could not be saved. Please try again.",

  waiting: "Waiting for the connection ...",
  notSent: "Not sent.",
  tryAgain: "Try again",
  connecting: "Connecting ...",
  offline: "No connection right now. We keep trying.",
  offlinePhone: "You can also call us:",

  menu: "More",
  menuCall: "Call the clinic",
  menuCopy: "Copy the conversation",
  menuSave: "Save as a text file",
  menuPrint: "Print",
  menuDelete: "Delete this conversation",
  deleteTitle: "Delete this conversation?",
  deleteText: "All messages are deleted for good, here and at the clinic. This cannot be undone.",
  deleteYes: "Delete",
  deleteNo: "Keep it",
  deleted: "The conversation was deleted.",
  notDeleted: "It could not be deleted. Please try again.",
  transcript: "Conversation with {clinic}",
  transcriptYou: "You",
  transcriptAssistant: "Assistant",
};

export type Strings = typeof STRINGS;

/** Puts values into the {places} of a text. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The standard texts with those replaced that a page gives; anything else in `own` is left out. */
export function withOwn(own: unknown): Strings {
  const strings = { ...STRINGS };
  if (typeof own === "object" && own !== null) {
    for (const [name, text] of Object.entries(own)) {
      if (name in strings && typeof text === "string") strings[name as keyof Strings] = text;
    }
  }
  return strings;
}

"""A reply as Slack shows it: Block Kit (https://docs.slack.dev/block-kit), in calls that are ready to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nmt_guide.channels.inbox import Call
from nmt_guide.channels.rich import body_and_links, heading, split

Block = dict[str, Any]
Json = Mapping[str, Any]

# Slack's limits, in characters and pieces.
MOST_SECTION = 3000
MOST_BLOCKS = 50
MOST_TITLE = 75
MOST_VALUE = 2000
_MOST_ADDRESS = 3000
_MOST_CONTEXT = 10
#: More in a row wrap into a heap of words on a phone.
_ROW = 5

#: What the home tab suggests. The topics behind them are known by what clients ask most.
SUGGESTIONS = (
    "What is NMT?",
    "Does it hurt?",
    "How much does it cost?",
    "How many sessions will I need?",
    "When should I not have a massage?",
    "How do I find a therapist?",
)


def posts_for(messages: Sequence[Json], where: Json, asked: str = "") -> list[Call]:
    """The calls that post a reply into a conversation.

    Args:
        messages: the reply, as the REST webhook returns it: `text`, `buttons`, `metadata`.
        where: `channel`, and `thread_ts` to answer in a thread.
        asked: the question, when the client does not see it above the reply.
    """
    calls = []
    for number, message in enumerate(messages):
        blocks, buttons = _blocks(message)
        above = _asked(asked) if asked and not number else []
        for part in _parts([*above, *blocks, *buttons]):
            # Previews of the sources would be longer than the answer.
            post = {**_body(part), "unfurl_links": False, "unfurl_media": False}
            calls.append({"method": "chat.postMessage", **where, **post})
    return calls


def answers_for(messages: Sequence[Json], url: str) -> list[Call]:
    """The calls that answer a slash command, or a button under such an answer; only the person who asked sees them.

    All messages go out as one: the address is good for five posts. The buttons are a post of their own, because Slack
    does not tell what else stood in a post whose button is pressed: a press takes away the buttons alone.

    Args:
        messages: the reply.
        url: the `response_url`.
    """
    texts: list[Block] = []
    rows: list[Block] = []
    for message in messages:
        blocks, buttons = _blocks(message)
        texts += blocks
        rows += buttons
    posts = [*_parts(texts), *_parts(_numbered(rows))]
    return [_answer(url, {**_body(part, "Choose what to ask next"), "replace_original": False}) for part in posts]


def note_for(text: str, where: Json, url: str | None = None) -> Call:
    """The call that says a sentence of our own, with nothing to mark up in it."""
    if url:
        return _answer(url, {"text": escaped(text), "replace_original": False})
    return {"method": "chat.postMessage", **where, "text": escaped(text)}


def used(channel: str, stamp: str, blocks: Sequence[Json], title: str) -> Call:
    """The call that takes the buttons of a message away and says what was chosen; links stay.

    Args:
        channel: where the message is.
        stamp: which one it is.
        blocks: the message as it stands.
        title: what stood on the button.
    """
    kept: list[Block] = []
    for block in blocks:
        if block.get("type") != "actions":
            kept.append(dict(block))
        elif links := [element for element in block.get("elements") or () if element.get("url")]:
            kept.append({**block, "elements": links})
    kept.append(_chosen(title))
    return {"method": "chat.update", "channel": channel, "ts": stamp, **_body(kept)}


def used_answer(url: str, title: str) -> Call:
    """As `used`, for the buttons of an answer that only one person sees."""
    return _answer(url, {**_body([_chosen(title)]), "replace_original": True})


def home_for(user: str) -> Call:
    """The call that shows a person the home tab."""
    buttons = [{"title": question, "payload": question} for question in SUGGESTIONS]
    about = (
        "I answer questions about neuromuscular therapy from what the clinic has reviewed, and I name my sources. "
        "Write to me under *Messages*, mention me in a channel, or use the slash command anywhere."
    )
    care = "I cannot diagnose, and I am not for emergencies: in one, call your emergency number."
    blocks = [_header("Ask about neuromuscular therapy"), _section(about), *_rows(buttons), _context([care])]
    return {"method": "views.publish", "user_id": user, "view": {"type": "home", "blocks": _numbered(blocks)}}


def escaped(text: str) -> str:
    """A text with the three characters escaped that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(message: Json) -> tuple[list[Block], list[Block]]:
    """A message as blocks: what is read, and the rows of buttons below it."""
    metadata = message.get("metadata") or {}
    text, links = body_and_links(str(message.get("text") or ""), metadata)
    cards = metadata.get("cards") or ()
    blocks: list[Block] = []
    if head := heading(metadata):
        blocks.append(_header(head))
    blocks += _sections(str(metadata.get("intro") or text) if cards else text)
    for card in cards:
        blocks += _card(card)
    sources = [f"Source: {_link(link)}" for link in links]
    blocks += [_context(sources[n : n + _MOST_CONTEXT]) for n in range(0, len(sources), _MOST_CONTEXT)]
    return blocks, _rows(message.get("buttons") or ())


def _card(card: Json) -> Iterator[Block]:
    lines = [escaped(str(line)) for line in (card.get("subtitle"), *(card.get("lines") or ())) if line]
    if card.get("phone"):
        lines.append(f"☎ {escaped(str(card['phone']))}")
    # A star inside would end the bold type.
    title = escaped(str(card["title"]).replace("*", ""))
    yield {"type": "divider"}
    yield _section(_cut(f"*{title}*\n" + "\n".join(lines), MOST_SECTION))
    links = [_button(link["title"], url=link["url"]) for link in card.get("links") or () if _good_address(link["url"])]
    yield from _in_rows([*links, *_choices(card.get("buttons") or ())])


def _sections(text: str) -> Iterator[Block]:
    for part in split(text, MOST_SECTION):
        marked = escaped(part)
        # Escaping makes a character five at most.
        pieces = [marked] if len(marked) <= MOST_SECTION else map(escaped, split(part, MOST_SECTION // 5))
        yield from map(_section, pieces)


def _rows(buttons: Iterable[Json]) -> list[Block]:
    return _in_rows(_choices(buttons))


def _choices(buttons: Iterable[Json]) -> list[Block]:
    fitting = [button for button in buttons if 0 < len(str(button.get("payload") or "")) <= MOST_VALUE]
    return [_button(button["title"], value=button["payload"]) for button in fitting]


def _in_rows(elements: Sequence[Block]) -> list[Block]:
    starts = range(0, len(elements), _ROW)
    return [{"type": "actions", "elements": list(elements[start : start + _ROW])} for start in starts]


def _numbered(blocks: Iterable[Block]) -> list[Block]:
    """The blocks with names for their buttons: Slack wants them different from each other."""
    number = 0
    named = []
    for block in blocks:
        if block["type"] == "actions":
            elements = []
            for element in block["elements"]:
                number += 1
                elements.append({**element, "action_id": f"{'link' if 'url' in element else 'choose'}_{number}"})
            block = {**block, "elements": elements}
        named.append(block)
    return named


def _parts(blocks: Sequence[Block]) -> list[list[Block]]:
    named = _numbered(blocks)
    return [named[start : start + MOST_BLOCKS] for start in range(0, len(named), MOST_BLOCKS)]


def _body(blocks: Sequence[Block], otherwise: str = "") -> Call:
    """Blocks with their words alone, which notifications and screen readers use."""
    words = [line for block in blocks for line in _words(block)]
    return {"text": "\n".join(words) or otherwise, "blocks": list(blocks)}


def _words(block: Json) -> Iterator[str]:
    if block.get("type") in ("section", "header") and "text" in block:
        yield str(block["text"]["text"])
    elif block.get("type") == "context":
        yield from (str(element["text"]) for element in block["elements"] if "text" in element)


def _answer(url: str, body: Call) -> Call:
    return {"method": "respond", "url": url, "body": {"response_type": "ephemeral", **body}}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _context(lines: Iterable[str]) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(line, MOST_SECTION)} for line in lines]}


def _asked(question: str) -> list[Block]:
    return [_context([f"You asked: {escaped(question)}"])]


def _chosen(title: str) -> Block:
    return _context([f"You chose: {escaped(title)}"])


def _button(title: str, **target: str) -> Block:
    # Characters that mean something elsewhere mean nothing in plain text.
    return {"type": "button", "text": {"type": "plain_text", "text": _cut(str(title), MOST_TITLE)}, **target}


def _link(link: Json) -> str:
    title, url = escaped(str(link["title"])), str(link["url"])
    return f"<{_address(url)}|{title.replace('|', '¦')}>" if _good_address(url) else title


def _good_address(url: str) -> bool:
    return re.match(r"https?://[^\s/]", url) is not None and len(url) <= _MOST_ADDRESS


def _address(url: str) -> str:
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace(" ", "%20")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

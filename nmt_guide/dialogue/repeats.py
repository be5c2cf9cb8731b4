"""What a conversation has said already, so that no answer is said twice: short names of the last texts, in `Memory.heard`."""

from __future__ import annotations

from collections.abc import Sequence

from nmt_guide.dialogue.answers import name_of
from nmt_guide.dialogue.model import Memory, Message

#: So many texts are remembered as heard.
_REMEMBERED = 8


def is_heard(memory: Memory, message: Message) -> bool:
    """Whether a message is among what was said last."""
    return name_of(message.text) in memory.heard


def having_heard(memory: Memory, messages: Sequence[Message]) -> Memory:
    """The memory, with these messages as heard."""
    return memory.but(heard=(*memory.heard, *(name_of(message.text) for message in messages))[-_REMEMBERED:])

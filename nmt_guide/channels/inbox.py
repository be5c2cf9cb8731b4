"""What channels took in and have not finished: kept in the database until the last reply is out.

A channel that is called by a service (Telegram) must say "received" at once and answer later. Between the two a process
may end, the service may be down, and the same thing may be sent again. So each piece of work is written down before it is
acknowledged, its replies are written down before they are sent, and each reply sent is counted: whoever goes on, after a
crash or in another process, goes on where it stopped. One window is left, as in every such protocol: a process that ends
between a service's taking a reply and our counting it sends that one again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from nmt_guide.channels.tables import channel_inbox as t
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings

#: How long a process holds what it works on, in seconds, before another may think that it died. Renewed while it lives.
HOLD_SECONDS = 45.0
#: How long finished work is remembered, in seconds, so that a repetition is recognised. Telegram repeats for a day.
_REMEMBERED_SECONDS = 3 * 86_400.0
#: Nobody waits longer than this for an answer: older work is given up.
_PATIENCE_SECONDS = 86_400.0

Call = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A piece of work.

    Attributes:
        key: the sender's name for it, for example Telegram's update id.
        conversation: whose it is; the work of a conversation is done in order.
        body: what came in.
        calls: the replies, ready to be sent; nothing until they were made.
        sent: how many of them are out.
        attempts: how often somebody began it.
    """

    key: str
    conversation: str
    body: Any
    calls: list[Call] | None
    sent: int
    attempts: int


class Inbox:
    """The work of one channel. Its functions ask the database: call them in a thread (`asyncio.to_thread`).

    Every function is one statement or stands alone, so that two processes can use it at the same time.

    Args:
        engine: the database of the knowledge store (`shared_store(settings.database_url).engine`).
        channel: the channel's name, at most 40 characters.
    """

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine = engine
        self._channel = channel
        #: Which process holds an entry: two may not renew each other's.
        self._me = uuid.uuid4().hex

    def add(self, key: str, conversation: str, position: int, body: Any, subject: str | None = None) -> bool:
        """Take something in.

        Args:
            key: the sender's name for it, at most 80 characters.
            conversation: whose it is, at most 255 characters.
            position: its place among the others of its conversation.
            body: what came in, as JSON can hold it.
            subject: what is answered once only, for example the message whose button was pressed.

        Returns:
            Whether it is new; what came before is left as it is.
        """
        row = {
            "channel": self._channel, "key": key, "conversation": conversation, "position": position,
            "subject": subject, "body": body, "received_at": time.time(),
        }  # fmt: skip
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(t).values(row))
        except IntegrityError:
            return False
        return True

    def claim(self, conversation: str) -> Entry | None:
        """The oldest unfinished work of a conversation, held for this process.

        Returns:
            Nothing when all is done, or when another process is at it.
        """
        oldest = select(t).where(*self._open(), t.c.conversation == conversation).order_by(t.c.position).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(oldest).mappings().first()
        if row is None:
            return None
        now = time.time()
        # Whoever of two processes comes second finds the row held, and changes nothing.
        claim = update(t).where(*self._row(row["key"]), t.c.done_at.is_(None), ~_held(now))
        if not self._change(claim.values(held_until=now + HOLD_SECONDS, held_by=self._me, attempts=t.c.attempts + 1)):
            return None
        attempts = row["attempts"] + 1
        return Entry(row["key"], conversation, row["body"], row["calls"], row["sent"], attempts)

    def answer(self, key: str, calls: Sequence[Call]) -> None:
        """Write down the replies, before the first is sent."""
        self._change(update(t).where(*self._row(key)).values(calls=list(calls)))

    def count(self, key: str, sent: int) -> None:
        """Write down how many replies are out."""
        self._change(update(t).where(*self._row(key)).values(sent=sent))

    def finish(self, key: str) -> None:
        """It is done. What was said is deleted; the key stays, to recognise a repetition."""
        done = {"done_at": time.time(), "body": None, "calls": None, "held_by": None}
        self._change(update(t).where(*self._row(key)).values(done))

    def release(self, key: str, seconds: float) -> None:
        """Nobody may go on with it before so many seconds; then anybody may."""
        later = {"held_until": time.time() + seconds, "held_by": None}
        self._change(update(t).where(*self._row(key)).values(later))

    def renew(self) -> None:
        """Keep holding all that this process works on."""
        mine = update(t).where(t.c.channel == self._channel, t.c.held_by == self._me, t.c.done_at.is_(None))
        self._change(mine.values(held_until=time.time() + HOLD_SECONDS))

    def orphans(self) -> list[str]:
        """The conversations with unfinished work that nobody is at."""
        held = select(t.c.conversation).where(*self._open(), _held(time.time()))
        query = select(t.c.conversation).where(*self._open(), t.c.conversation.not_in(held)).distinct()
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def waiting(self, conversation: str | None = None) -> int:
        """How much is unfinished, in one conversation or in all."""
        query = select(func.count()).select_from(t).where(*self._open())
        if conversation is not None:
            query = query.where(t.c.conversation == conversation)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def newest(self) -> int | None:
        """The highest position of the last days."""
        recent = t.c.received_at > time.time() - _REMEMBERED_SECONDS
        query = select(func.max(t.c.position)).where(t.c.channel == self._channel, recent)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else int(found)

    def first_about(self, key: str, conversation: str, subject: str) -> bool:
        """Whether nothing else in the conversation came in before about the same subject."""
        same = select(t.c.key).where(
            t.c.channel == self._channel, t.c.conversation == conversation, t.c.subject == subject
        )
        with self._engine.connect() as connection:
            return connection.execute(same.order_by(t.c.position).limit(1)).scalar() in (key, None)

    def tidy(self) -> int:
        """Forget old keys and give up what is too old to be answered.

        Returns:
            How much was given up.
        """
        now = time.time()
        old = delete(t).where(t.c.channel == self._channel, t.c.received_at < now - _REMEMBERED_SECONDS)
        late = update(t).where(*self._open(), t.c.received_at < now - _PATIENCE_SECONDS)
        given_up = self._change(late.values(done_at=now, body=None, calls=None, held_by=None))
        self._change(old)
        return given_up

    def _open(self) -> tuple[Any, ...]:
        return t.c.channel == self._channel, t.c.done_at.is_(None)

    def _row(self, key: str) -> tuple[Any, ...]:
        return t.c.channel == self._channel, t.c.key == key

    def _change(self, statement: Any) -> int:
        with self._engine.begin() as connection:
            return int(connection.execute(statement).rowcount)


def _held(now: float) -> Any:
    """Whether somebody is at it, or it waits for its time. Nobody holds anything for longer than `HOLD_SECONDS`: what seems
    so was taken by a clock that ran ahead, or ours was set back."""
    believable = or_(t.c.held_by.is_(None), t.c.held_until <= now + 2 * HOLD_SECONDS)
    return and_(t.c.held_until >= now, believable)


def forget(settings: Settings, conversation: str) -> int:
    """Delete what clients wrote in a conversation and what was about to be sent to them; see `nmt_guide.privacy.forget`.

    Args:
        settings: where the database is.
        conversation: the sender id.

    Returns:
        How many messages these were.
    """
    with shared_store(settings.database_url).engine.begin() as connection:
        theirs = t.c.conversation == conversation
        connection.execute(update(t).where(theirs, t.c.done_at.is_(None)).values(done_at=time.time()))
        # The keys stay without a name: a repetition of a deleted message must not bring it back.
        nameless = {"conversation": "", "subject": None, "body": None, "calls": None, "held_by": None}
        return int(connection.execute(update(t).where(theirs).values(**nameless)).rowcount)

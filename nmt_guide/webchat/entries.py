"""What was said in the website chat: kept, numbered, read back, rated, deleted.

Rasa keeps the conversation too, as events; those have no number that a browser could ask "what came after?" by, and hold
no message that is accepted but not answered yet. The functions ask the database: call them in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings
from nmt_guide.webchat import tables as t
from nmt_guide.webchat.tokens import is_session

#: A browser is shown this many of the last entries; all are kept.
MOST_SHOWN = 500
#: Writers of one session that come between reading the last number and using the next one.
_MOST_TRIES = 20


@dataclass(frozen=True)
class Entry:
    """One message as both sides see it.

    Attributes:
        seq: its number in the session, from 1, higher than all before.
        author: `client` or `assistant`.
        said_at: when, in UTC.
        message_id: on a client's entry, the id that the client gave it.
        answered: on a client's entry, whether the replies are kept too.
        feedback: `up` or `down`, on a reply that was rated.
    """

    seq: int
    author: str
    said_at: datetime
    text: str
    buttons: tuple[Mapping[str, str], ...] = ()
    reply: Mapping[str, Any] | None = None
    message_id: str | None = None
    answered: bool = False
    feedback: str | None = None

    def wire(self) -> dict[str, Any]:
        """The entry as JSON for the browser."""
        time = self.said_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shown: dict[str, Any] = {"seq": self.seq, "from": self.author, "time": time, "text": self.text}
        if self.buttons:
            shown["buttons"] = [dict(button) for button in self.buttons]
        optional = {"metadata": self.reply, "id": self.message_id, "feedback": self.feedback}
        return shown | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True)
class Rating:
    """What a client thinks of a reply.

    Attributes:
        given_at: when, in UTC.
        rating: `up` or `down`.
        topic: the reply's topic, if it had one.
        reply: the reply's text.
        comment: the client's own words, if there are any.
    """

    given_at: datetime
    rating: str
    topic: str | None
    reply: str
    comment: str | None


class Entries:
    """The entries of all sessions.

    Args:
        engine: the database of the knowledge store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accept(self, session: str, message_id: str, text: str) -> tuple[Entry, bool]:
        """Keep a client's message, once for every id.

        Returns:
            The entry, and whether it is new.
        """
        known = self.find(session, message_id)
        if known is not None:
            return known, False
        values = {"author": "client", "text": text, "message_id": message_id, "answered": False}
        try:
            return self._append(session, [values])[0], True
        except IntegrityError:
            known = self.find(session, message_id)
            if known is None:
                raise
            return known, False

    def find(self, session: str, message_id: str) -> Entry | None:
        """The client's entry with an id."""
        where = (t.entry.c.session == session, t.entry.c.message_id == message_id)
        with self._engine.connect() as connection:
            row = connection.execute(select(t.entry).where(*where)).mappings().first()
        return None if row is None else _entry(row)

    def answer(self, session: str, asked: Entry, replies: Sequence[Mapping[str, Any]]) -> list[Entry]:
        """Keep the replies to a client's entry, all or none, and once: who comes second is given the first one's.

        Args:
            session: the session.
            asked: the client's entry.
            replies: messages with `text`, `metadata` and, where they have any, `buttons`.

        Returns:
            The kept replies; none when the session was deleted meanwhile.
        """
        rows = [
            {
                "author": "assistant",
                "text": reply["text"],
                "buttons": reply.get("buttons") or None,
                "reply": reply.get("metadata"),
                "answers": asked.seq,
            }
            for reply in replies
        ]
        return self._append(session, rows, answers=asked.seq) or self.replies(session, asked)

    def replies(self, session: str, asked: Entry) -> list[Entry]:
        """The kept replies to a client's entry."""
        return self._select(t.entry.c.session == session, t.entry.c.answers == asked.seq)

    def history(self, session: str, since: int = 0) -> list[Entry]:
        """The last entries after a number, oldest first."""
        return self._select(t.entry.c.session == session, t.entry.c.seq > since)

    def last(self, session: str) -> int:
        """The number of the last entry; 0 when there is none."""
        query = select(func.coalesce(func.max(t.entry.c.seq), 0)).where(t.entry.c.session == session)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def offered(self, session: str) -> set[str]:
        """The payloads of the buttons that the session's last replies had: of as many as a browser is shown."""
        query = select(t.entry.c.buttons).where(t.entry.c.session == session, t.entry.c.buttons.is_not(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(t.entry.c.seq.desc()).limit(MOST_SHOWN)).scalars()
            return {button["payload"] for buttons in rows for button in buttons or () if button.get("payload")}

    def rate(self, session: str, seq: int, rating: str | None, comment: str | None) -> bool:
        """Keep what a client thinks of a reply, instead of what they thought before.

        Args:
            session: the session.
            seq: the reply's number.
            rating: `up`, `down`, or nothing to take it back.
            comment: the client's own words.

        Returns:
            Whether there is such a reply.
        """
        this = (t.feedback.c.session == session, t.feedback.c.seq == seq)
        rated = select(t.entry.c.reply).where(
            t.entry.c.session == session, t.entry.c.seq == seq, t.entry.c.author == "assistant"
        )
        with self._engine.begin() as connection:
            connection.execute(delete(t.feedback).where(*this))
            row = connection.execute(rated).first()
            if row is not None and rating is not None:
                topic = (row[0] or {}).get("topic")
                values = {"session": session, "seq": seq, "rating": rating, "comment": comment or None}
                connection.execute(insert(t.feedback).values(**values, topic=topic, given_at=_now()))
        return row is not None

    def ratings(self) -> list[Rating]:
        """What clients of all sessions think of replies, newest first."""
        same = (t.entry.c.session == t.feedback.c.session) & (t.entry.c.seq == t.feedback.c.seq)
        query = select(t.feedback, t.entry.c.text).join_from(t.feedback, t.entry, same)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(t.feedback.c.given_at.desc())).mappings().all()
        return [Rating(_utc(row["given_at"]), row["rating"], row["topic"], row["text"], row["comment"]) for row in rows]

    def is_deleted(self, session: str) -> bool:
        """Whether the client deleted this session."""
        with self._engine.connect() as connection:
            found = connection.execute(select(t.deleted.c.session).where(t.deleted.c.session == session)).first()
        return found is not None

    def delete(self, session: str) -> int:
        """Delete all that is kept of a session; its token is no longer good for anything.

        Returns:
            How many entries were deleted.
        """
        with self._engine.begin() as connection:
            entries = connection.execute(
                delete(t.entry).where(t.entry.c.session == session)
            )  # the feedback goes with them
            connection.execute(delete(t.deleted).where(t.deleted.c.session == session))
            connection.execute(insert(t.deleted).values(session=session, deleted_at=_now()))
        return int(entries.rowcount)

    def purge(self, before: datetime) -> int:
        """Delete what was said before a time, and the marks of sessions deleted before it.

        Returns:
            How many entries were deleted.
        """
        with self._engine.begin() as connection:
            connection.execute(delete(t.deleted).where(t.deleted.c.deleted_at < before))
            return int(connection.execute(delete(t.entry).where(t.entry.c.said_at < before)).rowcount)

    def _select(self, *where: Any) -> list[Entry]:
        joined = t.entry.outerjoin(
            t.feedback, (t.feedback.c.session == t.entry.c.session) & (t.feedback.c.seq == t.entry.c.seq)
        )
        query = select(t.entry, t.feedback.c.rating).select_from(joined).where(*where)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(t.entry.c.seq.desc()).limit(MOST_SHOWN)).mappings().all()
        return [_entry(row) for row in reversed(rows)]

    def _append(self, session: str, rows: Sequence[Mapping[str, Any]], answers: int | None = None) -> list[Entry]:
        """Add entries with the next numbers; again, when another process used those first.

        The last number is read in a transaction of its own: SQLite lets nobody write who has read while another wrote.

        Args:
            session: the session.
            rows: the entries.
            answers: the client's entry that they answer; nothing is added when it is answered already, or gone.

        Raises:
            IntegrityError: another process was faster each time, or an entry with this message id is there already.
        """
        asked = (t.entry.c.session == session, t.entry.c.seq == answers, t.entry.c.answered.is_(False))
        mark = update(t.entry).where(*asked).values(answered=True)
        for left in reversed(range(_MOST_TRIES)):
            last = self.last(session)
            numbered = [
                {"session": session, "seq": last + n, "said_at": _now(), **row} for n, row in enumerate(rows, 1)
            ]
            try:
                with self._engine.begin() as connection:
                    if answers is not None and not connection.execute(mark).rowcount:
                        return []
                    connection.execute(insert(t.entry), numbered)
            except IntegrityError:
                if not left or self.last(session) == last:  # it was not the number
                    raise
            else:
                return [_entry({**dict.fromkeys(t.entry.c.keys()), **row}) for row in numbered]
        raise AssertionError("The last try returns or raises.")


def forget(settings: Settings, conversation: str) -> int:
    """Delete all that the website chat keeps of a conversation; see `nmt_guide.privacy.forget`."""
    if not is_session(conversation):
        return 0
    return Entries(shared_store(settings.database_url).engine).delete(conversation)


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        seq=row["seq"],
        author=row["author"],
        said_at=_utc(row["said_at"]),
        text=row["text"],
        buttons=tuple(row["buttons"] or ()),
        reply=row["reply"],
        message_id=row["message_id"],
        answered=bool(row["answered"]),
        feedback=row.get("rating"),
    )


def _utc(when: datetime) -> datetime:
    """A time as it was kept: SQLite keeps no zone."""
    return when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when.astimezone(timezone.utc)


def _now() -> datetime:
    return datetime.now(timezone.utc)

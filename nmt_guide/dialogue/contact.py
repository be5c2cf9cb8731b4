"""A message to a person at the clinic: consent first, then name, a way to reach the client, the words, a last look.

The clinic gets nothing before the client has seen all of it and said "send". What was typed so far stands in one slot, which is
emptied when the message is sent or left; the slot that repeats what was said (`said`) never gets any of it. The history of the
conversation keeps what was typed and shown, as it keeps all else, until the conversation is deleted (`nmt_guide.privacy.forget`).

This module is the form: what it asks, and what each answer does. What a message gives of name and number reads `details.py`, a
yes to passing it on `consent.py`, a visit that should be booked here `booking.py`; `staff.py` leaves the message for the clinic.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from nmt_guide.dialogue import booking, staff
from nmt_guide.dialogue.answers import Answers, choice
from nmt_guide.dialogue.consent import (
    agrees_only,
    begins_with_a_yes,
    consents,
    says_not_to_send,
    says_send,
    sends_only,
    waits,
)
from nmt_guide.dialogue.details import (
    FIELDS,
    added_words,
    corrected,
    field_of,
    found_in,
    given_in,
    hardly_more,
    is_about_it,
    missing_in,
    new_words,
    says_it_gave,
    says_when,
    takes_the_offer,
    told_in,
    wants_message,
    whole_message,
    with_last_digits,
    with_words,
    without_details,
)
from nmt_guide.dialogue.forms import Contact
from nmt_guide.dialogue.model import Button, Memory, Message, Reply, Turn
from nmt_guide.dialogue.reading import (
    asks,
    asks_about_habits,
    follow_up_kind,
    sure_topic,
    wants_to_leave,
)
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.yes_no import says_no, says_yes
from nmt_guide.handoff.contact import read_email, read_name, read_phone
from nmt_guide.handoff.hours import opening
from nmt_guide.handoff.requests import Kind

#: Topics whose answer offers to take a message, and what the message is then about.
KINDS: dict[str, Kind] = {
    "human_handoff": "question",
    "booking": "booking",
    "cancellation": "cancellation",
    "complaint": "complaint",
}
#: Topics that a wish for a call may be taken for.
_WITH_A_CALL = (None, "human_handoff", "booking", "hours_location", "unclear", "out_of_scope")
DELETE_TOPIC = "delete_my_data"
LEAVE_MESSAGE = Button("Leave a message", choice("message"))
DELETE = Button("Delete my messages", choice("forget"))

_WANTS_CALL = re.compile(
    r"\b(?:call|ring|phone|text|e-?mail) me\b|\bcall[- ]?back\b|\b(?:someone|somebody|anyone|staff|they|a person|a therapist)\W+(?:to\W+|please\W+)?"
    r"(?:call|ring|phone|text|e-?mail|contact) me\b",
    re.IGNORECASE,
)
#: What buttons of a message send that can still be pressed when it is sent or left.
_OLD_BUTTONS = ("yes", "no", "send", "change", "name", "way")
#: Something is to be put right: "change my number first", "the message is wrong".
_CHANGES = re.compile(
    r"\b(?:change|correct(?! *$)|edit|fix|update|alter|replace|redo|rewrite|wrong|incorrect|different|typo|mistake|misspel\w+|spel\w+|not (?:right|correct|mine|my))\b",
    re.IGNORECASE,
)
#: A question about the consent has at most so many words, or one of these.
_SHORT_QUESTION = 4
_ABOUT_CONSENT = re.compile(
    r"\b(?:why|need|name|number|phone|e-?mail|details?|data|pass|stor\w+|keep|kept|privat\w+|shar\w+|spam|who|permission|consent|information|info|safe|secure)\b",
    re.IGNORECASE,
)
#: "Did that go thru?", before anything was sent.
_ASKS_IF_SENT = re.compile(r"\bsen[td]\b|\bgo(?:ne|ing)? (?:thr(?:u|ough)|out|off|in)\b|\b(?:got|get|have|received?) (?:it|that|my message)\b", re.IGNORECASE)  # fmt: skip
#: After "I can pass your question to staff if you say yes" a yes has no more words than this.
_SHORT_YES = 3

_CONSENT = "May I pass your name, your number or e-mail address, and your message to the clinic? Please say yes or no."
_NAME = "What is your name?"
_WAY = "What phone number or e-mail address can the clinic reach you at?"
_MESSAGE = "What should I pass on? Please write it in your own words. You can leave out health details."
_CHANGE = "What should I change: your name, how to reach you, or the message?"
_SUMMARY = "Here is what I will pass on:\n{details}\nShall I send it?"
_ASK = {"consent": _CONSENT, "name": _NAME, "way": _WAY, "message": _MESSAGE, "change": _CHANGE}
_BACK = "Back to your message for the clinic. "
_AGAIN = {
    "consent": "I need a clear yes or no before I pass anything on. ",
    "name": "I did not catch a name. ",
    "way": "I did not find a number or an address in that. ",
    "message": "",
    "change": "",
    "confirm": "Nothing is sent yet. Please say send, change or do not send. ",
}
_WHY = "Staff need it to answer you. Nothing is passed on before you say send. "
_NOTED = "I have {details}. "
_NOTHING_NOTED = "I am sorry, I have none of that here. I note your details only for a message to the clinic. "
_UNREAD = "I could not read your number, so I will ask you for it again. "
_NOT_SENT_YET = "No, it is not sent yet. "
_SURE = "If it is right as it is, say yes. Else please write it again."
_SENT = "Thank you, {name}. The clinic has your message."
_CLOSED = "That message is closed already. Would you like to leave another one?"
DROPPED = "All right, nothing is passed on."
_LEFT = f"{DROPPED} What else would you like to know?"
_NOT_KEPT = "I am sorry, I could not pass your message on just now. Please try again in a minute, or call {phone}."


class Correspondence:
    """One turn of leaving a message.

    Args:
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
        services: the outbox, the time.
    """

    def __init__(self, turn: Turn, memory: Memory, answers: Answers, services: Services) -> None:
        self.turn = turn
        self.memory = memory
        self.answers = answers
        self.services = services
        self.clinic = answers.content.clinic
        #: What the client wrote; nothing where a button was pressed.
        self.typed = turn.text if turn.chosen is None else ""

    def is_dropped(self) -> bool:
        """Whether the client wants nothing sent and asks something else with it."""
        refuses = self.memory.contact is not None and self.memory.contact.asked == "consent" and says_no(self.turn)
        return (self._is_not_to_be_sent() or refuses) and self._asks_something_else() and asks(self.turn.text)

    def _is_not_to_be_sent(self) -> bool:
        return self.memory.contact is not None and says_not_to_send(self.typed)

    def step(self) -> Reply | None:
        """The reply to a message that belongs here; nothing for all others."""
        if self._pressed("forget"):
            message, deleted = staff.delete(self.turn, self.answers, self.services)
            return Reply((message,), Memory() if deleted else self.memory)
        contact = self.memory.contact
        return self._outside() if contact is None else self._inside(contact)

    def _outside(self) -> Reply | None:
        """What begins a message, while none is being left."""
        if any(map(self._pressed, _OLD_BUTTONS)):
            return self._done([self.answers.on_form(_CLOSED, [LEAVE_MESSAGE])], None)
        if self._pressed("message"):
            return self._start()
        return self._booking(None) or (self._start() if self._wants_to_write() else None)

    def _inside(self, contact: Contact) -> Reply | None:
        """What is said to the form."""
        # What is to be passed on may begin so: "forget that Friday visit, I am ill".
        leaves = wants_to_leave(self.turn.text, hardly_more=contact.asked == "message")
        if self._pressed("stop") or leaves or self._is_not_to_be_sent():
            return self._leave()
        if self.turn.chosen is not None and self.turn.chosen[0] == "faq":
            return None
        if contact.kind == "booking" and contact.asked != "message" and (reply := self._booking(contact)):
            return reply
        steps = {
            "consent": self._consent,
            "name": self._name,
            "way": self._way,
            "message": self._message,
            "confirm": self._confirm,
            "change": self._change,
        }
        return steps[contact.asked](contact)

    def reminder(self) -> Message | None:
        """What is still asked, after something else was answered."""
        contact = self.memory.contact
        return self._question(contact, _BACK) if contact is not None else None

    def dressed(self, message: Message) -> Message:
        """An answer with what a person can do about it: the offer to take a message, and whether somebody is in."""
        topic = str(message.meta.get("topic"))
        if topic == DELETE_TOPIC:
            return message.but(buttons=(DELETE, *message.buttons[:2]))
        if topic not in KINDS:
            return message
        text = message.text if topic != "human_handoff" else " ".join(filter(None, (message.text, self._hours())))
        return message.but(text=text, buttons=(LEAVE_MESSAGE, *message.buttons[:2]))

    # -- beginning and end ----------------------------------------------------------------------------------------

    def _wants_to_write(self) -> bool:
        """Whether somebody should call, or a message should be passed on."""
        text = self.turn.text
        if self.turn.chosen is not None:
            return False
        offered = self.memory.topic in KINDS
        if offered and says_yes(self.turn) and len(text.split()) <= _SHORT_YES:
            return True
        habits = asks_about_habits(text)
        if not habits and (wants_message(text) or (says_it_gave(text) and not asks(text))):
            return True
        if not habits and takes_the_offer(text):
            return offered or bool(told_in(text, self._country())) or agrees_only(text)
        wants_call = not habits and bool(_WANTS_CALL.search(text))
        if not wants_call and not offered:
            return False
        return bool(found_in(text, self._country())) or (wants_call and sure_topic(self.turn) in _WITH_A_CALL)

    def _start(self) -> Reply:
        """Ask for consent, with what the client gave at once already noted."""
        topic = sure_topic(self.turn) or self.memory.topic
        kind = KINDS.get(topic or "", "question")
        if _WANTS_CALL.search(self.turn.text) and kind == "question":
            kind = "call_back"
        given = given_in(self.typed, self._country())
        contact = Contact(uuid.uuid4().hex, kind, "consent", topic, **given)
        before = ""
        if says_it_gave(self.turn.text):
            contact = contact.but(message=None)
            before = self._noted(contact)
        if not (contact.phone or contact.email) and given and read_phone(self.turn.text, self._country()).problem:
            before += _UNREAD
        counted_under = topic if topic in KINDS else "human_handoff"
        return self._done([self._question(contact, before).on(counted_under)], contact)

    def _booking(self, contact: Contact | None) -> Reply | None:
        """The reply to who believes that a visit is booked here, or can be: where to book, or the wish passed on.

        Args:
            contact: the message that is being left for it.
        """
        misbelief = booking.misbelief(self.turn, self.memory)
        if misbelief is None:
            return None
        before = booking.how_to_book(self.answers, misbelief.is_booked)
        if contact is None and misbelief.wish is None:
            buttons = (LEAVE_MESSAGE, *self.answers.related(booking.TOPIC)[:2])
            message = self.answers.on_topic(booking.TOPIC, before + booking.LEAVE_WISH, buttons)
        else:
            contact = contact or Contact(uuid.uuid4().hex, "booking", "consent", booking.TOPIC)
            if misbelief.wish is not None:
                told = {"message": misbelief.wish, **told_in(self.turn.text, self._country())}
                contact = contact.but(**told)
                before += booking.PASS_WISH_ON
            message = self._question(contact, before).on(booking.TOPIC)
        reply = self._done([message], contact)
        return Reply(reply.messages, reply.memory.but(topic=booking.TOPIC))

    def _leave(self) -> Reply:
        return self._done([self.answers.on_form(_LEFT)], None)

    def _send(self, contact: Contact) -> Reply:
        if not staff.pass_on(contact, self.turn, self.services):
            text = _NOT_KEPT.format(phone=self.answers.phone)
            return self._done([self.answers.on_form(text, self._buttons(contact))], contact)
        text = " ".join(filter(None, (_SENT.format(name=contact.name), self._hours(away=False))))
        return self._done([self.answers.on_form(text, kind="handoff")], None)

    # -- the steps ------------------------------------------------------------------------------------------------

    def _consent(self, contact: Contact) -> Reply | None:
        text = self.turn.text
        given = told_in(self.typed, self._country())
        contact = with_last_digits(contact, text) or contact.but(**missing_in(contact, given))
        told = contact != self.memory.contact
        if self._pressed("yes") or consents(self.typed, told):
            return self._ask(contact.but(consent=True))
        if self._pressed("no") or (says_no(self.turn) and not asks(text)):
            return self._leave()
        if told:
            return self._done([self._question(contact, _AGAIN["consent"])], contact)
        if asks(text) and not self._asks_something_else():
            about_it = len(text.split()) <= _SHORT_QUESTION or _ABOUT_CONSENT.search(text)
            return self._done([self._question(contact, _WHY)], contact) if about_it else None
        return self._again(contact)

    def _name(self, contact: Contact) -> Reply | None:
        text = self.turn.text
        found = found_in(text, self._country())
        contact = contact.but(**missing_in(contact, found))
        rest = without_details(text, *found.values())
        readings = [read_name(part) for part in (rest, *re.split(r"[,;\n]", rest))]
        name = next((reading.value for reading in readings if reading.value), None)
        if name is not None and not self._asks_something_else() and not sends_only(text):
            return self._ask(contact.but(name=name))
        return self._again(contact, readings[0].problem)

    def _way(self, contact: Contact) -> Reply | None:
        text = self.turn.text
        readings = (read_phone(text, self._country()), read_email(text))
        phone, email = (reading.value for reading in readings)
        problem = next((reading.problem for reading in readings if reading.problem), None)
        if phone or email:
            return self._reached_at(contact, phone, email, problem)
        if ending := with_last_digits(contact, text):
            return self._ask(ending)
        if (contact.phone or contact.email) and says_yes(self.turn):
            return self._ask(contact)
        return self._again(contact, problem)

    def _reached_at(self, contact: Contact, phone: str | None, email: str | None, problem: str | None) -> Reply:
        """Note a number or an address, with what is said beside it; ask once more for one that looks wrong.

        Args:
            contact: the message so far.
            phone: the number.
            email: the address.
            problem: what is wrong with them; said again as they are, they are taken.
        """
        said_again = (phone, email) == (contact.phone, contact.email)
        beside = without_details(self.turn.text, *filter(None, (phone, email)))
        contact = contact.but(phone=phone or contact.phone, email=email or contact.email)
        if is_about_it(beside):
            contact = with_words(contact, beside)
        elif says_when(beside):
            says_what = contact.message or contact.kind == "call_back"
            contact = with_words(contact, beside)
            if not says_what and problem is None:
                return self._ask_for(contact, "message")
        if problem is None or said_again:
            return self._ask(contact)
        return self._done([self.answers.on_form(f"{problem} {_SURE}", self._buttons(contact))], contact)

    def _message(self, contact: Contact) -> Reply | None:
        # Whatever stands here is the message: "do you take Aetna?" may be just what a person should be asked.
        words = whole_message(self.typed)
        if not re.search(r"\w", words):
            return self._again(contact)
        found = found_in(words, self._country())
        if found and hardly_more(without_details(words, *found.values())):
            return self._ask_for(contact.but(**found), "message")
        # What is there already says when to call.
        return self._ask(with_words(contact, words))

    def _confirm(self, contact: Contact) -> Reply | None:
        if self._pressed("change"):
            return self._ask_for(contact, "change")
        if added := added_words(self.typed, self._country()):
            return self._ask(with_words(contact, added))
        if self._pressed("send") or self._pressed("yes") or says_send(self.typed):
            return self._send(contact)
        if better := corrected(contact, self.typed, self._country()):
            return self._ask(better)
        changes = _CHANGES.search(self.turn.text)
        if asks(self.typed) and not changes:
            if _ASKS_IF_SENT.search(self.typed):
                return self._done([self._question(contact, _NOT_SENT_YET)], contact)
            return self._again(contact)
        if field := self._field():
            return self._change_of(contact, field)
        if changes or says_no(self.turn) or self._pressed("no"):
            return self._ask_for(contact, "change")
        return self._again(contact)

    def _change(self, contact: Contact) -> Reply | None:
        if added := added_words(self.typed, self._country()):
            return self._ask(with_words(contact, added))
        if words := new_words(self.typed):
            return self._ask(contact.but(message=words))
        if better := corrected(contact, self.typed, self._country()):
            return self._ask(better)
        if field := self._field():
            return self._change_of(contact, field)
        if self._pressed("send") or says_no(self.turn) or says_send(self.typed):
            return self._ask(contact)
        return self._again(contact)

    # -- asking ---------------------------------------------------------------------------------------------------

    def _ask(self, contact: Contact) -> Reply:
        """Ask for what is still missing, or show everything."""
        missing = {"name": contact.name, "way": contact.phone or contact.email, "message": contact.message}
        asked = "consent" if not contact.consent else next((f for f, value in missing.items() if not value), "confirm")
        return self._ask_for(contact, asked)

    def _change_of(self, contact: Contact, field: str) -> Reply:
        return self._ask_for(contact.but(message=None) if field == "message" else contact, field)

    def _ask_for(self, contact: Contact, asked: str) -> Reply:
        contact = contact.but(asked=asked)
        return self._done([self._question(contact)], contact)

    def _again(self, contact: Contact, problem: str | None = None) -> Reply | None:
        """Ask once more, unless the message was a question of its own."""
        if says_it_gave(self.typed):
            return self._done([self._question(contact, self._noted(contact))], contact)
        if (problem is None or contact.asked == "name") and self._asks_something_else():
            return None
        wonders = follow_up_kind(self.turn) == "why" or re.match(r"\W*why\b", self.turn.text, re.IGNORECASE)
        before = _WHY if wonders else f"{problem} " if problem else _AGAIN[contact.asked]
        return self._done([self._question(contact, before)], contact)

    def _question(self, contact: Contact, before: str = "") -> Message:
        if contact.asked == "confirm":
            details = [f"Name: {contact.name}", f"Phone: {contact.phone}", f"E-mail: {contact.email}"]
            details = [line for line in details if not line.endswith(": None")] + [f"Message: {contact.message}"]
            text = _SUMMARY.format(details="\n".join(details))
        else:
            text = _ASK[contact.asked]
        return self.answers.on_form(f"{before}{text}", self._buttons(contact))

    def _buttons(self, contact: Contact) -> list[Button]:
        stop = Button("Do not send", choice("stop"))
        yes_no = [Button("Yes", choice("yes")), Button("No", choice("no"))]
        last = [Button("Send", choice("send")), Button("Change something", choice("change")), stop]
        fields = [Button("My name", choice("name")), Button("How to reach me", choice("way")), Button("The message", choice("message"))]  # fmt: skip
        return {"consent": yes_no, "confirm": last, "change": [*fields, stop]}.get(contact.asked, [stop])

    def _noted(self, contact: Contact) -> str:
        """What the client gave already, for who says so."""
        values = {"name": contact.name, "number": contact.phone, "e-mail address": contact.email}
        details = [f"your {part} ({value})" for part, value in values.items() if value]
        details += ["your message"] if contact.message else []
        return _NOTED.format(details=" and ".join(details)) if details else _NOTHING_NOTED

    def _hours(self, away: bool = True) -> str:
        """Whether somebody is in, in the clinic's words where it has some."""
        now = opening(self.clinic, self.services.now())
        message = self.clinic.text("away_message") if away and now.known and not now.open else None
        return " ".join(filter(None, (message, now.text)))

    def _done(self, messages: Sequence[Message], contact: Contact | None) -> Reply:
        changes: dict[str, Any] = {"contact": contact, "said": (), "misses": 0, "asking": None}
        return Reply(tuple(messages), self.memory.but(**changes))

    # -- reading --------------------------------------------------------------------------------------------------

    def _pressed(self, value: str) -> bool:
        return self.turn.chosen == ("choose", value)

    def _asks_something_else(self) -> bool:
        """Whether the message is a question that the assistant should answer first."""
        if self.turn.chosen is not None:
            return self.turn.chosen[0] != "choose"
        text, contact = self.turn.text, self.memory.contact
        decides = contact is not None and contact.asked in ("consent", "confirm")
        if decides and begins_with_a_yes(text) and not asks(text):
            return False  # "yes but only mornings" is an answer, if no clear one
        if sure_topic(self.turn) in (None, "unclear", "out_of_scope", *KINDS):
            return follow_up_kind(self.turn) in ("more", "evidence", "sources", "simpler") and not waits(text)
        return "?" in text or len(text.split()) > 2

    def _country(self) -> str | None:
        return self.clinic.facts.get("country")

    def _field(self) -> str | None:
        """The part of the message that the client names, by a button or in words."""
        return next(filter(self._pressed, FIELDS), None) or field_of(self.typed)

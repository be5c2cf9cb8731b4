"""A message to a person at the clinic: consent first, then name, a way to reach the client, the words, a last look.

The clinic gets nothing before the client has seen all of it and said "send". What was typed so far stands in one slot, which is
emptied when the message is sent or left; the slot that repeats what was said (`said`) never gets any of it. The history of the
conversation keeps what was typed and shown, as it keeps all else, until the conversation is deleted (`nmt_guide.privacy.forget`).
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timezone
from typing import Any

from nmt_guide.dialogue.answers import Answers, choice
from nmt_guide.dialogue.forms import Contact
from nmt_guide.dialogue.model import Button, Memory, Message, Reply, Turn, values_of
from nmt_guide.dialogue.reading import (
    ANSWER_CONFIDENCE,
    asks,
    follow_up_kind,
    says_no,
    says_yes,
    sure_topic,
    wants_to_leave,
)
from nmt_guide.dialogue.services import Services
from nmt_guide.errors import StoreError
from nmt_guide.handoff.contact import read_email, read_name, read_phone
from nmt_guide.handoff.hours import opening
from nmt_guide.handoff.requests import Kind, Request

logger = logging.getLogger(__name__)

#: Topics whose answer offers to take a message, and what the message is then about.
KINDS: dict[str, Kind] = {
    "human_handoff": "question",
    "booking": "booking",
    "cancellation": "cancellation",
    "complaint": "complaint",
}
#: Topics that a wish for a call may be taken for.
_WITH_A_CALL = (None, "human_handoff", "booking", "hours_location", "unclear", "out_of_scope")
BOOKING_TOPIC = "booking"
DELETE_TOPIC = "delete_my_data"
LEAVE_MESSAGE = Button("Leave a message", choice("message"))
DELETE = Button("Delete my messages", choice("forget"))

#: Namespace of the ids of urgent notices, so that one flag in one conversation on one day is one notice.
_NOTICES = uuid.UUID("6f1c4f0e-3d0a-4b7e-9f5c-0d0a9a3b7c51")
_WANTS_CALL = re.compile(
    r"\b(?:call|ring|phone|text|e-?mail) me\b|\bcall[- ]?back\b|\b(?:someone|somebody|anyone|staff|they|a person|a therapist)\W+(?:to\W+|please\W+)?"
    r"(?:call|ring|phone|text|e-?mail|contact) me\b",
    re.IGNORECASE,
)
_WANTS_MESSAGE = re.compile(
    r"\b(?:leave|pass on|send|take)\W+(?:\w+\W+){0,2}?(?:message|note)\b|\bmy message\b", re.IGNORECASE
)
#: "Yes please pass it on", "forward this to the clinic": takes the offer.
_PASSES_ON = re.compile(
    r"(?:\b(?:yes|yeah|yep|ok|okay|sure|please|can you|could you|then|do)\W+)*\b(?:pass|send|forward|give) "
    r"(?:(?:it|this|that|them|(?:my|the) (?:question|details)) (?:on|along|over|(?=to ))|(?:on|along) (?:it|this|that|(?:my|the) (?:question|details)))"
    r"(?: ?to (?:them|the (?:clinic|team|staff)|staff))?(?:\W+(?:please|then|for me|thanks))*\b",
    re.IGNORECASE,
)
#: The client's own name, said as such, or before a number: "my name is Ann Bo", "I'm Ann Bo", "Ann Bo, 512 ...".
_NAMES_ITSELF = re.compile(
    r"\b(?:and )?(?:my (?:full )?name(?: is|'s|:)|name:|i(?:'m| am) called)\s+(?P<said>[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*){0,4}?)"
    r"(?=\s*(?:$|[^\w\s'-]|\d|\b(?:and|on|at|my|number|phone|tel|cell|mobile|e-?mail|i|i'm|i'd|i've)\b))"
    r"|\b(?:this is|i(?:'m| am)|it's) (?-i:(?P<capital>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}))"
    r"|(?:^|(?<=[.!,] ))(?!(?:call|phone|text|number|mobile|cell|tel|e-?mail|reach|use|try|ring)\b)"
    r"(?-i:(?P<bare>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}))(?=,? \+?\(?\d{3})",
    re.IGNORECASE,
)
#: A number or an address, with the words that only lead to it: "you can call me on 512 ...".
_WAY_WITH_WORDS = re.compile(
    r"(?:\b(?:and|or|please|you can|on|at|my|the|it'?s) ){0,3}(?:\b(?:call|ring|phone|text|reach|e-?mail|contact) me(?: back)?(?: on| at)? )?"
    r"(?:\b(?:my |the )?(?:phone|tel|telephone|mobile|cell|number|nr|e-?mail|address)(?: number| address)?(?: is|:)? )?"
    r"(?:\+?\(?\d[\d\s().\-/]{5,}\d|(?<!\S)[^\s<>(),;]+@[^\s<>(),;]+)",
    re.IGNORECASE,
)
#: "I just gave you my name and number."
_GAVE = re.compile(
    r"\bi(?:'ve| have)? (?:just |already |literally )*(?:gave|given|told|sent|typed|wrote|written|said|put)\b(?: \w+){0,2} my (?:\w+ )?"
    r"(?:name|number|phone|e-?mail|details|address)\b",
    re.IGNORECASE,
)
#: Stands before the words themselves.
_LEADS_IN = re.compile(r"^(?:\W|(?:yes|yeah|yep|ok|okay|sure|please|hi|hello|hey|and|also)\b)+", re.IGNORECASE)
#: The client believes that a visit can be booked here: "ok book me in", "put me down for friday", "no do it for me here".
_ORDERS_BOOKING = re.compile(
    r"(?<!\bi )(?<!\bto )\b(?:book|schedule|reserve) (?:me|us|it|that|this|(?:a|the|my) (?:visit|appointment|session|slot|massage))\b"
    r"|\b(?:put|pencil|squeeze|fit|sign|slot|get) (?:me|us) (?:in|down|up)\b|\bdo (?:it|that|this) (?:for me|(?:right )?here)\b",
    re.IGNORECASE,
)
#: ... or that it was: "so booked?", "am I all set for friday".
_ASKS_IF_BOOKED = re.compile(
    r"^\W*(?:(?:so|ok|okay|and|great|cool|then|wait|well|right|is|are|am|i|i'm|im|we|we're|it|that|this|that's|thats|it's|its|all|now|really|my|the|"
    r"visit|appointment|have|did|you|you've)\W+)*(?:booked|confirmed|scheduled|reserved|all set|(?<=did you )book)\b",
    re.IGNORECASE,
)
_CANCELS = re.compile(
    r"\bcancel|\b(?:can'?t|can ?not|won'?t|not going to|unable to) (?:make|come|be there)\b", re.IGNORECASE
)
#: What stands beside "booked" where it is about something else: "are you booked out", "I booked online".
_BOOKED_ELSEWHERE = re.compile(
    r"\b(?:fully|online|website|site|link|app|phone|called|rang|up|out|solid|wrong|already booked)\b|^\W*(?:i|we|are you) ?booked\b|\bare you booked\b",
    re.IGNORECASE,
)
#: "Do you call me before a visit?" asks about the clinic's habits.
_ABOUT_HABITS = re.compile(r"^\W*(?:do|does|did|why|when|how|will|what|who)\b", re.IGNORECASE)
_ORDERS_DELETION = re.compile(
    r"(?:^\W*|[.!?;]\s+)(?:(?:please|and|also|then|can you|could you|i want you to|i'd like you to|now)\W+)*(?:delete|erase|forget|remove|wipe)\b",
    re.IGNORECASE,
)
_FIELDS = (
    ("name", re.compile(r"\bname\b|\bspel", re.IGNORECASE)),
    ("way", re.compile(r"\b(?:number|phone|e-?mail|address|digits?)\b", re.IGNORECASE)),
    ("message", re.compile(r"\b(?:message|text|words?|note|question)\b", re.IGNORECASE)),
)
#: What agrees to pass on, what agrees to send, and what may stand beside it: see `_is_only`.
_AGREEING = (
    r"yes|yeah|yea|yep|yup|ya|yess+|y|ok|okay|okey|k|kk|sure(?: thing)?|of course|certainly|absolutely|definitely|by all means|go ahead|"
    r"go for it|please do|do (?:it|so|that)|you (?:may|can)|i (?:do )?(?:agree|consent|allow (?:it|that))|agreed|i do|fine|alright|all right|"
    r"no (?:problem|worries|objections?)|(?:(?:that|it|this)(?:'?s| is| sounds| works)|sounds|all) (?:fine|ok|okay|good|great|alright|all right)|"
    r"you have my (?:permission|consent|ok)"
)
_POLITE = (
    r"please|pls|plz|thank you|thankyou|thanks?|thx|ty|cheers|then|now|so|and|oh|well|right|great|good|perfect|cool|lovely|love|hon|dear|"
    r"mate|lol|haha|for me|(?:by|with|to) me|let (?:them|him|her|the clinic|staff) know|pass (?:it|that|this|them|my message) on"
)
_SENDING = (
    r"(?:you can |just |i said )?(?:send|submit)(?: (?:it|that|this|them|(?:the|my) message))?(?: (?:off|over|away|in))?(?: to (?:them|the clinic|staff))?|"
    r"(?:(?:that|it|this|everything|all)(?:'?s| is| looks)? |looks |all )(?:right|correct|good|great|perfect|fine|it|ok|okay|well)|"
    r"perfect|correct|right|great|good|lovely|(?:good|ready) to go"
)
_AGREES = re.compile(rf"^\W*(?:{_AGREEING})\b", re.IGNORECASE)
#: Beside a yes with a number or an address: a no, a condition, a moment to think.
_REFUSES = re.compile(
    r"n't\b|\b(?:no|not|nope|nah|never|none|dont|cant|wont|if|unless|until|till|stop|cancel)\b", re.IGNORECASE
)
_HOLDS_BACK = re.compile(
    r"\b(?:but|before|first|wait|hold|hang on|maybe|perhaps|unsure|rather|without|guess|private)\b", re.IGNORECASE
)
#: What buttons of a message send that can still be pressed when it is sent or left.
_OLD_BUTTONS = ("yes", "no", "send", "change", "name", "way")
#: "Ok hold on" asks for nothing.
_WAITS = re.compile(
    r"^\W*(?:(?:yes|ok|okay|but|no|oh|please|can you|just)\W+)*(?:wait|hold|hang|stop|not yet)\b", re.IGNORECASE
)
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
_SPELLED = re.compile(r"^\W*(?:spelled|spelt|written)\s+", re.IGNORECASE)
#: "The name is wrong" says no new one.
_NO_NEW_NAME = re.compile(
    r"^\W*(?:(?:all|still|also|a bit|completely|totally|just|quite|now|spel\w+) )*(?:wrong|right|correct|incorrect|misspel\w+|off|good|great|missing|different|mine)\b",
    re.IGNORECASE,
)
#: The last digits of a number that was given: "it ends 0198", "0198 not 0199".
_LAST_DIGITS = re.compile(
    r"\b(?:ends?|ending|last (?:digits?|two|three|four|part))\b\D{0,12}(?P<a>\d{2,6})\b"
    r"|\b(?P<b>\d{2,4}) (?:at the end\W*$|(?:and )?not (?P<old>\d{2,4})\b)",
    re.IGNORECASE,
)
#: What is left of a first message besides name, number and address is the message itself from so many words on; from fewer
#: where the client gives a name too, or says that it is to be passed on.
_MESSAGE_WORDS = 6
_FEWER_WORDS = 3
_LONGEST_MESSAGE = 2000
#: After "I can pass your question to staff if you say yes" a yes has no more words than this.
_SHORT_YES = 3
#: With so few words beside it a number or an address is a correction ("no wait, use ana@example.com"), no message.
_CORRECTION_WORDS = 4
#: "512 555 0177, about my invoice": what the message is about, beside the number; "afternoons are best": when to call.
_ABOUT = re.compile(r"(?:it'?s |this is |that's )?(?:about|regarding|concerning)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"(?<!good )\b(?:mornings?|afternoons?|evenings?|nights?|weekdays?|weekends?|lunch ?time|(?:before|after|between|until|till|from) (?:\d|noon|work))\b",
    re.IGNORECASE,
)
#: What is to be added: "can you add that afternoons are best", "and tell them I'm on blood thinners".
_ADDS = re.compile(
    r"^\W*(?:(?:yes|ok|okay|oh|wait|and|also|please|but|can you|could you|you can|just)\W+)*"
    r"(?:add|mention|include|(?:tell|let) (?:them|him|her|staff)(?: know)?|(?:put|write)(?= (?:also|too|that|in|i|my|it)\b))"
    r"(?:\W+(?:also|too|in|that|there|to (?:it|(?:the|my) (?:message|note))))*\W+(?P<added>\w.+)$",
    re.IGNORECASE | re.DOTALL,
)
_COURTESY = re.compile(r"(?:(?:know|in|that|it|again|please|pls|now|thanks?|thank you|asap|too)\b|\W)+", re.IGNORECASE)
#: "The message. Just say call me in the afternoon": which part, and what it should be.
_INSTEAD = re.compile(
    r"^\W*(?:(?:the|my) )?(?:message|text|note)(?:\s*:|\b[^\w\n]{1,5}(?:(?:please|just|should|it|to|better) ){0,4}(?:be|say|read|write|put)\b)"
    r"\W{0,5}(?P<words>\w.+)$",
    re.IGNORECASE | re.DOTALL,
)
#: Nothing is to be sent, whatever else is said ("don't send it love, I'll ring you. So is that normal?"); "don't send it yet" and
#: "don't send me paper bills" say something else.
_NOT_TO_BE_SENT = re.compile(
    r"\b(?:do ?n[o']?t|do not) send(?: (?:it|that|this|anything|(?:the|my) message))?(?: (?:love|hon|then|please|thanks|lol|any ?more|after all))*"
    r"\s*(?:$|[.!;?,](?! ?(?:use|first|add|until|till|yet|before))|\bi(?:'?ll| will)\b)",
    re.IGNORECASE,
)

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
_NOT_BOOKED = "No, not booked yet. "
_CANNOT_BOOK = (
    "I cannot book or change a visit in this chat, nor see the clinic's calendar. Please {how}. Your time is set only when the "
    "clinic confirms it. "
)
_PASS_WISH_ON = "Or I can pass on what you wish, as you wrote it. "
_LEAVE_WISH = "Or leave a message with the days and times that suit you."
_NOT_SENT_YET = "No, it is not sent yet. "
_SURE = "If it is right as it is, say yes. Else please write it again."
_SENT = "Thank you, {name}. The clinic has your message."
_CLOSED = "That message is closed already. Would you like to leave another one?"
DROPPED = "All right, nothing is passed on."
_LEFT = f"{DROPPED} What else would you like to know?"
_NOT_KEPT = "I am sorry, I could not pass your message on just now. Please try again in a minute, or call {phone}."
_NOT_DELETED = "I am sorry, I could not delete it just now. Please try again in a minute, or call {phone}."
#: Names every channel, as what is said is the same on each.
_DELETED = (
    "I have deleted the messages that this chat left for the clinic, and I begin anew. The clinic may already have got a message "
    "that you sent. What we wrote here is still stored. To delete that too, choose Delete this conversation in the menu of a web "
    "chat, send /delete in Telegram or /nmt delete in Slack, or write to {contact}."
)


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

    def is_dropped(self) -> bool:
        """Whether the client wants nothing sent and asks something else with it."""
        refuses = self.memory.contact is not None and self.memory.contact.asked == "consent" and says_no(self.turn)
        return (self._is_not_to_be_sent() or refuses) and self._asks_something_else() and asks(self.turn.text)

    def _is_not_to_be_sent(self) -> bool:
        typed = self.memory.contact is not None and self.turn.chosen is None
        return typed and bool(_NOT_TO_BE_SENT.search(self.turn.text))

    def step(self) -> Reply | None:
        """The reply to a message that belongs here; nothing for all others."""
        intent, value = self.turn.chosen or ("", "")
        if intent == "choose" and value == "forget":
            return self._forget()
        contact = self.memory.contact
        if contact is None:
            if intent == "choose" and value in _OLD_BUTTONS:
                return self._done([self.answers.on_form(_CLOSED, [LEAVE_MESSAGE])], None)
            if (intent, value) == ("choose", "message"):
                return self._start()
            return self._booking(None) or (self._start() if self._wants_to_write() else None)
        # What is to be passed on may begin so: "forget that Friday visit, I am ill".
        leaves = wants_to_leave(self.turn.text, hardly_more=contact.asked == "message")
        if (intent, value) == ("choose", "stop") or leaves or self._is_not_to_be_sent():
            return self._leave()
        if intent == "faq":
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
            return Message(message.text, message.meta, (DELETE, *message.buttons[:2]))
        if topic not in KINDS:
            return message
        text = message.text if topic != "human_handoff" else " ".join(filter(None, (message.text, self._hours())))
        return Message(text, message.meta, (LEAVE_MESSAGE, *message.buttons[:2]))

    def notify(self, flag: str) -> None:
        """Tell staff of an urgent red flag: which, when and in which conversation, and not a word of the client's.

        Nothing that fails here may keep the client from the safety message.
        """
        now = self.services.now()
        notice = uuid.uuid5(_NOTICES, f"{self.turn.conversation}/{flag}/{now.astimezone(timezone.utc).date()}")
        request = Request(
            kind="urgent",
            conversation=self.turn.conversation,
            channel=self.turn.channel,
            flag=flag,
            created_at=now,
            id=notice.hex,
        )
        try:
            self.services.staff.add(request)
        except Exception:
            logger.exception("Staff could not be told of %s in conversation %s.", flag, self.turn.conversation)

    def deletes_at_once(self) -> bool:
        """Whether the client orders the deletion, and does not only ask about it."""
        return bool(_ORDERS_DELETION.search(self.turn.text))

    def delete(self) -> tuple[Message, bool]:
        """Delete what this conversation left for staff. The conversation itself cannot be deleted while it is answered.

        Returns:
            What is said of it, and whether it is deleted: then the memory should go too.
        """
        try:
            self.services.staff.forget(self.turn.conversation)
        except StoreError:
            logger.exception("The messages of conversation %s could not be deleted.", self.turn.conversation)
            return self.answers.on_form(_NOT_DELETED.format(phone=self._phone()), kind="privacy"), False
        contact = self.clinic.text("privacy.contact") or self.clinic.text("email") or self._phone()
        return self.answers.on_form(_DELETED.format(contact=contact), kind="privacy"), True

    # -- beginning and end ----------------------------------------------------------------------------------------

    def _wants_to_write(self) -> bool:
        """Whether somebody should call, or a message should be passed on."""
        text = self.turn.text
        if self.turn.chosen is not None:
            return False
        if self.memory.topic in KINDS and says_yes(self.turn) and len(text.split()) <= _SHORT_YES:
            return True
        habits = _ABOUT_HABITS.match(text)
        if not habits and (_WANTS_MESSAGE.search(text) or (_GAVE.search(text) and not asks(text))):
            return True
        if not habits and _PASSES_ON.search(text):
            return self.memory.topic in KINDS or bool(self._told(text)) or _is_only(text, _AGREEING)
        wants_call = not habits and _WANTS_CALL.search(text)
        if not wants_call and self.memory.topic not in KINDS:
            return False
        return bool(self._found(text)) or bool(wants_call and sure_topic(self.turn) in _WITH_A_CALL)

    def _start(self) -> Reply:
        text, topic = self.turn.text, sure_topic(self.turn) or self.memory.topic
        kind = KINDS.get(topic or "", "question")
        if _WANTS_CALL.search(text) and kind == "question":
            kind = "call_back"
        given = self._given(text) if self.turn.chosen is None else {}
        gave = bool(_GAVE.search(text))
        contact = Contact(uuid.uuid4().hex, kind, "consent", topic, **given)
        contact = contact.but(message=None) if gave else contact
        before = self._noted(contact) if gave else ""
        if not (contact.phone or contact.email) and given and read_phone(text, self._country()).problem:
            before += _UNREAD
        message = self._question(contact, before)
        meta = {**message.meta, "topic": topic if topic in KINDS else "human_handoff"}
        return self._done([replace(message, meta=meta)], contact)

    def _booking(self, contact: Contact | None) -> Reply | None:
        """The reply to who believes that a visit is booked here, or can be: where to book, or the wish passed on.

        Args:
            contact: the message that is being left for it.
        """
        text, search = self.turn.text, self.memory.search
        sure = {one.label.partition("/")[2] for one in self.turn.questions if one.confidence >= ANSWER_CONFIDENCE}
        asks_else = len(self.turn.questions) > 1 and sure != {BOOKING_TOPIC}
        told = contact is not None or self.memory.topic == BOOKING_TOPIC  # how to book
        searches = search is not None and search.asked is not None
        if self.turn.chosen is not None or asks_else or searches or not (told or BOOKING_TOPIC in sure):
            return None
        facets = [question.facets for question in self.turn.questions]
        named = [one for facet in ("date", "time") for each in facets for one in values_of(each, facet)]
        believes = told and bool(_ASKS_IF_BOOKED.match(text)) and not _BOOKED_ELSEWHERE.search(text)
        orders = bool(_ORDERS_BOOKING.search(text)) and not _ABOUT_HABITS.match(text)
        only_a_time = told and bool(named) and BOOKING_TOPIC in sure and not asks(text)
        wishes = (orders or only_a_time) and not _CANCELS.search(text)
        if not believes and (not wishes or (contact is not None and contact.asked != "consent")):
            return None
        how = " or ".join(filter(None, (self._book_online(), f"call {self._phone()}")))
        before = (_NOT_BOOKED if believes else "") + _CANNOT_BOOK.format(how=how)
        if contact is None and not (named and wishes):
            related = self.answers.related(BOOKING_TOPIC)[:2]
            message = self.answers.on_topic(BOOKING_TOPIC, before + _LEAVE_WISH, (LEAVE_MESSAGE, *related))
        else:
            contact = contact or Contact(uuid.uuid4().hex, "booking", "consent", BOOKING_TOPIC)
            if named and wishes:
                words = _from_where_it_names(text, named)[:_LONGEST_MESSAGE]
                contact = contact.but(**{"message": words, **self._told(text)})
                before += _PASS_WISH_ON
            asked = self._question(contact, before)
            message = replace(asked, meta={**asked.meta, "topic": BOOKING_TOPIC})
        reply = self._done([message], contact)
        return Reply(reply.messages, reply.memory.but(topic=BOOKING_TOPIC))

    def _book_online(self) -> str | None:
        url = self.clinic.text("booking_url")
        return f"go to {url}" if url else None

    def _leave(self) -> Reply:
        return self._done([self.answers.on_form(_LEFT)], None)

    def _send(self, contact: Contact) -> Reply:
        request = Request(
            kind=contact.kind,
            conversation=self.turn.conversation,
            channel=self.turn.channel,
            name=contact.name,
            phone=contact.phone,
            email=contact.email,
            message=contact.message,
            topic=contact.topic,
            consent=contact.consent,
            created_at=self.services.now(),
            id=contact.id,
        )
        try:
            self.services.staff.add(request)
        except StoreError:
            logger.exception("A message of conversation %s could not be kept.", self.turn.conversation)
            text = _NOT_KEPT.format(phone=self._phone())
            return self._done([self.answers.on_form(text, self._buttons(contact))], contact)
        text = " ".join(filter(None, (_SENT.format(name=contact.name), self._hours(away=False))))
        return self._done([self.answers.on_form(text, kind="handoff")], None)

    def _forget(self) -> Reply:
        message, deleted = self.delete()
        return Reply((message,), Memory() if deleted else self.memory)

    # -- the steps ------------------------------------------------------------------------------------------------

    def _consent(self, contact: Contact) -> Reply | None:
        text = self.turn.text
        given = self._told(text) if self.turn.chosen is None else {}
        contact = self._with_last_digits(contact) or contact.but(**self._missing(contact, given))
        told = contact != self.memory.contact
        if self._pressed("yes") or self._consents(told):
            return self._ask(contact.but(consent=True))
        if self._pressed("no") or (says_no(self.turn) and not asks(text)):
            return self._leave()
        if told:
            return self._done([self._question(contact, _AGAIN["consent"])], contact)
        if asks(text) and not self._asks_something_else():
            about_it = len(text.split()) <= _SHORT_QUESTION or _ABOUT_CONSENT.search(text)
            return self._done([self._question(contact, _WHY)], contact) if about_it else None
        return self._again(contact)

    def _consents(self, given: bool) -> bool:
        """Whether the whole message agrees; beside a number or an address that it gives, one of its sentences.

        Args:
            given: whether it gives one.
        """
        text = self.turn.text
        if self.turn.chosen is not None or "?" in text:
            return False
        if _is_only(text, _AGREEING):
            return True
        if not given or _REFUSES.search(text) or asks(text):
            return False
        rest = _WAY_WITH_WORDS.sub(" ", _NAMES_ITSELF.sub(" ", text))
        sentences = [one for one in re.split(r"[.!,;:\n]+|\b(?:and|then)\b", rest) if re.search(r"\w", one)] or [""]
        after_a_correction = _is_only(sentences[-1], _AGREEING)
        return after_a_correction or (_is_only(sentences[0], _AGREEING) and not _HOLDS_BACK.search(text))

    def _name(self, contact: Contact) -> Reply | None:
        found = self._found(self.turn.text)
        contact = contact.but(**self._missing(contact, found))
        rest = self._without(self.turn.text, *found.values())
        readings = [read_name(part) for part in (rest, *re.split(r"[,;\n]", rest))]
        name = next((reading.value for reading in readings if reading.value), None)
        if (
            name is not None
            and not self._asks_something_else()
            and not _is_only(self.turn.text, f"{_AGREEING}|{_SENDING}")
        ):
            return self._ask(contact.but(name=name))
        return self._again(contact, readings[0].problem)

    def _way(self, contact: Contact) -> Reply | None:
        readings = (read_phone(self.turn.text, self._country()), read_email(self.turn.text))
        phone, email = (reading.value for reading in readings)
        problem = next((reading.problem for reading in readings if reading.problem), None)
        if not (phone or email) and (ending := self._with_last_digits(contact)):
            return self._ask(ending)
        if phone or email:
            said_again = (phone, email) == (contact.phone, contact.email)
            contact = contact.but(phone=phone or contact.phone, email=email or contact.email)
            about = self._without(self.turn.text, *filter(None, (phone, email)))
            if _ABOUT.match(about):
                contact = _with_words(contact, about)
            elif _WHEN.search(about):
                what = contact.message or contact.kind == "call_back"
                contact = _with_words(contact, about)
                if not what and problem is None:
                    return self._ask_for(contact, "message")
            if problem is None or said_again:
                return self._ask(contact)
            return self._done([self.answers.on_form(f"{problem} {_SURE}", self._buttons(contact))], contact)
        if (contact.phone or contact.email) and says_yes(self.turn):
            return self._ask(contact)
        return self._again(contact, problem)

    def _message(self, contact: Contact) -> Reply | None:
        # Whatever stands here is the message: "do you take Aetna?" may be just what a person should be asked.
        words = self.turn.text.strip()[:_LONGEST_MESSAGE]
        if self.turn.chosen is not None or not re.search(r"\w", words):
            return self._again(contact)
        found = self._found(words)
        if found and len(self._without(words, *found.values()).split()) <= _CORRECTION_WORDS:
            return self._ask_for(contact.but(**found), "message")
        # What is there already says when to call.
        return self._ask(_with_words(contact, words))

    def _confirm(self, contact: Contact) -> Reply | None:
        text = self.turn.text
        if self._pressed("change"):
            return self._ask_for(contact, "change")
        if added := self._added():
            return self._ask(_with_words(contact, added))
        if self._pressed("send") or self._pressed("yes") or self._says_send():
            return self._send(contact)
        corrected = self._correction(contact)
        if corrected is not None:
            return self._ask(corrected)
        changes = _CHANGES.search(text)
        if asks(text) and not changes and self.turn.chosen is None:
            if _ASKS_IF_SENT.search(text):
                return self._done([self._question(contact, _NOT_SENT_YET)], contact)
            return self._again(contact)
        if field := self._field(text):
            return self._change_of(contact, field)
        if changes or says_no(self.turn) or self._pressed("no"):
            return self._ask_for(contact, "change")
        return self._again(contact)

    def _says_send(self) -> bool:
        """Whether the whole message says that it is right as it is: what else stands there may be a change or a question."""
        typed = self.turn.chosen is None and "?" not in self.turn.text
        return typed and _is_only(self.turn.text, f"{_AGREEING}|{_SENDING}")

    def _change(self, contact: Contact) -> Reply | None:
        if added := self._added():
            return self._ask(_with_words(contact, added))
        new = _INSTEAD.match(self.turn.text) if self.turn.chosen is None else None
        if new is not None and len(new["words"].split()) > _CORRECTION_WORDS:
            return self._ask(contact.but(message=new["words"].strip()[:_LONGEST_MESSAGE]))
        corrected = self._correction(contact)
        if corrected is not None:
            return self._ask(corrected)
        if field := self._field(self.turn.text):
            return self._change_of(contact, field)
        if self._pressed("send") or says_no(self.turn) or self._says_send():
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
        if self.turn.chosen is None and _GAVE.search(self.turn.text):
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

    # -- reading --------------------------------------------------------------------------------------------------

    def _pressed(self, value: str) -> bool:
        return self.turn.chosen == ("choose", value)

    def _asks_something_else(self) -> bool:
        """Whether the message is a question that the assistant should answer first."""
        kind, contact = follow_up_kind(self.turn), self.memory.contact
        if self.turn.chosen is not None:
            return self.turn.chosen[0] != "choose"
        if (
            contact is not None
            and contact.asked in ("consent", "confirm")
            and _AGREES.match(self.turn.text)
            and not asks(self.turn.text)
        ):
            return False  # "yes but only mornings" is an answer, if no clear one
        if sure_topic(self.turn) in (None, "unclear", "out_of_scope", *KINDS):
            return kind in ("more", "evidence", "sources", "simpler") and not _WAITS.match(self.turn.text)
        return "?" in self.turn.text or len(self.turn.text.split()) > 2

    def _phone(self) -> str:
        return self.clinic.text("phone") or "the clinic"

    def _country(self) -> str | None:
        return self.clinic.facts.get("country")

    def _found(self, text: str) -> dict[str, Any]:
        """The number and the address in a message, as far as they are beyond doubt."""
        readings = {"phone": read_phone(text, self._country()), "email": read_email(text)}
        return {field: one.value for field, one in readings.items() if one.value and not one.problem}

    def _given(self, text: str) -> dict[str, Any]:
        """What a message gives at once: number, address, name, and the words that are to be passed on."""
        given = self._found(text)
        named = _NAMES_ITSELF.search(text)
        name = read_name(named["said"] or named["capital"] or named["bare"]).value if named else None
        rest = _NAMES_ITSELF.sub(" ", text) if name else text
        rest = _PASSES_ON.sub(" ", _WAY_WITH_WORDS.sub(" ", rest))
        rest = _LEADS_IN.sub("", re.sub(r"(?:\s|[,.;](?=[\s,.;]))+", " ", rest)).strip(" ,;")
        least = _FEWER_WORDS if name or _PASSES_ON.search(text) else _MESSAGE_WORDS
        words = (
            {"message": rest[:_LONGEST_MESSAGE]}
            if len(rest.split()) >= least and not _WANTS_MESSAGE.search(rest)
            else {}
        )
        return {**given, **({"name": name} if name else {}), **words}

    def _told(self, text: str) -> dict[str, Any]:
        """The same, where name, number or address are among it; else nothing."""
        given = self._given(text)
        return given if given.keys() - {"message"} else {}

    def _noted(self, contact: Contact) -> str:
        """What the client gave already, for who says so."""
        values = {"name": contact.name, "number": contact.phone, "e-mail address": contact.email}
        details = [f"your {part} ({value})" for part, value in values.items() if value]
        details += ["your message"] if contact.message else []
        return _NOTED.format(details=" and ".join(details)) if details else _NOTHING_NOTED

    def _missing(self, contact: Contact, found: dict[str, Any]) -> dict[str, Any]:
        return {field: value for field, value in found.items() if getattr(contact, field) is None}

    def _without(self, text: str, *details: str) -> str:
        """A message without its number and address."""
        text = re.sub(r"\S*@\S*", " ", text) if any("@" in one for one in details) else text
        digits = any(one.startswith("+") for one in details)
        return re.sub(r"\+?\(?\d[\d\s().\-/]{5,}\d", " ", text).strip(" ,;") if digits else text

    def _correction(self, contact: Contact) -> Contact | None:
        """The message with what the client puts right: "no, my number is 512 555 0199", "my name is Ann with an e"."""
        if self.turn.chosen is not None:
            return None
        found = self._found(self.turn.text)
        if found:
            return contact.but(**found)
        if ending := self._with_last_digits(contact):
            return ending
        match = re.search(r"\bname(?: is|'s| to|:)\s+(.+)$|\bi(?:'m| am) (?:called )?([A-Z].+)$", self.turn.text)
        parts = re.split(r"[,;!?]|\.\s|\bbut\b", match[1] or match[2]) if match else ()
        names = (read_name(_SPELLED.sub("", part)).value for part in parts if not _NO_NEW_NAME.match(part))
        name = next(filter(None, names), None)
        return contact.but(name=name) if name else None

    def _with_last_digits(self, contact: Contact) -> Contact | None:
        """The message with other last digits of the number that was given."""
        match = _LAST_DIGITS.search(self.turn.text)
        # "The 12th, not the 13th" is about days.
        other = match is not None and match["old"] is not None and not (contact.phone or "").endswith(match["old"])
        if match is None or other or not contact.phone:
            return None
        digits = match["a"] or match["b"]
        return contact.but(phone=contact.phone[: -len(digits)] + digits)

    def _added(self) -> str | None:
        """What is to be said besides; a number or an address belongs elsewhere, and "let them know please" adds nothing."""
        more = _ADDS.match(self.turn.text) if self.turn.chosen is None else None
        if more is None or self._found(self.turn.text) or _COURTESY.fullmatch(more["added"]):
            return None
        return more["added"]

    def _field(self, text: str) -> str | None:
        if self.turn.chosen is not None:
            return next((field for field, _ in _FIELDS if self._pressed(field)), None)
        return next((field for field, pattern in _FIELDS if pattern.search(text)), None)

    def _hours(self, away: bool = True) -> str:
        """Whether somebody is in, in the clinic's words where it has some."""
        now = opening(self.clinic, self.services.now())
        message = self.clinic.text("away_message") if away and now.known and not now.open else None
        return " ".join(filter(None, (message, now.text)))

    def _done(self, messages: Sequence[Message], contact: Contact | None) -> Reply:
        changes: dict[str, Any] = {"contact": contact, "said": (), "misses": 0, "asking": None}
        return Reply(tuple(messages), self.memory.but(**changes))


def _with_words(contact: Contact, words: str) -> Contact:
    """The message with some words more."""
    message = ". ".join(filter(None, (contact.message and contact.message.rstrip(" .,;"), words.strip(" ,;"))))
    return contact.but(message=message[:_LONGEST_MESSAGE])


def _is_only(text: str, phrases: str) -> bool:
    """Whether a text is nothing but some phrases, one at least, and courtesy."""
    some = re.search(rf"\b(?:{phrases})\b", text, re.IGNORECASE)
    return bool(some) and not re.search(r"\w", re.sub(rf"\b(?:{phrases}|{_POLITE})\b", " ", text, flags=re.IGNORECASE))


def _from_where_it_names(text: str, named: Sequence[str]) -> str:
    """A text from the sentence on that names one of some things: "no, do it here. Tues 4pm" from "Tues" on."""
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    for place, sentence in enumerate(sentences):
        if any(one.lower() in sentence.lower() for one in named):
            return " ".join(sentences[place:])
    return text.strip()

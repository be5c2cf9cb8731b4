"""A conversation with the dialogue alone: the real content, a few therapists and places, an outbox in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.manager import respond
from nmt_guide.dialogue.model import Memory, Message, Question, Turn
from nmt_guide.dialogue.services import Services
from nmt_guide.directory.distance import great_circle
from nmt_guide.directory.model import Found, Hit, Place, Therapist, Wish
from nmt_guide.directory.search import default_radius
from nmt_guide.errors import StoreUnavailable
from nmt_guide.handoff.requests import Request

AUSTIN = Place("Austin, Texas, US", 30.267, -97.743, "US", "Texas", "city")
PORTLAND_OREGON = Place("Portland, Oregon, US", 45.523, -122.676, "US", "Oregon", "city")
PORTLAND_MAINE = Place("Portland, Maine, US", 43.661, -70.255, "US", "Maine", "city")
TORONTO = Place("Toronto, Ontario, CA", 43.700, -79.416, "CA", "Ontario", "city")
NOME = Place("Nome, Alaska, US", 64.501, -165.406, "US", "Alaska", "city")
DUBLIN = Place("Dublin, Leinster, IE", 53.333, -6.249, "IE", "Leinster", "city")
#: What the gazetteer of these tests knows: words of a message, and what they may mean.
PLACES = {
    "portland maine": [PORTLAND_MAINE],
    "portland oregon": [PORTLAND_OREGON],
    "portland": [PORTLAND_OREGON, PORTLAND_MAINE],
    "austin": [AUSTIN],
    "78704": [AUSTIN],
    "toronto": [TORONTO],
    "nome": [NOME],
    "dublin": [DUBLIN],
}


def therapist(name: str, place: Place, north: float = 0.0, **changes: object) -> Therapist:
    """A therapist some degrees north of a place."""
    town = place.name.partition(",")[0]
    values: dict[str, object] = {
        "id": name.lower().replace(" ", "-"),
        "name": name,
        "credentials": ("lmt",),
        "specialities": ("neck pain",),
        "address": "1 Example Street",
        "city": town,
        "region": place.region,
        "country": place.country,
        "postcode": "",
        "latitude": place.latitude + north,
        "longitude": place.longitude,
        "languages": ("english",),
        "gender": "female",
        "days": ("monday", "tuesday"),
        "home_visits": False,
        "accepts_new_clients": True,
        "phone": "+1 512-555-0101",
        "email": None,
        "website": None,
        "booking_url": None,
    }
    return Therapist(**{**values, **changes})  # type: ignore[arg-type]


THERAPISTS = (
    therapist("Ada Stone", AUSTIN, 0.02, specialities=("jaw pain",)),
    therapist("Bo Reyes", AUSTIN, 0.05, gender="male", languages=("english", "spanish"), days=("saturday",)),
    therapist("Cora Lind", AUSTIN, 0.10, accepts_new_clients=False, languages=("spanish",)),
    therapist("Dov Katz", AUSTIN, 0.20, gender="male", home_visits=True),
    therapist("Eve Moss", AUSTIN, 0.90),
    therapist("Maya Ortiz", AUSTIN, 0.30),  # one of the clinic's own
    therapist("Finn Gray", PORTLAND_OREGON, gender="male"),
    therapist("Gus Hall", PORTLAND_MAINE, gender="male"),
    therapist("Hana Ito", TORONTO, 0.03, phone=None, email="hana@example.com"),
)


class Directory:
    """A directory of a handful, searched in the plainest way."""

    def get(self, therapist_id: str) -> Therapist | None:
        return next((one for one in THERAPISTS if one.id == therapist_id), None)

    def search(self, wish: Wish) -> Found:
        assert wish.place is not None
        hits = [Hit(one, _km(wish.place, one)) for one in THERAPISTS]
        hits.sort(key=lambda hit: hit.distance_km or 0)
        radius = wish.within or default_radius(wish.place.country)
        near = [hit for hit in hits if (hit.distance_km or 0) <= radius]
        matching = [hit for hit in hits if _matches(wish, hit.therapist)]
        both = tuple(hit for hit in near if hit in matching)
        if both:
            return Found(both)
        day_trip = tuple(hit for hit in matching if (hit.distance_km or 0) < 250)
        return Found((), day_trip or tuple(near), relaxed=not day_trip and bool(near))


class Gazetteer:
    """The places of `PLACES`."""

    def find(self, text: str, country: str) -> list[Place]:
        plain = " ".join(text.lower().replace(",", " ").strip("!. ").split())
        return PLACES.get(plain, [])

    def spot(self, text: str, country: str, forgiving: bool = False) -> list[Place]:
        plain = " ".join(text.lower().replace(",", " ").split())
        return next((places for words, places in PLACES.items() if words in plain), [])


@dataclass
class Staff:
    """An outbox that can be down."""

    kept: dict[str, Request] = field(default_factory=dict)
    down: bool = False

    def add(self, request: Request) -> Request:
        if self.down:
            raise StoreUnavailable("The outbox cannot be used.")
        return self.kept.setdefault(request.id, request)

    def forget(self, conversation: str) -> int:
        if self.down:
            raise StoreUnavailable("The outbox cannot be used.")
        before = len(self.kept)
        self.kept = {one: request for one, request in self.kept.items() if request.conversation != conversation}
        return before - len(self.kept)


@dataclass
class Talk:
    """A conversation. The memory goes through its slots and JSON on every turn, as it does in Rasa."""

    answers: Answers
    staff: Staff = field(default_factory=Staff)
    now: datetime = datetime(2026, 11, 18, 18, 0, tzinfo=timezone.utc)  # a Wednesday noon in Texas
    memory: Memory = field(default_factory=Memory)
    messages: tuple[Message, ...] = ()

    def say(self, text: str, topic: str | None = None, confidence: float = 0.9, alarms=(), **facets: object) -> Talk:
        """Say something. Without a topic it is not understood; "follow_up/more" is one too."""
        label = topic if topic and "/" in topic else f"faq/{topic or 'unclear'}"
        question = Question(text, ((label, 0.8),), confidence if topic else 0.1, dict(facets))
        questions = (question,) if any(c.isalnum() for c in text) else ()
        return self._turn(Turn(text, questions, tuple(alarms), None, "me", "rest"))

    def ask(self, text: str, *topics: str) -> Talk:
        """Say something that asks several things."""
        questions = tuple(Question(text, ((f"faq/{topic}", 0.8),), 0.9) for topic in topics)
        return self._turn(Turn(text, questions, (), None, "me", "rest"))

    def press(self, title: str) -> Talk:
        """Press a button under the last reply, or on one of its cards."""
        buttons = {b.title: b.payload for m in self.messages for b in m.buttons}
        cards = [card for m in self.messages for card in m.meta.get("cards", ())]
        buttons |= {b["title"]: b["payload"] for card in cards for b in card["buttons"]}
        intent, _, entities = buttons[title].removeprefix("/").partition("{")
        ((_, value),) = json.loads("{" + entities).items()
        return self._turn(Turn(buttons[title], (), (), (intent, value), "me", "rest"))

    def _turn(self, turn: Turn) -> Talk:
        self.memory = Memory.from_slots(json.loads(json.dumps(self.memory.to_slots())))
        reply = respond(turn, self.memory, self.answers, self.services)
        self.memory, self.messages = reply.memory, reply.messages
        return self

    @property
    def services(self) -> Services:
        """What the dialogue asks of the rest of the house."""
        return Services(Directory(), Gazetteer(), self.staff, lambda: self.now)

    @property
    def text(self) -> str:
        """All that was said last."""
        return "\n".join(message.text for message in self.messages)

    @property
    def buttons(self) -> list[str]:
        """What can be pressed."""
        return [button.title for message in self.messages for button in message.buttons]

    @property
    def names(self) -> list[str]:
        """The therapists shown last, from the cards."""
        return [card["title"] for message in self.messages for card in message.meta.get("cards", ())]


def _km(place: Place, one: Therapist) -> float:
    return float(great_circle(place.latitude, place.longitude, one.latitude, one.longitude))


def _matches(wish: Wish, one: Therapist) -> bool:
    return (
        wish.gender in (None, one.gender)
        and (wish.language is None or wish.language in one.languages)
        and (wish.day is None or wish.day in one.days)
        and (wish.credential is None or wish.credential in one.credentials)
        and (wish.speciality is None or any(wish.speciality.split()[0] in text for text in one.specialities))
        and (one.home_visits or not wish.home_visit)
        and (one.accepts_new_clients or not wish.new_clients)
    )


def asks(topic, confidence=0.9, text="a question", facets=None, in_context=(), others=()):
    ranking = (
        (f"faq/{topic}" if "/" not in topic else topic, 0.8),
        *((f"faq/{other}", 0.4) for other in others),
    )
    return Question(text, ranking, confidence, facets or {}, tuple(in_context))


def turn(*questions, alarms=(), text="a question", chosen=None):
    return Turn(text, questions, tuple(alarms), chosen)


def kinds(reply):
    return [message.meta["kind"] for message in reply.messages]

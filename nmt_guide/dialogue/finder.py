"""The search for a therapist: where, whom, three at a time, and what is asked about one of them.

A step takes the turn when the message belongs to the search, and leaves it to others when it does not: an ordinary
question in between is answered by the manager, which then says `reminder`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from nmt_guide.dialogue.answers import Answers, choice
from nmt_guide.dialogue.forms import Search
from nmt_guide.dialogue.model import Button, Facets, Memory, Message, Reply, Turn, values_of
from nmt_guide.dialogue.profiles import Profiles, asked_about
from nmt_guide.dialogue.reading import follow_up_kind, sure_topic, wants_to_leave
from nmt_guide.dialogue.reference import by_name, by_place, by_pronoun, speaks_of_one, speaks_of_some
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.wishes import named_in, wishes
from nmt_guide.dialogue.yes_no import says_no
from nmt_guide.directory.distance import great_circle
from nmt_guide.directory.model import Found, Hit, Place, Therapist, Wish
from nmt_guide.directory.search import default_radius

#: The topic that the search answers.
TOPIC = "find_therapist"
PAGE = 3
#: Places of one name that are offered as buttons; Slack shows five.
_MOST_CHOICES = 4
#: After so many places that nobody knows, the client gets the public lists and a person.
_MOST_TRIES = 2
#: Topics that a wish for a therapist may be taken for: "a woman, please" is no question about our own staff.
_NEAR_TOPICS = frozenset(
    [
        TOPIC,
        "choose_therapist",
        "therapist_bio",
        "practitioner_settings",
        "language_access",
        "home_visits_online",
        "hours_location",
        "cred_certifications",
        "cred_licensing",
        "cred_training",
    ]
)
#: What the understanding makes of a bare town, and of most that is said under a list.
_NO_TOPIC = frozenset([None, "unclear", "out_of_scope"])
#: Words of a client who wants somebody found, not told how to find them.
_WANTS_SOMEBODY = re.compile(
    r"\b(?:near(?:by|est)?|close(?:st)? (?:to|by)|around (?:me|here)|my area|local(?:ly)?|who|whom|anyone|anybody|someone|somebody)\b",
    re.IGNORECASE,
)
#: "who does jaw work in New York and speaks Chinese": with a place this is a search, whatever else it sounds like.
_DESCRIBES_SOMEBODY = re.compile(
    r"\b(?:who|anyone|anybody|someone|somebody|therapists? (?:who|that))\b.{0,40}?\b(?:does|do|treats?|speaks?|helps?|takes?|offers?|"
    r"works?|knows?|practi[cs]es?|speciali[sz]es|near|within|around)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^\W*(?:(?:show|give|see|any|are there|ok|okay|and|yes|the)\W+(?:me\W+)?)*(?:more|next|others?|any(?:one|body) else|who else|next (?:three|ones?|page)|"
    r"(?:some |any )?other (?:ones|people|therapists?|options?)|more (?:people|therapists?|options?|names|please))(?:\W+(?:please|of them|ones|three))*\W*$",
    re.IGNORECASE,
)
_ANOTHER_PLACE = re.compile(
    r"\b(?:another|other|different|change|new) (?:the )?(?:town|city|place|area|location|postcode|zip)", re.IGNORECASE
)
#: So few words under a question of the form, with a wish among them, answer it and ask nothing of their own.
_FEW_WORDS = 4
#: A longer message is a story in which somebody and some place are named.
_DESCRIPTION_WORDS = 25
#: A place that was not found is named back to the client when the message is no longer than this.
_NAME_WORDS = 6
#: "Bo's number?" gets all about Bo at first: whoever writes no more than so many words wants to know who that is.
_NAME_WORDS_ALONE = 4

_ASK_PLACE = "Which town or postcode should I look near? For example: Austin, Texas, or 78704."
_ASK_AGAIN = (
    "I do not know a place called {place}. Please try the nearest town with its state or country, or a postcode."
)
_ASK_PLAINLY = "I did not catch a place. Please write a town with its state or country, or a postcode."
_NOTED = "All right, therapists{wish}. "
_WHICH = "There is more than one {name}. Which one do you mean?"
_GIVE_UP = "I am sorry, I do not know that place either. These lists may help, and a person at the clinic can help too."
_STOPPED = "All right, I have stopped the search. What else would you like to know?"
_REMIND_PLACE = "Back to your search for a therapist: which town or postcode should I look near?"
_REMIND_WHICH = "Back to your search for a therapist: which place do you mean?"
_CHECK = "Please check the license before you book."
_FOUND = "I found {count} within {radius} of {place}."
_OURS_FIRST = " Our own therapists come first."
#: What the directory does not hold, and clients wish for.
_UNLISTED = re.compile(
    r"\b(?:insurance|aetna|blue ?cross|bcbs|cigna|united ?health\w*|medicare|medicaid|tricare|mornings?|afternoons?|evenings?|nights?|"
    r"(?:after|before|at|by|around|past) \d{1,2}(?::\d\d)?(?! (?:miles?|km)\b)|\d{1,2} ?(?:am|pm)|\d{1,2}ish)\b",
    re.IGNORECASE,
)
_ASK_THEM = " My list does not hold hours or insurance: please ask them about that."
_FOUND_MORE = "And {numbers} of {count}:"
_NO_MORE = "Those were all {count} that I have{wish} near {place}."
_NOBODY = "I found no therapists{wish} within {radius} of {place}."
_FARTHER = " These are farther away:"
_RELAXED = " These come close, but do not match all that you asked for:"
_ELSEWHERE = " Here is how to find somebody elsewhere."
_WHO = "Whom do you mean?"

_STOP = Button("Stop the search", choice("stop"))
#: Named for the clinic: under a list of therapists "a message" could be one to them.
_MESSAGE = Button("Message the clinic", choice("message"))
_HOW_ELSEWHERE = Button("How to find one elsewhere", choice("elsewhere"))
_OTHER_TOWN = Button("Another town", choice("town"))


def _few_words(text: str) -> bool:
    """Whether a message is so short that a wish in it is all that it says."""
    return len(text.split()) <= _FEW_WORDS and "?" not in text


class Finder:
    """One turn of the search.

    Args:
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
        services: the directory, the places, the time.
    """

    def __init__(self, turn: Turn, memory: Memory, answers: Answers, services: Services) -> None:
        self.turn = turn
        self.memory = memory
        self.answers = answers
        self.services = services
        self.search = memory.search or Search()
        self.country = str(answers.content.clinic.facts.get("country") or "")

    def step(self) -> Reply | None:
        """The reply to a message that belongs to the search; nothing for all others."""
        if self.turn.chosen is not None:
            return self._pressed(*self.turn.chosen)
        if self.memory.search is None:
            return self._started()
        if self.search.asked is not None:
            return self._asked()
        return self._browsing() if self.search.shown else self._started()

    def begin(self, facets: Facets) -> Reply:
        """The reply to somebody who asks for a therapist.

        Args:
            facets: what the client named, now and earlier.
        """
        wish = replace(self.search.wish, **self._wishes())
        if wish.language is None and isinstance(language := facets.get("language"), str):
            wish = replace(wish, language=language)
        search = Search(wish=wish)
        places = self._spotted() or self.services.places.spot(self.turn.text, self.country, forgiving=True)
        if places:
            return self._at(search, places)
        if wish.place is not None and not _WANTS_SOMEBODY.search(self.turn.text):
            return self._look(search)
        return self._ask_first(search, facets)

    def reminder(self) -> Message | None:
        """What is still asked, after something else was answered."""
        if self.search.asked == "which_place":
            return self.answers.on_form(_REMIND_WHICH, self._place_buttons(self.search.choices))
        return self.answers.on_form(_REMIND_PLACE, [_STOP]) if self.search.asked else None

    # -- which step -----------------------------------------------------------------------------------------------

    def _pressed(self, intent: str, value: str) -> Reply | None:
        verb, _, rest = value.partition(" ")
        if intent == "follow_up" and self.memory.topic == TOPIC and value == "more" and self.search.shown:
            return self._page(self.search, len(self.search.shown))
        if intent != "choose":
            return None
        if verb == "place" and rest.isdigit() and int(rest) < len(self.search.choices):
            return self._look(self._with_place(self.search, self.search.choices[int(rest)]))
        if verb == "who" and (person := self.services.therapists.get(rest)) is not None:
            return self._about(self._hit(person))
        if verb == "next" and self.search.wish.place is not None:
            return self._page(self.search, len(self.search.shown))
        if verb == "stop":
            return self._stop()
        if verb in ("town", "place", "next", "who"):
            return self._say(self.search.but(asked="place", tries=0), _ASK_PLACE, [_STOP])
        return self._elsewhere("") if verb == "elsewhere" else None

    def _started(self) -> Reply | None:
        """A wish for somebody that the understanding was not sure of: "a woman in Austin who does jaw work"."""
        text, label = self.turn.text, f"faq/{TOPIC}"
        wants = _WANTS_SOMEBODY.search(text)
        best = {question.label for question in self.turn.questions}
        if best == {label} and (wants or self._spotted()):
            return self.begin(self.memory.facets)
        thought_of = {other for question in self.turn.questions for other, _ in question.ranking[:3]}
        unsure = label in thought_of and sure_topic(self.turn) in _NO_TOPIC
        described = len(text.split()) <= _DESCRIPTION_WORDS and _DESCRIBES_SOMEBODY.search(text)
        if described or (unsure and (wants or self._wishes())):
            return self.begin(self.memory.facets) if self._spotted() else None
        return None

    def _asked(self) -> Reply | None:
        """An answer to what the form asks."""
        text = self.turn.text
        if wants_to_leave(text) or (says_no(self.turn) and len(text.split()) <= 3):
            return self._stop()
        if self.search.asked == "which_place" and (reply := self._which()) is not None:
            return reply
        wish = replace(self.search.wish, **self._wishes())
        search = self.search.but(wish=wish)
        sure = sure_topic(self.turn)
        few = _few_words(text) and wish != self.search.wish
        # "A woman please": somebody is wanted, but whom?
        if few or sure in _NO_TOPIC | _NEAR_TOPICS | {"human_handoff"}:
            places = self._spotted() or self._named()
            if places:
                return self._at(search, places)
            if wish != self.search.wish:
                return self._say(search.but(asked="place"), self._noted(wish) + _ASK_PLACE, [_STOP])
        if sure not in _NO_TOPIC | {TOPIC} or follow_up_kind(self.turn) not in (None, "about", "correction"):
            return None
        return self._not_a_place(search)

    def _browsing(self) -> Reply | None:
        """What is said under a list of therapists, or a while after it."""
        text, sure = self.turn.text, sure_topic(self.turn)
        at_it = self.memory.topic == TOPIC
        if at_it and (_MORE.match(text) or follow_up_kind(self.turn) == "more"):
            return self._page(self.search, len(self.search.shown))
        if at_it and wants_to_leave(text):
            return self._stop()
        if (reply := self._person(at_it)) is not None:
            return reply
        changed = self._wishes()
        # "Who does jaw work?" or "women only" under a list is about therapists, whatever else it is about elsewhere.
        refined = at_it and changed and (_few_words(text) or "miles" in changed or _DESCRIBES_SOMEBODY.search(text))
        if sure not in _NO_TOPIC | (_NEAR_TOPICS if at_it else {TOPIC}) and not refined:
            return self._started()
        if _ANOTHER_PLACE.search(text):
            return self._say(self.search.but(asked="place", tries=0), _ASK_PLACE, [_STOP])
        places = self._spotted()
        if not places and not changed:
            return None
        search = Search(wish=replace(self.search.wish, **changed))
        return self._at(search, places) if places else self._look(search)

    # -- places ---------------------------------------------------------------------------------------------------

    def _spotted(self) -> list[Place]:
        """The places that the message names as such: "near 78704", "in Austin"; or by a name that the content knows."""
        if not self.turn.text.strip():
            return []
        if found := self.services.places.spot(self.turn.text, self.country):
            return found
        names = self._geo(question.facets for question in self.turn.questions)
        return self.services.places.find(" ".join(names), self.country) if names else []

    def _geo(self, several: Iterable[Facets]) -> list[str]:
        """The names of what facets say of a place."""
        known = self.answers.content.facet["geo"].by_id
        values = (value for facets in several for value in values_of(facets, "geo"))
        return [known[value].name for value in values if value in known]

    def _named(self) -> list[Place]:
        """The places that a message may be the bare name of."""
        text = self.turn.text.strip()
        if not text or "?" in text or len(text.split()) > _NAME_WORDS:
            return []
        return self.services.places.find(text, self.country)

    def _which(self) -> Reply | None:
        """One of the places of a name: "the second", "Maine", "the one in Oregon"."""
        text = self.turn.text.lower()
        named = [place for place in self.search.choices if place.region and place.region.lower() in text]
        if len(named) == 1:
            return self._look(self._with_place(self.search, named[0]))
        chosen = by_place(text, self.search.choices, len(self.search.choices))
        return self._look(self._with_place(self.search, chosen)) if chosen is not None else None

    def _at(self, search: Search, places: Sequence[Place]) -> Reply:
        """Look there, or ask which of several places is meant; a state that was named before decides."""
        said = self._geo([self.memory.facets])
        in_region = [place for place in places if place.region in said]
        if len(places) == 1 or len(in_region) == 1:
            return self._look(self._with_place(search, (in_region or places)[0]))
        choices = tuple(places[:_MOST_CHOICES])
        search = search.but(asked="which_place", choices=choices)
        text = _WHICH.format(name=choices[0].name.partition(",")[0])
        return self._say(search, text, self._place_buttons(choices))

    def _with_place(self, search: Search, place: Place) -> Search:
        return search.but(wish=replace(search.wish, place=place), asked=None, choices=(), tries=0)

    def _place_buttons(self, choices: Sequence[Place]) -> list[Button]:
        buttons = [Button(place.name, choice(f"place {number}")) for number, place in enumerate(choices)]
        return [*buttons, Button("None of these", choice("town"))]

    def _not_a_place(self, search: Search) -> Reply:
        """The message holds no place that is known."""
        words = self.turn.text.split()
        if not self.turn.questions or len(words) > _NAME_WORDS or "?" in self.turn.text:
            return self._say(search.but(asked="place"), _ASK_PLAINLY, [_STOP])
        if search.tries + 1 >= _MOST_TRIES:
            return self._elsewhere(_GIVE_UP)
        text = _ASK_AGAIN.format(place=f'"{" ".join(words)}"')
        return self._say(search.but(asked="place", tries=search.tries + 1), text, [_STOP])

    # -- results --------------------------------------------------------------------------------------------------

    def _look(self, search: Search) -> Reply:
        """Search, and show the first three."""
        return self._page(search, 0)

    def _page(self, search: Search, start: int) -> Reply:
        found = self.services.therapists.search(search.wish)
        hits = self._own_first(found)
        wish = search.wish
        profiles = self._profiles(wish)
        place = wish.place.name if wish.place else ""
        page = hits[start : start + PAGE]
        if not hits:
            return self._nobody(search, found, profiles)
        if not page:
            text = _NO_MORE.format(count=len(hits), wish=profiles.wish(wish), place=place)
            return self._say(search, text, [_OTHER_TOWN, _MESSAGE])
        radius = profiles.radius(_radius(wish))
        found_all = _FOUND.format(count=profiles.count(len(hits), wish), radius=radius, place=place)
        numbers = f"{start + 1} to {start + len(page)}" if len(page) > 1 else f"number {start + 1}"
        intro = _FOUND_MORE.format(numbers=numbers, count=len(hits)) if start else found_all
        near = [hit.distance_km or 0.0 for hit in hits]
        intro += _OURS_FIRST if not start and near != sorted(near) else ""
        intro += _ASK_THEM if _UNLISTED.search(self.turn.text) else ""
        more = [Button("Show more", choice("next"))] if start + PAGE < len(hits) else []
        return self._show(search, page, profiles, intro, [*more, _OTHER_TOWN, _MESSAGE], start)

    def _own_first(self, found: Found) -> list[Hit]:
        """The clinic's own people before others: the client asked them."""
        own = {one["name"] for one in self.answers.content.clinic.therapists}
        return sorted(found.hits, key=lambda hit: hit.therapist.name not in own)

    def _nobody(self, search: Search, found: Found, profiles: Profiles) -> Reply:
        """Nobody matches: those who come close, and how to find somebody elsewhere."""
        wish = search.wish
        radius = profiles.radius(_radius(wish))
        text = _NOBODY.format(wish=profiles.wish(wish), radius=radius, place=wish.place.name if wish.place else "")
        page = found.beyond[:PAGE]
        buttons = [_HOW_ELSEWHERE, _OTHER_TOWN, _MESSAGE]
        if page:
            return self._show(search, page, profiles, text + (_RELAXED if found.relaxed else _FARTHER), buttons, 0)
        elsewhere = self.answers.short(TOPIC, self._region(wish.place))
        first = self._on_topic(text + _ELSEWHERE)
        return self._done([first, elsewhere], search.but(asked=None, shown=(), page=0, focus=None))

    def _show(
        self, search: Search, page: Sequence[Hit], profiles: Profiles, intro: str, buttons: Sequence[Button], start: int
    ) -> Reply:
        lines = [profiles.line(number, hit) for number, hit in enumerate(page, start + 1)]
        text = "\n".join([intro, *lines, _CHECK])
        cards = [profiles.card(hit) for hit in page]
        message = self._on_topic(text, buttons, intro=f"{intro} {_CHECK}", cards=cards)
        ids = tuple(hit.therapist.id for hit in page)
        focus = ids[0] if len(ids) == 1 else None
        shown = (*search.shown[:start], *ids)
        return self._done([message], search.but(asked=None, shown=shown, page=len(ids), focus=focus))

    def _elsewhere(self, text: str) -> Reply:
        """How to find somebody without this directory, in the words of the topic."""
        message = self.answers.short(TOPIC, self._region(self.search.wish.place))
        first = [self.answers.on_form(text)] if text else []
        message = message.but(buttons=(_OTHER_TOWN, _MESSAGE))
        return self._done([*first, message], self.search.but(asked=None, tries=0))

    def _region(self, place: Place | None) -> Facets:
        """A place as the facet `geo` names its state or country."""
        known = self.answers.content.facet["geo"].by_id
        country = {"GB": "uk", "CA": "canada", "IE": "ireland", "AU": "australia", "NZ": "new_zealand"}
        if place is None:
            return {}
        region = place.region.lower().replace(" ", "_")
        geo = region if region in known else country.get(place.country)
        return {"geo": geo} if geo else {}

    # -- one therapist --------------------------------------------------------------------------------------------

    def _person(self, at_it: bool) -> Reply | None:
        """What is asked about one of those who were shown.

        Args:
            at_it: whether the last reply was about the search; a while after it only a name is understood.
        """
        text = self.turn.text
        asked = asked_about(text)
        people = [person for one in self.search.shown if (person := self.services.therapists.get(one)) is not None]
        person = (by_place(text, people, self.search.page) if at_it else None) or by_name(text, people)
        # "They" may be anybody: "do they take insurance?" is not about one therapist.
        pronoun = speaks_of_one(text) or (speaks_of_some(text) and sure_topic(self.turn) in _NO_TOPIC | _NEAR_TOPICS)
        if person is None and at_it and asked and pronoun:
            person = by_pronoun(text, people, self.search.focus)
            if person is None:
                buttons = [Button(one.name, choice(f"who {one.id}")) for one in people[-PAGE:]]
                return self._say(self.search, _WHO, buttons)
        if person is None:
            return None
        hit = self._hit(person)
        if asked is None or (person.id != self.search.focus and not pronoun and len(text.split()) <= _NAME_WORDS_ALONE):
            return self._about(hit)
        named = self._wishes()
        wish = replace(self.search.wish, miles=named.get("miles", self.search.wish.miles))
        answer = self._profiles(wish).answer(asked, hit, named.get("language"), named.get("day"))
        return self._say(self.search.but(focus=person.id, wish=wish), answer, [_MESSAGE])

    def _about(self, hit: Hit) -> Reply:
        text = self._profiles(self.search.wish).about(hit)
        cards = [self._profiles(self.search.wish).card(hit)]
        message = self.answers.on_topic(TOPIC, text, [_MESSAGE], intro=f"{hit.therapist.name}:", cards=cards)
        return self._done([message], self.search.but(asked=None, focus=hit.therapist.id))

    def _hit(self, person: Therapist) -> Hit:
        """A therapist with the distance from where is searched."""
        place = self.search.wish.place
        if place is None:
            return Hit(person, None)
        return Hit(person, float(great_circle(place.latitude, place.longitude, person.latitude, person.longitude)))

    # -- saying ---------------------------------------------------------------------------------------------------

    def _ask_first(self, search: Search, facets: Facets) -> Reply:
        """Ask where. Who wants to know how to find somebody gets that first."""
        search = search.but(asked="place")
        if _WANTS_SOMEBODY.search(self.turn.text) or search.wish != Wish():
            text = self._noted(search.wish) + _ASK_PLACE
            return self._done([self._on_topic(text, [_HOW_ELSEWHERE, _STOP])], search)
        short = self.answers.short(TOPIC, facets, tuple(facets))
        return self._done([short, self.answers.on_form(_ASK_PLACE, [_STOP])], search)

    def _noted(self, wish: Wish) -> str:
        """What was wished for, said back."""
        words = self._profiles(wish).wish(wish)
        return _NOTED.format(wish=words) if words else ""

    def _stop(self) -> Reply:
        return self._say(self.search.but(asked=None, choices=(), tries=0), _STOPPED, [])

    def _say(self, search: Search, text: str, buttons: Sequence[Button]) -> Reply:
        return self._done([self._on_topic(text, buttons, linked=False)], search)

    def _on_topic(self, text: str, buttons: Sequence[Button] = (), **more: Any) -> Message:
        return self.answers.on_topic(TOPIC, text, buttons, facets=named_in(self.turn), **more)

    def _done(self, messages: Sequence[Message], search: Search) -> Reply:
        said = tuple(message.text for message in messages)
        memory = self.memory.but(search=search, topic=TOPIC, said=said, misses=0, asking=None)
        return Reply(tuple(messages), memory)

    def _wishes(self) -> dict[str, Any]:
        place = self.search.wish.place
        zone = ZoneInfo(self.answers.content.clinic.facts.get("timezone") or "UTC")
        return wishes(self.turn, place.country if place else self.country, self.services.now().astimezone(zone))

    def _profiles(self, wish: Wish) -> Profiles:
        return Profiles(self.answers.content, wish)


def _radius(wish: Wish) -> float:
    """How far is searched, in km."""
    if wish.within is not None:
        return wish.within
    return default_radius(wish.place.country if wish.place else "")

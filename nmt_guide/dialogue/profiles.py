"""How therapists of the directory are shown: a line in a list, a card, and what is asked about one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from nmt_guide.dialogue.answers import choice
from nmt_guide.directory.distance import distance_text
from nmt_guide.directory.model import Hit, Therapist, Wish
from nmt_guide.knowledge.content import DAYS, Content, in_words

_PRONOUNS = {"female": ("She", "Her"), "male": ("He", "His")}
#: What is asked about a therapist, the more special first.
_ASKED = (
    ("phone", r"\b(?:phone|number|call|ring|telephone|reach|contact|get hold)\b"),
    ("email", r"\be-?mail|\bwrite to\b"),
    ("distance", r"\bhow (?:far|close|near)\b|\bdistance\b|\b(?:miles|kilomet\w+|km) away\b|\bwhere\b|\baddress\b|\blocat"),
    ("new_clients", r"\bnew (?:clients?|patients?|people)\b|\b(?:accept|tak)\w* (?:on )?(?:clients?|patients?|people|me)\b|\bhave room\b"),
    ("home_visit", r"\bhome visit|\bhouse call|\bcomes? to (?:me|my|us)\b|\bat my (?:home|house|place)\b"),
    ("language", r"\bspeak|\blanguage"),
    ("booking", r"\bbook|\bappointment|\bwebsite\b|\bonline\b|\bsee (?:her|him|them)\b"),
    ("credentials", r"\bqualif|\bcredential|\blicen[sc]e|\bcertif|\btrained\b|\bletters\b"),
    ("days", rf"\bwhen\b|\b(?:which|what) days?\b|\bwork(?:s|ing)? on\b|\bavailable\b|\bopen\b|\bfree\b|\b(?:{'|'.join(DAYS)})s?\b|\bweekends?\b"),
    ("specialities", r"\bspecial|\bgood (?:at|with)\b|\btreat|\bwhat does\b|\bexperience|\bhelp with\b|\bdo(?:es)?\b.*\b(?:work|pain)\b"),
)  # fmt: skip
_QUESTIONS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _ASKED)


def asked_about(text: str) -> str | None:
    """What a message asks of a therapist, by name, or nothing."""
    return next((name for name, pattern in _QUESTIONS if pattern.search(text)), None)


class Profiles:
    """Therapists in words.

    Args:
        content: for the names of credentials and languages.
        wish: what is searched for; distances are from its place.
    """

    def __init__(self, content: Content, wish: Wish) -> None:
        self._content = content
        self._place = wish.place
        self._miles = wish.miles

    def line(self, number: int, hit: Hit) -> str:
        """One line of a list."""
        person = hit.therapist
        works = f": {in_words(person.specialities)}" if person.specialities else ""
        reach = person.phone or person.email
        return f"{number}. {person.name}, {self._where(hit)}{works}." + (f" {reach}" if reach else "")

    def card(self, hit: Hit) -> dict[str, Any]:
        """A card for channels that can show one."""
        person = hit.therapist
        links = [("Website", person.website), ("Book online", person.booking_url)]
        return {
            "id": person.id,
            "title": person.name,
            "subtitle": self._where(hit),
            "lines": [line for line in self._lines(person) if line],
            "phone": person.phone,
            "links": [{"title": title, "url": url} for title, url in links if url],
            "buttons": [{"title": f"About {person.name.split()[0]}", "payload": choice(f"who {person.id}")}],
        }

    def about(self, hit: Hit) -> str:
        """Everything that is known of one therapist."""
        person = hit.therapist
        ways = [self._phone(hit), self._booking(hit)] if person.phone or person.booking_url else [self._email(hit)]
        return "\n".join(
            [f"{person.name}, {self._where(hit)}.", *(line for line in self._lines(person) if line), *ways]
        )

    def answer(self, asked: str, hit: Hit, language: str | None = None, day: str | None = None) -> str:
        """The answer to what is asked about one therapist.

        Args:
            asked: what `asked_about` returned.
            hit: the therapist.
            language: the language that the client asks after, an id of the facet.
            day: the day that the client asks after.
        """
        if asked == "language" and language:
            return _yes_no(
                hit,
                language in hit.therapist.languages,
                f"speaks {self._name('language', language)}",
                self._languages(hit),
            )
        if asked == "days" and day:
            return _yes_no(hit, day in hit.therapist.days, f"works on {day.capitalize()}s", self._days(hit))
        say: dict[str, Callable[[Hit], str]] = {
            "phone": self._phone,
            "email": self._email,
            "distance": self._distance,
            "new_clients": self._new_clients,
            "home_visit": self._home,
            "language": self._languages,
            "booking": self._booking,
            "credentials": self._credentials,
            "days": self._days,
            "specialities": self._specialities,
        }
        return say[asked](hit)

    def wish(self, wish: Wish) -> str:
        """A wish in words, to stand behind "therapists": "who are women and speak Spanish"."""
        parts = []
        if wish.gender:
            parts.append({"female": "are women", "male": "are men"}.get(wish.gender, f"are {wish.gender}"))
        if wish.language:
            parts.append(f"speak {self._name('language', wish.language)}")
        if wish.speciality:
            parts.append(f"work with {self.work(wish.speciality)}")
        if wish.credential:
            parts.append(f"hold the credential {self._name('credential', wish.credential)}")
        if wish.day:
            parts.append(f"work on {wish.day.capitalize()}s")
        if wish.home_visit:
            parts.append("make home visits")
        if wish.new_clients:
            parts.append("take new clients")
        return f" who {in_words(parts)}" if parts else ""

    def count(self, hits: int, wish: Wish) -> str:
        """How many were found, and of what kind."""
        words = self.wish(wish)
        if hits > 1:
            return f"{hits} therapists{words}"
        return f"one match for therapists{words}" if words else "one therapist"

    def work(self, speciality: str) -> str:
        """A wished speciality as it is written: the name of what an id stands for, or the client's own words."""
        for facet in self._content.facets:
            if speciality in facet.by_id:
                return facet.by_id[speciality].name
        return speciality

    def radius(self, km: float) -> str:
        """A distance in the units of where is searched, or in those that the client asked for."""
        return distance_text(km, self._place.country if self._place else "", self._miles)

    # -- the parts ------------------------------------------------------------------------------------------------

    def _where(self, hit: Hit) -> str:
        town = ", ".join(part for part in (hit.therapist.city, hit.therapist.region) if part)
        return town if hit.distance_km is None else f"{self.radius(hit.distance_km)} away in {town}"

    def _lines(self, person: Therapist) -> list[str]:
        names = [self._name("credential", one) for one in person.credentials]
        return [
            f"Credentials: {in_words(names)}" if names else "",
            f"Works with: {in_words(person.specialities)}" if person.specialities else "",
            f"Speaks: {in_words([self._name('language', one) for one in person.languages])}"
            if person.languages
            else "",
            f"Days: {named_days(person.days)}" if person.days else "",
            "Takes new clients" if person.accepts_new_clients else "Takes no new clients at the moment",
            "Makes home visits" if person.home_visits else "",
        ]

    def _phone(self, hit: Hit) -> str:
        if hit.therapist.phone:
            return f"{_their(hit)} number is {hit.therapist.phone}."
        return f"I have no number for {hit.therapist.name}. {self._email(hit)}"

    def _email(self, hit: Hit) -> str:
        person = hit.therapist
        if person.email:
            return f"You can write to {person.email}."
        return f"You can call {person.phone}." if person.phone else f"I have no e-mail address for {person.name}."

    def _distance(self, hit: Hit) -> str:
        person = hit.therapist
        address = ", ".join(part for part in (person.address, person.city, person.region) if part)
        if hit.distance_km is None or self._place is None:
            return f"{person.name} works at {address}."
        far = self.radius(hit.distance_km)
        return f"{person.name} is about {far} from {self._place.name}, in a straight line. The address is {address}."

    def _new_clients(self, hit: Hit) -> str:
        return _yes_no(hit, hit.therapist.accepts_new_clients, "takes new clients")

    def _home(self, hit: Hit) -> str:
        return _yes_no(hit, hit.therapist.home_visits, "makes home visits")

    def _languages(self, hit: Hit) -> str:
        names = [self._name("language", one) for one in hit.therapist.languages]
        return (
            f"{_they(hit)} speaks {in_words(names)}." if names else f"I do not know what {hit.therapist.name} speaks."
        )

    def _booking(self, hit: Hit) -> str:
        if hit.therapist.booking_url:
            return f"You can book online at {hit.therapist.booking_url}."
        return f"To book, call {hit.therapist.phone}." if hit.therapist.phone else self._email(hit)

    def _credentials(self, hit: Hit) -> str:
        person = hit.therapist
        names = [self._name("credential", one) for one in person.credentials]
        return f"{person.name}: {in_words(names)}." if names else f"I have no credentials on file for {person.name}."

    def _days(self, hit: Hit) -> str:
        person = hit.therapist
        return (
            f"{_they(hit)} works on {named_days(person.days)}."
            if person.days
            else f"I do not know {person.name}'s days."
        )

    def _specialities(self, hit: Hit) -> str:
        person = hit.therapist
        if not person.specialities:
            return f"I have nothing on file about what {person.name} works with most."
        return f"{person.name} works with {in_words(person.specialities)}."

    def _name(self, facet: str, value: str) -> str:
        known = self._content.facet[facet].by_id
        return known[value].name if value in known else value


def _yes_no(hit: Hit, yes: bool, does: str, otherwise: str = "") -> str:
    if yes:
        return f"Yes, {hit.therapist.name} {does}."
    return f"No, not as far as I know. {otherwise}".strip()


def _they(hit: Hit) -> str:
    return _PRONOUNS.get(hit.therapist.gender or "", (hit.therapist.name, ""))[0]


def _their(hit: Hit) -> str:
    return _PRONOUNS.get(hit.therapist.gender or "", ("", f"{hit.therapist.name}'s"))[1]


def named_days(days: Sequence[str]) -> str:
    """Days of the week as a text: "Monday, Tuesday and Friday"."""
    return in_words([day.capitalize() for day in days])

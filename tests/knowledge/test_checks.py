"""Every check finds its mistake in a broken copy, and nothing in the project's own content."""

from __future__ import annotations

from datetime import date

import pytest

from nmt_guide.knowledge.checks import check, due, unread_sources
from nmt_guide.knowledge.clinic_checks import KEYS

TOPIC = "topics/basics/what_is_nmt.yml"
COST = "topics/practical/cost.yml"
FACET = "facets/condition.yml"
FLAG = "red_flags/rf_stroke.yml"
HARD = (
    "Neuromuscular rehabilitation methodologies necessitate comprehensive multidimensional biomechanical "
    "characterisation of symptomatology, notwithstanding considerable interindividual variability."
)


def value(number, **fields):
    """A change of one value of the facet."""
    return lambda facet: facet["values"][number].update(fields)


def test_the_real_content_is_in_order(real_content):
    assert check(real_content) == []


@pytest.mark.parametrize(
    ("file", "change", "mistake"),
    [
        (TOPIC, lambda t: t.update(sources=[]), "sources: is empty"),
        (TOPIC, lambda t: t["related"].pop(), "related: must name 3 topics, not 2"),
        (TOPIC, lambda t: t["related"].__setitem__(0, "what_is_nmt"), "related: names the topic itself"),
        (
            TOPIC,
            lambda t: t["related"].__setitem__(0, "nothing"),
            "names the topic 'nothing', which does not exist",
        ),
        (TOPIC, lambda t: t.update(sources=["nothing"]), "names the source 'nothing', which does not exist"),
        (TOPIC, lambda t: t["facts"].append("nothing"), "names the fact 'nothing', which does not exist"),
        (
            "facts.yml",
            lambda f: f["facts"][0].update(topic="nothing"),
            "def_nmt topic: names the topic 'nothing'",
        ),
        (
            "facts.yml",
            lambda f: f["facts"][0].update(sources=["no"]),
            "def_nmt sources: names the source 'no'",
        ),
        (TOPIC, lambda t: t.update(short="word " * 81), "short: has 81 words; 80 is the most"),
        (TOPIC, lambda t: t.update(short=HARD), "short: has reading grade"),
        (TOPIC, lambda t: t.update(short="One.\n\nTwo."), "short: holds a blank line"),
        (TOPIC, lambda t: t.update(short="  "), "short: is empty"),
        (TOPIC, lambda t: t.update(long="word " * 231), "long: has 231 words; 230 is the most"),
        (TOPIC, lambda t: t.update(long=HARD), "long: has reading grade"),
        (TOPIC, lambda t: t.update(long="x" * 4097), "long: has 4097 characters"),
        (TOPIC, lambda t: t["evidence"].update(text="word " * 61), "evidence.text: has 61 words"),
        (
            "topics/basics/trigger_points.yml",
            lambda t: t["parts"][0].update(text="word " * 61),
            "parts migraine: has 61 words",
        ),
        (TOPIC, lambda t: t.update(short="Call {clinic.fax}."), "short {clinic.fax}: is not a placeholder"),
        (
            TOPIC,
            lambda t: t.update(long="Call {Emergency number}."),
            "long {Emergency number}: is not a placeholder",
        ),
        (
            FACET,
            value(1, notes={"cost": "Call {phone}."}),
            "migraine notes cost {phone}: is not a placeholder",
        ),
        (
            FLAG,
            lambda f: f.update(say="Call {emergency}."),
            "say {emergency}: is not a placeholder",
        ),
        (FLAG, lambda f: f.update(ask="Is {this} so?"), "ask {this}: is not a placeholder"),
        (FACET, value(1, parent="nothing"), "migraine parent: names the value 'nothing'"),
        (FACET, value(0, parent="migraine"), "headache parent: leads round in a circle"),
        (FACET, value(1, topic="nothing"), "migraine topic: names the topic 'nothing'"),
        (FACET, value(1, notes={"nothing": "A note."}), "migraine notes: names the topic 'nothing'"),
        (FACET, value(1, notes={"cost": "word " * 61}), "migraine notes cost: has 61 words"),
        (
            FACET,
            value(1, synonyms=["head ache"]),
            "the synonym 'head ache', which belongs to headache already",
        ),
        (FACET, value(1, synonyms=["megrim", "megrim"]), "migraine synonyms: names 'megrim' 2 times"),
        (FACET, value(1, id="headache", parent=None), "headache: names 'headache' 2 times"),
        (
            TOPIC,
            lambda t: t.update(parts=[{"when": {"condition": "x"}, "text": "A."}]),
            "condition value 'x'",
        ),
        (TOPIC, lambda t: t.update(parts=[{"when": {"colour": "x"}, "text": "A."}]), "the facet 'colour'"),
        (TOPIC, lambda t: t.update(sources=["guide", "guide"]), "sources: names 'guide' 2 times"),
        (
            "sources.yml",
            lambda s: s["sources"].append(s["sources"][0]),
            "sources.yml: line 2: guide: names 'guide' 2 times",
        ),
        ("signs.yml", lambda s: s["signs"].append(s["signs"][0]), "names 'face_droop' 2 times"),
        ("emergency.yml", lambda c: c["countries"].append(c["countries"][0]), "names 'US' 2 times"),
        (FLAG, lambda f: f.update(topic="nothing"), "topic: names the topic 'nothing'"),
        (FLAG, lambda f: f.update(sources=["nothing"]), "sources: names the source 'nothing'"),
        (FLAG, lambda f: f.update(say="word " * 81), "say: has 81 words"),
        (FLAG, lambda f: f["not_present"].append("my face droops"), "also stands under 'present'"),
        (
            "rules.yml",
            lambda r: r["rules"]["rf_stroke"][0].update(unless=["no"]),
            "rules: names the sign 'no'",
        ),
        (TOPIC, lambda t: t.update(facts=[]), "def_nmt: is answered by no topic"),
        ("clinic.yml", lambda c: c.update(country="XX"), "country: is 'XX'; it must be one of US"),
        (COST, lambda t: t.update(short="It depends."), "must rest on the clinic's own facts"),
    ],
)
def test_a_mistake_is_found(folder, file, change, mistake):
    folder.edit(file, change)

    assert any(mistake in problem for problem in folder.problems()), folder.problems()


def test_a_topic_in_two_groups_is_found(folder):
    folder.write("topics/practical/what_is_nmt.yml", (folder.path / TOPIC).read_text())

    assert any("what_is_nmt: stands in two folders" in problem for problem in folder.problems())


def test_a_fact_that_nobody_answers_may_say_why(folder):
    folder.edit(TOPIC, lambda t: t.update(facts=[]))
    folder.edit("facts.yml", lambda f: f["facts"][0].update(unused_because="Said elsewhere."))

    assert folder.problems() == []


def test_a_source_without_link_may_say_why(folder):
    folder.edit(TOPIC, lambda t: t.update(sources=[], sources_note="common knowledge"))

    assert folder.problems() == []


def test_reviews_are_due_the_day_after(folder):
    content = folder.read()

    assert due(content, date(2027, 1, 31)) == []
    late = [str(problem) for problem in due(content, date(2027, 2, 1))]
    assert len(late) == len(content.topics) + len(content.red_flags)
    assert "knowledge/topics/practical/cost.yml: review: was due on 2027-01-31; review it and set a new date." in late


def test_sources_that_nobody_read_in_full_are_told_with_their_topics(folder):
    assert unread_sources(folder.read()) == {}

    folder.edit("sources.yml", lambda s: s["sources"][0].update(found_how="excerpt; not read in full"))

    unread = unread_sources(folder.read())
    assert list(unread) == ["guide"]
    assert "what_is_nmt" in unread["guide"]
    assert "cost" not in unread["guide"]


@pytest.mark.parametrize(
    ("facts", "mistake"),
    [
        ({"hours": {"monday": [{"open": "09:00", "close": "18:00"}]}}, "timezone: is missing"),
        ({"timezone": "Texas"}, "timezone: is 'Texas', which is no time zone"),
        ({"timezone": "../etc"}, "is no time zone"),
        ({"timezone": "UTC", "hours": {"mon": []}}, "hours: mon: is no day"),
        ({"timezone": "UTC", "hours": {"monday": [{"open": "9 am", "close": "18:00"}]}}, "hours: monday: must be like"),
        ({"timezone": "UTC", "hours": {"monday": [{"open": 540, "close": 1080}]}}, "with quotation marks"),
        ({"timezone": "UTC", "hours": {"monday": [{"open": "09:00"}]}}, "hours: monday: must be like"),
        ({"timezone": "UTC", "hours": {"monday": "closed"}}, "hours: monday: must be like"),
        ({"timezone": "UTC", "hours": "always"}, "hours: must hold one line for each day"),
        ({"closed_dates": ["2027-02-30"]}, "closed_dates: '2027-02-30' is no date"),
        ({"closed_dates": "Christmas"}, "closed_dates: is 'Christmas'; write dates in brackets"),
        ({"closed_dates": "2027-07-04"}, "closed_dates: is '2027-07-04'; write dates in brackets"),
    ],
)
def test_hours_that_no_program_can_read_are_named(folder, facts, mistake):
    folder.edit("clinic.yml", lambda clinic: clinic.update(facts))

    assert any(mistake in problem for problem in folder.problems())


@pytest.mark.parametrize(
    ("facts", "mistake"),
    [
        ({"phone": 201234567}, 'phone: was read as the number 201234567; put it in "quotation marks"'),
        ({"complaint_contact": {"phone": 5}}, "complaint_contact phone: was read as the number 5"),
        ({"complaint_contact": {"fone": "5"}}, "complaint_contact fone: is not a key here. Is 'phone' meant?"),
        ({"complaint_contact": {"email": "ask us"}}, "complaint_contact email: is 'ask us'"),
        ({"privacy": {"retention_days": "one year"}}, "privacy retention_days: is 'one year'; write a whole number"),
        (
            {"prices": [{"name": "Session", "minutes": 60, "prise": "$1"}]},
            "prices, number 1 prise: is not a key here. Is 'price' meant?",
        ),
        ({"prices": [{"name": "Session", "minutes": 60, "price": ""}]}, "prices, number 1: price is missing or empty"),
        (
            {"prices": [{"name": "Session", "minutes": "60 min", "price": "$1"}]},
            "prices, number 1 minutes: is '60 min'",
        ),
        ({"prices": [{"name": "Session", "price": 110}]}, "prices, number 1 price: was read as the number 110"),
        ({"prices": ["$105"]}, "prices, number 1: must hold name, price, minutes"),
        ({"therapists": ["Maya Ortiz"]}, "therapists, number 1: must hold name, credentials"),
        (
            {"therapists": [{"nmae": "Maya", "credentials": "LMT"}]},
            "therapists, number 1 nmae: is not a key here. Is 'name' meant?",
        ),
        (
            {"therapists": [{"name": "Maya", "credentials": "LMT", "days": "monday"}]},
            "therapists, number 1 days: is 'monday'; write it in brackets: [monday]",
        ),
        (
            {"therapists": [{"name": "Maya", "credentials": "LMT", "days": ["tue"]}]},
            "therapists, number 1 days: 'tue' is no day; the days are monday, tuesday",
        ),
        (
            {"therapists": [{"name": "Ben", "credentials": "LMT", "gender": "man"}]},
            "therapists, number 1 gender: is 'man'; write male.",
        ),
        (
            {"therapists": [{"name": "Ben", "credentials": "LMT"}, {"name": "Ben", "credentials": "PT"}]},
            "therapists, number 2: has the same name as number 1; keep one.",
        ),
        (
            {"prices": [{"name": "One", "minutes": 60, "price": p} for p in ("$1", "$2")]},
            "prices, number 2: has the same name and minutes as number 1; keep one.",
        ),
        ({"privacy": {"retention_days": 0}}, "privacy retention_days: is 0; write after how many days"),
        ({"email": "hello at example.com"}, "email: is 'hello at example.com', which is no e-mail address"),
        ({"website": "www.example.com"}, "website: is 'www.example.com'; write it whole, with https:// in front"),
    ],
)
def test_a_fact_of_the_clinic_that_clients_would_read_wrongly_is_named(folder, facts, mistake):
    folder.edit("clinic.yml", lambda clinic: clinic.update(facts))

    assert any(mistake in problem for problem in folder.problems()), folder.problems()


@pytest.mark.parametrize(
    ("number", "mistake"),
    [(0, 'US emergency: must be one text; put it in "quotation marks"'), ("", "US emergency: is empty")],
)
def test_a_number_to_call_is_a_text_that_is_not_empty(folder, number, mistake):
    folder.edit(
        "emergency.yml", lambda e: next(c for c in e["countries"] if c["code"] == "US").update(emergency=number)
    )

    assert any(mistake in problem for problem in folder.problems()), folder.problems()


@pytest.mark.parametrize("text", ["Call {clinic.phone.", "Open {{clinic.hours}}.", "Call clinic.phone}."])
def test_a_brace_that_belongs_to_no_name_is_named(folder, text):
    folder.edit(TOPIC, lambda t: t.update(short=text))

    assert any("short: has a { or } too many or too few" in problem for problem in folder.problems())


def test_a_misspelt_key_of_the_clinic_is_told_once(folder):
    folder.edit("clinic.yml", lambda clinic: clinic.update(Prices=clinic.pop("prices"), parkng="Free."))

    assert folder.problems() == [
        "knowledge/clinic.yml: line 4: Prices: is not a key here, and no answer names it. Is 'prices' meant?",
        "knowledge/clinic.yml: line 7: parkng: is not a key here, and no answer names it. Is 'parking' meant?",
    ]


def test_a_clinic_may_add_a_key_for_its_own_answers(folder):
    folder.edit("clinic.yml", lambda clinic: clinic.update(sauna="Yes."))
    folder.edit(TOPIC, lambda topic: topic.update(short="A sauna? {clinic.sauna}"))

    assert folder.problems() == []


def test_the_keys_of_the_clinics_file_are_known(real_content):
    assert set(real_content.clinic.facts) == KEYS


def test_hours_as_the_file_explains_them_are_in_order(folder):
    hours = {"monday": [{"open": "9:00", "close": "24:00"}, {"open": "20:00", "close": "02:00"}], "sunday": None}
    folder.edit("clinic.yml", lambda clinic: clinic.update(timezone="Europe/Paris", hours=hours, closed_dates=[]))

    assert folder.problems() == []

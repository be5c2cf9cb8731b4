"""What several visits cost together. The prices are those of the sample: $60, $105 and $150 for 30, 60 and 90 minutes."""

import pytest

from nmt_guide.dialogue.sums import price_of, reduced, total, worked_out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "so 3 or 4. whats that gonna run me",
            "At $105 for 60 minutes, 3 visits cost $315 and 4 visits cost $420 in all",
        ),
        ("how much are four sessions of 30 minutes", "At $60 for 30 minutes, 4 visits cost $240 in all"),
        ("what do 5 of them cost", "5 visits cost $525 in all"),
        ("how much for two 90 minute visits", None),
        ("what is the price for 30 or 60 minutes", None),
        ("can i pay at 3 pm", None),
        ("i came 3 weeks ago, how much was it", None),
        ("what does it cost", None),
        ("is 45 minutes times 2 cheaper, 2 visits of 45 min", None),
    ],
)
def test_visits_are_added_up(content, text, says):
    said = total(text, content.clinic)

    assert said is None if says is None else says in said


@pytest.mark.parametrize(("minutes", "says"), [(60, "A visit of 60 minutes costs $105."), (45, None)])
def test_a_length_has_a_price(content, minutes, says):
    assert price_of(minutes, content.clinic) == says


def test_who_names_a_length_gets_its_price_alone(talk):
    said = talk.say("how much for an hour", "cost", duration_minutes=["60", "an hour"])

    assert said.text == "A visit of 60 minutes costs $105."
    assert "Tell me more" not in said.buttons  # the longer answer is about packages
    assert "90" in talk.say("and all your prices?", "cost").text


def test_where_a_length_has_two_prices_or_is_not_said_there_is_the_list(content, talk):
    prices = [*content.clinic.facts["prices"], {"name": "With cupping", "minutes": 60, "price": "$120"}]
    two = content.clinic.copy(update={"facts": {**content.clinic.facts, "prices": prices}})

    assert price_of(60, two) is None
    assert "90" in talk.say("quick one, how much is a session", "cost", duration_minutes=["30", "quick one"]).text


def test_a_price_that_is_not_a_number_is_not_multiplied(content):
    clinic = content.clinic.copy(
        update={"facts": {**content.clinic.facts, "prices": [{"minutes": 60, "price": "ask us"}]}}
    )

    assert total("what do 3 visits cost", clinic) is None


def test_the_sum_stands_before_the_price_list_and_alone_once_that_was_heard(talk):
    first = talk.say("how much are 3 visits", "cost")
    assert "3 visits cost $315" in first.messages[0].text
    assert "Standard session" in first.messages[1].text

    again = talk.say("and 4 visits?", "cost")
    assert [message.text.split(",")[1] for message in again.messages] == [" 4 visits cost $420 in all"]


def test_a_discount_is_worked_out_with_who_gets_it(talk):
    said = talk.say("with the 15% off, 60 min?", "cost", duration_minutes="60").text

    assert said.startswith(
        "With 15% off, a visit of 60 minutes costs $89.25. Children, teenagers and full-time students"
    )


def test_of_two_percentages_none_is_taken(content):
    facts = {**content.clinic.facts, "discounts": "Students get 15% off, seniors 10%."}

    assert reduced(60, "with the discount", content.clinic.copy(update={"facts": facts})) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("so 105 + 40 = 145?", "Yes, $105 and $40 are $145."),
        ("105 plus 40 is 155 right", "No, $105 and $40 are $145."),
        ("$105+$40?", "Yes, $105 and $40 are $145."),
        ("is 120 plus 80 high blood pressure", None),
        ("$89.25?", "Yes. With 15% off, a visit of 60 minutes costs $89.25."),
        ("so $105?", "Yes. A visit of 60 minutes costs $105."),
        ("$315?", "Yes, 3 visits of 60 minutes cost $315, before any package."),
        ("$77?", None),
        ("i paid $105 last time", None),
    ],
)
def test_a_sum_or_an_amount_that_a_client_names_is_checked(content, text, says):
    said = worked_out(text, content.clinic)

    assert said is None if says is None else said.startswith(says)


def test_a_sum_is_about_prices_whatever_it_was_taken_for(talk):
    message = talk.say("105 plus 40 is 145 right", "contra_heart_bp").messages[0]

    assert message.text == "Yes, $105 and $40 are $145."
    assert message.meta["topic"] == "cost"

"""The exact JSON that goes to Slack, and Slack's limits, which refuse a whole message when one button is too long."""

from __future__ import annotations

import pytest
from fake_slack import wrong_with
from hypothesis import given
from hypothesis import strategies as st

from nmt_guide.channels.slack.render import answers_for, home_for, note_for, posts_for, used, used_answer

WHERE = {"channel": "D1", "thread_ts": "1.000001"}
LINK = {"title": "NCCIH <Massage>", "url": "https://example.com/a?b=1&c=2"}
ANSWER = {
    "text": "It can be sore & that passes.\nSource: NCCIH <Massage>, https://example.com/a?b=1&c=2",
    "buttons": [
        {"title": "Tell me more", "payload": '/follow_up{"follow_up":"more"}'},
        {"title": "Prices", "payload": '/faq{"topic":"cost"}'},
    ],
    "metadata": {"kind": "answer", "links": [LINK]},
}
CARD = {
    "id": "maya",
    "title": "Maya Ortiz, LMT",
    "subtitle": "Neuromuscular therapist",
    "lines": ["Austin, Texas", "Back, neck & jaw"],
    "phone": "(512) 555-0142",
    "links": [{"title": "Website", "url": "https://example.com/maya"}],
    "buttons": [{"title": "About Maya", "payload": '/faq{"topic":"therapist_bio"}'}],
}


def one(calls):
    (call,) = calls
    return call


def blocks(message):
    return one(posts_for([message], WHERE))["blocks"]


def kinds(found):
    return [block["type"] for block in found]


def test_an_answer_with_buttons_and_a_source():
    assert one(posts_for([ANSWER], WHERE)) == {
        "method": "chat.postMessage",
        "channel": "D1",
        "thread_ts": "1.000001",
        "text": "It can be sore &amp; that passes.\nSource: <https://example.com/a?b=1&amp;c=2|NCCIH &lt;Massage&gt;>",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "It can be sore &amp; that passes."}},
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "Source: <https://example.com/a?b=1&amp;c=2|NCCIH &lt;Massage&gt;>",
                    }
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Tell me more"},
                        "value": '/follow_up{"follow_up":"more"}',
                        "action_id": "choose_1",
                    },
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Prices"},
                        "value": '/faq{"topic":"cost"}',
                        "action_id": "choose_2",
                    },
                ],
            },
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_a_card_of_a_therapist():
    message = {"text": "Maya Ortiz ...", "metadata": {"kind": "directory", "intro": "I found one.", "cards": [CARD]}}

    assert blocks(message) == [
        {"type": "section", "text": {"type": "mrkdwn", "text": "I found one."}},
        {"type": "divider"},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*Maya Ortiz, LMT*\nNeuromuscular therapist\nAustin, Texas\nBack, neck &amp; jaw\n☎ (512) 555-0142",
            },
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Website"},
                    "url": "https://example.com/maya",
                    "action_id": "link_1",
                },
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "About Maya"},
                    "value": '/faq{"topic":"therapist_bio"}',
                    "action_id": "choose_2",
                },
            ],
        },
    ]


def test_an_emergency_is_seen_at_once():
    message = {"text": "Call 911 now.", "metadata": {"kind": "safety", "level": "call_emergency_now", "flag": "stroke"}}

    assert one(posts_for([message], {"channel": "D1"})) == {
        "method": "chat.postMessage",
        "channel": "D1",
        "text": "🚨 Get help now\nCall 911 now.",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "🚨 Get help now", "emoji": True}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Call 911 now."}},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


@pytest.mark.parametrize("level", ["doctor_before_massage", "check"])
def test_a_calm_note_on_safety_stays_calm(level):
    assert kinds(blocks({"text": "Ask first.", "metadata": {"kind": "safety", "level": level}})) == ["section"]


def test_a_long_text_is_cut_between_paragraphs():
    paragraphs = [f"{n} " + "Light pressure is enough for most. " * 40 for n in range(5)]
    found = blocks({"text": "\n\n".join(paragraphs)})

    assert kinds(found) == ["section"] * 3
    assert [block["text"]["text"] for block in found] == [
        f"{paragraphs[0].strip()} \n\n{paragraphs[1].strip()}",
        f"{paragraphs[2].strip()} \n\n{paragraphs[3].strip()}",
        paragraphs[4].strip(),
    ]


def test_more_than_five_buttons_are_rows():
    found = blocks({"text": "Which?", "buttons": [{"title": f"B{n}", "payload": f"/b{n}"} for n in range(12)]})

    assert [len(block["elements"]) for block in found if block["type"] == "actions"] == [5, 5, 2]
    assert wrong_with(found) == ""


def test_long_titles_are_cut_and_payloads_that_cannot_be_carried_left_out():
    buttons = [{"title": "t" * 80, "payload": "/a"}, {"title": "b", "payload": "/" + "p" * 2000}]
    (row,) = [block for block in blocks({"text": "Which?", "buttons": buttons}) if block["type"] == "actions"]

    assert [button["text"]["text"] for button in row["elements"]] == ["t" * 74 + "…"]


def test_many_cards_are_several_messages():
    calls = posts_for([{"text": "", "metadata": {"intro": "Many.", "cards": [CARD] * 40}}], WHERE)

    assert [len(call["blocks"]) for call in calls] == [50, 50, 21]
    assert all(wrong_with(call["blocks"]) == "" for call in calls)


def test_an_address_that_is_none_is_no_link():
    message = {"text": "x", "metadata": {"links": [{"title": "A leaflet", "url": "javascript:alert(1)"}]}}

    assert blocks(message)[1]["elements"] == [{"type": "mrkdwn", "text": "Source: A leaflet"}]


@pytest.mark.parametrize("text", ["<!channel> <@U1> a & b", "<https://example.com|x>"])
def test_nothing_that_is_said_calls_people_or_becomes_a_link(text):
    found = blocks({"text": text})[0]["text"]["text"]

    assert "<" not in found
    assert ">" not in found


@given(
    st.text(max_size=7000),
    st.lists(st.builds(dict, title=st.text(min_size=1), payload=st.text(min_size=1)), max_size=8),
)
def test_slack_accepts_whatever_is_said(text, buttons):
    for call in posts_for([{"text": text, "buttons": buttons}], WHERE):
        assert wrong_with(call["blocks"]) == ""


def test_no_word_of_a_text_is_lost():
    words = [f"w{n}" for n in range(4000)]
    text = " ".join(words) + "&" * 4000
    found = "".join(block["text"]["text"] for block in blocks({"text": text})).replace("&amp;", "&")

    assert found.replace(" ", "") == text.replace(" ", "")


def test_a_used_button_is_replaced_by_what_was_chosen():
    post = one(posts_for([{**ANSWER, "metadata": {"cards": [CARD], "intro": "One."}}], WHERE))
    call = used("D1", "5.000001", post["blocks"], "Prices & more")

    assert (call["method"], call["channel"], call["ts"]) == ("chat.update", "D1", "5.000001")
    assert call["blocks"][:3] == post["blocks"][:3]
    assert [e["action_id"] for block in call["blocks"] for e in block.get("elements", []) if "action_id" in e] == [
        "link_1"
    ]
    assert call["blocks"][-1] == {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": "You chose: Prices &amp; more"}],
    }


def test_what_only_one_person_sees_has_its_buttons_apart():
    first, second = answers_for([ANSWER, {**ANSWER, "text": "Another."}], "https://hooks.example.com/1")

    assert first["method"] == second["method"] == "respond"
    assert first["body"]["response_type"] == "ephemeral"
    assert kinds(first["body"]["blocks"]) == ["section", "context", "section", "context"]
    assert kinds(second["body"]["blocks"]) == ["actions", "actions"]
    assert wrong_with(second["body"]["blocks"]) == ""
    assert used_answer("https://hooks.example.com/2", "Prices")["body"]["replace_original"] is True


def test_a_note_is_not_marked_up():
    assert note_for("a < b", {"channel": "D1"}) == {"method": "chat.postMessage", "channel": "D1", "text": "a &lt; b"}


def test_the_home_tab_is_one_that_slack_accepts():
    call = home_for("U1")

    assert call["user_id"] == "U1"
    assert call["view"]["type"] == "home"
    assert wrong_with(call["view"]["blocks"]) == ""
    assert "emergency" in str(call["view"]["blocks"][-1])

"""Replies as Telegram gets them: the exact JSON, within its limits, and nothing lost."""

from __future__ import annotations

import json

import pytest
from bot_api import shown
from hypothesis import given
from hypothesis import strategies as st

from nmt_guide.channels.rich import units
from nmt_guide.channels.telegram.render import MOST_UNITS, calls_for, key_of

LINK = {"title": "NCCIH <Massage> & more", "url": "https://www.nccih.nih.gov/health?a=1&b=2"}
PREVIEW = {"link_preview_options": {"is_disabled": True}}


def test_a_message_with_buttons_and_a_source():
    message = {
        "text": f"It costs <$95> & up.\n\nAsk us.\nSource: {LINK['title']}, {LINK['url']}",
        "buttons": [
            {"title": "Tell me more", "payload": '/follow_up{"follow_up":"more"}'},
            {"title": "Is it covered?", "payload": '/faq{"topic":"insurance"}'},
        ],
        "metadata": {"kind": "answer", "topic": "cost", "links": [LINK]},
    }

    assert calls_for([message], chat_id=7) == [
        {
            "method": "sendMessage",
            "chat_id": 7,
            "text": "It costs &lt;$95&gt; &amp; up.\n\nAsk us.\n\n"
            'Source: <a href="https://www.nccih.nih.gov/health?a=1&amp;b=2">NCCIH &lt;Massage&gt; &amp; more</a>',
            "parse_mode": "HTML",
            **PREVIEW,
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": "Tell me more", "callback_data": "wtJ59IhTo7yq2z-Vk4aTnA"}],
                    [{"text": "Is it covered?", "callback_data": "V1nCD9AFKrajeZdnK0VO-g"}],
                ]
            },
        }
    ]


def test_an_emergency_looks_urgent():
    message = {
        "text": "Call 911 now.",
        "metadata": {"kind": "safety", "level": "call_emergency_now", "flag": "cauda_equina"},
    }

    assert calls_for([message], chat_id=7, message_thread_id=3) == [
        {
            "method": "sendMessage",
            "chat_id": 7,
            "message_thread_id": 3,
            "text": "<b>🚨 Get help now</b>\nCall 911 now.",
            "parse_mode": "HTML",
            **PREVIEW,
        }
    ]


@pytest.mark.parametrize("level", ["doctor_before_massage", "check"])
def test_a_calm_note_stays_calm(level):
    call = calls_for([{"text": "Ask your doctor.", "metadata": {"kind": "safety", "level": level}}], chat_id=7)[0]

    assert call["text"] == "Ask your doctor."


def test_therapists_are_cards():
    card = {
        "id": "jo",
        "title": "Jo Park, LMT",
        "subtitle": "2 miles away",
        "lines": ["Sees: neck & shoulder", "Speaks: English"],
        "phone": "(512) 555-0199",
        "links": [{"title": "Website", "url": "https://jo.example.com"}, {"title": "Call", "url": "tel:5125550199"}],
        "buttons": [{"title": "Ask Jo", "payload": '/contact{"id":"jo"}'}],
    }
    message = {
        "text": "I found one: Jo Park, LMT, (512) 555-0199.",
        "buttons": [{"title": "Further away", "payload": "/more"}],
        "metadata": {"kind": "directory", "intro": "I found one therapist near Austin:", "cards": [card]},
    }

    assert calls_for([message], chat_id=7) == [
        {
            "method": "sendMessage",
            "chat_id": 7,
            "text": "I found one therapist near Austin:",
            "parse_mode": "HTML",
            **PREVIEW,
        },
        {
            "method": "sendMessage",
            "chat_id": 7,
            "text": "<b>Jo Park, LMT</b>\n2 miles away\nSees: neck &amp; shoulder\nSpeaks: English\n☎ (512) 555-0199",
            "parse_mode": "HTML",
            **PREVIEW,
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": "Website", "url": "https://jo.example.com"}],
                    [{"text": "Ask Jo", "callback_data": key_of('/contact{"id":"jo"}')}],
                    [{"text": "Further away", "callback_data": key_of("/more")}],
                ]
            },
        },
    ]


def test_a_card_with_only_a_name_is_shown():
    message = {"text": "x", "metadata": {"kind": "directory", "cards": [{"id": "jo", "title": "Jo"}]}}

    assert [shown(call).strip() for call in calls_for([message], chat_id=7)] == ["x", "Jo"]


def test_a_long_text_is_several_messages_cut_between_paragraphs():
    paragraphs = [f"Paragraph {n}: " + "pressure on the muscle & breath " * 40 for n in range(5)]
    message = {
        "text": "\n\n".join(p.strip() for p in paragraphs) + f"\nSource: {LINK['title']}, {LINK['url']}",
        "buttons": [{"title": "More", "payload": "/more"}],
        "metadata": {"kind": "answer", "links": [LINK]},
    }
    first, second = calls_for([message], chat_id=7)

    assert first["text"].startswith("Paragraph 0: ")
    assert "reply_markup" not in first
    assert second["text"].startswith("Paragraph 3: ")
    assert second["text"].endswith("more</a>")
    assert second["reply_markup"]["inline_keyboard"] == [[{"text": "More", "callback_data": key_of("/more")}]]


@given(st.text(min_size=1, max_size=200), st.integers(1, 60))
def test_any_message_fits_and_can_be_read_back(text, times):
    metadata = {"kind": "safety", "level": "call_emergency_now", "links": [LINK]}
    calls = calls_for([{"text": text * times, "metadata": metadata}], chat_id=7)

    assert all(units(shown(call)) <= MOST_UNITS for call in calls)
    assert "Source: NCCIH" in shown(calls[-1])


@given(st.text(max_size=3000))
def test_every_payload_has_a_short_key(payload):
    assert len(key_of(payload).encode()) <= 64


def test_calls_are_json():
    json.dumps(calls_for([{"text": "x", "metadata": {}}], chat_id=7))

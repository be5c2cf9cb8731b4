"""An action that fails says so to the client, and to the log."""

import logging

import pytest
from rasa.utils.endpoints import ClientResponseError

from actions import reply
from nmt_guide.server.actions import InProcessActions


def test_an_exception_becomes_a_sentence_and_an_error_in_the_log(assistant, monkeypatch, caplog):
    assert not assistant.meta("Hello").get("outage")

    def broken(*_):
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(reply, "respond", broken)
    with caplog.at_level(logging.ERROR):
        failed = assistant.say("How much does it cost?")
    monkeypatch.undo()

    assert failed[0]["metadata"] == {"kind": "handoff", "outage": True}
    assert "a mistake of ours" in caplog.text
    assert assistant.sender in caplog.text
    assert not assistant.meta("How much does it cost?").get("outage")


async def test_an_action_that_does_not_exist_is_refused_as_by_an_action_server():
    with pytest.raises(ClientResponseError) as refused:
        await InProcessActions().request(json={"next_action": "action_nothing", "tracker": {}, "domain": {}})

    assert refused.value.status == 404

"""What the assistant says of itself to those who run it, on a server that runs."""

import re
import time

import httpx
import pytest
from processes import command, make_place, serving


@pytest.fixture(scope="module")
def restless(tmp_path_factory):
    place = make_place(tmp_path_factory.mktemp("operations") / "place")
    with serving(place, NMT_CONTENT_REFRESH_SECONDS="0.2", NMT_ANALYTICS_SECONDS="0.2") as server:
        yield place, server


def get(server, path, **headers):
    return httpx.get(f"{server.url}{path}", headers=headers, timeout=30)


def test_it_is_alive_and_ready(restless):
    _, server = restless

    assert get(server, "/health").json() == {"status": "ok"}
    ready = get(server, "/ready")
    assert ready.status_code == 200
    assert set(ready.json()["parts"]) == {"model", "knowledge", "conversations", "locks", "broker"}
    assert set(ready.json()["parts"].values()) == {"ok"}


def test_messages_are_counted_by_channel_and_kind(restless):
    _, server = restless
    server.say("How much does it cost?")
    server.say("qwrtz plrmf ghjk")
    text = get(server, "/metrics").text

    assert 'nmt_guide_messages_total{channel="rest"}' in text or 'nmt_guide_messages_total{channel="RestInput"}' in text
    assert 'kind="answer"' in text
    assert 'kind="fallback"' in text or 'kind="clarify"' in text
    assert "nmt_guide_message_seconds_bucket" in text
    assert "nmt_guide_messages_at_work 0.0" in text
    assert "qwrtz" not in text


def test_what_is_asked_is_counted_and_reported(restless):
    place, server = restless
    server.say("How much does it cost?")
    server.say("I have chest pain and my left arm is numb")
    end = time.monotonic() + 20
    while "call_emergency_now" not in (report := command(place, "analytics", "report").stdout):
        assert time.monotonic() < end, report
    status = command(place, "analytics", "status")

    assert re.search(r"\n  cost +0 +0 +0 +[1-9]", report)
    assert re.search(r"\nAn answer took \d", report)
    assert "0 messages wait" in status.stdout
    assert "no RabbitMQ" in status.stdout
    assert command(place, "analytics", "consume").returncode == 1
    assert "nmt_guide_analytics_stuck 0.0" in get(server, "/metrics").text


def test_metrics_are_kept_from_those_behind_a_proxy(restless):
    _, server = restless

    assert get(server, "/metrics", **{"X-Forwarded-For": "203.0.113.7"}).status_code == 403


def test_a_lost_store_is_named_and_found_again(restless):
    place, server = restless
    kept = place.knowledge.read_bytes()
    place.knowledge.unlink()
    place.knowledge.mkdir()
    try:
        lost = get(server, "/ready")
        assert lost.status_code == 503
        assert lost.json()["parts"]["knowledge"] == "It cannot be used."
        assert str(place.folder) not in lost.text
        assert get(server, "/health").status_code == 200
    finally:
        place.knowledge.rmdir()
        place.knowledge.write_bytes(kept)

    assert get(server, "/ready").status_code == 200


def test_with_a_token_only_who_has_it_reads_the_metrics(tmp_path):
    with serving(make_place(tmp_path / "place"), NMT_METRICS_TOKEN="let-me-see") as server:
        assert get(server, "/metrics").status_code == 403
        assert get(server, "/metrics", Authorization="Bearer wrong").status_code == 403
        assert get(server, "/metrics", Authorization="Bearer let-me-see").status_code == 200

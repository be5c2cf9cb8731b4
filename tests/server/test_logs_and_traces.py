"""What a running assistant tells those who run it: lines of JSON, traces, and nowhere a client's words."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from processes import make_place, serving

from nmt_guide.analytics.turns import turn
from nmt_guide.server import logs, tracing
from nmt_guide.settings import Settings

#: Words that no answer of ours holds.
SECRET = "zanzibar wombat"


class Receiver:
    """A collector of OpenTelemetry that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[object] = []
        self.raw = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # named by the library
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.raw += body
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        outer.spans += scope.spans
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def told(tmp_path_factory, receiver):
    """What was said, logged and traced by an assistant that was asked, failed, and was stopped."""
    place = make_place(tmp_path_factory.mktemp("logs") / "place")
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
    with serving(place, NMT_LOG_FORMAT="json", NMT_LOG_LEVEL="INFO", **traces) as server:
        sender = uuid.uuid4().hex
        good = server.say("what does a session cost?", sender)
        server.say(f"that is more than I paid {SECRET} for it", sender)
        server.say(f'/inform{{"{SECRET}"', sender)
        server.say(f"please call me back, I am {SECRET.title()}, 512 555 0123", sender)
        server.post(json={"sender": sender, "message": [SECRET]})
        server.post(content=f'{{"sender": "{SECRET}')
        broken = []
        for file, table in ("conversations.db", "events"), ("knowledge.db", "rest_answer"):
            with missing(place.folder / "var" / file, table):
                question = {"sender": sender, "message": f"and my {SECRET}?", "message_id": uuid.uuid4().hex}
                broken.append(server.post(json=question).json())
        server.stop()
    return good, broken, server.errors()


class missing:  # noqa: N801  # reads as what it is
    """A table that is gone for a while."""

    def __init__(self, file: Path, table: str) -> None:
        self._file, self._table = file, table

    def _rename(self, one: str, other: str) -> None:
        connection = sqlite3.connect(self._file, timeout=30)
        with connection:
            connection.execute(f"ALTER TABLE {one} RENAME TO {other}")
        connection.close()

    def __enter__(self) -> None:
        self._rename(self._table, "gone")

    def __exit__(self, *_: object) -> None:
        self._rename("gone", self._table)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_is_an_object_with_its_time_and_level(told):
    good, broken, text = told

    assert good[0]["metadata"]["topic"] == "cost"
    assert broken[0][0]["metadata"]["outage"]
    assert lines(text)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines(text))
    assert any("Ready." in str(line["message"]) for line in lines(text))


def test_a_failure_is_told_with_where_it_was(told):
    failed = [line for line in lines(told[2]) if line["level"] == "ERROR" and "exception" in line]

    assert any("no such table: events" in str(line["exception"]) for line in failed)
    assert any("rest_answer" in str(line["message"]) for line in lines(told[2]))


def test_no_line_holds_what_a_client_wrote(told):
    assert not any(word in told[2].lower() for word in (*SECRET.split(), "512 555", "555 0123"))


def test_an_answer_is_a_line_that_can_be_counted(told):
    answered = [line for line in lines(told[2]) if line["logger"] == "nmt_guide.server.logs"]

    assert answered[0]["topics"] == ["cost"]
    assert answered[0]["channel"] == "rest"
    assert answered[0]["seconds"] > 0
    assert len(str(answered[0]["trace_id"])) == 32


def test_a_message_is_a_trace_of_its_parts(told, receiver):
    first = next(line for line in lines(told[2]) if line["logger"] == "nmt_guide.server.logs")
    end = time.monotonic() + 10
    while not receiver.spans and time.monotonic() < end:
        time.sleep(0.1)
    spans = [span for span in receiver.spans if span.trace_id.hex() == first["trace_id"]]
    (whole,) = [span for span in spans if span.name == "message"]
    parts = [span.name for span in spans if span.parent_span_id == whole.span_id]

    assert {"store read", "understanding", "action action_reply", "store write"} <= set(parts)
    assert {each.key for each in whole.attributes} == {"channel", "kinds"}
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in spans)


def test_no_trace_holds_what_a_client_wrote_or_who(told, receiver):
    assert receiver.raw
    assert not any(word.encode() in receiver.raw.lower() for word in SECRET.split())


def test_without_an_address_nothing_is_traced(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.set_up()

    with tracing.span("message") as nothing:
        assert nothing is None
    assert tracing.trace_id() is None


def test_packages_that_are_missing_are_named(monkeypatch, caplog):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    tracing.set_up()

    assert "not installed" in caplog.text
    assert tracing.trace_id() is None


def test_what_rasa_logs_loses_what_was_said():
    event = {"event": "processor.message.parse", "parse_data_text": SECRET, "user_text": SECRET, "name": "x"}
    kept = logs.without_words(None, "info", event)

    assert kept == {"event": "processor.message.parse", "name": "x"}
    assert logs.hand_over(None, "info", {**kept, "level": "info", "exc_info": True}) == {
        "msg": "processor.message.parse",
        "extra": {"event": "processor.message.parse", "name_": "x"},
        "exc_info": True,
    }


def test_all_that_rasa_would_hold_back_is_held_back():
    """Rasa's own list; a newer Rasa may have a longer one."""
    import inspect
    import re

    from rasa.utils import log_utils

    theirs = re.findall(r'^        "(\w+)",$', inspect.getsource(log_utils._anonymizer), re.M)
    assert theirs
    assert set(theirs) <= logs.WORDS


def test_a_line_for_people_says_what_was_answered(caplog):
    caplog.set_level(logging.INFO)
    logs.note([turn("web", 0.0, 0.25, [{"kind": "answer", "topic": "cost"}, {"kind": "safety", "flag": "dvt"}])])

    assert caplog.messages == ["Answered by web in 0.25 s: answer/cost, safety/dvt"]


def test_progress_is_told_in_the_same_form(capsys):
    logs.teller(Settings({}))("Ready.")
    logs.teller(Settings({"NMT_LOG_FORMAT": "json"}))("Ready.")
    plain, as_json = capsys.readouterr().out.splitlines()

    assert plain == "Ready."
    assert json.loads(as_json)["message"] == "Ready."

"""The REST webhook keeps what its OpenAPI description promises; schemathesis tries to prove otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator
from processes import serving

from nmt_guide.channels.rest_openapi import KINDS
from nmt_guide.settings import ROOT

#: A message that is too long is a 413 here, which schemathesis does not count among the ways to say no.
_CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["4xx", "5xx"]
"""
SCHEMATHESIS = shutil.which("schemathesis") or str(Path(sys.executable).with_name("schemathesis"))


@pytest.fixture(scope="module")
def secured(place):
    with serving(place, NMT_REST_TOKEN="the token") as running:
        yield running


def run(server, *arguments):
    folder = server.log.parent
    (folder / "schemathesis.toml").write_text(_CONFIG)
    command = [SCHEMATHESIS, "run", f"{server.url}/webhooks/rest/openapi.json", "--checks", "all", "--seed", "1"]
    return subprocess.run(
        [*command, "--generation-database", "none", "--max-examples", "40", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip


def test_schemathesis_finds_no_failure(server):
    result = run(server)

    assert result.returncode == 0, result.stdout[-6000:]


def test_schemathesis_finds_no_failure_when_a_token_is_needed(secured):
    result = run(secured, "--header", "Authorization: Bearer the token")

    assert result.returncode == 0, result.stdout[-6000:]


def test_a_token_is_described_only_when_it_is_needed(server, secured):
    def security(one):
        document = httpx.get(f"{one.url}/webhooks/rest/openapi.json", timeout=60).json()
        return document["paths"]["/webhooks/rest/webhook"]["post"].get("security")

    assert security(server) is None
    assert security(secured) == [{"bearer": []}]


def test_the_token_is_needed_to_ask_and_not_to_look_whether_it_runs(secured):
    assert secured.post(json={"sender": "a", "message": "Hello"}).status_code == 401
    assert httpx.get(f"{secured.url}/webhooks/rest/", timeout=60).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["What is NMT?", "i cant feel between my legs since this morning", "im on eliquis, is it safe", "qwerty", "hi"],
)
def test_replies_are_as_described(server, text):
    document = httpx.get(f"{server.url}/webhooks/rest/openapi.json", timeout=60).json()
    message = {"$ref": "#/components/schemas/Message", "components": document["components"]}
    for reply in server.say(text):
        Draft202012Validator(message).validate(reply)


def test_every_kind_of_reply_in_the_code_is_described():
    import re

    code = "\n".join(path.read_text() for path in (ROOT / "nmt_guide" / "dialogue").glob("*.py"))
    used = set(re.findall(r"[\"']kind[\"']: [\"']([a-z_]+)[\"']", code))

    assert used
    assert used <= set(KINDS)

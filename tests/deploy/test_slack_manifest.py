"""The manifest of the Slack app asks for what the channel uses, and no more."""

from __future__ import annotations

import re

import pytest
import yaml

from nmt_guide.settings import ROOT

ADDRESS = "https://YOUR-ADDRESS/webhooks/slack/webhook"
#: What each call, or what is heard, needs (https://docs.slack.dev/reference/scopes).
SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "views.publish": None,
    "auth.test": None,
}


@pytest.fixture(scope="module")
def manifest():
    return yaml.safe_load((ROOT / "deploy" / "slack-manifest.yml").read_text(encoding="utf-8"))


def test_every_address_is_the_one_of_the_channel(manifest):
    settings = manifest["settings"]

    assert settings["event_subscriptions"]["request_url"] == ADDRESS
    assert settings["interactivity"] == {"is_enabled": True, "request_url": ADDRESS}
    assert [command["url"] for command in manifest["features"]["slash_commands"]] == [ADDRESS]


def test_it_hears_what_the_channel_answers(manifest):
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened", "app_mention", "message.im"]
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_it_may_do_what_the_channel_does_and_no_more(manifest):
    sources = (ROOT / "nmt_guide" / "channels" / "slack").glob("*.py")
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    called = set(re.findall(r'"((?:chat|reactions|views|auth)\.\w+)"', code))
    heard = {"app_mentions:read", "commands", "im:history", "im:write"}

    assert called == set(SCOPES)
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == heard | {scope for scope in SCOPES.values() if scope}


def test_the_guide_names_the_manifest_and_its_command(manifest):
    guide = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")

    assert "deploy/slack-manifest.yml" in guide
    assert all(command["command"] in guide for command in manifest["features"]["slash_commands"])

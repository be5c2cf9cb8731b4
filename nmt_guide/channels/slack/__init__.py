"""Slack: direct messages, mentions in channels, buttons, the slash command and the home tab of an app."""

from nmt_guide.channels.slack.channel import SlackInput

__all__ = ["SlackInput"]

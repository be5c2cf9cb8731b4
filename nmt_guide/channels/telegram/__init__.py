"""Telegram: private chats with a bot, by webhook or by long polling."""

from nmt_guide.channels.telegram.channel import TelegramInput

__all__ = ["TelegramInput"]

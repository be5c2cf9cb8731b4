"""Channels: how messages come in from clients and how replies go out."""

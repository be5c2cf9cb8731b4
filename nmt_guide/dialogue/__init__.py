"""Dialogue: from an understood message and what was said before to the reply. Knows nothing of Rasa or SQL."""

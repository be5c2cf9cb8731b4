"""The knowledge: content files, their checks, and the store that serves them. Knows nothing of Rasa."""

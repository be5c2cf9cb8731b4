"""The directory of therapists: who they are, where, and how to find the nearest. Knows nothing of Rasa."""

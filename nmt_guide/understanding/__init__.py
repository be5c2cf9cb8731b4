"""Understanding: from a client's words to topics and facets, as graph components of Rasa."""

"""The launcher: Rasa's server with the actions inside its own process."""

"""The custom actions. Rasa's action server and the in-process endpoint both find them here."""

from actions.reply import ActionReply, ValidateContactForm, ValidateTherapistForm

__all__ = ["ActionReply", "ValidateContactForm", "ValidateTherapistForm"]

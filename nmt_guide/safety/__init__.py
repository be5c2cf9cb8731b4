"""Safety: is there a red flag in a message, and what is said then."""

"""Hand-off to a person: what clients leave for the clinic is stored, and sent to staff until it arrives."""

"""The website chat without its wire: what it keeps, who may use it, what it greets with. Knows nothing of Rasa."""

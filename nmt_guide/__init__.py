"""NMT Guide: a client-education assistant for neuromuscular therapy clinics."""

__version__ = "0.1.0"
